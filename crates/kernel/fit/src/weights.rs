//! From edges and faces to nodes, for monitors.

use rayon::prelude::*;

use crate::grid::{Axis, Grid};
use crate::materials::Materials;
use crate::monitors::{Quantity, Window};
use crate::problem::Problem;
use crate::resolution::conducts;
use crate::update::Fields;

/// Interpolation from edges and faces to nodes, linear in the coordinate, so exact for fields
/// that are linear whatever the grading. At the ends of the grid the nearest value is taken; in a
/// magnetic wall, where normal E and tangential H are odd, 0.
///
/// What lies inside of a body of conducting cells is no value of the field before it and is left out: on its surface
/// normal E and tangential H are those outside, as on a conducting side of the grid. A sheet has a field on both sides
/// and gets the mean.
pub(crate) struct Weights {
    nodes: [usize; 3],
    /// Share of the cell below and above each node.
    share: [Vec<[f32; 2]>; 3],
    steps: [Vec<f64>; 3],
    duals: [Vec<f64>; 3],
    /// What lies inside of conductors; empty where nothing does.
    inside: Vec<u8>,
}

/// Bit of the x face in a mask of `inside`; those of edges come before.
const FACES: usize = 3;

impl Weights {
    pub fn new(problem: &Problem) -> Self {
        let (grid, boundaries) = (&problem.grid, &problem.boundaries);
        let steps = Axis::ALL.map(|a| grid.steps(a));
        let share = [0, 1, 2].map(|a| {
            let d: &Vec<f64> = &steps[a];
            let end = |high: bool| f32::from(boundaries.conducts(a, high));
            (0..=d.len())
                .map(|i| match i {
                    0 => [0.0, end(false)],
                    i if i == d.len() => [end(true), 0.0],
                    i => {
                        let both = d[i - 1] + d[i];
                        [(d[i] / both) as f32, (d[i - 1] / both) as f32]
                    }
                })
                .collect()
        });
        let (duals, inside) = (Axis::ALL.map(|a| grid.duals(a)), inside(grid, &problem.materials));
        Self { nodes: grid.nodes(), share, steps, duals, inside }
    }

    pub fn gather(&self, fields: &Fields, quantity: Quantity, window: Window) -> Vec<f32> {
        let [sx, sy, _] = window.shape();
        let mut out = vec![0f32; 3 * window.count()];
        out.par_chunks_mut(3 * sx).enumerate().for_each(|(row, out)| {
            let (j, k) = (window.low[1] + row % sy, window.low[2] + row / sy);
            for (n, out) in out.chunks_exact_mut(3).enumerate() {
                let node = [window.low[0] + n, j, k];
                for (c, out) in out.iter_mut().enumerate() {
                    *out = match quantity {
                        Quantity::E => self.electric(&fields.e[c], c, node),
                        Quantity::H => self.magnetic(&fields.h[c], c, node),
                    };
                }
            }
        });
        out
    }

    fn offset(&self, node: [usize; 3]) -> usize {
        (node[2] * self.nodes[1] + node[1]) * self.nodes[0] + node[0]
    }

    fn is_inside(&self, offset: usize, bit: usize) -> bool {
        self.inside.get(offset).is_some_and(|mask| mask >> bit & 1 == 1)
    }

    fn electric(&self, e: &[f32], c: usize, node: [usize; 3]) -> f32 {
        let share = self.share[c][node[c]];
        let (mut sum, mut total) = (0.0, 0.0);
        for (below, weight) in [(1, share[0]), (0, share[1])] {
            if weight > 0.0 {
                let mut at = node;
                at[c] -= below;
                let offset = self.offset(at);
                if !self.is_inside(offset, c) {
                    sum += weight * e[offset] / self.steps[c][at[c]] as f32;
                    total += weight;
                }
            }
        }
        mean(sum, total)
    }

    fn magnetic(&self, h: &[f32], c: usize, node: [usize; 3]) -> f32 {
        let (u, v) = ((c + 1) % 3, (c + 2) % 3);
        let (mut sum, mut total) = (0.0, 0.0);
        for (bu, wu) in [(1, self.share[u][node[u]][0]), (0, self.share[u][node[u]][1])] {
            for (bv, wv) in [(1, self.share[v][node[v]][0]), (0, self.share[v][node[v]][1])] {
                if wu > 0.0 && wv > 0.0 {
                    let mut at = node;
                    at[u] -= bu;
                    at[v] -= bv;
                    let offset = self.offset(at);
                    if !self.is_inside(offset, FACES + c) {
                        sum += wu * wv * h[offset];
                        total += wu * wv;
                    }
                }
            }
        }
        mean(sum, total) / self.duals[c][node[c]] as f32
    }
}

fn mean(sum: f32, total: f32) -> f32 {
    if total > 0.0 { sum / total } else { 0.0 }
}

/// For each node the edges (bits 0 to 2) that begin there between conducting cells alone, and the faces (bits 3 to 5)
/// of conducting cells. Edges on the surface of a conductor are not inside: tangential E is 0 there. Cost: O(cells).
fn inside(grid: &Grid, materials: &Materials) -> Vec<u8> {
    // The edges at the lowest node of a cell are three of its twelve.
    if materials.pec_edges.iter().all(|&mask| mask != 0b111) {
        return Vec::new();
    }
    let ([nx, ny, _], [cx, cy, cz]) = (grid.nodes(), grid.cells());
    let strides = [1, nx, nx * ny];
    let mut found = vec![0b111u8; materials.pec_edges.len()];
    for k in 0..cz {
        for j in 0..cy {
            for i in 0..cx {
                let node = (k * ny + j) * nx + i;
                let conducts = materials.pec_edges[node] == 0b111 && conducts(grid, materials, [i, j, k]);
                for c in 0..3 {
                    if conducts {
                        found[node] |= 1 << (FACES + c);
                        found[node + strides[c]] |= 1 << (FACES + c);
                        continue;
                    }
                    let (u, v) = (strides[(c + 1) % 3], strides[(c + 2) % 3]);
                    for edge in [node, node + u, node + v, node + u + v] {
                        found[edge] &= !(1 << c);
                    }
                }
            }
        }
    }
    found
}
