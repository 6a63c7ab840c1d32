//! Coordinates that the lines of a Cartesian mesh should meet.

use crate::body::{BoundingBox, Edge, EdgeKind, Face, FaceKind};
use crate::frame::{sub, unit};
use crate::scale::TOLERANCE;

/// Sine of the angle up to which a direction counts as that of an axis.
const PARALLEL: f64 = 1e-9;

pub(crate) fn coordinates(faces: &[Face], edges: &[Edge], around: &BoundingBox) -> [Vec<f64>; 3] {
    let mut found: [Vec<f64>; 3] = std::array::from_fn(|k| vec![around.min[k], around.max[k]]);
    for face in faces.iter().filter(|face| face.kind == FaceKind::Plane) {
        if let Some(k) = axis_of(face.normal) {
            found[k].push(face.center[k]);
        }
    }
    for edge in edges.iter().filter(|edge| edge.kind == EdgeKind::Line) {
        if unit(sub(edge.end, edge.start)).and_then(axis_of).is_some() {
            for (k, list) in found.iter_mut().enumerate() {
                list.extend([edge.start[k], edge.end[k]]);
            }
        }
    }
    found.map(distinct)
}

/// The axis that a unit vector is parallel to.
fn axis_of(direction: [f64; 3]) -> Option<usize> {
    (0..3).find(|&k| {
        let others = [direction[(k + 1) % 3], direction[(k + 2) % 3]];
        others.iter().all(|x| x.abs() < PARALLEL)
    })
}

/// Ascending; of coordinates that the kernel cannot tell apart the first.
fn distinct(mut list: Vec<f64>) -> Vec<f64> {
    list.sort_by(f64::total_cmp);
    list.dedup_by(|next, kept| *next - *kept < 2.0 * TOLERANCE);
    list
}
