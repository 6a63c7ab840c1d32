//! Meshes a sphere of 100,000 triangles into 10⁷ cells and prints how long it took.

use hexmesh::{Axis, Distance, Kind, Material, Model, Settings, Solid, generate};
use std::{f64::consts::PI, time::Instant};

fn sphere(n: usize) -> Solid {
    let at = |i: usize, j: usize| (i * 2 * n + j % (2 * n)) as u32;
    let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
    for i in 0..=n {
        for j in 0..2 * n {
            let (s, c) = (PI * i as f64 / n as f64).sin_cos();
            let (t, q) = (PI * j as f64 / n as f64).sin_cos();
            vertices.push([s * q, s * t, c]);
            if i < n {
                triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
    }
    let name = "sphere".to_owned();
    let snap = Default::default();
    Solid { name, vertices, triangles, snap, material: 1, priority: 0, is_sheet: false }
}

fn main() -> Result<(), hexmesh::Error> {
    let material = |name: &str, kind| Material { name: name.to_owned(), kind };
    let model = Model {
        solids: vec![sphere(158)],
        materials: vec![material("air", Kind::VACUUM), material("metal", Kind::Pec)],
        background: 0,
    };
    let mut settings = Settings::new(1.0);
    settings.maximum_edge_length = Some(2.2 / 215.0);
    settings.boundary_distance = [[Distance::Absolute(0.1); 2]; 3];
    let start = Instant::now();
    let made = generate(&model, &settings, &base::progress::Silent)?;
    let meshed = start.elapsed();
    let bytes = made.mesh.encode();
    println!(
        "{} triangles, {} cells, {} lines on x: meshed in {:.2} s; {} bytes, encoded in {:.2} s",
        model.solids[0].triangles.len(),
        made.statistics.cells,
        made.mesh.lines(Axis::X).len(),
        meshed.as_secs_f64(),
        bytes.len(),
        (start.elapsed() - meshed).as_secs_f64(),
    );
    Ok(())
}
