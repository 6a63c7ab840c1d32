//! Values that a schema marks with a keyword: how a service reads what it needs from entities whose kinds it does
//! not know.

use api::Failure;
use api::v1::Entity;
use base::schema;
use serde_json::Value;

use crate::entities::Entities;

/// A value whose place in its kind's schema carries the keyword that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated {
    /// JSON pointer to the value in its entity's properties, such as `/start`.
    pub pointer: String,
    /// What stands behind the keyword in the schema.
    pub note: Value,
    /// The value, its quantities evaluated to SI.
    pub value: Value,
}

impl Entities {
    /// All values of an entity that its kind's schema marks with `keyword`, in the order of its properties.
    /// Properties that are not given, or null, are left out.
    pub fn annotated(&self, entity: &Entity, keyword: &str) -> Result<Vec<Annotated>, Failure> {
        let Some(root) = self.schema(&entity.kind) else { return Ok(Vec::new()) };
        let value = self.evaluated(entity)?;
        let mut walk = Walk { root, keyword, found: Vec::new() };
        walk.value(root, &value, &mut Vec::new());
        Ok(walk.found)
    }
}

struct Walk<'a> {
    root: &'a Value,
    keyword: &'a str,
    found: Vec<Annotated>,
}

impl Walk<'_> {
    fn value(&mut self, node: &Value, value: &Value, path: &mut Vec<String>) {
        if value.is_null() || path.len() > schema::MAX_DEPTH {
            return;
        }
        // A keyword may stand beside a `$ref` or where it leads.
        let resolved = schema::resolve(self.root, node);
        if let Some(note) = node.get(self.keyword).or_else(|| resolved.get(self.keyword)) {
            let pointer = path.concat();
            self.found.push(Annotated { pointer, note: note.clone(), value: value.clone() });
            return;
        }
        let chosen = schema::alternatives(resolved).and_then(|all| schema::choose(self.root, all, value));
        if let Some(chosen) = chosen.filter(|chosen| !std::ptr::eq(*chosen, resolved)) {
            // It adds nothing to the pointer, but counts for the depth.
            let chosen = chosen.clone();
            self.step(String::new(), &chosen, value, path);
        }
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    if let Some(schema) = schema::property(resolved, name) {
                        let name = name.replace('~', "~0").replace('/', "~1");
                        self.step(format!("/{name}"), schema, value, path);
                    }
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    if let Some(schema) = schema::item(resolved, index) {
                        self.step(format!("/{index}"), schema, value, path);
                    }
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, name: String, node: &Value, value: &Value, path: &mut Vec<String>) {
        path.push(name);
        self.value(node, value, path);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use api::v1::KindDescription;
    use serde_json::json;

    use super::*;

    #[test]
    fn marked_values_are_found_evaluated_wherever_they_stand() {
        let point = json!({"type": "array", "items": {"x-dimension": "length", "type": ["number", "string"]},
                           "x-line": "point"});
        let plane = json!({"type": "object", "required": ["z"], "properties": {
            "z": {"type": ["number", "string", "null"], "x-dimension": "length", "x-line": "z"},
            "y": {"type": ["number", "string", "null"], "x-dimension": "length", "x-line": "y"}}});
        let schema = json!({"type": "object", "$defs": {"Plane": plane}, "properties": {
            "start": point, "width": {"x-dimension": "length"},
            "where": {"anyOf": [{"$ref": "#/$defs/Plane"}, {"type": "null"}]}}});
        let kind = KindDescription { kind: "a.b".into(), schema: schema.to_string(), ..Default::default() };
        let properties = json!({"start": ["1 mm", 0, "2 mm"], "width": "1 mm",
                                "where": {"z": "3 mm", "y": null}});
        let entity = Entity {
            path: "ports/1".into(),
            kind: "a.b".into(),
            properties: properties.to_string(),
            ..Entity::default()
        };
        let all = Entities::new(vec![entity], [kind]).unwrap();
        let found = all.annotated(all.get("ports/1").unwrap(), "x-line").unwrap();
        let short: Vec<_> = found.iter().map(|a| (a.pointer.as_str(), &a.note, &a.value)).collect();
        assert_eq!(
            short,
            [
                ("/start", &json!("point"), &json!([0.001, 0.0, 0.002])),
                ("/where/z", &json!("z"), &json!(0.003))
            ]
        );
    }
}
