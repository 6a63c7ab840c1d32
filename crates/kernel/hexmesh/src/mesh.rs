//! The mesh: three families of planes, a material a cell, conductor marks on edges.

use crate::{model::Material, settings::Axis};

/// A graded Cartesian mesh. With `nx = x.len()` nodes along x there are `nx - 1` cells; x runs
/// fastest, z slowest, for cells and nodes alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mesh {
    /// Node coordinates along x, ascending, m.
    pub x: Vec<f64>,
    /// Node coordinates along y, ascending, m.
    pub y: Vec<f64>,
    /// Node coordinates along z, ascending, m.
    pub z: Vec<f64>,
    /// Index into `materials` a cell.
    pub cell_material: Vec<u16>,
    /// Bit mask a node: bit 0 the x edge that starts here is a perfect conductor, bit 1 the
    /// y edge, bit 2 the z edge. Edges that would leave the mesh are never marked.
    pub pec_edges: Vec<u8>,
    /// Materials by index.
    pub materials: Vec<Material>,
    /// Index of the background material.
    pub background: u16,
}

impl Mesh {
    /// Node coordinates along an axis.
    pub fn lines(&self, axis: Axis) -> &[f64] {
        match axis {
            Axis::X => &self.x,
            Axis::Y => &self.y,
            Axis::Z => &self.z,
        }
    }

    /// Number of nodes along x, y, z.
    pub fn nodes(&self) -> [usize; 3] {
        [self.x.len(), self.y.len(), self.z.len()]
    }

    /// Number of cells along x, y, z.
    pub fn cells(&self) -> [usize; 3] {
        self.nodes().map(|n| n.saturating_sub(1))
    }

    /// Position of a cell in `cell_material`.
    pub fn cell_index(&self, [i, j, k]: [usize; 3]) -> usize {
        let [nx, ny, _] = self.cells();
        i + nx * (j + ny * k)
    }

    /// Position of a node in `pec_edges`.
    pub fn node_index(&self, [i, j, k]: [usize; 3]) -> usize {
        let [nx, ny, _] = self.nodes();
        i + nx * (j + ny * k)
    }

    /// True if the edge that starts at `node` along `axis` is a perfect conductor.
    pub fn is_pec_edge(&self, node: [usize; 3], axis: Axis) -> bool {
        self.pec_edges.get(self.node_index(node)).is_some_and(|mask| mask >> axis.index() & 1 == 1)
    }
}
