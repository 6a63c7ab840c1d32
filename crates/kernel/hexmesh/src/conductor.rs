//! Which edges are perfect conductors.
//!
//! Three sources: the twelve edges of every conducting cell; sheets, and bodies that snapping
//! made flat, by the closed rule of `flat`; walls that snapping made flat within a body that
//! is not, and sheets that are not parallel to the mesh, by the faces between cell centres
//! that `walls` finds.

use crate::{
    Error,
    fill::NOBODY,
    grid::Grid,
    model::Model,
    rays::{Crossing, Rays},
    settings::Axis,
    surface::Surface,
};
use rayon::prelude::*;

/// What a mark came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// At least one edge is the solid's, be it marked before or not.
    pub own: bool,
    /// Edges that no one had marked before.
    pub new: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.own |= other.own;
        self.new += other.new;
    }
}

/// Marks under construction.
pub(crate) struct Marks<'a> {
    pub grid: &'a Grid,
    pub model: &'a Model,
    pub owner: &'a [u32],
    pub edges: Vec<u8>,
}

impl<'a> Marks<'a> {
    /// All edges of conducting cells.
    pub fn of_cells(model: &'a Model, grid: &'a Grid, owner: &'a [u32]) -> Self {
        let [nx, ny, nz] = grid.nodes();
        let conducts = |s: u32| {
            let material = match s {
                NOBODY => model.background,
                s => model.solids[s as usize].material,
            };
            model.materials[material].kind.is_pec()
        };
        let mut edges = vec![0u8; nx * ny * nz];
        edges.par_chunks_mut(nx * ny).enumerate().for_each(|(k, plane)| {
            let layers = k.saturating_sub(1)..(k + 1).min(nz - 1);
            for layer in layers {
                // z edges belong to one layer of cells; x and y edges touch two.
                let upright = if layer == k { 4 } else { 0 };
                for j in 0..ny - 1 {
                    let row = grid.cell([0, j, layer]);
                    for (i, &cell) in owner[row..row + nx - 1].iter().enumerate() {
                        if conducts(cell) {
                            let at = i + nx * j;
                            plane[at] |= 1 | 2 | upright;
                            plane[at + 1] |= 2 | upright;
                            plane[at + nx] |= 1 | upright;
                            plane[at + nx + 1] |= upright;
                        }
                    }
                }
            }
        });
        Marks { grid, model, owner, edges }
    }

    /// Marks an edge for a solid unless all cells about it belong to solids of higher
    /// priority.
    pub fn mark(&mut self, solid: usize, axis: Axis, node: [usize; 3]) -> Tally {
        let priority = self.model.solids[solid].priority;
        let cells = self.grid.cells();
        let mut covered = true;
        let (u, v) = others(axis);
        for (du, dv) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let mut cell = node;
            if cell[u] < du || cell[v] < dv {
                continue;
            }
            cell[u] -= du;
            cell[v] -= dv;
            if (0..3).any(|a| cell[a] >= cells[a]) {
                continue;
            }
            let owner = self.owner[self.grid.cell(cell)];
            covered &= owner != NOBODY && self.model.solids[owner as usize].priority > priority;
        }
        if covered {
            return Tally::default();
        }
        let mask = &mut self.edges[self.grid.node(node)];
        let before = *mask;
        *mask |= 1 << axis.index();
        Tally { own: true, new: u64::from(*mask != before) }
    }

    /// Marks the four edges of a face normal to `axis` whose lowest node is `node`.
    fn mark_face(&mut self, solid: usize, axis: Axis, node: [usize; 3]) -> Tally {
        let (u, v) = others(axis);
        let mut marked = Tally::default();
        for (along, beside) in [(u, v), (v, u)] {
            let mut other = node;
            other[beside] += 1;
            marked += self.mark(solid, Axis::ALL[along], node);
            marked += self.mark(solid, Axis::ALL[along], other);
        }
        marked
    }

    /// Marks the faces between cell centres where a ray passes a wall without thickness. For
    /// a body these are pairs of crossings at the same place; for a sheet every crossing.
    pub fn walls(
        &mut self,
        solid: usize,
        surface: &Surface,
        axes: &[Axis],
        tolerance: f64,
    ) -> Result<Tally, Error> {
        let mut marked = Tally::default();
        let sheet = self.model.solids[solid].is_sheet;
        for &axis in axes {
            for (row, crossings) in self.rows(surface, axis).into_iter().enumerate() {
                for ray in crossings.chunk_by(|a, b| a.0 == b.0) {
                    if !sheet && ray.len() % 2 == 1 {
                        return Err(self.open(solid, axis, row, ray[0]));
                    }
                    for at in places(ray, sheet, tolerance) {
                        let node = self.face(axis, row, ray[0].0, at, sheet);
                        marked += self.mark_face(solid, axis, node);
                    }
                }
            }
        }
        Ok(marked)
    }

    fn rows(&self, surface: &Surface, axis: Axis) -> Vec<Vec<Crossing>> {
        let (u, v) = others(axis);
        let rays = Rays::new(surface, axis);
        let row = |w: &f64| {
            let mut out = Vec::new();
            rays.row(*w, &self.grid.centres[u], &mut out);
            out
        };
        self.grid.centres[v].par_iter().map(row).collect()
    }

    /// Lowest node of the face that a ray passes: for a sheet between the cell centres to
    /// both sides, which keeps it tight; for a collapsed wall on the line it snapped to.
    fn face(&self, axis: Axis, row: usize, ray: u32, at: f64, sheet: bool) -> [usize; 3] {
        let (u, v) = others(axis);
        let mut node = [0; 3];
        node[u] = ray as usize;
        node[v] = row;
        node[axis.index()] = if sheet {
            self.grid.centres[axis.index()].partition_point(|c| *c < at)
        } else {
            self.grid.nearest_line(axis, at)
        };
        node
    }

    fn open(&self, solid: usize, axis: Axis, row: usize, (ray, along): Crossing) -> Error {
        let (u, v) = others(axis);
        let mut at = [0.0; 3];
        at[axis.index()] = along;
        at[u] = self.grid.centres[u][ray as usize];
        at[v] = self.grid.centres[v][row];
        Error::Open { solid: self.model.solids[solid].name.clone(), axis, at }
    }
}

/// Where a ray passes a wall of no thickness.
fn places(ray: &[Crossing], sheet: bool, tolerance: f64) -> Vec<f64> {
    if sheet {
        return ray.iter().map(|c| c.1).collect();
    }
    // Inside ends and begins anew, or begins and ends, at the same place: a pair counts only
    // as (enter, leave); a gap that closed is no wall.
    let pairs = ray.chunks_exact(2);
    pairs.filter(|p| p[1].1 - p[0].1 <= tolerance).map(|p| p[0].1).collect()
}

/// The other two axes, in the order in which `Rays` counts rays and rows.
pub(crate) fn others(axis: Axis) -> (usize, usize) {
    match axis {
        Axis::X => (1, 2),
        Axis::Y => (0, 2),
        Axis::Z => (0, 1),
    }
}
