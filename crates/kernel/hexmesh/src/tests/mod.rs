//! Tests of the whole crate by its public face, and the shapes they share.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod codec;
mod filling;
mod grading;
mod random;
mod refusals;
mod shapes;
mod sheets;

use crate::*;
use base::progress::Silent;

/// A dielectric with ε_r = 1, named.
fn medium(name: &str, epsilon_r: f64) -> Material {
    let kind = Kind::Volumetric { epsilon_r, mu_r: 1.0, conductivity: 0.0, magnetic_conductivity: 0.0 };
    Material { name: name.to_owned(), kind }
}

/// Materials: 0 vacuum (background), 1 and 2 media that slow no wave, 3 PEC.
fn model(solids: Vec<Solid>) -> Model {
    let pec = Material { name: "pec".to_owned(), kind: Kind::Pec };
    let materials = vec![medium("air", 1.0), medium("one", 1.0), medium("two", 1.0), pec];
    Model { solids, materials, background: 0 }
}

/// Steps of at most `step` everywhere and a margin to all sides.
fn settings(step: f64, margin: f64) -> Settings {
    let mut settings = Settings::new(1.0);
    settings.maximum_edge_length = Some(step);
    settings.boundary_distance = [[Distance::Absolute(margin); 2]; 3];
    settings.memory_limit = 4 << 30;
    settings
}

fn mesh(model: &Model, settings: &Settings) -> Generated {
    generate(model, settings, &Silent).unwrap()
}

fn error(model: &Model, settings: &Settings) -> Error {
    generate(model, settings, &Silent).unwrap_err()
}

/// Sum of the volumes of all cells of a material.
fn volume_of(mesh: &Mesh, material: u16) -> f64 {
    let [nx, ny, nz] = mesh.cells();
    let mut sum = 0.0;
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                if mesh.cell_material[mesh.cell_index([i, j, k])] == material {
                    sum += (mesh.x[i + 1] - mesh.x[i])
                        * (mesh.y[j + 1] - mesh.y[j])
                        * (mesh.z[k + 1] - mesh.z[k]);
                }
            }
        }
    }
    sum
}

/// The material at a point.
fn material_at(mesh: &Mesh, at: [f64; 3]) -> u16 {
    let cell = Axis::ALL.map(|a| mesh.lines(a).partition_point(|l| *l <= at[a.index()]) - 1);
    mesh.cell_material[mesh.cell_index(cell)]
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
}
