//! `oneOf` and `anyOf`: finds the alternative that was meant and checks against that one.

use base::schema;
use serde_json::Value;

use super::{Checker, Place, plain};
use crate::name::suggestion;
use crate::tree::{Content, Entry, Node, cut};

impl Checker<'_, '_, '_> {
    pub(super) fn alternative(&mut self, node: &Node, all: &[Value], whole: &Value, place: &Place) -> Value {
        let root = self.root;
        let value = node.to_json();
        let all: Vec<&Value> = all.iter().map(|alternative| schema::resolve(root, alternative)).collect();
        if value.is_null() && all.iter().any(|one| schema::types(one).contains(&"null")) {
            return value;
        }
        let (fixed, open): (Vec<&Value>, Vec<&Value>) =
            all.iter().partition(|one| one.get("const").is_some() || one.get("enum").is_some());
        let open: Vec<&Value> = open.into_iter().filter(|one| could_be(root, one, &value)).collect();
        if open.is_empty() {
            let literals: Vec<&Value> = fixed.iter().flat_map(|one| literals_of(one)).collect();
            return match &node.content {
                Content::Scalar(..) if !literals.is_empty() && !value.is_null() => {
                    self.literal(node, &literals, place)
                }
                _ => self.wrong_type(node, &plain::expected(root, whole), place),
            };
        }
        if fixed.iter().any(|one| literals_of(one).contains(&&value)) {
            return value;
        }
        if let Content::Group(entries) = &node.content
            && let Some(wrong) = self.wrong_tag(entries, &open, place)
        {
            return wrong;
        }
        let candidates: Vec<Value> = open.iter().map(|one| (*one).clone()).collect();
        match schema::choose(root, &candidates, &value) {
            Some(chosen) => self.value(node, chosen, &Place { depth: place.depth + 1, ..place.clone() }),
            None => value,
        }
    }

    /// Groups told apart by a property with a fixed value (`type: ball`), or by their one key: says so
    /// when the tag is missing or unknown, for then the rest of the alternatives says nothing.
    fn wrong_tag(&mut self, entries: &[Entry], all: &[&Value], place: &Place) -> Option<Value> {
        let as_json = || {
            let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
            Value::Object(pairs.collect())
        };
        if all.len() < 2 {
            return None;
        }
        if let Some((tag, words)) = internal_tag(all) {
            let Some(entry) = entries.iter().find(|entry| entry.key == tag) else {
                let message = format!("`{tag}` is missing{}", suggestion("", words));
                self.report.add(place.key, &place.path, message);
                return Some(as_json());
            };
            let text = entry.value.text().unwrap_or("");
            if words.contains(&text) {
                return None;
            }
            let path = format!("{}/{tag}", place.path);
            let message = format!("`{}` is not known here{}", cut(text), suggestion(text, words));
            self.report.add(entry.value.position, &path, message);
            return Some(as_json());
        }
        let words = external_tags(all)?;
        let wrong = match entries {
            [only] if words.contains(&only.key.as_str()) => return None,
            [] => {
                self.report.add(place.key, &place.path, format!("this is empty{}", suggestion("", words)));
                return Some(as_json());
            }
            [only] => only,
            [_, second, ..] => {
                let message = format!("only one key can stand here: {}", crate::name::one_of(&words));
                self.report.add(second.position, &place.path, message);
                return Some(as_json());
            }
        };
        let message = format!("unknown key `{}`{}", cut(&wrong.key), suggestion(&wrong.key, words));
        self.report.add(wrong.position, &format!("{}/{}", place.path, wrong.key), message);
        Some(as_json())
    }
}

fn could_be(root: &Value, schema: &Value, value: &Value) -> bool {
    let node = schema::resolve(root, schema);
    match schema::alternatives(node) {
        Some(inner) if node.get("type").is_none() => inner.iter().any(|one| {
            let one = schema::resolve(root, one);
            schema::alternatives(one).is_some() || schema::accepts_type(one, value)
        }),
        _ => schema::accepts_type(node, value),
    }
}

fn literals_of(schema: &Value) -> Vec<&Value> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => vec![value],
        (None, Some(Value::Array(values))) => values.iter().collect(),
        _ => Vec::new(),
    }
}

/// The property whose fixed value differs between all alternatives, with these values.
fn internal_tag<'a>(all: &[&'a Value]) -> Option<(&'a str, Vec<&'a str>)> {
    let first = all.first()?.get("properties")?.as_object()?;
    first.keys().find_map(|tag| {
        let words = all.iter().map(|one| one.get("properties")?.get(tag)?.get("const")?.as_str());
        Some((tag.as_str(), words.collect::<Option<Vec<_>>>()?))
    })
}

/// The keys of alternatives that are groups of one required key each.
fn external_tags<'a>(all: &[&'a Value]) -> Option<Vec<&'a str>> {
    let tags = all.iter().map(|one| {
        let required = one.get("required")?.as_array()?;
        let single = required.len() == 1 && one.get("properties")?.as_object()?.len() == 1;
        single.then(|| required.first()?.as_str()).flatten()
    });
    tags.collect()
}
