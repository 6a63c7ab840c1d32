//! The largest stable time step.

use crate::grid::{Axis, Grid};
use crate::materials::Materials;
use crate::{EPSILON_0, MU_0};

/// The larger of two rigorous lower bounds of the stability limit 2/√λ_max of the curl-curl
/// operator M_ε⁻¹ Cᵀ M_μ⁻¹ C.
///
/// (1) The operator is assembled from cells, so λ_max is at most the largest eigenvalue of one
/// cell by itself: 4c²(1/Δx² + 1/Δy² + 1/Δz²), with the cell's own c. Exact on a uniform mesh,
/// and lets fine cells in dense material keep a large step.
/// (2) With the smallest ε and the smallest μ of all materials everywhere, which need not be
/// those of one material, no Rayleigh quotient is smaller than before, and the operator
/// separates: λ_max ≤ (λx+λy+λz)/(ε_min μ_min) with the exact eigenvalues of the graded lines.
/// Exact for one material on a graded mesh.
pub(crate) fn stable_step(grid: &Grid, materials: &Materials) -> f64 {
    by_cells(grid, materials).max(by_axes(grid, materials))
}

fn by_cells(grid: &Grid, materials: &Materials) -> f64 {
    let inverse = |axis| -> Vec<f64> { grid.steps(axis).iter().map(|d| 1.0 / (d * d)).collect() };
    let [x, y, z] = Axis::ALL.map(inverse);
    let speed2: Vec<f64> =
        materials.table.iter().map(|m| 1.0 / (m.epsilon_r * m.mu_r * EPSILON_0 * MU_0)).collect();
    let mut worst = 0.0f64;
    for (row, cells) in materials.cells.chunks_exact(x.len()).enumerate() {
        let across = y[row % y.len()] + z[row / y.len()];
        for (inv, &m) in x.iter().zip(cells) {
            worst = worst.max(speed2[usize::from(m)] * (inv + across));
        }
    }
    1.0 / worst.sqrt()
}

fn by_axes(grid: &Grid, materials: &Materials) -> f64 {
    let mut used = vec![false; materials.table.len()];
    for &m in &materials.cells {
        used[usize::from(m)] = true;
    }
    let of_used = || materials.table.iter().zip(&used).filter(|(_, used)| **used).map(|(m, _)| m);
    let epsilon = of_used().map(|m| m.epsilon_r).fold(f64::INFINITY, f64::min) * EPSILON_0;
    let mu = of_used().map(|m| m.mu_r).fold(f64::INFINITY, f64::min) * MU_0;
    let sum: f64 = Axis::ALL.iter().map(|&a| largest_eigenvalue(grid, a)).sum();
    2.0 * (epsilon * mu / sum).sqrt()
}

/// Largest eigenvalue of the second difference on a graded line with natural ends, by bisection
/// on the number of negative pivots (Sturm), rounded upwards.
fn largest_eigenvalue(grid: &Grid, axis: Axis) -> f64 {
    let (steps, duals) = (grid.steps(axis), grid.duals(axis));
    let n = duals.len();
    let stiff = |i: usize| {
        let left = if i > 0 { 1.0 / steps[i - 1] } else { 0.0 };
        left + steps.get(i).map_or(0.0, |d| 1.0 / d)
    };
    let above_all = |lambda: f64| {
        let mut pivot = 1.0;
        for i in 0..n {
            let off = if i > 0 { 1.0 / (steps[i - 1] * steps[i - 1]) / pivot } else { 0.0 };
            pivot = stiff(i) - lambda * duals[i] - off;
            if pivot >= 0.0 {
                return false;
            }
        }
        true
    };
    let finest = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0, 4.0001 / (finest * finest));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if above_all(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{C_0, Material};

    #[test]
    fn uniform_mesh_gives_the_courant_limit() {
        let line: Vec<f64> = (0..11).map(|i| f64::from(i) * 1e-3).collect();
        let g = Grid::new(line.clone(), line.clone(), line).unwrap();
        let dt = stable_step(&g, &Materials::uniform(&g, Material::VACUUM));
        let courant = 1e-3 / (C_0 * 3f64.sqrt());
        assert!((dt / courant - 1.0).abs() < 1e-6, "{dt} {courant}");
    }

    #[test]
    fn one_fine_cell_costs_less_than_its_own_limit() {
        let line: Vec<f64> = vec![0.0, 1.0, 2.0, 2.5, 3.5, 4.5];
        let g = Grid::new(line.clone(), line.clone(), line).unwrap();
        let m = Materials::uniform(&g, Material::VACUUM);
        assert!(by_axes(&g, &m) > 1.05 * by_cells(&g, &m));
    }

    /// A gap of one cell of ε_r = 80 between ferrite of ε_r = 12, μ_r = 10. The true limit is
    /// 9.8942 √(ε₀μ₀), by dense eigenvalues; with the greatest speed of one material it was passed 1.34 times.
    #[test]
    fn permittivity_and_permeability_are_bounded_apart() {
        let (grid, mut m) = gap_in_ferrite();
        let vacuum = by_axes(&grid, &Materials::uniform(&grid, Material::VACUUM));
        assert!((by_axes(&grid, &m) / vacuum / 12f64.sqrt() - 1.0).abs() < 1e-12);
        // Here the bound by cells is the better one, 8.8077.
        let step = stable_step(&grid, &m) * crate::C_0;
        assert!((0.85..1.0).contains(&(step / 9.8942)), "{step}");
        // What the table holds and no cell uses does not count.
        m.table.push(Material::VACUUM);
        assert!((by_axes(&grid, &m) / vacuum / 12f64.sqrt() - 1.0).abs() < 1e-12);
    }

    fn gap_in_ferrite() -> (Grid, Materials) {
        let x = vec![0.0, 8.0, 12.0, 14.0, 15.0, 17.0, 21.0, 29.0];
        let across: Vec<f64> = (0..6).map(|i| 8.0 * f64::from(i)).collect();
        let grid = Grid::new(x, across.clone(), across).unwrap();
        let mut m = Materials::uniform(&grid, Material { mu_r: 10.0, ..Material::dielectric(12.0) });
        m.table.push(Material::dielectric(80.0));
        m.cells.iter_mut().skip(3).step_by(7).for_each(|cell| *cell = 1);
        (grid, m)
    }
}
