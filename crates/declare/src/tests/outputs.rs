//! What is written: files, their schema, their documentation.

use serde_json::{Value, json};

use super::{WHOLE, kinds, read, read_any_results};
use crate::{Declared, Document, reference, render, schema};

#[test]
fn a_rendered_file_reads_back_to_the_same_document() {
    let document = read(WHOLE).unwrap();
    let text = render(&document, &kinds::kinds().inputs);
    let mut again = read(&text).unwrap();
    // Only the place of the file's name has moved.
    for (new, old) in again.files.iter_mut().zip(&document.files) {
        (new.line, new.column) = (old.line, old.column);
    }
    assert_eq!(again, document, "{text}");
    assert_eq!(text, WHOLE, "a tidy file stays as it is");
}

#[test]
fn any_text_survives_rendering() {
    let kinds = kinds::kinds().inputs;
    for text in [
        "",
        " ",
        "a b",
        "-3 mm",
        "- x",
        "--- x",
        "a: b",
        "a #b",
        "#",
        "[x]",
        "min(a, b)",
        "true",
        "null",
        "~",
        "12",
        "1e3",
        "0x1f",
        "no",
        "x\ny",
        "x\n\ny\n",
        " x\ny",
        "x \ny",
        "\t",
        "\"q\"",
        "'q'",
        "\\",
        "é ü µm",
        "\u{1}\u{85}\u{2028}",
        "x:",
        "?",
        "&a",
        "*a",
        "!t",
        "%",
        "@",
        "`",
        "=",
        "<<",
        "|",
        ">",
        "x\r\ny",
        "\u{feff}x",
        "x\n",
        "\n",
        "{",
        "a\tb",
    ] {
        let properties = json!({"of": text, "format": text});
        let entity = Declared {
            kind: "project.export".to_owned(),
            path: "exports/e".to_owned(),
            properties,
            order: 0,
        };
        let document = Document {
            project: "p".to_owned(),
            description: text.to_owned(),
            entities: vec![entity],
            ..Document::default()
        };
        let rendered = render(&document, &kinds);
        assert_eq!(read_any_results(&rendered), Ok(document), "{rendered}");
    }
}

#[test]
fn long_groups_are_broken_and_results_left_out() {
    let entity = |kind: &str, path: &str, properties: Value, order| Declared {
        kind: kind.to_owned(),
        path: path.to_owned(),
        properties,
        order,
    };
    let tools: Vec<String> = (0..30).map(|index| format!("tool_{index}")).collect();
    let document = Document {
        project: "p".to_owned(),
        entities: vec![
            entity("modeling.subtract", "geometry/cut", json!({"from": "block", "tools": tools}), 7),
            entity("modeling.model", "model", json!({"bodies": ["cut"]}), 8),
        ],
        ..Document::default()
    };
    let text = render(&document, &kinds::kinds().inputs);
    let expected = "opentwin: 1\nproject: p\n\ngeometry:\n  cut:\n    subtract:\n      from: block\n      tools:\n        - tool_0\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(!text.contains("model:"), "{text}");
}

#[test]
fn the_published_schema_is_sound_and_agrees_with_the_reader() {
    let schema = schema(&kinds::kinds().inputs);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut whole = json!({
        "opentwin": 1,
        "project": "p",
        "units": {"length": "mm"},
        "parameters": {"a": "22.86 mm", "b": {"value": 3}},
        "materials": {"teflon": {"epsilon_r": "2.1", "type": "pec"}},
        "geometry": {"block": {"cuboid": {"min": [0, 0, 0], "max": ["a", 1, 2], "material": null}}},
        "mesh": {"maximum_frequency": "12 GHz", "largest_step": 3, "boundary": {"x_min": {"absolute": 1}}},
    });
    assert!(validator.is_valid(&whole), "{:?}", validator.validate(&whole));
    for (pointer, wrong) in [
        ("/opentwin", json!(2)),
        ("/geometry/block", json!({"cubiod": {}})),
        ("/geometry/block/cuboid/min", json!([0, 0])),
        ("/mesh/boundary/x_min", json!({"absolut": 1})),
        ("/parameters/a", json!([1])),
    ] {
        let kept = std::mem::replace(whole.pointer_mut(pointer).unwrap(), wrong);
        assert!(!validator.is_valid(&whole), "{pointer}");
        *whole.pointer_mut(pointer).unwrap() = kept;
    }
}

#[test]
fn the_reference_tells_each_key_with_type_default_range_and_example() {
    let text = reference(&kinds::kinds(), "This is one.\n");
    for part in [
        "## `geometry`\n\nEntries by name, each with one of these kinds.\n",
        "### `cuboid`: Cuboid\n\nA box along the axes.\n",
        "| `min` | list of 3, each a length such as `3 mm` | required |  | One corner. |",
        "| `epsilon_r` | number | `1` | > 0 | Relative permittivity. |",
        "| `steps_per_wavelength` | whole number | – | ≥ 2, ≤ 1000 |",
        "```yaml\ngeometry:\n  example: {cuboid: {min: [0, 0, 0], max: [a, 10 mm, 2*a], material: teflon}}\n```",
        "```yaml\nparameters:\n  example: 22.86 mm\n```",
        "```yaml\nmesh: {maximum_frequency: 12 GHz}\n```",
        "| `type` = `pec` | | | | A perfect conductor. |",
        "| `boundary.x_min` |",
        "| `boundary` | group of properties | – |",
        "| `largest_step` | length | `3 mm` | ≥ 1 mm, ≤ 500 mm |",
        "| `load.type` | `resistor` | required |",
        "\n\nThis is one.\n\n| key | type | meaning |",
        "## `materials`\n\nEntries by name.\n\nEvery project has `vacuum` and `pec` without declaring them.\n",
        "| `material` | the name of an entry of `materials`, or `vacuum` or `pec` |",
        "| `of` | the path of a result | required |",
        "\nWhat has to go together:\n\n- `fmin` is less than `fmax`.\n- Something stands in `mesh`.\n",
        "- One of `frequencies` or `interval` is given, and only one.\n- No more than one of `plane` or `box` is given.\n\
         - `frequencies` does not exceed the `fmax` of an entry of `solvers`.\n\
         - One of `plane.x`, `plane.y` or `plane.z` is given, and only one.\n",
        "- `min` and `max` are the same along the axis of `direction`.\n- No coordinate of `min` exceeds that of `max`.\n",
        "- `start` and `end` differ along one axis, or along `axis` where that is given.\n",
        "| `model/<geometry>` | `step` | What is at model/{modeling.} |",
        "| `results/<solvers>/fields/<monitors>` | `vtr` |",
    ] {
        assert!(text.contains(part), "{part}\n in \n{text}");
    }
}
