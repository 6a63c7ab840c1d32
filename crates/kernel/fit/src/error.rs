//! What can go wrong, in words that name the object and say what to do.

use base::bytes::size;

use crate::place::Place;

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The mesh lines are unusable.
    #[error("mesh line {index} of axis {axis}: {reason}")]
    Grid {
        /// Axis name: x, y or z.
        axis: char,
        /// Index of the offending line.
        index: usize,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Material data do not fit the grid or are unphysical.
    #[error("materials: {0}")]
    Materials(String),
    /// A boundary is impossible on this grid.
    #[error("boundary {side}: {reason}")]
    Boundary {
        /// Side name, such as `x-min`.
        side: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A port is impossible where it was put.
    #[error("port '{name}': {reason}")]
    Port {
        /// The port's name.
        name: String,
        /// What is wrong, at which coordinates, and what to do.
        reason: String,
    },
    /// A field monitor is impossible.
    #[error("monitor '{name}': {reason}")]
    Monitor {
        /// The monitor's name.
        name: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The frequency band or pulse is unusable.
    #[error("excitation: {0}")]
    Excitation(String),
    /// A solver setting is out of range.
    #[error("setting {name}: {reason}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The problem does not fit into the memory allowed.
    #[error(
        "the simulation needs {} of memory but only {} are allowed: coarsen the mesh, shrink the monitors, or compute \
         where a run may take more", size(*needed as f64), size(*limit as f64)
    )]
    TooLarge {
        /// Estimated bytes.
        needed: u64,
        /// Allowed bytes.
        limit: u64,
    },
    /// Fields became infinite, not a number, or grew without bound.
    #[error(
        "the fields diverged at step {step}, {field} near {}: lower the Courant factor and look for extreme \
         materials or cell sizes there",
        Place(*at)
    )]
    Diverged {
        /// Time step at which it was noticed.
        step: u64,
        /// Which component, such as `Ez`.
        field: &'static str,
        /// The middle of where it is not a number, or where it is largest, in m.
        at: [f64; 3],
    },
    /// The caller cancelled the run.
    #[error("cancelled at step {step}")]
    Cancelled {
        /// Time step reached; the simulation stays valid and can go on.
        step: u64,
    },
    /// A checkpoint cannot be used.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// Results that do not go into the wanted format.
    #[error("export: {0}")]
    Export(String),
}

/// Shorthand of this crate.
pub type Result<T> = std::result::Result<T, Error>;
