//! Versions and the roots of their content.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Hash;
use crate::entity::tag;
use crate::tree::NodeRef;

/// The name of a version: the hash of its object.
pub type VersionId = Hash;

/// One step of a project's history.
// The order of the fields is the canonical order: sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Who made it.
    pub author: String,
    /// Why.
    pub message: String,
    /// What it follows; the first is the branch it was made on.
    pub parents: Vec<VersionId>,
    /// The version that it brings back after an undo, or the version that undid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redoes: Option<VersionId>,
    /// Its content.
    pub root: Hash,
    /// The run that made it; empty for what people did. An undo passes over it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// When, in Unix milliseconds; never before its parents.
    pub time: u64,
    /// The version that it takes back as an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<VersionId>,
}

impl Version {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = vec![tag::VERSION];
        let written = serde_json::to_writer(&mut out, self);
        debug_assert!(written.is_ok());
        out.into()
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// A message about this version, such as `undo 4f2a91c0 (Set w to 2 mm)`: by its hash, and by what it says of itself.
    pub fn told(&self, what: &str, id: VersionId) -> String {
        let said: String = self.message.lines().next().unwrap_or_default().chars().take(80).collect();
        let said = if said.is_empty() { said } else { format!(" ({said})") };
        format!("{what} {}{said}", id.short())
    }
}

/// The content of a version: its entities by id and by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Root {
    /// Id → hash of the entity.
    pub by_id: Option<NodeRef>,
    /// Path → hash of the entity.
    pub by_path: Option<NodeRef>,
}

impl Root {
    /// How many entities.
    pub fn count(&self) -> u64 {
        self.by_id.map_or(0, |node| node.count)
    }

    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(73);
        out.push(tag::ROOT);
        out.extend(self.count().to_le_bytes());
        for tree in [self.by_id, self.by_path] {
            out.extend(tree.map_or(Hash::ZERO, |node| node.hash).as_bytes());
        }
        out.into()
    }

    pub fn decode(body: &[u8]) -> Option<Self> {
        if body.len() != 72 {
            return None;
        }
        let count = u64::from_le_bytes(body[..8].try_into().ok()?);
        let node = |hash: Hash| (count > 0).then_some(NodeRef { hash, count });
        let (by_id, by_path) = (Hash::from_slice(&body[8..40])?, Hash::from_slice(&body[40..])?);
        Some(Self { by_id: node(by_id), by_path: node(by_path) })
    }
}
