use base::kind::{Arrangement, KindDescriptor};
use base::quantity::Measure;
use base::units::{self, Dimension};
use serde_json::{Map, Value, json};

use crate::sections::{self, Section};
use crate::{FORMAT, PARAMETERS, UNITS, name};

/// The JSON Schema (draft 2020-12) of a whole project file, for editors and programs.
///
/// It is a little stricter than [`crate::parse`] (an empty group must be written as `{}`), and cannot
/// check what depends on other places of the file: expressions, units and references.
pub fn schema(kinds: &[KindDescriptor]) -> Value {
    let mut definitions = Map::new();
    let mut properties = head();
    for section in sections::of(kinds) {
        for kind in &section.kinds {
            definitions.insert(kind.kind.clone(), definition(kind));
        }
        properties.insert(section.name.to_owned(), of_section(&section));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "OpenTwin project",
        "description": "A project declared in one file: parameters, materials, geometry, mesh, ports, solvers.",
        "type": "object",
        "required": ["opentwin", "project"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": definitions,
    })
}

fn head() -> Map<String, Value> {
    let defaults: Map<String, Value> = Dimension::names()
        .map(|name| {
            let example = Dimension::from_name(name).map(Dimension::example).unwrap_or_default();
            (name.to_owned(), json!({"type": "string", "examples": [example]}))
        })
        .collect();
    let mut head = Map::new();
    head.insert("opentwin".to_owned(), json!({"const": FORMAT, "description": "The version of the format."}));
    let project =
        json!({"type": "string", "pattern": name::PROJECT_PATTERN, "description": "The project's name."});
    head.insert("project".to_owned(), project);
    head.insert(
        "description".to_owned(),
        json!({"type": "string", "description": "What the project is about."}),
    );
    let defaults = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": defaults,
        "description": "The units that bare numbers mean, by dimension. Without them each quantity carries its unit.",
    });
    head.insert(UNITS.to_owned(), defaults);
    head
}

fn of_section(section: &Section<'_>) -> Value {
    let names = match section.name {
        PARAMETERS => json!({"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$"}),
        _ => json!({"pattern": name::PATTERN}),
    };
    match (section.arrangement, section.kinds.first()) {
        (Arrangement::Single, Some(kind)) => entity(kind),
        (Arrangement::Map, Some(kind)) => json!({
            "type": "object",
            "description": kind.description,
            "propertyNames": names,
            "additionalProperties": entity(kind),
        }),
        _ => {
            let kinds: Map<String, Value> =
                section.kinds.iter().map(|kind| (kind.key.clone(), entity(kind))).collect();
            json!({
                "type": "object",
                "propertyNames": names,
                "additionalProperties": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": false,
                    "properties": kinds,
                },
            })
        }
    }
}

fn entity(kind: &KindDescriptor) -> Value {
    let reference = json!({"$ref": format!("#/$defs/{}", escaped(&kind.kind))});
    let property = kind.shorthand.as_ref().filter(|name| {
        kind.schema.get("properties").is_some_and(|properties| properties.get(name).is_some())
    });
    match property {
        Some(property) => {
            let short = format!("#/$defs/{}/properties/{}", escaped(&kind.kind), escaped(property));
            json!({"anyOf": [{"$ref": short}, reference]})
        }
        None => reference,
    }
}

fn definition(kind: &KindDescriptor) -> Value {
    let mut schema = kind.schema.clone();
    publish(&mut schema, &format!("#/$defs/{}", escaped(&kind.kind)), 0);
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.insert("title".to_owned(), json!(kind.title));
        if !kind.description.is_empty() {
            object.insert("description".to_owned(), json!(kind.description));
        }
        if !kind.examples.is_empty() {
            object.insert("examples".to_owned(), json!(kind.examples));
        }
    }
    schema
}

/// Turns a schema of evaluated properties into one of written ones: points references within it to
/// where it stands in the whole, and says defaults with their units. Bounds in SI cannot be said of bare
/// numbers, which may be in any default unit; only those at zero hold in every unit.
fn publish(node: &mut Value, base: &str, depth: usize) {
    if depth > 200 {
        return;
    }
    match node {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some(rest) = reference.strip_prefix('#')
            {
                *reference = format!("{base}{rest}");
            }
            let measure = object.get("x-dimension").and_then(Value::as_str).and_then(Measure::from_name);
            if let Some(Measure::Quantity(dimension)) = measure
                && dimension != Dimension::NONE
            {
                let whole = Value::Object(object.clone());
                object.retain(|key, value| !BOUNDS.contains(&key.as_str()) || value.as_f64() == Some(0.0));
                if let Some(default) = object.get_mut("default") {
                    *default = written_default(&whole, default);
                }
                return;
            }
            object.values_mut().for_each(|value| publish(value, base, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| publish(item, base, depth + 1)),
        _ => {}
    }
}

const BOUNDS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

/// A default, which the schema has in SI, as it would be written.
pub(crate) fn written_default(node: &Value, default: &Value) -> Value {
    match (Measure::of(node), default.as_f64()) {
        (Some(Measure::Quantity(dimension)), Some(value)) => json!(units::format(value, dimension)),
        _ => default.clone(),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
