//! Walking a value along its JSON Schema, for the subset of draft 2020-12 that schemars makes.

use serde_json::{Map, Value};

/// How deep schemas and values are followed; a schema that refers to itself ends here.
pub const MAX_DEPTH: usize = 64;

/// The node itself, or what its `$ref` points to within `root`. A reference that leads nowhere is the
/// node itself, so that nothing is refused for a fault of the schema.
pub fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let mut node = node;
    for _ in 0..MAX_DEPTH {
        let target = node.get("$ref").and_then(Value::as_str).and_then(|reference| {
            let pointer = reference.strip_prefix('#')?;
            root.pointer(pointer)
        });
        match target {
            Some(target) => node = target,
            None => return node,
        }
    }
    node
}

/// The alternatives of `oneOf` or `anyOf`, if the node has any.
pub fn alternatives(node: &Value) -> Option<&[Value]> {
    let list = node.get("oneOf").or_else(|| node.get("anyOf"))?.as_array()?;
    (!list.is_empty()).then_some(list.as_slice())
}

/// The schema of a property: its own, that of a pattern it fits, or that of additional ones. `None`
/// when nothing is said about it.
pub fn property<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    if let Some(own) = node.get("properties").and_then(|properties| properties.get(name)) {
        return Some(own);
    }
    // schemars makes patterns for maps with numbers as keys only; which pattern, its value tells.
    let patterns = node.get("patternProperties").and_then(Value::as_object);
    if let Some(schema) = patterns.and_then(|patterns| patterns.values().next()) {
        return Some(schema);
    }
    node.get("additionalProperties").filter(|schema| schema.is_object())
}

/// The schema of an item of an array by its index. `None` when nothing is said about it.
pub fn item(node: &Value, index: usize) -> Option<&Value> {
    let fixed = node.get("prefixItems").and_then(|items| items.get(index));
    fixed.or_else(|| node.get("items")).filter(|schema| schema.is_object())
}

/// True when properties that the schema does not name are refused.
pub fn is_closed(node: &Value) -> bool {
    let refused = |keyword: &str| node.get(keyword) == Some(&Value::Bool(false));
    refused("additionalProperties") || refused("unevaluatedProperties")
}

/// The alternative that a value is meant to be: the one that it fits, or else the one that it comes
/// nearest to, by a tag (`const`) before names of properties before its type.
pub fn choose<'a>(root: &'a Value, alternatives: &'a [Value], value: &Value) -> Option<&'a Value> {
    let mut best: Option<(u32, &Value)> = None;
    for alternative in alternatives {
        let score = fitness(root, alternative, value, 0);
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, alternative));
        }
    }
    best.map(|(_, alternative)| resolve(root, alternative))
}

/// How well a value fits, from 0 (another type) over 1 (the type is right) to [`FITS`].
fn fitness(root: &Value, schema: &Value, value: &Value, depth: usize) -> u32 {
    if depth > MAX_DEPTH {
        return FITS;
    }
    let node = resolve(root, schema);
    if let Some(expected) = node.get("const") {
        return if expected == value { FITS } else { u32::from(same_type(expected, value)) };
    }
    if let Some(values) = node.get("enum").and_then(Value::as_array) {
        let near = values.iter().any(|known| same_type(known, value));
        return if values.contains(value) { FITS } else { u32::from(near) };
    }
    if !accepts_type(node, value) {
        return 0;
    }
    let mut score = FITS;
    if let Some(alternatives) = alternatives(node) {
        let inner = alternatives.iter().map(|one| fitness(root, one, value, depth + 1));
        score = score.min(inner.max().unwrap_or(FITS));
    }
    match value {
        Value::Object(object) => score.min(object_fitness(root, node, object, depth)),
        Value::Array(items) => score.min(array_fitness(root, node, items, depth)),
        _ => score,
    }
}

/// The fitness of a value without any fault.
const FITS: u32 = 1_000_000;

fn object_fitness(root: &Value, node: &Value, object: &Map<String, Value>, depth: usize) -> u32 {
    let mut faults = 0_u32;
    let mut merits = 1_u32;
    for (name, value) in object {
        match property(node, name) {
            Some(schema) => {
                let tag = resolve(root, schema).get("const");
                match fitness(root, schema, value, depth + 1) {
                    FITS if tag.is_some() => merits += 100,
                    FITS => merits += 10,
                    _ if tag.is_some() => faults += 100,
                    _ => {
                        merits += 5;
                        faults += 1;
                    }
                }
            }
            None if is_closed(node) => faults += 2,
            None => {}
        }
    }
    let required = node.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    faults = faults.saturating_add(required.filter(|name| !object.contains_key(*name)).count() as u32);
    match faults {
        0 => FITS,
        faults => (1 + merits).saturating_sub(faults).max(1),
    }
}

fn array_fitness(root: &Value, node: &Value, items: &[Value], depth: usize) -> u32 {
    let bound = |keyword: &str| node.get(keyword).and_then(Value::as_u64);
    let length = items.len() as u64;
    let fits = bound("minItems").is_none_or(|least| length >= least)
        && bound("maxItems").is_none_or(|most| length <= most)
        && items.iter().enumerate().all(|(index, value)| {
            item(node, index).is_none_or(|schema| fitness(root, schema, value, depth + 1) == FITS)
        });
    if fits { FITS } else { 2 }
}

/// The types that a node takes, by their names in JSON Schema; empty when it takes any.
pub fn types(node: &Value) -> Vec<&str> {
    match node.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// True when the value's type is one that the node takes.
pub fn accepts_type(node: &Value, value: &Value) -> bool {
    let types = types(node);
    types.is_empty() || types.iter().any(|name| is_of_type(value, name))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|x| x.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn same_type(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_alternative_meant_is_found_by_its_tag_then_by_its_names() {
        let root = json!({"$defs": {"Box": {"type": "object", "properties": {"shape": {"const": "box"}, "size": {"type": "number"}},
            "required": ["shape", "size"], "additionalProperties": false}}});
        let alternatives = [
            json!({"type": "null"}),
            json!({"$ref": "#/$defs/Box"}),
            json!({"type": "object", "properties": {"ball": {"type": "object"}}, "required": ["ball"], "additionalProperties": false}),
            json!({"const": "none"}),
        ];
        for (value, expected) in [
            (json!(null), 0),
            (json!({"shape": "box", "size": 1}), 1),
            (json!({"shape": "box", "seize": "x"}), 1),
            (json!({"ball": {"r": 1}}), 2),
            (json!("nome"), 3),
        ] {
            let chosen = choose(&root, &alternatives, &value).unwrap();
            assert_eq!(chosen, resolve(&root, &alternatives[expected]), "{value}");
        }
    }

    #[test]
    fn schemas_that_refer_to_themselves_end() {
        let root = json!({"$ref": "#"});
        resolve(&root, &root);
        let root = json!({"$defs": {"T": {"oneOf": [{"$ref": "#/$defs/T"}]}}, "$ref": "#/$defs/T"});
        choose(&root, std::slice::from_ref(&root), &json!(1)).unwrap();
    }
}
