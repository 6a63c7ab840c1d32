//! What the mesh is like: figures, and what deserves a look.

use crate::settings::Axis;
use serde::{Deserialize, Serialize};

/// Bytes a node that meshing takes at most, besides the triangles. Two moments count: the end of
/// [`crate::generate`], with the owner of each cell (4), its material (2) and the mask of each
/// node (1), 7 in all; and [`Mesh::encode`](crate::Mesh::encode), with the mesh (3) and a run of
/// its own for each cell (6) and node (5) where no two neighbours are alike, 14 in all. What a
/// thread needs for a layer of cells comes on top.
pub const BYTES_PER_NODE: f64 = 16.0;

/// Figures of a mesh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of cells.
    pub cells: u64,
    /// Number of nodes.
    pub nodes: u64,
    /// Number of faces of cells on the outside of the mesh.
    pub outer_faces: u64,
    /// Number of edges marked as perfect conductor.
    pub pec_edges: u64,
    /// Smallest step along x, y, z, m.
    pub smallest_step: [f64; 3],
    /// Largest step along x, y, z, m.
    pub largest_step: [f64; 3],
    /// Largest ratio of neighbouring steps along x, y, z (1 with a single step).
    pub largest_ratio: [f64; 3],
    /// The largest step that the settings allow in the background, m.
    pub step_limit: f64,
    /// The smallest step of snapping and equilibration, m.
    pub step_floor: f64,
    /// Largest stable time step of leap-frog, 1/(c √(Δx⁻² + Δy⁻² + Δz⁻²)) with the smallest
    /// steps and the fastest material of the mesh (Courant–Friedrichs–Lewy), s.
    pub time_step: f64,
    /// Each solid in the order of the model.
    pub solids: Vec<SolidStatistics>,
}

/// Figures of one solid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SolidStatistics {
    /// Its name.
    pub name: String,
    /// Cells it holds, after solids of higher priority took theirs.
    pub cells: u64,
    /// Edges it marked as a sheet or as a wall thinner than a cell.
    pub sheet_edges: u64,
    /// Volume that its triangles enclose, m³; 0 for a sheet.
    pub volume: f64,
    /// Volume of all cells whose centre is inside of it, m³.
    pub meshed_volume: f64,
    /// meshed_volume / volume − 1; 0 where it is a sheet or has become one.
    pub volume_error: f64,
}

/// What deserves a look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The largest ratio of neighbouring steps and where it is; none if every axis has one
    /// step.
    pub worst_ratio: Option<Ratio>,
    /// Warnings: solids in their order, then axes.
    pub warnings: Vec<Warning>,
}

/// Ratio of the steps to both sides of a line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Axis of the line.
    pub axis: Axis,
    /// Its coordinate, m.
    pub at: f64,
    /// Larger step divided by the smaller one.
    pub ratio: f64,
}

/// One thing that deserves a look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// A solid left no trace in the mesh.
    #[error("solid {solid:?} has neither a cell nor an edge: refine about it or leave it out")]
    Lost {
        /// Its name.
        solid: String,
    },
    /// All cells of a solid went to others.
    #[error("solid {solid:?} is covered by others: give it a higher mesh_priority or leave it out")]
    Covered {
        /// Its name.
        solid: String,
    },
    /// Only the order of their names decided between two overlapping solids of different materials.
    #[error(
        "solid {solid:?} loses {cells} cells to {winner:?} of the same priority, only by the order of their names: set mesh_priority"
    )]
    Tied {
        /// Name of the one that lost.
        solid: String,
        /// Name of the one that won.
        winner: String,
        /// Cells that it lost.
        cells: u64,
    },
    /// A solid's faces were moved to a line nearby.
    #[error("solid {solid:?}: faces at {axis} = {from} m moved to the line at {to} m")]
    Merged {
        /// Its name.
        solid: String,
        /// Axis of the faces.
        axis: Axis,
        /// Coordinate of the geometry, m.
        from: f64,
        /// Coordinate of the line, m.
        to: f64,
    },
    /// The staircase misses the volume by more than five per cent.
    #[error("solid {solid:?} is meshed with a volume error of {:.1} %", 100.0 * error)]
    Volume {
        /// Its name.
        solid: String,
        /// Relative error.
        error: f64,
    },
    /// Neighbouring steps differ more than asked, because of the smallest step.
    #[error(
        "steps at {axis} = {at} m differ by a factor of {ratio}: raise smallest_mesh_step_ratio or equilibration_ratio"
    )]
    Ratio {
        /// Axis of the line.
        axis: Axis,
        /// Its coordinate, m.
        at: f64,
        /// Larger step divided by the smaller one.
        ratio: f64,
    },
    /// A refinement does not touch the domain.
    #[error("refinement {name:?} is outside of the domain and has no effect")]
    RefinementOutside {
        /// Its name.
        name: String,
    },
}
