//! Kind descriptors between the form that Rust code uses and the contract's.

use api::v1::{Arrangement as Wire, KindDescription};
use api::{Code, Failure};
use base::kind::{Arrangement, KindDescriptor, ResultKind};
use serde_json::{Value, json};

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

/// The schema that says of a result kind where its entities stand and which of their blobs are files for people.
pub(crate) fn result_schema(path: &str, formats: &[&str]) -> String {
    json!({"type": "object", "x-path": path, "x-formats": formats}).to_string()
}

/// The schema of a result kind, and the units of its numbers.
pub(crate) fn with_units(schema: &str, units: &[(&str, &str)]) -> String {
    let mut schema: Value = serde_json::from_str(schema).unwrap_or_else(|_| json!({"type": "object"}));
    let units: serde_json::Map<String, Value> =
        units.iter().map(|&(place, unit)| (place.to_owned(), unit.into())).collect();
    schema["x-units"] = units.into();
    schema.to_string()
}

/// A result kind of which files are made; `None` for all other kinds.
pub fn result_from_wire(wire: &KindDescription) -> Option<ResultKind> {
    let schema: Value = serde_json::from_str(&wire.schema).ok()?;
    let path = schema.get("x-path").filter(|_| wire.arrangement() == Wire::Result)?.as_str()?.to_owned();
    let formats = schema.get("x-formats").and_then(Value::as_array)?.iter();
    let formats: Vec<String> = formats.filter_map(|format| Some(format.as_str()?.to_owned())).collect();
    let (kind, title) = (wire.kind.clone(), wire.title.clone());
    (!formats.is_empty()).then_some(ResultKind { kind, title, path, formats })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Description;

    #[test]
    fn files_of_results_travel_in_the_schema_of_their_kind() {
        let wire = Description::new("tally", "Tally", "1")
            .result_kind("list", "tally.result", "Count", "")
            .result_kind("list", "tally.found", "Found", "")
            .files("tally.result", "results/{tally.settings}", &["csv", "json"])
            .into_wire();
        let [result, found] = wire.kinds.as_slice() else { unreachable!("{:?}", wire.kinds) };
        let read = result_from_wire(result).unwrap();
        assert_eq!((read.kind.as_str(), read.title.as_str()), ("tally.result", "Count"));
        assert_eq!(
            (read.path.as_str(), read.formats),
            ("results/{tally.settings}", vec!["csv".into(), "json".into()])
        );
        assert_eq!(result_from_wire(found), None);
        assert_eq!(kind_from_wire(result), Ok(None), "it never stands in a project file");
    }

    #[test]
    fn units_of_results_stand_beside_their_files() {
        let wire = Description::new("tally", "Tally", "1")
            .result_kind("list", "tally.result", "Count", "")
            .files("tally.result", "results/{tally.settings}", &["csv"])
            .units("tally.result", &[("/volume", "m³"), ("/largest/*/edge", "m")])
            .into_wire();
        let schema: Value = serde_json::from_str(&wire.kinds[0].schema).unwrap();
        assert_eq!(schema["x-units"], json!({"/volume": "m³", "/largest/*/edge": "m"}));
        assert_eq!(result_from_wire(&wire.kinds[0]).unwrap().formats, ["csv"]);
    }
}
