//! The mesh as an entity.

use api::{Code, Failure};
use hexmesh::Generated;
use serde::Serialize;
use serde_json::{Value, json};

/// Properties of the entity that holds a mesh; `warnings` are those of its quality, in words.
pub(crate) fn properties(made: &Generated, warnings: &[String], inputs: &str) -> Result<Value, Failure> {
    let mesh = &made.mesh;
    let mut quality = value(&made.quality)?;
    if let Some(list) = quality.get_mut("warnings").and_then(Value::as_array_mut) {
        for (warning, text) in list.iter_mut().zip(warnings) {
            if let Some(warning) = warning.as_object_mut() {
                warning.insert("message".to_owned(), json!(text));
            }
        }
    }
    let materials: Vec<&str> = mesh.materials.iter().map(|m| m.name.as_str()).collect();
    Ok(json!({
        "inputs": inputs,
        "statistics": value(&made.statistics)?,
        "quality": quality,
        "materials": materials,
        "lines": [mesh.x, mesh.y, mesh.z],
    }))
}

fn value(part: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(part)
        .map_err(|e| Code::Internal.because(format!("the report cannot be written: {e}")))
}
