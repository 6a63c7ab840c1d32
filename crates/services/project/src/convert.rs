//! Entities and versions between the store's form and the contract's.

use api::v1;
use api::{Code, Failure};
use std::collections::BTreeMap;
use store::{Entity, Hash, VersionId};

use crate::errors::shown;

/// An entity as the contract says it.
pub(crate) fn entity(entity: &Entity) -> v1::Entity {
    v1::Entity {
        id: entity.id.clone(),
        kind: entity.kind.clone(),
        path: entity.path.clone(),
        properties: serde_json::to_string(&entity.properties).unwrap_or_default(),
        references: entity.references.clone(),
        blobs: entity.blobs.iter().map(|(name, hash)| (name.clone(), hash.to_string())).collect(),
    }
}

/// A version as the contract says it.
pub(crate) fn version(
    id: VersionId,
    version: &store::Version,
    refs: &BTreeMap<VersionId, Vec<String>>,
    created: bool,
) -> v1::Version {
    v1::Version {
        id: id.to_string(),
        parents: version.parents.iter().map(ToString::to_string).collect(),
        author: version.author.clone(),
        time_ms: i64::try_from(version.time).unwrap_or(i64::MAX),
        message: version.message.clone(),
        refs: refs.get(&id).cloned().unwrap_or_default(),
        created,
        run: version.run.clone(),
    }
}

/// The hash that a text is.
pub(crate) fn hash(text: &str) -> Result<Hash, Failure> {
    text.parse()
        .map_err(|_| Code::Invalid.because(format!("`{}` is no hash: 64 hexadecimal digits", shown(text))))
}
