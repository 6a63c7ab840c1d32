//! Solid modelling: a feature tree evaluated on OpenCASCADE.
//!
//! A [`Model`] is a list of named [`Feature`]s that refer to each other by name; [`evaluate`] turns
//! it into [`Solids`], one [`Body`] for every feature that no other consumes. A body knows its
//! measures, gives triangles ([`Body::tessellate`]), the coordinates that mesh lines should meet
//! ([`Body::snap_coordinates`]), what can be picked ([`Body::faces`], [`Body::edges`]) and files
//! ([`write_step`], [`Mesh::to_stl`], [`Body::to_brep`]).
//!
//! **Units.** Lengths are metres, angles radians. OpenCASCADE works with a fixed tolerance of 1e-7
//! in its own unit, so inside it lengths are millimetres: the tolerance is then 0.1 nm, and STEP
//! files are in millimetres as the field expects. Lengths from 1 nm to 10 km are accepted.
//! Coordinates that come back are rounded to 1e-12 m, far below the tolerance, so that a plane
//! given at 22.86 mm comes back as the same number.
//!
//! **Purity.** Equal models give equal bytes: nothing depends on the time, on the order of threads
//! or on what was evaluated before.
//!
//! **Threads.** Everything here may be called from any thread; calls into OpenCASCADE take turns.

mod body;
mod bounds;
mod brep;
mod build;
mod check;
mod error;
mod evaluate;
mod feature;
#[allow(unsafe_code)]
mod ffi;
mod frame;
mod import;
mod mesh;
mod plan;
mod polygon;
mod scale;
mod snap;
mod step;
mod stl;
mod view;
mod weld;

#[cfg(test)]
mod tests;

pub use body::{Body, BoundingBox, Edge, EdgeKind, Face, FaceKind, Solids};
pub use error::{Error, Fault};
pub use evaluate::evaluate;
pub use feature::{Edges, Feature, Format, Model, Named, Repeat};
pub use frame::Axis;
pub use mesh::{Deflection, Mesh, Quality};
pub use step::write_step;
pub use stl::StlForm;
