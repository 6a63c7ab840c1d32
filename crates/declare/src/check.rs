//! Checks a part of the file against its JSON Schema and turns it into properties.
//!
//! This does not use a validator made for machines: what an engineer needs to read is not "anyOf
//! failed" but which of the alternatives was meant, and what is wrong with that.

mod alternatives;
mod plain;
mod rules;

pub(crate) use plain::expected;

use std::collections::BTreeMap;

use base::expression::{self, ParameterTable};
use base::quantity::{self, Measure, Problem};
use base::schema;
use base::spelling;
use base::units::DefaultUnits;
use serde_json::{Map, Value};

use crate::across::{Asked, Found, Mention};
use crate::document::FileReference;
use crate::error::{Position, Report};
use crate::name::{one_of, suggestion};
use crate::sections::Section;
use crate::tree::{Content, Entry, Node, cut};

/// What the values of a file are checked with.
pub(crate) struct Context<'a> {
    pub(crate) parameters: &'a ParameterTable,
    pub(crate) units: &'a DefaultUnits,
    pub(crate) sections: &'a [Section<'a>],
    /// The names that stand in each section, for references; a section that is one entity has its own.
    pub(crate) names: &'a BTreeMap<String, Vec<String>>,
    /// False for a project that may be half finished: what its values say together is not looked at.
    pub(crate) whole: bool,
}

impl Context<'_> {
    pub(crate) fn names(&self, section: &str) -> impl Iterator<Item = &str> {
        self.names.get(section).into_iter().flatten().map(String::as_str)
    }
}

/// Checks the properties of one entity.
pub(crate) struct Checker<'a, 'r, 't> {
    pub(crate) context: &'a Context<'a>,
    /// The schema that `$ref`s refer to.
    pub(crate) root: &'a Value,
    /// The word for the kind of entity, for messages.
    pub(crate) word: &'a str,
    /// The entity's path.
    pub(crate) entity: &'a str,
    pub(crate) report: &'r mut Report<'t>,
    /// What can only be judged once the whole file is read.
    pub(crate) found: &'r mut Found,
}

/// Where a value stands: its path in the file, its pointer in the properties, and the place of its key.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) pointer: String,
    pub(crate) key: Position,
    pub(crate) depth: usize,
}

impl Place {
    fn step(&self, name: &str, key: Position) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self {
            path: format!("{}/{name}", self.path),
            pointer: format!("{}/{escaped}", self.pointer),
            key,
            depth: self.depth + 1,
        }
    }
}

impl Checker<'_, '_, '_> {
    /// The value of a node; whatever is wrong with it is in the report.
    pub(crate) fn value(&mut self, node: &Node, schema: &Value, place: &Place) -> Value {
        let schema = schema::resolve(self.root, schema);
        if place.depth > schema::MAX_DEPTH {
            self.report.add(node.position, &place.path, "this nests too deeply for its schema");
            return Value::Null;
        }
        if let Some(measure) = Measure::of(schema) {
            return self.quantity(node, schema, measure, place);
        }
        if schema.get("x-file") == Some(&Value::Bool(true)) && !node.is_null() {
            return self.file(node, place);
        }
        if schema.get("x-reference").is_some() && !node.is_null() {
            return self.reference(node, schema, place);
        }
        if schema.get("x-result") == Some(&Value::Bool(true)) {
            return self.result(node, schema, place);
        }
        if let Some(alternatives) = schema::alternatives(schema)
            && schema.get("properties").is_none()
        {
            return self.alternative(node, alternatives, schema, place);
        }
        if let Some(expected) = schema.get("const") {
            return self.literal(node, &[expected], place);
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return self.literal(node, &values.iter().collect::<Vec<_>>(), place);
        }
        match &node.content {
            Content::Group(entries) if takes(schema, "object") => self.group(entries, schema, place),
            // `cylinder:` with nothing behind it is a group in which everything is left out.
            Content::Scalar(Value::Null, _) if !takes(schema, "null") && takes(schema, "object") => {
                self.group(&[], schema, place)
            }
            Content::List(items) if takes(schema, "array") => self.list(node, items, schema, place),
            Content::Scalar(value, _) if schema::accepts_type(schema, value) => {
                self.check_scalar(node, value, schema, place);
                value.clone()
            }
            _ => self.wrong_type(node, &plain::expected(self.root, schema), place),
        }
    }

    /// A bare value that stands for the one property `entry.key`. The property is not written, so it is
    /// no part of the path that a message shows.
    pub(crate) fn shorthand(&mut self, entry: &Entry, schema: &Value, place: &Place) -> Value {
        let schema = schema::resolve(self.root, schema);
        let value = match schema::property(schema, &entry.key) {
            Some(property) => {
                let inner = Place { path: place.path.clone(), ..place.step(&entry.key, place.key) };
                self.value(&entry.value, property, &inner)
            }
            None => entry.value.to_json(),
        };
        self.check_required(&[entry.key.as_str()], &[schema], place);
        Value::Object(Map::from_iter([(entry.key.clone(), value)]))
    }

    fn quantity(&mut self, node: &Node, schema: &Value, measure: Measure, place: &Place) -> Value {
        let written = node.to_json();
        if measure == Measure::Any {
            return match &node.content {
                Content::Scalar(Value::Number(_) | Value::String(_), _) => written,
                _ => self.wrong_type(node, &measure.phrase(), place),
            };
        }
        let Context { parameters, units, .. } = *self.context;
        if let Err(problem) = quantity::evaluate_one(&written, schema, measure, parameters, units) {
            self.problem(node, &problem, place);
        }
        written
    }

    fn problem(&mut self, node: &Node, problem: &Problem, place: &Place) {
        match problem {
            // Told where the parameter stands.
            Problem::Expression(expression::Error { problem: expression::Problem::Failed(_), .. }) => {}
            Problem::Expression(error) => {
                self.report.add(node.at(error.column), &place.path, error.problem.to_string());
            }
            Problem::Type { measure, .. } => {
                self.wrong_type(node, &measure.phrase(), place);
            }
            other => self.report.add(node.position, &place.path, other.to_string()),
        }
    }

    fn file(&mut self, node: &Node, place: &Place) -> Value {
        let Some(file) = node.text() else {
            return self.wrong_type(node, "the path of a file", place);
        };
        let parts = || file.split('/');
        let inside = !file.is_empty()
            && !file.contains(['\\', ':', '\0'])
            && parts().all(|part| !part.is_empty() && part != "..");
        if !inside {
            let message = format!(
                "`{}` is no file beside the project file: give a path relative to it, with `/`, without `..`",
                cut(file)
            );
            self.report.add(node.position, &place.path, message);
        }
        self.found.files.push(FileReference {
            entity: self.entity.to_owned(),
            pointer: place.pointer.clone(),
            file: file.to_owned(),
            line: node.position.line,
            column: node.position.column,
        });
        Value::String(file.to_owned())
    }

    /// The name of another entity, or a list of such names; a number is a name too (`port: 1`).
    fn reference(&mut self, node: &Node, schema: &Value, place: &Place) -> Value {
        if let (Content::List(items), true) = (&node.content, takes(schema, "array")) {
            plain::check_length(items, schema, |message| {
                self.report.add(node.position, &place.path, message)
            });
            let names = items.iter().enumerate().map(|(index, item)| {
                let inner = place.step(&index.to_string(), item.position);
                self.name(item, schema, &inner)
            });
            return Value::Array(names.collect());
        }
        if !takes(schema, "string") {
            return self.wrong_type(node, &plain::expected(self.root, schema), place);
        }
        self.name(node, schema, place)
    }

    fn name(&mut self, node: &Node, schema: &Value, place: &Place) -> Value {
        let section = schema.get("x-reference").and_then(Value::as_str).unwrap_or("");
        let Some(name) = node.text() else {
            return self.wrong_type(node, &format!("the name of an entry of `{section}`"), place);
        };
        let known = self.context.names(section);
        let builtin = schema.get("x-builtin").and_then(Value::as_array).into_iter().flatten();
        let known: Vec<&str> = known.chain(builtin.filter_map(Value::as_str)).collect();
        let itself = place.path.strip_prefix(section).and_then(|rest| rest.strip_prefix('/'));
        if itself.and_then(|rest| rest.split('/').next()) == Some(name) {
            let message = format!("`{}` is made from itself: name another entry of `{section}`", cut(name));
            self.report.add(node.position, &place.path, message);
        } else if !known.contains(&name) {
            let advice = match known.is_empty() {
                true => ": the section is empty or missing".to_owned(),
                false => suggestion(name, known.iter().copied()),
            };
            let message = format!("there is no `{}` in `{section}`{advice}", cut(name));
            self.report.add(node.position, &place.path, message);
        } else {
            self.found.mentions.push(Mention {
                entity: self.entity.to_owned(),
                path: place.path.clone(),
                position: node.position,
                section: section.to_owned(),
                name: name.to_owned(),
            });
        }
        Value::String(name.to_owned())
    }

    /// The path of a result. Whether there will be one is told by the whole file.
    fn result(&mut self, node: &Node, schema: &Value, place: &Place) -> Value {
        let Some(path) = node.text() else {
            return self.wrong_type(node, &plain::expected(self.root, schema), place);
        };
        self.found.results.push(Asked { path: place.path.clone(), node: node.clone(), of: None });
        Value::String(path.to_owned())
    }

    fn literal(&mut self, node: &Node, values: &[&Value], place: &Place) -> Value {
        let value = node.to_json();
        let texts: Vec<&str> = values.iter().filter_map(|value| value.as_str()).collect();
        if values.contains(&&value) {
            return value;
        }
        // `1: true` and `side: 1` are slips that only quotes would mend; a name is a name.
        if let Some(text) = node.text().filter(|text| texts.contains(text)) {
            return Value::String(text.to_owned());
        }
        let message = match node.text() {
            Some(text) if !texts.is_empty() => {
                format!("`{}` is not known here{}", cut(text), suggestion(text, texts))
            }
            _ => {
                let all: Vec<String> = values.iter().map(|value| plain::written(value)).collect();
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                format!("expected {}, found {}", one_of(&all), node.phrase())
            }
        };
        self.report.add(node.position, &place.path, message);
        value
    }

    pub(crate) fn group(&mut self, entries: &[Entry], schema: &Value, place: &Place) -> Value {
        let before = self.report.count();
        let layers = self.layers(entries, schema);
        let mut names: Vec<&str> = Vec::new();
        for layer in &layers {
            let own = layer.get("properties").and_then(Value::as_object).into_iter().flatten();
            names.extend(own.map(|(name, _)| name.as_str()));
        }
        let closed = layers.iter().any(|layer| schema::is_closed(layer));
        let mut out = Map::new();
        let mut misspelt = Vec::new();
        for Entry { key, position, value } in entries {
            let inner = place.step(key, *position);
            match layers.iter().find_map(|layer| schema::property(layer, key)) {
                Some(schema) => {
                    let value = self.value(value, schema, &inner);
                    out.insert(key.clone(), value);
                }
                None if closed => {
                    let left =
                        || names.iter().copied().filter(|name| !entries.iter().any(|e| e.key == *name));
                    misspelt.extend(spelling::nearest(key, left()));
                    let advice = suggestion(key, left());
                    let message = format!("unknown key `{}`{}{advice}", cut(key), self.of_kind(place));
                    self.report.add(*position, &inner.path, message);
                }
                None => {
                    out.insert(key.clone(), value.to_json());
                }
            }
        }
        let given: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).chain(misspelt).collect();
        self.check_required(&given, &layers, place);
        // What is wrong in itself says nothing together with others.
        if self.context.whole && self.report.count() == before {
            self.together(entries, &layers, place);
        }
        Value::Object(out)
    }

    /// The schemas that describe a group together: its own, those of `allOf`, the alternative chosen.
    fn layers<'s>(&self, entries: &[Entry], schema: &'s Value) -> Vec<&'s Value>
    where
        Self: 's,
    {
        let root: &Value = self.root;
        let mut layers = vec![schema];
        if let Some(alternatives) = schema::alternatives(schema) {
            let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
            layers.extend(schema::choose(root, alternatives, &Value::Object(pairs.collect())));
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            layers.extend(parts.iter().map(|part| schema::resolve(root, part)));
        }
        layers
    }

    fn check_required(&mut self, given: &[&str], layers: &[&Value], place: &Place) {
        for layer in layers {
            let required = layer.get("required").and_then(Value::as_array).into_iter().flatten();
            for name in required.filter_map(Value::as_str) {
                if given.contains(&name) {
                    continue;
                }
                let what = schema::property(layer, name).map(|schema| plain::expected(self.root, schema));
                let what = what.map(|what| format!(": {what}")).unwrap_or_default();
                let message = format!("`{name}` is missing{}{what}", self.of_kind(place));
                self.report.add(place.key, &place.path, message);
            }
        }
    }

    /// ` of cuboid` for the properties of the entity itself.
    fn of_kind(&self, place: &Place) -> String {
        match place.pointer.is_empty() {
            true => format!(" in `{}`", self.word),
            false => String::new(),
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &Value, place: &Place) -> Value {
        plain::check_length(items, schema, |message| self.report.add(node.position, &place.path, message));
        let items = items.iter().enumerate().map(|(index, inner)| {
            let place = place.step(&index.to_string(), inner.position);
            match schema::item(schema, index) {
                Some(schema) => self.value(inner, schema, &place),
                None => inner.to_json(),
            }
        });
        Value::Array(items.collect())
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, place: &Place) -> Value {
        let advice = match &node.content {
            Content::Scalar(Value::Number(_) | Value::Bool(_), text) if expected.starts_with("text") => {
                format!(": write it in quotes, `\"{}\"`", cut(text))
            }
            _ => String::new(),
        };
        let message = format!("expected {expected}, found {}{advice}", node.phrase());
        let position = if node.is_null() { place.key } else { node.position };
        self.report.add(position, &place.path, message);
        node.to_json()
    }
}

/// True when the schema takes values of that type of JSON.
fn takes(schema: &Value, name: &str) -> bool {
    let types = schema::types(schema);
    types.is_empty() || types.contains(&name)
}
