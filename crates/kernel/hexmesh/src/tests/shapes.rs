//! Triangulated shapes.

use crate::Solid;
use std::f64::consts::TAU;

pub(super) fn solid(vertices: Vec<[f64; 3]>, triangles: Vec<[u32; 3]>, material: usize) -> Solid {
    Solid {
        name: "shape".to_owned(),
        vertices,
        triangles,
        snap: Default::default(),
        material,
        priority: 0,
        is_sheet: false,
    }
}

/// A box that snaps on all sides.
pub(super) fn cuboid(low: [f64; 3], high: [f64; 3], material: usize) -> Solid {
    let vertices =
        (0..8usize).map(|c| [0, 1, 2].map(|a| if c >> a & 1 == 0 { low[a] } else { high[a] })).collect();
    let triangles = vec![
        [0, 2, 3],
        [0, 3, 1],
        [4, 5, 7],
        [4, 7, 6],
        [0, 1, 5],
        [0, 5, 4],
        [2, 6, 7],
        [2, 7, 3],
        [0, 4, 6],
        [0, 6, 2],
        [1, 3, 7],
        [1, 7, 5],
    ];
    let mut made = solid(vertices, triangles, material);
    made.snap = [0, 1, 2].map(|a| vec![low[a], high[a]]);
    made
}

/// A rectangle normal to `axis` at `at`, over the other two coordinates in their order.
pub(super) fn plate(axis: usize, at: f64, low: [f64; 2], high: [f64; 2], material: usize) -> Solid {
    let point = |p: [f64; 2]| {
        let mut v = vec![p[0], p[1]];
        v.insert(axis, at);
        [v[0], v[1], v[2]]
    };
    let corners = [low, [high[0], low[1]], high, [low[0], high[1]]].map(point).to_vec();
    let mut made = solid(corners, vec![[0, 1, 2], [0, 2, 3]], material);
    made.snap = [0, 1, 2].map(|a| made.vertices.iter().map(|v| v[a]).collect());
    made.is_sheet = true;
    made
}

/// A closed surface from a grid of points that wraps in both directions.
fn wrapped(nu: usize, nv: usize, point: impl Fn(f64, f64) -> [f64; 3]) -> Solid {
    let mut vertices = Vec::new();
    let mut triangles = Vec::new();
    let index = |i: usize, j: usize| ((i % nu) * nv + j % nv) as u32;
    for i in 0..nu {
        for j in 0..nv {
            vertices.push(point(i as f64 / nu as f64, j as f64 / nv as f64));
            let [a, b, c, d] = [index(i, j), index(i + 1, j), index(i + 1, j + 1), index(i, j + 1)];
            triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    solid(vertices, triangles, 1)
}

pub(super) fn torus(major: f64, minor: f64, n: usize) -> Solid {
    wrapped(n, n, |u, v| {
        let r = major + minor * (TAU * v).cos();
        [r * (TAU * u).cos(), r * (TAU * u).sin(), minor * (TAU * v).sin()]
    })
}

/// A sphere of latitudes and longitudes; 2n(n−1) triangles and more.
pub(super) fn sphere(centre: [f64; 3], radius: f64, n: usize, material: usize) -> Solid {
    let mut vertices = vec![[centre[0], centre[1], centre[2] + radius]];
    for i in 1..n {
        for j in 0..2 * n {
            let (s, c) = (TAU / 2.0 * i as f64 / n as f64).sin_cos();
            let (t, q) = (TAU * j as f64 / (2 * n) as f64).sin_cos();
            vertices.push([centre[0] + radius * s * q, centre[1] + radius * s * t, centre[2] + radius * c]);
        }
    }
    vertices.push([centre[0], centre[1], centre[2] - radius]);
    let last = vertices.len() as u32 - 1;
    let at = |i: usize, j: usize| (1 + (i - 1) * 2 * n + j % (2 * n)) as u32;
    let mut triangles = Vec::new();
    for j in 0..2 * n {
        triangles.push([0, at(1, j), at(1, j + 1)]);
        for i in 1..n - 1 {
            triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
            triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
        }
        triangles.push([at(n - 1, j), last, at(n - 1, j + 1)]);
    }
    solid(vertices, triangles, material)
}

/// Turned about z by an angle; nothing snaps any more but the caps.
pub(super) fn turned(mut shape: Solid, angle: f64) -> Solid {
    let (s, c) = angle.sin_cos();
    for v in &mut shape.vertices {
        *v = [c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]];
    }
    shape.snap[0].clear();
    shape.snap[1].clear();
    shape
}

/// One solid of the surfaces of both.
pub(super) fn joined(mut a: Solid, b: &Solid) -> Solid {
    let shift = a.vertices.len() as u32;
    a.vertices.extend(&b.vertices);
    a.triangles.extend(b.triangles.iter().map(|t| t.map(|v| v + shift)));
    for (to, from) in a.snap.iter_mut().zip(&b.snap) {
        to.extend(from);
    }
    a
}
