//! Transient electromagnetics by the finite integration technique.
//!
//! A [`Problem`] (graded grid, materials, boundaries, ports, monitors) is run by a
//! [`Simulation`], one driven port at a time, or by the [`Solver`], which drives every active
//! port and merges the columns to [`SParameters`]. Everything is in SI units; phasors use the
//! time dependence exp(+jωt). The theory is in `docs/theory/fit-td.md`.

mod boundary;
mod checkpoint;
mod coefficients;
mod cpml;
mod divergence;
mod energy;
mod error;
mod excitation;
mod grid;
mod materials;
mod monitors;
mod place;
mod ports;
mod problem;
mod resolution;
mod signals;
mod simulation;
mod solver;
mod sources;
mod sparameters;
mod timestep;
mod touchstone;
mod update;
mod weights;

pub use boundary::{Absorber, Boundaries, Boundary, Side};
pub use energy::EnergySample;
pub use error::{Error, Result};
pub use excitation::Excitation;
pub use grid::{Axis, Grid};
pub use materials::{Material, Materials};
pub use monitors::{FieldSpectrum, Monitor, Quantity, Recording, Region, Snapshot, Window};
pub use num_complex::{Complex32, Complex64};
pub use place::Place;
pub use ports::{Lumped, Port, PortKind, Sense, Waveguide};
pub use problem::{Problem, Settings};
pub use resolution::{Coarsest, coarsest};
pub use signals::PortSignals;
pub use simulation::{Observer, Outcome, Silent, Simulation};
pub use solver::{Column, Solution, Solver};
pub use sparameters::SParameters;
pub use touchstone::Version as TouchstoneVersion;

/// Permittivity of vacuum in F/m (CODATA 2018).
pub const EPSILON_0: f64 = 8.854_187_812_8e-12;
/// Permeability of vacuum in H/m (CODATA 2018).
pub const MU_0: f64 = 1.256_637_062_12e-6;
/// Speed of light in vacuum in m/s.
pub const C_0: f64 = 299_792_458.0;
