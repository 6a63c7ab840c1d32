use std::collections::HashSet;
use std::fmt::Write;

use base::kind::{Arrangement, KindDescriptor};
use base::quantity::Measure;
use base::rule::Rule;
use base::schema;
use base::units::{Dimension, format, format_number};
use serde_json::{Map, Value};

use crate::Kinds;
use crate::check::expected;
use crate::name::one_of;
use crate::render::example;
use crate::schema::written_default;
use crate::sections::{self, Section};

/// The documentation of the format in Markdown, from the kinds' schemas: for each kind what it is, a
/// table of its keys and an example. `start` is Markdown to begin with, such as a whole file.
pub fn reference(kinds: &Kinds, start: &str) -> String {
    let mut out = format!("{TITLE}\n{start}\n{HEAD}");
    out.push_str(&units());
    for section in sections::of(&kinds.inputs) {
        let _ = write!(out, "\n## `{}`\n\n{}\n", section.name, form(&section));
        let builtin = builtin(&kinds.inputs, section.name);
        if !builtin.is_empty() {
            let names = one_of(&builtin).replace(" or ", " and ");
            let _ = write!(out, "\nEvery project has {names} without declaring them.\n");
        }
        for kind in &section.kinds {
            write_kind(&mut out, &section, kind, kinds);
        }
    }
    write_results(&mut out, kinds);
    out
}

const TITLE: &str = "\
# Project file

A project in one YAML file. It begins with the version of the format and the project's name; the sections
follow in any order. A key that is not known is refused, with its line and what was expected.
";

const HEAD: &str = "\
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

/// Names of a section that exist without being declared: the schemas that refer to it know them.
fn builtin<'k>(kinds: &'k [KindDescriptor], section: &str) -> Vec<&'k str> {
    fn collect<'k>(node: &'k Value, section: &str, names: &mut Vec<&'k str>) {
        match node {
            Value::Object(object) => {
                if object.get("x-reference").and_then(Value::as_str) == Some(section) {
                    let own = object.get("x-builtin").and_then(Value::as_array).into_iter().flatten();
                    names.extend(own.filter_map(Value::as_str));
                }
                object.values().for_each(|value| collect(value, section, names));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, section, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    kinds.iter().for_each(|kind| collect(&kind.schema, section, &mut names));
    let mut first = HashSet::new();
    names.retain(|name| first.insert(*name));
    names
}

/// Where results stand and what files they become.
fn write_results(out: &mut String, kinds: &Kinds) {
    if kinds.results.is_empty() {
        return;
    }
    out.push_str(
        "\n## Results\n\nWhat can be written to files once it is computed. A section in `<…>` stands for a name in it.\n\n\
         | path | formats | what it is |\n|---|---|---|\n",
    );
    for result in &kinds.results {
        let steps = result.path.split('/').map(|step| {
            let kind = step.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let section = kind.and_then(|kind| {
                let fits = |known: &&KindDescriptor| {
                    known.kind == kind || (kind.ends_with('.') && known.kind.starts_with(kind))
                };
                kinds.inputs.iter().find(fits)
            });
            section.map_or_else(|| step.to_owned(), |known| format!("<{}>", known.section))
        });
        let path = steps.collect::<Vec<_>>().join("/");
        let formats: Vec<String> = result.formats.iter().map(|format| format!("`{format}`")).collect();
        let _ = writeln!(out, "| `{path}` | {} | {} |", formats.join(", "), cell(&result.title));
    }
}

fn write_kind(out: &mut String, section: &Section<'_>, kind: &KindDescriptor, kinds: &Kinds) {
    if section.arrangement == Arrangement::MapOfKinds {
        let _ = write!(out, "\n### `{}`: {}\n", kind.key, kind.title);
    }
    if !kind.description.is_empty() {
        let _ = write!(out, "\n{}\n", kind.description.trim());
    }
    if let Some(shorthand) = &kind.shorthand {
        let _ = write!(out, "\nA bare value stands for `{shorthand}`.\n");
    }
    let mut rows = Rows { root: &kind.schema, kinds: &kinds.inputs, lines: Vec::new(), rules: Vec::new() };
    rows.group(&kind.schema, "", 0);
    if !rows.lines.is_empty() {
        out.push_str("\n| key | type | default | range | meaning |\n|---|---|---|---|---|\n");
        for line in rows.lines {
            out.push_str(&line);
            out.push('\n');
        }
    }
    if !rows.rules.is_empty() {
        out.push_str("\nWhat has to go together:\n\n");
        for rule in rows.rules {
            let _ = writeln!(out, "- {rule}");
        }
    }
    for properties in &kind.examples {
        let _ = write!(out, "\n```yaml\n{}```\n", example(kind, section, "example", properties));
    }
}

struct Rows<'a> {
    root: &'a Value,
    kinds: &'a [KindDescriptor],
    lines: Vec<String>,
    rules: Vec<String>,
}

impl Rows<'_> {
    /// Deeper groups are told by their type only.
    const DEEPEST: usize = 4;

    fn group(&mut self, schema: &Value, prefix: &str, depth: usize) {
        let node = schema::resolve(self.root, schema);
        if depth > Self::DEEPEST {
            return;
        }
        let rules = Rule::of(node);
        self.rules.extend(rules.iter().filter_map(|rule| sentence(rule, prefix, self.kinds)));
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

/// A rule in words, for the group whose properties have `prefix` before their names.
fn sentence(rule: &Rule, prefix: &str, kinds: &[KindDescriptor]) -> Option<String> {
    let name = |name: &str| format!("`{prefix}{name}`");
    let all = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| format!("{prefix}{name}")).collect();
        one_of(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    Some(match rule {
        Rule::Less(low, high) => format!("{} is less than {}.", name(low), name(high)),
        Rule::Ordered(low, high) => format!("No coordinate of {} exceeds that of {}.", name(low), name(high)),
        Rule::ExactlyOne(names) => format!("One of {} is given, and only one.", all(names)),
        Rule::AtMostOne(names) => format!("No more than one of {} is given.", all(names)),
        Rule::Apart { points: (from, to), along } => format!(
            "{} and {} differ along one axis, or along {} where that is given.",
            name(from),
            name(to),
            name(along)
        ),
        Rule::Level { points: (from, to), along } => {
            format!("{} and {} are the same along the axis of {}.", name(from), name(to), name(along))
        }
        Rule::Needs(section) => format!("Something stands in `{section}`."),
        Rule::AtMost { property, kind, limit } => {
            let section = &kinds.iter().find(|known| known.kind == *kind)?.section;
            format!("{} does not exceed the `{limit}` of an entry of `{section}`.", name(property))
        }
        // The property that prevents it says so.
        Rule::Consumes { .. } => return None,
    })
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
