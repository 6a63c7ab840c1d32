//! Closed boxes against their analytic resonances and decay.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{empty, graded, peak_frequency, ring, uniform};
use fit::{Axis, Boundary, Grid, Material, Problem, Silent, Simulation};

const BOX: [f64; 3] = [0.04, 0.02, 0.03];

fn resonance(m: f64, n: f64, p: f64) -> f64 {
    let k2 = (m / BOX[0]).powi(2) + (n / BOX[1]).powi(2) + (p / BOX[2]).powi(2);
    fit::C_0 / 2.0 * k2.sqrt()
}

/// Sets E_y to the TE_m0p pattern, so that one mode rings alone.
fn start_te(simulation: &mut Simulation, m: f64, p: f64) {
    let grid = simulation.problem().grid.clone();
    let [nx, ny, nz] = grid.nodes();
    for k in 0..nz {
        for j in 0..ny - 1 {
            for i in 0..nx {
                let (x, z) = (grid.line(Axis::X)[i], grid.line(Axis::Z)[k]);
                let phase = std::f64::consts::PI;
                let e = (m * phase * x / BOX[0]).sin() * (p * phase * z / BOX[2]).sin();
                simulation.set_electric(Axis::Y, [i, j, k], e);
            }
        }
    }
}

fn measure(problem: Problem, mode: (f64, f64), guess: f64) -> f64 {
    let nodes = problem.grid.nodes();
    let mut simulation = Simulation::new(Arc::new(problem), None).unwrap();
    start_te(&mut simulation, mode.0, mode.1);
    let steps = (60.0 / guess / simulation.dt()) as usize;
    let probe = (Axis::Y, [nodes[0] / 3, nodes[1] / 2, nodes[2] / 3]);
    let dt = simulation.dt();
    peak_frequency(&ring(&mut simulation, probe, steps), dt, guess)
}

fn grid(n: usize) -> Grid {
    Grid::new(uniform(BOX[0], 4 * n), uniform(BOX[1], 2 * n), uniform(BOX[2], 3 * n)).unwrap()
}

/// TE101 and TE102 within 0.2 % with some 20 cells a wavelength.
#[test]
fn resonances() {
    for (m, p) in [(1.0, 1.0), (1.0, 2.0)] {
        let want = resonance(m, 0.0, p);
        let got = measure(empty(grid(8), Material::VACUUM), (m, p), want);
        assert!((got / want - 1.0).abs() < 2e-3, "TE{m}0{p}: {got} for {want}");
    }
}

/// Halving the cells quarters the error: order between 1.8 and 2.2.
#[test]
fn second_order() {
    let want = resonance(1.0, 0.0, 2.0);
    let error = |n| (measure(empty(grid(n), Material::VACUUM), (1.0, 2.0), want) / want - 1.0).abs();
    let (coarse, fine) = (error(4), error(8));
    let order = (coarse / fine).log2();
    assert!((1.8..2.2).contains(&order), "order {order} from {coarse:e} and {fine:e}");
}

/// Second order holds on a smoothly graded mesh too, and 0.2 % is kept.
#[test]
fn graded_mesh() {
    let want = resonance(1.0, 0.0, 1.0);
    let error = |n: usize| {
        let (x, y, z) = (graded(BOX[0], 4 * n), graded(BOX[1], 2 * n), graded(BOX[2], 3 * n));
        let problem = empty(Grid::new(x, y, z).unwrap(), Material::VACUUM);
        (measure(problem, (1.0, 1.0), want) / want - 1.0).abs()
    };
    let (coarse, fine) = (error(4), error(8));
    assert!(fine < 2e-3, "error {fine:e}");
    assert!((1.7..2.3).contains(&(coarse / fine).log2()), "{coarse:e} {fine:e}");
}

/// A homogeneous filling lowers the resonance by √(εμ), within 0.2 %.
#[test]
fn dielectric_filling() {
    let fill = Material { epsilon_r: 2.5, mu_r: 1.6, ..Material::VACUUM };
    let want = resonance(1.0, 0.0, 1.0) / 2.0;
    let got = measure(empty(grid(6), fill), (1.0, 1.0), want);
    assert!((got / want - 1.0).abs() < 2e-3, "{got} for {want}");
}

/// Half the box filled (interface normal to x): the transcendental equation
/// k1·tan(k2 a/2) = −k2·tan(k1 a/2) of the partially filled cavity, within 0.5 % (the
/// interface costs little, as E is tangential to it).
#[test]
fn half_filled() {
    let g = grid(8);
    let [nx, ny, nz] = g.cells();
    let mut problem = empty(g, Material::VACUUM);
    problem.materials.table.push(Material::dielectric(4.0));
    for row in 0..ny * nz {
        problem.materials.cells[row * nx + nx / 2..(row + 1) * nx].fill(1);
    }
    let beta = std::f64::consts::PI / BOX[2];
    let f = |freq: f64| {
        let k0 = std::f64::consts::TAU * freq / fit::C_0;
        let tan_over = |k2: f64| {
            let d = BOX[0] / 2.0;
            if k2 > 0.0 {
                (k2.sqrt() * d).tan() / k2.sqrt()
            } else {
                ((-k2).sqrt() * d).tanh() / (-k2).sqrt()
            }
        };
        tan_over(k0 * k0 - beta * beta) + tan_over(4.0 * k0 * k0 - beta * beta)
    };
    // The root below TE101 of the empty box, by bisection between the poles of the tangent.
    let (mut low, mut high) = (0.0, 0.0);
    let mut at = 2.6e9;
    while at < resonance(1.0, 0.0, 1.0) {
        let next = at + 1e6;
        if f(at) < 0.0 && f(next) >= 0.0 {
            (low, high) = (at, next);
            break;
        }
        at = next;
    }
    assert!(low > 0.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    let got = measure(problem, (1.0, 1.0), low);
    assert!((got / low - 1.0).abs() < 5e-3, "{got} for {low}");
}

/// A lossy filling decays as exp(−σt/ε) in energy: the rate within 0.5 %; magnetic loss alike.
#[test]
fn decay() {
    let rate = 1e9;
    let electric = Material { conductivity: rate * fit::EPSILON_0, ..Material::VACUUM };
    let magnetic = Material { magnetic_conductivity: rate * fit::MU_0, ..Material::VACUUM };
    for fill in [electric, magnetic] {
        let mut s = Simulation::new(Arc::new(empty(grid(4), fill)), None).unwrap();
        start_te(&mut s, 1.0, 1.0);
        // Whole periods, as the energy falls in steps within each.
        let period = 1.0 / resonance(1.0, 0.0, 1.0);
        let steps = (4.0 * period / s.dt()).round() as u64;
        s.step_many(steps, &mut Silent).unwrap();
        let first = s.energy();
        s.step_many(2 * steps, &mut Silent).unwrap();
        let seen = (first / s.energy()).ln() / (2.0 * steps as f64 * s.dt());
        assert!((seen / rate - 1.0).abs() < 5e-3, "rate {seen:e}");
    }
}

/// Start values that hold all modes.
fn noise(simulation: &mut Simulation) {
    let [nx, ny, nz] = simulation.problem().grid.nodes();
    let mut seed = 1u64;
    for axis in Axis::ALL {
        for n in 0..nx * ny * nz {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = (seed >> 40) as f64 / (1 << 24) as f64 - 0.5;
            simulation.set_electric(axis, [n % nx, n / nx % ny, n / (nx * ny)], value);
        }
    }
}

/// The discrete energy of a closed lossless box stays within 1e-5 (f32 rounding) over 2,000
/// steps from noise that holds all modes, on a graded mesh at 99 % of the stability limit.
#[test]
fn energy_is_conserved() {
    let (x, y, z) = (graded(1.0, 13), graded(0.7, 11), graded(0.8, 12));
    let mut problem = empty(Grid::new(x, y, z).unwrap(), Material::VACUUM);
    problem.materials.table.push(Material { epsilon_r: 3.0, mu_r: 2.0, ..Material::VACUUM });
    for (i, cell) in problem.materials.cells.iter_mut().enumerate() {
        *cell = u16::from(i % 7 < 3);
    }
    problem.boundaries = problem.boundaries.with(Axis::X, true, Boundary::Pmc);
    let mut s = Simulation::new(Arc::new(problem), None).unwrap();
    noise(&mut s);
    let start = s.energy();
    for _ in 0..20 {
        s.step_many(100, &mut Silent).unwrap();
        assert!((s.energy() / start - 1.0).abs() < 1e-5, "{}", s.energy() / start - 1.0);
    }
}

/// The same with a gap of ε_r = 80 in ferrite of ε_r = 12, μ_r = 10, the smallest cells in the gap: the smallest ε and the
/// smallest μ are those of different materials, and the step must heed both. The greatest speed of one
/// material gave 1.34 times the true limit (9.894 mm √(ε₀μ₀) by dense eigenvalues).
#[test]
fn a_gap_in_ferrite_is_stable() {
    let x: Vec<f64> = [0.0, 8.0, 12.0, 14.0, 15.0, 17.0, 21.0, 29.0].map(|x| 1e-3 * x).to_vec();
    let mut problem =
        empty(Grid::new(x, uniform(40e-3, 5), uniform(40e-3, 5)).unwrap(), Material::dielectric(80.0));
    problem.materials.table.push(Material { mu_r: 10.0, ..Material::dielectric(12.0) });
    for (i, cell) in problem.materials.cells.iter_mut().enumerate() {
        *cell = u16::from(i % 7 != 3);
    }
    let mut s = Simulation::new(Arc::new(problem), None).unwrap();
    noise(&mut s);
    let start = s.energy();
    for _ in 0..10 {
        s.step_many(100, &mut Silent).unwrap();
        assert!((s.energy() / start - 1.0).abs() < 1e-5, "{}", s.energy() / start - 1.0);
    }
}

/// A magnetic wall in the symmetry plane of TE101 gives the same resonance from half the box.
#[test]
fn magnetic_symmetry_plane() {
    let want = resonance(1.0, 0.0, 1.0);
    let whole = measure(empty(grid(6), Material::VACUUM), (1.0, 1.0), want);
    let x: Vec<f64> = uniform(BOX[0], 24)[..=12].to_vec();
    let half = Grid::new(x, uniform(BOX[1], 12), uniform(BOX[2], 18)).unwrap();
    let mut problem = empty(half, Material::VACUUM);
    problem.boundaries = problem.boundaries.with(Axis::X, true, Boundary::Pmc);
    let got = measure(problem, (1.0, 1.0), want);
    assert!((got / whole - 1.0).abs() < 1e-5, "{got} {whole}");
}
