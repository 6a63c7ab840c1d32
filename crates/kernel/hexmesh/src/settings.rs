//! How it is meshed.

use serde::{Deserialize, Serialize};

/// An axis of the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// First axis, fastest in memory.
    X,
    /// Second axis.
    Y,
    /// Third axis, slowest in memory.
    Z,
}

impl Axis {
    /// All axes in order.
    pub const ALL: [Axis; 3] = [Axis::X, Axis::Y, Axis::Z];

    /// 0, 1 or 2.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(["x", "y", "z"][self.index()])
    }
}

/// How far the domain reaches beyond what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// Metres, ≥ 0.
    Absolute(f64),
    /// Fraction (≥ 0) of the extent of all solids along this axis.
    Relative(f64),
}

/// A line that has to be there: the plane of a port or a monitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixedLine {
    /// Who asks for it.
    pub name: String,
    /// Its coordinate, m.
    pub at: f64,
}

/// A box in which steps are limited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refinement {
    /// Name by which reports speak of it.
    pub name: String,
    /// Corner with the lowest coordinates, m.
    pub low: [f64; 3],
    /// Corner with the highest coordinates, m.
    pub high: [f64; 3],
    /// Largest step along any axis inside, m.
    pub maximum_step: f64,
}

/// Settings of the mesh. [`Settings::new`] gives the usual ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Highest frequency that the mesh shall resolve, Hz, > 0.
    pub maximum_frequency: f64,
    /// Steps per wavelength at that frequency, in the material at the place; ≥ 1.
    pub steps_per_wavelength: f64,
    /// Upper limit of every step, m.
    pub maximum_edge_length: Option<f64>,
    /// The *largest step* is the least of: wavelength in the background divided by
    /// `steps_per_wavelength`; `maximum_edge_length`; a tenth of the longest side of the
    /// domain. The *smallest step* is the largest step divided by this ratio (≥ 1). Snap
    /// coordinates closer than the smallest step are merged into one, and no step is made
    /// smaller to please `equilibration_ratio`. Where a material or a refinement demands
    /// steps below the smallest step, its own limit takes the place of it.
    pub smallest_mesh_step_ratio: f64,
    /// Neighbouring steps differ by no more than this factor (≥ 1); from 2 upwards this
    /// always holds, below 2 wherever the smallest step leaves room.
    pub equilibration_ratio: f64,
    /// For x, y, z the distance on the low and on the high side.
    pub boundary_distance: [[Distance; 2]; 3],
    /// For x, y, z the lines that have to be there.
    pub fixed_lines: [Vec<FixedLine>; 3],
    /// Boxes with finer steps.
    pub refinements: Vec<Refinement>,
    /// Bytes that meshing may take, by [`crate::BYTES_PER_NODE`].
    pub memory_limit: u64,
}

impl Settings {
    /// 15 steps per wavelength, step ratio 10, equilibration 2, no distance, 8 GiB.
    pub fn new(maximum_frequency: f64) -> Self {
        Settings {
            maximum_frequency,
            steps_per_wavelength: 15.0,
            maximum_edge_length: None,
            smallest_mesh_step_ratio: 10.0,
            equilibration_ratio: 2.0,
            boundary_distance: [[Distance::Absolute(0.0); 2]; 3],
            fixed_lines: Default::default(),
            refinements: Vec::new(),
            memory_limit: 8 << 30,
        }
    }
}
