//! Properties as a page for people: what is short first, long lists cut.

use serde_json::{Map, Value};

use super::text::clean;

/// Lists are shown whole up to so many items.
const WHOLE: usize = 8;

/// Items of a longer list that are shown: its beginning, and the last one.
const SHOWN: usize = 3;

/// What is to be seen first where there is such a property: the figures of a result, and what they are worth.
const FIRST: [&str; 3] = ["statistics", "quality", "warnings"];

/// The hash of what a result was computed from: for programs.
const INPUTS: &str = "inputs";

/// The page.
pub(crate) fn page(properties: &Value) -> String {
    let mut page = String::new();
    match properties {
        Value::Object(map) => write(&mut page, map, 0),
        other => page.push_str(&inline(other)),
    }
    page.trim_end().to_owned()
}

fn write(page: &mut String, map: &Map<String, Value>, depth: usize) {
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_by_key(|(key, value)| place(key, value));
    let indent = "  ".repeat(depth);
    for (key, value) in pairs {
        let key = clean(key);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                page.push_str(&format!("{indent}{key}:\n"));
                write(page, inner, depth + 1);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                page.push_str(&format!("{indent}{key}:\n"));
                for item in items.iter().take(WHOLE) {
                    page.push_str(&format!("{indent}- {}\n", item_of(item)));
                }
                if let Some(more @ 1..) = items.len().checked_sub(WHOLE) {
                    page.push_str(&format!("{indent}- … {more} more\n"));
                }
            }
            other => page.push_str(&format!("{indent}{key}: {}\n", inline(other))),
        }
    }
}

/// Where a property stands: before or behind those of other names, which keep their order.
fn place(key: &str, value: &Value) -> usize {
    match FIRST.iter().position(|first| *first == key) {
        Some(first) => first,
        None if cut(value) => FIRST.len() + 2,
        None if key == INPUTS => FIRST.len() + 1,
        None => FIRST.len(),
    }
}

/// True for what is not shown whole.
fn cut(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > WHOLE || items.iter().any(cut),
        Value::Object(map) => map.values().any(cut),
        _ => false,
    }
}

/// An item of a list of things: what it says, where it says something.
fn item_of(item: &Value) -> String {
    match item.get("message").and_then(Value::as_str) {
        Some(message) => clean(message),
        None => match item {
            Value::Object(map) => pairs(map),
            other => inline(other),
        },
    }
}

fn pairs(map: &Map<String, Value>) -> String {
    let pair = |(key, value): (&String, &Value)| format!("{}: {}", clean(key), inline(value));
    map.iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        Value::Null => "none".to_owned(),
        Value::Array(items) if items.len() > WHOLE => {
            let begin: Vec<String> = items.iter().take(SHOWN).map(inline).collect();
            let last = items.last().map(inline).unwrap_or_default();
            format!("[{}, … {last}] ({} in all)", begin.join(", "), items.len())
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => format!("{{{}}}", pairs(map)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_grid_shows_its_figures_first_and_no_line_of_the_mesh() {
        let line: Vec<f64> = (0..200).map(|i| f64::from(i) * 0.5).collect();
        let grid = json!({
            "inputs": "0123456789abcdef",
            "lines": [line, [0.0, 1.0], [0.0, 2.0]],
            "materials": ["vacuum", "pec"],
            "quality": {
                "warnings": [{"axis": "x", "at": 0.5, "message": "steps differ by 3.1 at x = 0.5 m\u{1b}[2J"}],
                "worst_ratio": {"axis": "x", "ratio": 3.1},
            },
            "statistics": {"cells": 1990, "smallest_step": [0.5, 1.0, 2.0], "solids": [{"cells": 3, "name": "box"}]},
        });
        assert_eq!(
            page(&grid),
            "statistics:\n  cells: 1990\n  smallest_step: [0.5, 1.0, 2.0]\n  solids:\n  - cells: 3, name: box\n\
             quality:\n  warnings:\n  - steps differ by 3.1 at x = 0.5 m\u{fffd}[2J\n  worst_ratio:\n    axis: x\n    ratio: 3.1\n\
             materials: [vacuum, pec]\n\
             inputs: 0123456789abcdef\n\
             lines: [[0.0, 0.5, 1.0, … 99.5] (200 in all), [0.0, 1.0], [0.0, 2.0]]"
        );
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let many: Vec<Value> = (0..10).map(|i| json!({"n": i})).collect();
        let text = page(&json!({"empty": {}, "flag": true, "list": many, "none": null}));
        assert!(text.starts_with("empty: {}\nflag: true\nnone: none\nlist:\n- n: 0\n"), "{text}");
        assert!(text.ends_with("- n: 7\n- … 2 more"), "{text}");
        assert_eq!(page(&json!({})), "");
    }
}
