//! wip
mod check;
mod domain;
mod error;
mod grade;
mod lines;
mod mesh;
mod model;
mod settings;
mod sizing;
mod warp;
pub use error::Error;
pub use mesh::Mesh;
pub use model::*;
pub use settings::*;
