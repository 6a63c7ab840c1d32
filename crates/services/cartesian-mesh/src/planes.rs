//! Places where other services' entities want a line.
//!
//! This service does not know what a port or a monitor is. Whatever it reads may mark a quantity in its schema
//! with `x-mesh-line`: `"x"`, `"y"` or `"z"` makes a number a coordinate of a line along that axis, `"point"`
//! makes the three numbers of a point coordinates along all axes.

use api::v1::Entity;
use api::{Code, Failure};
use compute::{Annotated, Entities};
use hexmesh::FixedLine;
use serde_json::Value;

/// The keyword in schemas.
pub(crate) const KEYWORD: &str = "x-mesh-line";

/// Adds the lines that the entities of this version ask for.
pub(crate) fn add(entities: &Entities, lines: &mut [Vec<FixedLine>; 3]) -> Result<(), Failure> {
    for entity in entities.all() {
        for mark in entities.annotated(entity, KEYWORD)? {
            for (axis, at) in wanted(entity, &mark)? {
                let name = format!("{}{}", entity.path, mark.pointer);
                // Ports side by side share planes: the first to ask gives the line its name.
                if lines[axis].iter().all(|line| line.at != at) {
                    lines[axis].push(FixedLine { name, at });
                }
            }
        }
    }
    Ok(())
}

fn wanted(entity: &Entity, mark: &Annotated) -> Result<Vec<(usize, f64)>, Failure> {
    let numbers: Option<Vec<f64>> = match &mark.value {
        Value::Array(items) => items.iter().map(Value::as_f64).collect(),
        value => value.as_f64().map(|number| vec![number]),
    };
    let axis = ["x", "y", "z"].iter().position(|axis| mark.note == *axis);
    match (axis, numbers.as_deref()) {
        (Some(axis), Some([at])) => Ok(vec![(axis, *at)]),
        (None, Some([x, y, z])) if mark.note == "point" => Ok(vec![(0, *x), (1, *y), (2, *z)]),
        _ => Err(Code::Invalid.because(format!(
            "`{}{}` is marked `{KEYWORD}: {}` in its schema, which does not fit its value",
            entity.path, mark.pointer, mark.note
        ))),
    }
}
