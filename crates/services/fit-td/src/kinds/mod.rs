//! The kinds of entities, as users write them.

mod boundaries;
mod monitor;
mod port;
mod solver;

pub use boundaries::{Boundaries, Condition};
pub use monitor::{Field, Monitor, Plane};
pub use port::{Axis, Direction, LumpedPort, WaveguidePort};
pub use solver::Solver;
