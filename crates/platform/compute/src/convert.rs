//! Kind descriptors between the form that Rust code uses and the contract's.

use api::v1::{Arrangement as Wire, KindDescription};
use api::{Code, Failure};
use base::kind::{Arrangement, KindDescriptor};

/// A kind as the contract says it.
pub fn kind_to_wire(kind: &KindDescriptor) -> KindDescription {
    KindDescription {
        kind: kind.kind.clone(),
        section: kind.section.clone(),
        arrangement: match kind.arrangement {
            Arrangement::Single => Wire::Single,
            Arrangement::Map => Wire::Map,
            Arrangement::MapOfKinds => Wire::MapOfKinds,
        }
        .into(),
        key: kind.key.clone(),
        shorthand: kind.shorthand.clone().unwrap_or_default(),
        title: kind.title.clone(),
        description: kind.description.clone(),
        schema: kind.schema.to_string(),
        icon: String::new(),
        example: kind.examples.first().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The other way; `None` for kinds that are results and never stand in a project file.
pub fn kind_from_wire(wire: &KindDescription) -> Result<Option<KindDescriptor>, Failure> {
    let arrangement = match wire.arrangement() {
        Wire::Single => Arrangement::Single,
        Wire::Map => Arrangement::Map,
        Wire::MapOfKinds => Arrangement::MapOfKinds,
        Wire::Result => return Ok(None),
    };
    let malformed = |what: &str, e: serde_json::Error| {
        Code::Invalid.because(format!("the {what} of kind `{}` is no JSON: {e}", wire.kind))
    };
    let examples = match wire.example.as_str() {
        "" => Vec::new(),
        text => vec![serde_json::from_str(text).map_err(|e| malformed("example", e))?],
    };
    Ok(Some(KindDescriptor {
        kind: wire.kind.clone(),
        section: wire.section.clone(),
        arrangement,
        key: wire.key.clone(),
        shorthand: Some(wire.shorthand.clone()).filter(|s| !s.is_empty()),
        schema: serde_json::from_str(&wire.schema).map_err(|e| malformed("schema", e))?,
        title: wire.title.clone(),
        description: wire.description.clone(),
        examples,
    }))
}
