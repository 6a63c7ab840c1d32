//! What differs between two states of an entity, told line by line.

use api::Failure;
use api::v1::Entity;
use serde_json::Value;

use super::desk::properties;
use super::text::{brief, clean};

/// True where two JSON values mean the same: `2` and `2.0` do, as the store may write either.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// True where two entities mean the same, whatever their ids.
pub(crate) fn same_entity(a: &Entity, b: &Entity) -> Result<bool, Failure> {
    Ok(a.kind == b.kind && a.blobs == b.blobs && same(&properties(a)?, &properties(b)?))
}

/// What differs within an entity: `name: before → after`, one line a property.
pub(crate) fn within(before: &Entity, after: &Entity) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if before.kind != after.kind {
        lines.push(format!("kind: {} → {}", before.kind, after.kind));
    }
    if before.path != after.path {
        lines.push(format!("path: {} → {}", before.path, after.path));
    }
    compare("", &properties(before)?, &properties(after)?, &mut lines);
    for (name, hash) in &after.blobs {
        if before.blobs.get(name) != Some(hash) {
            lines.push(format!("{name}: new content"));
        }
    }
    for name in before.blobs.keys().filter(|name| !after.blobs.contains_key(*name)) {
        lines.push(format!("{name}: content removed"));
    }
    Ok(lines.iter().map(|line| clean(line)).collect())
}

fn compare(prefix: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    let (Value::Object(a), Value::Object(b)) = (before, after) else {
        if !same(before, after) {
            lines.push(format!("{prefix}: {} → {}", brief(before), brief(after)));
        }
        return;
    };
    let name = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    for (key, old) in a {
        match b.get(key) {
            Some(new) => compare(&name(key), old, new, lines),
            None => lines.push(format!("{}: {} → not given", name(key), brief(old))),
        }
    }
    for (key, new) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
        lines.push(format!("{}: not given → {}", name(key), brief(new)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn entity(properties: &Value) -> Entity {
        Entity {
            kind: "a.b".into(),
            path: "x".into(),
            properties: properties.to_string(),
            ..Entity::default()
        }
    }

    #[test]
    fn changes_are_told_by_property() {
        let before = entity(&json!({"a": 1, "b": {"c": "2 mm", "d": 1}, "gone": true}));
        let after = entity(&json!({"a": 1.0, "b": {"c": "3 mm", "d": 1}, "new": [1, 2]}));
        assert!(!same_entity(&before, &after).unwrap());
        assert_eq!(
            within(&before, &after).unwrap(),
            ["b.c: 2 mm → 3 mm", "gone: true → not given", "new: not given → [1,2]"]
        );
    }

    #[test]
    fn the_order_of_keys_and_the_way_of_a_number_do_not_matter() {
        let a = json!({"x": 2, "y": [1e3, "a"]});
        let b = json!({"y": [1000, "a"], "x": 2.0});
        assert!(same(&a, &b) && same_entity(&entity(&a), &entity(&b)).unwrap());
        assert!(!same(&a, &json!({"x": 2})) && !same(&json!([1]), &json!([1, 1])));
    }

    #[test]
    fn a_text_cannot_command_the_terminal() {
        let lines = within(&entity(&json!({"t": "a"})), &entity(&json!({"t": "\u{1b}[2Jb"}))).unwrap();
        assert!(!lines[0].contains('\u{1b}'), "{lines:?}");
    }
}
