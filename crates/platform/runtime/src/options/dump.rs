//! The configuration in force as a file that can be read back: each value with whence it is, and what is not set as a
//! comment.

use serde_json::{Map, Value};

use super::layers::{Flag, Setting, Whence, empty};

/// Comments stand below each other, behind lines of up to so many characters.
const WIDEST: usize = 56;

/// The file.
pub(super) fn text(settings: &[Setting], flags: &[Flag]) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    // In TOML what follows the head of a table belongs to it: so tables come last.
    let (tables, values): (Vec<&Setting>, Vec<&Setting>) =
        settings.iter().partition(|setting| table(setting, flags));
    for setting in values {
        let line = match empty(&setting.value) {
            false => {
                (format!("{} = {}", name(&setting.key), inline(&setting.value)), setting.whence.to_string())
            }
            true => {
                let value =
                    flags.iter().find(|flag| flag.key() == setting.key).map_or("", |flag| &flag.value);
                (format!("# {} = {value}", name(&setting.key)), "not set".to_owned())
            }
        };
        lines.push(line);
    }
    for setting in tables {
        match &setting.value {
            Value::Object(map) if !map.is_empty() => {
                section(&name(&setting.key), map, &setting.in_file, &setting.whence, &mut lines);
            }
            _ => lines.extend([blank(), (format!("# [{}]", name(&setting.key)), "not set".to_owned())]),
        }
    }
    let width =
        lines.iter().map(|(line, _)| line.chars().count()).filter(|&w| w <= WIDEST).max().unwrap_or(0);
    let mut text = String::new();
    for (line, whence) in lines {
        match whence.as_str() {
            "" => text.push_str(&line),
            whence => text.push_str(&format!("{line:width$}  # {whence}")),
        }
        text.push('\n');
    }
    text
}

/// True for an option that is a table: such a one has no flag.
fn table(setting: &Setting, flags: &[Flag]) -> bool {
    match &setting.value {
        Value::Object(_) => true,
        Value::Null => !flags.iter().any(|flag| flag.key() == setting.key),
        _ => false,
    }
}

/// A table, and those in it.
fn section(
    path: &str,
    map: &Map<String, Value>,
    in_file: &Value,
    whence: &Whence,
    lines: &mut Vec<(String, String)>,
) {
    let tables = |value: &Value| value.as_object().is_some();
    lines.extend([blank(), (format!("[{path}]"), String::new())]);
    for (key, value) in map.iter().filter(|(_, value)| !tables(value) && !value.is_null()) {
        // The file that has the table may leave this one to its default.
        let whence = if in_file.get(key).is_some() { whence } else { &Whence::Default };
        lines.push((format!("{} = {}", name(key), inline(value)), whence.to_string()));
    }
    for (key, value) in map {
        if let Value::Object(inner) = value {
            let in_file = in_file.get(key).unwrap_or(&Value::Null);
            section(&format!("{path}.{}", name(key)), inner, in_file, whence, lines);
        }
    }
}

fn blank() -> (String, String) {
    (String::new(), String::new())
}

/// A key, quoted where it has to be.
fn name(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| format!("{} = {}", name(key), inline(value));
            format!("{{{}}}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        // Numbers and truth are written as in JSON.
        other => other.to_string(),
    }
}

/// Text as JSON writes it, which TOML reads alike but for one character.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
