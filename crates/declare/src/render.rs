use std::fmt::Write;

use base::kind::{Arrangement, KindDescriptor};
use serde_json::{Map, Value, json};

use crate::document::{Declared, Document};
use crate::scalar;
use crate::sections::{self, Section};
use crate::{FORMAT, UNITS};

/// Lines are filled up to here before a group is broken into one line a key.
const WIDTH: usize = 100;

/// Writes a project as a file that [`crate::parse`] reads back to the same document.
///
/// Entities of kinds that are not declared, such as results, are no part of the file and left out.
pub fn render(document: &Document, kinds: &[KindDescriptor]) -> String {
    let mut out = format!("opentwin: {FORMAT}\n");
    entry(&mut out, 0, "project", &json!(document.project));
    if !document.description.is_empty() {
        entry(&mut out, 0, "description", &json!(document.description));
    }
    let units =
        document.entities.iter().find(|entity| entity.path == UNITS).map(|entity| entity.properties.clone());
    let units = units.unwrap_or_else(|| json!(document.units));
    if units.as_object().is_some_and(|units| !units.is_empty()) {
        entry(&mut out, 0, UNITS, &units);
    }
    let mut entities: Vec<&Declared> = document.entities.iter().collect();
    entities.sort_by_key(|entity| entity.order);
    for section in sections::of(kinds) {
        render_section(&mut out, &section, &entities);
    }
    out
}

/// One entity under its section's name, as an example of a documentation shows it.
pub(crate) fn example(
    kind: &KindDescriptor,
    section: &Section<'_>,
    name: &str,
    properties: &Value,
) -> String {
    let path = match section.arrangement {
        Arrangement::Single => kind.section.clone(),
        _ => format!("{}/{name}", kind.section),
    };
    let entity = Declared { kind: kind.kind.clone(), path, properties: properties.clone(), order: 0 };
    let mut out = String::new();
    render_section(&mut out, section, &[&entity]);
    out.trim_start().to_owned()
}

fn render_section(out: &mut String, section: &Section<'_>, entities: &[&Declared]) {
    let own = entities.iter().filter_map(|entity| {
        let kind = section.kinds.iter().find(|kind| kind.kind == entity.kind)?;
        let name = match entity.path.strip_prefix(section.name)? {
            "" => "",
            rest => rest.strip_prefix('/')?,
        };
        Some((name, *kind, &entity.properties))
    });
    let own: Vec<(&str, &KindDescriptor, &Value)> = own.collect();
    if section.arrangement == Arrangement::Single {
        if let Some((.., properties)) = own.first() {
            out.push('\n');
            entry(out, 0, section.name, properties);
        }
        return;
    }
    if own.is_empty() {
        return;
    }
    let _ = write!(out, "\n{}:\n", section.name);
    for (name, kind, properties) in own {
        let value = shortened(kind, properties);
        let value = match section.arrangement {
            Arrangement::MapOfKinds => Value::Object(Map::from_iter([(kind.key.clone(), value)])),
            _ => value,
        };
        entry(out, 2, name, &value);
    }
}

/// The bare value where a property has a shorthand and stands alone.
fn shortened(kind: &KindDescriptor, properties: &Value) -> Value {
    let alone = kind.shorthand.as_ref().and_then(|property| {
        let object = properties.as_object().filter(|object| object.len() == 1)?;
        object.get(property).filter(|value| !value.is_object() && !value.is_null())
    });
    alone.unwrap_or(properties).clone()
}

fn entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    let _ = write!(out, "{:indent$}{}:", "", quoted_key(key));
    if let Some(text) = literal_block(value) {
        let _ = writeln!(out, " {}", if text.ends_with('\n') { "|" } else { "|-" });
        for line in text.lines() {
            let blank = if line.is_empty() { 0 } else { indent + 2 };
            let _ = writeln!(out, "{:blank$}{line}", "");
        }
        return;
    }
    let flow = flow(value);
    let fits = indent + key.len() + 2 + flow.len() <= WIDTH;
    match value {
        Value::Object(object) if !(object.is_empty() || fits && is_small(value)) => {
            out.push('\n');
            for (key, value) in object {
                entry(out, indent + 2, key, value);
            }
        }
        Value::Array(items) if !items.is_empty() && !fits => {
            out.push('\n');
            for item in items {
                let _ = writeln!(out, "{:1$}- {2}", "", indent + 2, self::flow(item));
            }
        }
        _ => {
            let _ = writeln!(out, " {flow}");
        }
    }
}

/// True for what reads well on one line: up to four keys a level.
fn is_small(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.len() <= 4 && object.values().all(is_small),
        Value::Array(items) => items.iter().all(is_small),
        Value::String(text) => !text.contains('\n'),
        _ => true,
    }
}

/// A text of several lines that can stand as a block: without what a block would change.
fn literal_block(value: &Value) -> Option<&str> {
    let text = value.as_str()?;
    let sound = text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with("\n\n")
        && text.chars().all(|c| c == '\n' || !needs_escape(c))
        && text.lines().all(|line| line.trim_end() == line);
    sound.then_some(text)
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let pairs: Vec<String> =
                object.iter().map(|(key, value)| format!("{}: {}", quoted_key(key), flow(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

fn quoted_key(key: &str) -> String {
    let plain =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    let harmless =
        matches!(scalar::resolve(key), Value::String(_) | Value::Number(_)) && !key.starts_with('-');
    if plain && harmless { key.to_owned() } else { escaped(key) }
}

/// A text as a plain scalar where that is safe in any place, else in double quotes.
fn quoted(text: &str) -> String {
    let mut characters = text.chars();
    let start = match (characters.next(), characters.next()) {
        (Some('-'), Some(second)) => !matches!(second, ' ' | '-'),
        (Some(first), _) => !"-?:,[]{}#&*!|>'\"%@`=<. \t".contains(first),
        (None, _) => false,
    };
    // Some readers of YAML take these for truth values.
    let word = matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n");
    let plain = start
        && !word
        && matches!(scalar::resolve(text), Value::String(_))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(|c| ",[]{}\"".contains(c) || needs_escape(c));
    if plain { text.to_owned() } else { escaped(text) }
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
