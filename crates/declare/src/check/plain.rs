//! What a schema expects, in words, and the conditions on plain scalars and lists.

use base::quantity::Measure;
use base::schema;
use base::units::format_number;
use serde_json::Value;

use super::{Checker, Place};
use crate::name::one_of;
use crate::tree::{Node, cut};

/// What a schema node expects, as a sentence says it: `a list of 3, each a length such as 3 mm`.
pub(crate) fn expected(root: &Value, schema: &Value) -> String {
    describe(root, schema, 0)
}

fn describe(root: &Value, schema: &Value, depth: usize) -> String {
    let node = schema::resolve(root, schema);
    if let Some(measure) = Measure::of(node) {
        return measure.phrase();
    }
    if node.get("x-file").is_some() {
        return "the path of a file".to_owned();
    }
    if let Some(section) = node.get("x-reference").and_then(Value::as_str) {
        let builtin = node.get("x-builtin").and_then(Value::as_array).into_iter().flatten();
        let builtin: Vec<&str> = builtin.filter_map(Value::as_str).collect();
        let or = if builtin.is_empty() { String::new() } else { format!(", or {}", one_of(&builtin)) };
        return match schema::types(node).contains(&"array") {
            true => format!("a list of names of entries of `{section}`{or}"),
            false => format!("the name of an entry of `{section}`{or}"),
        };
    }
    if node.get("x-result").is_some() {
        return "the path of a result".to_owned();
    }
    if let Some(of) = node.get("x-format-of").and_then(Value::as_str) {
        return format!("a format of the result `{of}`");
    }
    let literals = literals(root, node);
    if !literals.is_empty() {
        return one_of(&literals.iter().map(String::as_str).collect::<Vec<_>>());
    }
    if let Some(alternatives) = schema::alternatives(node).filter(|_| depth < 4) {
        let mut all: Vec<String> = Vec::new();
        for alternative in alternatives {
            let one = describe(root, alternative, depth + 1);
            if one != "nothing" && !all.contains(&one) {
                all.push(one);
            }
        }
        return all.join(", or ");
    }
    let types = schema::types(node);
    let known = types.iter().filter(|name| **name != "null");
    let words: Vec<String> = known.map(|name| type_phrase(root, node, name, depth)).collect();
    match words.is_empty() {
        true if types.is_empty() => "a value".to_owned(),
        true => "nothing".to_owned(),
        false => words.join(" or "),
    }
}

fn type_phrase(root: &Value, node: &Value, name: &str, depth: usize) -> String {
    match name {
        "boolean" => "`true` or `false`".to_owned(),
        "number" => "a number".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "text".to_owned(),
        "array" => {
            let bound = |keyword: &str| node.get(keyword).and_then(Value::as_u64);
            let count = match (bound("minItems"), bound("maxItems")) {
                (Some(least), Some(most)) if least == most => format!("a list of {least}"),
                _ => "a list".to_owned(),
            };
            match schema::item(node, 0).filter(|_| depth < 3 && node.get("prefixItems").is_none()) {
                Some(item) => format!("{count}, each {}", describe(root, item, depth + 1)),
                None => count,
            }
        }
        _ => {
            let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
            let required: Vec<&str> = required.filter_map(Value::as_str).collect();
            match required.is_empty() {
                true => "a group of properties".to_owned(),
                false => format!("a group with {}", one_of(&required).replace(" or ", " and ")),
            }
        }
    }
}

/// The fixed values that a node allows, if it allows nothing else.
fn literals(root: &Value, node: &Value) -> Vec<String> {
    if let Some(value) = node.get("const") {
        return vec![written(value)];
    }
    if let Some(Value::Array(values)) = node.get("enum") {
        return values.iter().filter(|value| !value.is_null()).map(written).collect();
    }
    let Some(alternatives) = schema::alternatives(node) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for alternative in alternatives {
        let node = schema::resolve(root, alternative);
        let own = match (node.get("const"), node.get("enum")) {
            (Some(value), _) => vec![written(value)],
            (None, Some(Value::Array(values))) => values.iter().map(written).collect(),
            _ if schema::types(node) == ["null"] => continue,
            _ => return Vec::new(),
        };
        all.extend(own);
    }
    all
}

/// A value as it stands in a file.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Checks the number of items of a list.
pub(super) fn check_length(items: &[Node], schema: &Value, mut tell: impl FnMut(String)) {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let found = match items.len() {
        1 => "1 is given".to_owned(),
        several => format!("{several} are given"),
    };
    let length = items.len() as u64;
    match (bound("minItems"), bound("maxItems")) {
        (Some(least), Some(most)) if least == most && length != least => {
            tell(format!("expected a list of {least}, {found}"));
        }
        (Some(1), _) if length == 0 => tell("the list is empty, at least one is needed".to_owned()),
        (Some(least), _) if length < least => tell(format!("expected a list of at least {least}, {found}")),
        (_, Some(most)) if length > most => tell(format!("expected a list of at most {most}, {found}")),
        _ => {}
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        let values: Vec<Value> = items.iter().map(Node::to_json).collect();
        // Only short lists are compared; long ones are data, not names.
        let twice =
            values.iter().take(1000).enumerate().find(|(index, value)| values[..*index].contains(value));
        if let Some((_, value)) = twice {
            tell(format!("`{}` stands in this list twice", cut(&written(value))));
        }
    }
}

impl Checker<'_, '_, '_> {
    /// Range, length and pattern of a scalar that has the right type.
    pub(super) fn check_scalar(&mut self, node: &Node, value: &Value, schema: &Value, place: &Place) {
        if let Some(number) = value.as_f64() {
            let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
            let broken = [
                ("minimum", "at least", bound("minimum").is_some_and(|least| number < least)),
                ("maximum", "at most", bound("maximum").is_some_and(|most| number > most)),
                (
                    "exclusiveMinimum",
                    "greater than",
                    bound("exclusiveMinimum").is_some_and(|least| number <= least),
                ),
                (
                    "exclusiveMaximum",
                    "less than",
                    bound("exclusiveMaximum").is_some_and(|most| number >= most),
                ),
            ];
            for (keyword, relation, _) in broken.iter().filter(|(.., broken)| *broken) {
                let limit = format_number(bound(keyword).unwrap_or_default());
                let message = format!("must be {relation} {limit}, but is {}", format_number(number));
                self.report.add(node.position, &place.path, message);
            }
        }
        if let Value::String(text) = value {
            self.check_text(node, text, schema, place);
        }
    }

    fn check_text(&mut self, node: &Node, text: &str, schema: &Value, place: &Place) {
        let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let length = text.chars().count() as u64;
        if let Some(least) = bound("minLength").filter(|least| length < *least) {
            let message = match least {
                1 => "must not be empty".to_owned(),
                _ => format!("must have at least {least} characters"),
            };
            self.report.add(node.position, &place.path, message);
        }
        if let Some(most) = bound("maxLength").filter(|most| length > *most) {
            self.report.add(node.position, &place.path, format!("must have at most {most} characters"));
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            // A pattern that cannot be read is the schema's fault, not the file's.
            let compiled = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
            if compiled.is_ok_and(|pattern| !pattern.is_match(text)) {
                let message = format!("`{}` does not have the form `{pattern}`", cut(text));
                self.report.add(node.position, &place.path, message);
            }
        }
    }
}
