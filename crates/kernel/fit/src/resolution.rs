//! How finely the mesh resolves waves.

use crate::grid::{Axis, Grid};
use crate::materials::Materials;
use crate::monitors::Window;
use crate::{C_0, Place};

/// Where a wave has the fewest cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coarsest {
    /// N = c₀/(f √(ε_r μ_r) Δ), Δ the longest side of the cell.
    pub cells_per_wavelength: f64,
    /// The axis of that side.
    pub axis: Axis,
    /// Middle of the cell.
    pub at: Place,
    /// Its material, as an index into the table.
    pub material: u16,
}

impl Coarsest {
    /// By how much a wave is too slow, at most, as a part of its speed: 1 − x/arcsin x, x = π/N. That is the numerical
    /// dispersion of Yee's scheme along an axis for Δt → 0 (Taflove and Hagness, ch. 4), about x²/6; longer steps and other
    /// directions are better off. Below N = π nothing travels.
    pub fn slowness(&self) -> f64 {
        let x = std::f64::consts::PI / self.cells_per_wavelength;
        if x < 1.0 { 1.0 - x / x.asin() } else { 1.0 }
    }
}

/// The cell within a block of nodes in which a wave of a frequency (Hz) has the fewest cells. Cells all of whose edges
/// conduct perfectly hold no field and are passed over; none if no other is there. Losses, which shorten waves too, are
/// not looked at. Cost: O(cells).
pub fn coarsest(grid: &Grid, materials: &Materials, frequency: f64, within: Window) -> Option<Coarsest> {
    let [nx, ny, _] = grid.cells();
    let steps = Axis::ALL.map(|axis| grid.steps(axis));
    let index: Vec<f64> = materials.table.iter().map(|m| (m.epsilon_r * m.mu_r).sqrt()).collect();
    let [xs, ys, zs] = [0, 1, 2].map(|a| within.low[a]..within.high[a].min(steps[a].len()));
    // Optical length, cell, material.
    let mut worst: Option<(f64, [usize; 3], u16)> = None;
    for k in zs {
        for j in ys.clone() {
            let across = steps[1][j].max(steps[2][k]);
            let row = (k * ny + j) * nx;
            for i in xs.clone() {
                let Some(&material) = materials.cells.get(row + i) else { continue };
                let Some(&n) = index.get(usize::from(material)) else { continue };
                let length = n * across.max(steps[0][i]);
                let longer = worst.is_none_or(|(longest, ..)| length > longest);
                if longer && !conducts(grid, materials, [i, j, k]) {
                    worst = Some((length, [i, j, k], material));
                }
            }
        }
    }
    let (length, cell, material) = worst?;
    let side = |axis: &Axis| steps[axis.index()][cell[axis.index()]];
    let axis = Axis::ALL.into_iter().max_by(|a, b| side(a).total_cmp(&side(b)))?;
    let cells_per_wavelength = C_0 / (frequency * length);
    Some(Coarsest { cells_per_wavelength, axis, at: Place(grid.middle(cell)), material })
}

/// Whether all twelve edges of a cell conduct perfectly.
pub(crate) fn conducts(grid: &Grid, materials: &Materials, [i, j, k]: [usize; 3]) -> bool {
    let [nx, ny, _] = grid.nodes();
    let mask = |di: usize, dj: usize, dk: usize| {
        let node = ((k + dk) * ny + j + dj) * nx + i + di;
        materials.pec_edges.get(node).copied().unwrap_or(0)
    };
    // An edge along an axis begins at the four nodes of the cell that are low on that axis.
    [(0, 0), (0, 1), (1, 0), (1, 1)]
        .into_iter()
        .all(|(u, v)| mask(0, u, v) & 1 != 0 && mask(u, 0, v) & 2 != 0 && mask(u, v, 0) & 4 != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Material;

    /// A cell of 1 × 1 × 1 mm with n = √(4 · 2.25) = 3 beside one of 2 × 1 × 1 mm of vacuum.
    fn two_cells() -> (Grid, Materials) {
        let grid = Grid::new(vec![0.0, 1e-3, 3e-3], vec![0.0, 1e-3], vec![0.0, 1e-3]).unwrap();
        let mut materials = Materials::uniform(&grid, Material::VACUUM);
        materials.table.push(Material { epsilon_r: 4.0, mu_r: 2.25, ..Material::VACUUM });
        materials.cells[0] = 1;
        (grid, materials)
    }

    const ALL: Window = Window { low: [0; 3], high: [2, 1, 1] };

    /// At 10 GHz waves are 29.979 mm long in vacuum and 9.993 mm where n = 3.
    #[test]
    fn the_cell_longest_for_the_wave_in_it_counts() {
        let (grid, materials) = two_cells();
        let found = coarsest(&grid, &materials, 10e9, ALL).unwrap();
        assert!((found.cells_per_wavelength - 9.993_081_9).abs() < 1e-6, "{found:?}");
        assert_eq!((found.material, found.at), (1, Place([0.5e-3; 3])));
        // x = 0.314377, arcsin x = 0.319800; its leading term is x²/6 = 0.01647.
        assert!((found.slowness() - 0.016_958).abs() < 1e-6, "{}", found.slowness());
        assert_eq!(Coarsest { cells_per_wavelength: 3.0, ..found }.slowness(), 1.0);

        let beside = coarsest(&grid, &materials, 10e9, Window { low: [1, 0, 0], ..ALL }).unwrap();
        assert!((beside.cells_per_wavelength - 14.989_622_9).abs() < 1e-6, "{beside:?}");
        assert_eq!((beside.axis, beside.material, beside.at.0[0]), (Axis::X, 0, 2e-3));
    }

    #[test]
    fn the_inside_of_a_conductor_holds_no_wave() {
        let (grid, mut materials) = two_cells();
        for (axis, nodes) in [
            (Axis::X, [[0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]]),
            (Axis::Y, [[0, 0, 0], [1, 0, 0], [0, 0, 1], [1, 0, 1]]),
            (Axis::Z, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]),
        ] {
            assert_eq!(coarsest(&grid, &materials, 10e9, ALL).unwrap().material, 1, "open along {axis:?}");
            nodes.into_iter().for_each(|node| materials.set_pec(&grid, axis, node));
        }
        assert_eq!(coarsest(&grid, &materials, 10e9, ALL).unwrap().material, 0);
        let only = Window { low: [0; 3], high: [1, 1, 1] };
        assert_eq!(coarsest(&grid, &materials, 10e9, only), None);
    }
}
