use std::fmt::Write;

use base::kind::{Arrangement, KindDescriptor};
use base::quantity::Measure;
use base::schema;
use base::units::{Dimension, format, format_number};
use serde_json::{Map, Value};

use crate::check::expected;
use crate::render::example;
use crate::schema::written_default;
use crate::sections::{self, Section};

/// The documentation of the format in Markdown, from the kinds' schemas: for each kind what it is, a
/// table of its keys and an example.
pub fn reference(kinds: &[KindDescriptor]) -> String {
    let mut out = String::from(HEAD);
    out.push_str(&units());
    for section in sections::of(kinds) {
        let _ = write!(out, "\n## `{}`\n\n{}\n", section.name, form(&section));
        for kind in &section.kinds {
            write_kind(&mut out, &section, kind);
        }
    }
    out
}

const HEAD: &str = "\
# Project file

A project in one YAML file. It begins with the version of the format and the project's name; the sections
follow in any order. A key that is not known is refused, with its line and what was expected.

| key | type | meaning |
|---|---|---|
| `opentwin` | `1`, required | the version of the format |
| `project` | text, required | the project's name: up to 128 characters without `/` |
| `description` | text | what it is about |
| `units` | group | the units that bare numbers mean, by dimension: `{length: mm, frequency: GHz}` |

**Names** of entries start with a letter or digit and go on with letters, digits, `_`, `-` and
`.`. Names of parameters have letters, digits and `_` only. Entries refer to each other by name.

**Quantities** are a number with a unit (`22.86 mm`), an expression (`2*a + 3 mm`), or a bare number where
`units` sets a default for the dimension; a bare `0` needs no unit. Expressions have `+ - * / ^ ( )`, the
functions `sqrt sin cos tan asin acos atan atan2 exp log log10 abs min max floor ceil round`, the constants
`pi c0 eps0 mu0 eta0`, and the names of parameters. Sums and comparisons are checked: a length and a frequency
cannot be added. Angles are `deg` or `rad`. Inside an expression every quantity has its unit, and a unit right
after a number belongs to it: `1/2 mm` is one over two millimetres.
";

fn units() -> String {
    let mut out = String::from("\n| dimension | a unit of it |\n|---|---|\n");
    for name in Dimension::names() {
        let example = Dimension::from_name(name).map(Dimension::example).unwrap_or_default();
        let _ = writeln!(out, "| `{name}` | `{example}` |");
    }
    out.push_str(
        "\nUnits take the prefixes `f p n u m k M G T`; lengths are also in `cm`, `in` and `mil`. Compound units are\nwritten as in `S/m` or `m/s^2`.\n",
    );
    out
}

fn form(section: &Section<'_>) -> &'static str {
    match section.arrangement {
        Arrangement::Single => "One group of properties.",
        Arrangement::Map => "Entries by name.",
        Arrangement::MapOfKinds => "Entries by name, each with one of these kinds.",
    }
}

fn write_kind(out: &mut String, section: &Section<'_>, kind: &KindDescriptor) {
    if section.arrangement == Arrangement::MapOfKinds {
        let _ = write!(out, "\n### `{}`: {}\n", kind.key, kind.title);
    }
    if !kind.description.is_empty() {
        let _ = write!(out, "\n{}\n", kind.description.trim());
    }
    if let Some(shorthand) = &kind.shorthand {
        let _ = write!(out, "\nA bare value stands for `{shorthand}`.\n");
    }
    let mut rows = Rows { root: &kind.schema, lines: Vec::new() };
    rows.group(&kind.schema, "", 0);
    if !rows.lines.is_empty() {
        out.push_str("\n| key | type | default | range | meaning |\n|---|---|---|---|---|\n");
        for line in rows.lines {
            out.push_str(&line);
            out.push('\n');
        }
    }
    for properties in &kind.examples {
        let _ = write!(out, "\n```yaml\n{}```\n", example(kind, section, "example", properties));
    }
}

struct Rows<'a> {
    root: &'a Value,
    lines: Vec<String>,
}

impl Rows<'_> {
    /// Deeper groups are told by their type only.
    const DEEPEST: usize = 4;

    fn group(&mut self, schema: &Value, prefix: &str, depth: usize) {
        let node = schema::resolve(self.root, schema);
        if depth > Self::DEEPEST {
            return;
        }
        let required: Vec<&Value> =
            node.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        let none = Map::new();
        let properties = node.get("properties").and_then(Value::as_object).unwrap_or(&none);
        for (name, property) in properties {
            let is_required = required.iter().any(|known| known.as_str() == Some(name));
            self.property(&format!("{prefix}{name}"), property, is_required, depth);
        }
        self.alternatives(node, prefix, depth);
        if let Some(parts) = node.get("allOf").and_then(Value::as_array) {
            parts.iter().for_each(|part| self.group(part, prefix, depth + 1));
        }
    }

    fn property(&mut self, path: &str, schema: &Value, required: bool, depth: usize) {
        let node = schema::resolve(self.root, schema);
        // What is said where a type is used is more exact than what the type says of itself.
        let text = |key: &str| schema.get(key).or_else(|| node.get(key));
        let default = match text("default") {
            _ if required => "required".to_owned(),
            // The defaults of a group stand with its keys.
            None | Some(Value::Null | Value::Object(_)) => "–".to_owned(),
            Some(value) => format!("`{}`", plain(&written_default(node, value))),
        };
        let meaning = text("description").and_then(Value::as_str).unwrap_or("");
        self.lines.push(format!(
            "| `{path}` | {} | {default} | {} | {} |",
            cell(&kind_of(self.root, node)),
            cell(&range(node)),
            cell(meaning)
        ));
        self.inner(node, path, depth);
    }

    /// The keys of groups inside of a property.
    fn inner(&mut self, node: &Value, path: &str, depth: usize) {
        if Measure::of(node).is_some() {
            return;
        }
        if node.get("properties").is_some() {
            return self.group(node, &format!("{path}."), depth + 1);
        }
        if let Some(item) = schema::item(node, 0) {
            let item = schema::resolve(self.root, item);
            return self.inner_of(item, &format!("{path}[]."), depth);
        }
        if let Some(values) = node.get("additionalProperties").filter(|values| values.is_object()) {
            let values = schema::resolve(self.root, values);
            return self.inner_of(values, &format!("{path}.<name>."), depth);
        }
        self.alternatives(node, &format!("{path}."), depth);
    }

    fn inner_of(&mut self, node: &Value, prefix: &str, depth: usize) {
        if Measure::of(node).is_none() {
            self.group(node, prefix, depth + 1);
        }
    }

    fn alternatives(&mut self, node: &Value, prefix: &str, depth: usize) {
        for alternative in schema::alternatives(node).unwrap_or(&[]) {
            let alternative = schema::resolve(self.root, alternative);
            if alternative.get("properties").is_some() {
                self.group(alternative, prefix, depth + 1);
            } else if schema::alternatives(alternative).is_some() && depth < Self::DEEPEST {
                self.alternatives(alternative, prefix, depth + 1);
            } else if let Some(value) = alternative.get("const") {
                let meaning = alternative.get("description").and_then(Value::as_str).unwrap_or("");
                if !meaning.is_empty() {
                    let path = prefix.trim_end_matches('.');
                    self.lines.push(format!("| `{path}` = `{}` | | | | {} |", plain(value), cell(meaning)));
                }
            }
        }
    }
}

fn kind_of(root: &Value, node: &Value) -> String {
    match Measure::of(node) {
        Some(Measure::Quantity(Dimension::NONE)) => "number".to_owned(),
        Some(Measure::Quantity(dimension)) => dimension.to_string().replace('-', " "),
        Some(Measure::Count) => "whole number".to_owned(),
        Some(Measure::Any) => "expression".to_owned(),
        None => {
            let words = expected(root, node);
            words.strip_prefix("a ").unwrap_or(&words).to_owned()
        }
    }
}

fn range(node: &Value) -> String {
    let dimension = match Measure::of(node) {
        Some(Measure::Quantity(dimension)) => dimension,
        _ => Dimension::NONE,
    };
    let bound = |keyword: &str| node.get(keyword).and_then(Value::as_f64);
    let shown = |value: f64| if value == 0.0 { format_number(value) } else { format(value, dimension) };
    let mut parts = Vec::new();
    for (keyword, sign) in
        [("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")]
    {
        // The widest numbers a machine holds are no limit that a user needs to know.
        if let Some(limit) = bound(keyword).filter(|limit| limit.abs() < 1e9 || !dimension.is_none()) {
            parts.push(format!("{sign} {}", shown(limit)));
        }
    }
    let count = |keyword: &str| node.get(keyword).and_then(Value::as_u64);
    match (count("minItems"), count("maxItems")) {
        (Some(least), Some(most)) if least == most => {}
        (Some(least), _) if least > 0 => parts.push(format!("{least} or more")),
        (_, Some(most)) => parts.push(format!("up to {most}")),
        _ => {}
    }
    parts.join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Text that stays in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
