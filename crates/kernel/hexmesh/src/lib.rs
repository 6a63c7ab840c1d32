//! Graded Cartesian meshes from triangulated solids.
//!
//! [`generate`] places lines (snapped to faces and edges, fine enough for the wavelength in
//! each material, with a limited ratio of neighbouring steps), fills cells by their centre,
//! and marks the edges that are perfect conductors. The numerics are described in
//! `docs/theory/cartesian-mesh.md`; the bytes in which a [`Mesh`] travels in [`codec`].
//!
//! ```
//! use hexmesh::{Distance, Kind, Material, Model, Settings, generate};
//!
//! let model = Model {
//!     materials: vec![Material { name: "air".into(), kind: Kind::VACUUM }],
//!     ..Model::default()
//! };
//! let mut settings = Settings::new(0.5e9);
//! settings.boundary_distance = [[Distance::Absolute(0.1); 2]; 3];
//! let made = generate(&model, &settings, &base::progress::Silent)?;
//! assert_eq!(made.statistics.cells, 1000);
//! # Ok::<(), hexmesh::Error>(())
//! ```

mod check;
mod closed;
pub mod codec;
mod conductor;
mod domain;
mod error;
mod fill;
mod flat;
mod generate;
mod grade;
mod grid;
mod lines;
mod measure;
mod mesh;
mod model;
mod rays;
mod report;
mod settings;
mod sizing;
mod surface;
mod warp;

#[cfg(test)]
mod tests;

pub use domain::FEWEST_STEPS;
pub use error::Error;
pub use generate::{Generated, generate};
pub use mesh::Mesh;
pub use model::{Kind, LIGHT_SPEED, Material, Model, Solid};
pub use report::{BYTES_PER_NODE, Quality, Ratio, SolidStatistics, Statistics, Warning};
pub use settings::{Axis, Distance, FixedLine, Refinement, Settings};
