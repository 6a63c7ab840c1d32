//! The modeling compute service: from a tree of features to bodies.
//!
//! The kinds of features and the service's description are always here. The service itself needs OpenCASCADE, a
//! native library, through the `solid` kernel, and stands behind the feature `kernel` (on by default).

pub mod describe;
pub mod kinds;

#[cfg(feature = "kernel")]
mod bodies;
#[cfg(feature = "kernel")]
mod convert;
#[cfg(feature = "kernel")]
mod failure;
#[cfg(feature = "kernel")]
mod inherit;
#[cfg(feature = "kernel")]
mod model;
#[cfg(feature = "kernel")]
mod program;

#[cfg(test)]
mod tests;

pub use describe::describe;
#[cfg(feature = "kernel")]
pub use program::Modeling;
