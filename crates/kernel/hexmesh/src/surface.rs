//! Triangles ready for rays: moved onto the lines, their corners welded.

use crate::{check, model::Solid, settings::Axis, warp::Warp};
use std::collections::HashMap;

/// The surface of a solid after snapping.
pub(crate) struct Surface {
    pub vertices: Vec<[f64; 3]>,
    pub triangles: Vec<[u32; 3]>,
    pub low: [f64; 3],
    pub high: [f64; 3],
}

impl Surface {
    /// Moves and welds. Corners within `tolerance` become one, so that triangles which share
    /// an edge do so bit for bit, which is all that the rays need.
    pub fn new(solid: &Solid, warps: &[Warp; 3], tolerance: f64) -> Self {
        let mut vertices = solid.vertices.clone();
        for vertex in &mut vertices {
            for (x, warp) in vertex.iter_mut().zip(warps) {
                *x = warp.apply(*x);
            }
        }
        let to = weld(&vertices, tolerance);
        let triangles = solid.triangles.iter().map(|t| t.map(|v| to[v as usize])).collect();
        let moved = Solid { vertices, triangles, ..empty() };
        let (low, high) = check::bounds(&moved);
        Surface { vertices: moved.vertices, triangles: moved.triangles, low, high }
    }

    /// The axes along which nothing is left of the solid.
    pub fn flat_axes(&self, tolerance: f64) -> impl Iterator<Item = Axis> {
        let flat = [0, 1, 2].map(|a| self.high[a] - self.low[a] <= tolerance);
        Axis::ALL.into_iter().filter(move |a| flat[a.index()])
    }
}

fn empty() -> Solid {
    Solid {
        name: String::new(),
        vertices: Vec::new(),
        triangles: Vec::new(),
        snap: Default::default(),
        material: 0,
        priority: 0,
        is_sheet: false,
    }
}

/// For each vertex the first one that lies within the tolerance of it.
fn weld(vertices: &[[f64; 3]], tolerance: f64) -> Vec<u32> {
    // Boxes of twice the tolerance: everything within it lies in at most eight of them.
    let side = 2.0 * tolerance;
    let key = |x: f64| (x / side).floor() as i64;
    let mut boxes: HashMap<[i64; 3], u32> = HashMap::with_capacity(vertices.len());
    let mut to = Vec::with_capacity(vertices.len());
    for (index, p) in vertices.iter().enumerate() {
        let mut found = None;
        for corner in 0..8u32 {
            let at = [0, 1, 2].map(|a| {
                let sign = if corner >> a & 1 == 0 { -1.0 } else { 1.0 };
                key(p[a] + sign * tolerance)
            });
            if let Some(&other) = boxes.get(&at) {
                let q = vertices[other as usize];
                if (0..3).all(|a| (p[a] - q[a]).abs() <= tolerance) {
                    found = Some(found.map_or(other, |f: u32| f.min(other)));
                }
            }
        }
        to.push(found.unwrap_or_else(|| {
            boxes.entry(p.map(key)).or_insert(index as u32);
            index as u32
        }));
    }
    to
}

/// Volume that the triangles enclose, by the divergence theorem, m³.
pub(crate) fn volume(solid: &Solid) -> f64 {
    let Some(origin) = solid.triangles.first().map(|t| solid.vertices[t[0] as usize]) else {
        return 0.0;
    };
    let six: f64 = solid
        .triangles
        .iter()
        .map(|t| {
            let [a, b, c] = t.map(|v| {
                let p = solid.vertices[v as usize];
                [p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]]
            });
            a[0] * (b[1] * c[2] - b[2] * c[1])
                + a[1] * (b[2] * c[0] - b[0] * c[2])
                + a[2] * (b[0] * c[1] - b[1] * c[0])
        })
        .sum();
    (six / 6.0).abs()
}
