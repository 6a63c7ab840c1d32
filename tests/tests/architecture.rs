//! The layers of the code, as `ARCHITECTURE.md` says them, against what cargo says.
// Cargo is asked, which is not there where programs for another system are tried.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Layer and place in the document's table, by crate.
fn layers(document: &str) -> BTreeMap<String, (String, usize)> {
    document
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|');
            let name = cells.next()?.trim().trim_matches('`').to_owned();
            let layer = cells.next()?.trim().to_owned();
            (layer == "kernel" || layer.parse::<u8>().is_ok()).then_some((name, layer))
        })
        .enumerate()
        .map(|(index, (name, layer))| (name, (layer, index)))
        .collect()
}

fn allowed(from: &(String, usize), to: &str, target: &(String, usize)) -> bool {
    let number = |layer: &str| layer.parse::<u8>().unwrap_or(0);
    match (from.0.as_str(), target.0.as_str()) {
        ("kernel", _) => to == "base",
        (_, "kernel") => number(&from.0) >= 3,
        // Within the platform layer, in the order of the table; services never depend on services.
        ("2", "2") => from.1 > target.1,
        (a, b) => number(a) > number(b),
    }
}

#[test]
fn dependencies_go_downward_and_every_crate_is_on_the_map() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let layers = layers(&document);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let Some(own) = layers.get(name) else {
            wrong.push(format!("`{name}` is not on the map in ARCHITECTURE.md"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            let testing = dependency["kind"].as_str() == Some("dev");
            if let (Some(target), Some(_), false) = (layers.get(to), dependency["path"].as_str(), testing)
                && !allowed(own, to, target)
            {
                wrong.push(format!("`{name}` (layer {}) depends on `{to}` (layer {})", own.0, target.0));
            }
        }
    }
    let gone = layers.keys().filter(|name| !packages.iter().any(|p| p["name"] == name.as_str()));
    wrong.extend(gone.map(|name| format!("`{name}` is on the map but not in the workspace")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
