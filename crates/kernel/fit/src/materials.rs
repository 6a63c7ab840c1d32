//! What fills the cells, and which edges conduct perfectly.

use crate::error::{Error, Result};
use crate::grid::{Axis, Grid};

/// Bulk properties; isotropic, linear, not dispersive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Material {
    /// Relative permittivity, positive.
    pub epsilon_r: f64,
    /// Relative permeability, positive.
    pub mu_r: f64,
    /// Electric conductivity in S/m, not negative.
    pub conductivity: f64,
    /// Magnetic conductivity in Ω/m, not negative.
    pub magnetic_conductivity: f64,
}

impl Material {
    /// Vacuum.
    pub const VACUUM: Material =
        Material { epsilon_r: 1.0, mu_r: 1.0, conductivity: 0.0, magnetic_conductivity: 0.0 };

    /// A lossless dielectric.
    pub fn dielectric(epsilon_r: f64) -> Self {
        Material { epsilon_r, ..Self::VACUUM }
    }
}

/// Materials of all cells, and perfectly conducting edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Materials {
    /// Index into `table` for each cell, x fastest: nx·ny·nz values.
    pub cells: Vec<u16>,
    /// The materials used.
    pub table: Vec<Material>,
    /// For each node (x fastest) the perfectly conducting edges that start there: bit 0 the x
    /// edge, bit 1 the y edge, bit 2 the z edge. Empty: none.
    pub pec_edges: Vec<u8>,
}

impl Materials {
    /// One material everywhere, no conducting edges.
    pub fn uniform(grid: &Grid, material: Material) -> Self {
        let count = usize::try_from(grid.cell_count()).unwrap_or(usize::MAX);
        Self { cells: vec![0; count], table: vec![material], pec_edges: Vec::new() }
    }

    /// Marks an edge as perfectly conducting; nodes outside the grid are ignored.
    pub fn set_pec(&mut self, grid: &Grid, axis: Axis, node: [usize; 3]) {
        let [nx, ny, nz] = grid.nodes();
        if self.pec_edges.is_empty() {
            self.pec_edges = vec![0; nx * ny * nz];
        }
        if node[0] < nx && node[1] < ny && node[2] < nz {
            self.pec_edges[(node[2] * ny + node[1]) * nx + node[0]] |= 1 << axis.index();
        }
    }

    pub(crate) fn validate(&self, grid: &Grid) -> Result<()> {
        let fail = |reason: String| Err(Error::Materials(reason));
        if self.cells.len() as u64 != grid.cell_count() {
            return fail(format!(
                "{} cell indices for a grid of {} cells; give one a cell",
                self.cells.len(),
                grid.cell_count()
            ));
        }
        if !self.pec_edges.is_empty() && self.pec_edges.len() as u64 != grid.node_count() {
            return fail(format!(
                "{} conducting-edge masks for a grid of {} nodes; give one a node or none",
                self.pec_edges.len(),
                grid.node_count()
            ));
        }
        if let Some(at) = self.cells.iter().position(|&m| usize::from(m) >= self.table.len()) {
            let entry = self.cells[at];
            return fail(format!("cell {at} has material {entry}, which is not in the table"));
        }
        for (at, m) in self.table.iter().enumerate() {
            let good = |v: f64, least: f64| v.is_finite() && v >= least;
            if !(good(m.epsilon_r, 1e-3) && good(m.mu_r, 1e-3)) {
                return fail(format!(
                    "material {at} has permittivity {} and permeability {}; both must be positive",
                    m.epsilon_r, m.mu_r
                ));
            }
            if !(good(m.conductivity, 0.0) && good(m.magnetic_conductivity, 0.0)) {
                return fail(format!(
                    "material {at} has conductivities {} S/m and {} Ω/m; give finite values, not \
                     negative (perfect conductors are marked on edges)",
                    m.conductivity, m.magnetic_conductivity
                ));
            }
        }
        Ok(())
    }
}
