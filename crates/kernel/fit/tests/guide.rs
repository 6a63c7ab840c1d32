//! Rectangular waveguides: ports, absorbers, an iris.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Guide, WR90, lumped, solve, uniform};
use fit::{Axis, Boundary, Complex64, Material, PortKind, Solution};

fn db(v: Complex64) -> f64 {
    20.0 * v.norm().log10()
}

fn largest(s: &Solution, i: usize, j: usize) -> f64 {
    s.s.parameter(i, j).unwrap().into_iter().map(db).fold(f64::NEG_INFINITY, f64::max)
}

/// β of TE10 in WR-90.
fn beta(f: f64, epsilon_r: f64) -> f64 {
    let k = std::f64::consts::TAU * f / fit::C_0;
    (k * k * epsilon_r - (std::f64::consts::PI / WR90.0).powi(2)).sqrt()
}

/// Phase of S21 against −βL, as a fraction of βL.
fn phase_error(solution: &Solution, length: f64, epsilon_r: f64) -> f64 {
    let s21 = solution.s.parameter(1, 0).unwrap();
    let mut worst = 0.0f64;
    for (&f, s) in solution.s.frequencies.iter().zip(s21) {
        let want = beta(f, epsilon_r) * length;
        let off = (s * Complex64::from_polar(1.0, want)).arg();
        worst = worst.max(off.abs() / want);
    }
    worst
}

/// A matched guide: what comes back is what the absorber (10 cells) reflects, below −50 dB; all
/// goes through, to 0.5 %; the phase is that of the mesh, 1 % from the analytic one at some 18
/// cells a guide wavelength; S12 equals S21.
#[test]
fn straight() {
    let guide = Guide::coarse();
    let solution = solve(guide.problem(Material::VACUUM));
    let [p, q] = guide.planes();
    assert!(largest(&solution, 0, 0) < -50.0, "S11 {}", largest(&solution, 0, 0));
    assert!(largest(&solution, 1, 1) < -50.0, "S22 {}", largest(&solution, 1, 1));
    let s21 = solution.s.parameter(1, 0).unwrap();
    let s12 = solution.s.parameter(0, 1).unwrap();
    assert!(s21.iter().all(|s| (s.norm() - 1.0).abs() < 5e-3), "{s21:?}");
    assert!(s21.iter().zip(&s12).all(|(a, b)| (a - b).norm() < 1e-3));
    let error = phase_error(&solution, (q - p) as f64 * guide.cell, 1.0);
    assert!(error < 0.01, "phase off by {error}");
}

/// The same along x and y (the cycle of axes), and backwards through a dielectric: with
/// reference planes moved onto each other S21 is 1 within 1 %.
#[test]
fn other_axes_and_reference_planes() {
    let guide = Guide { nz: 44, ..Guide::coarse() };
    for axis in [Axis::X, Axis::Y] {
        let mut problem = guide.problem(Material::dielectric(1.5));
        let turn = axis.index() + 1;
        let lines = Axis::ALL.map(|a| problem.grid.line(a).to_vec());
        let [x, y, z] = [0, 1, 2].map(|a| lines[(a + 3 - turn) % 3].clone());
        problem.grid = fit::Grid::new(x, y, z).unwrap();
        let sides = problem.boundaries.0;
        problem.boundaries.0 = [0, 1, 2].map(|a| sides[(a + 3 - turn) % 3]);
        let [p, q] = guide.planes();
        for port in &mut problem.ports {
            let PortKind::Waveguide(w) = &mut port.kind else { unreachable!() };
            w.axis = axis;
            w.min = [0, 1, 2].map(|a| w.min[(a + 3 - turn) % 3]);
            w.max = [0, 1, 2].map(|a| w.max[(a + 3 - turn) % 3]);
            w.reference = (q - p) as f64 * guide.cell / 2.0;
        }
        let solution = solve(problem);
        assert!(largest(&solution, 0, 0) < -50.0, "S11 {}", largest(&solution, 0, 0));
        for s in solution.s.parameter(1, 0).unwrap() {
            assert!((s - 1.0).norm() < 0.01, "S21 {s}");
        }
    }
}

/// A guide narrowed below cut-off between the ports: nearly everything is reflected, what leaks
/// falls as exp(−αL), and nothing is gained.
#[test]
fn below_cut_off() {
    let guide = Guide::coarse();
    let mut problem = guide.problem(Material::VACUUM);
    let grid = problem.grid.clone();
    // A conducting fin in the middle leaves two guides of half width, cut off below 13.1 GHz.
    let (start, end) = (24, 36);
    for k in start..=end {
        for j in 0..=guide.ny {
            problem.materials.set_pec(&grid, Axis::Y, [guide.nx / 2, j, k]);
            if k < end {
                problem.materials.set_pec(&grid, Axis::Z, [guide.nx / 2, j, k]);
            }
        }
    }
    let solution = solve(problem);
    let length = (end - start) as f64 * guide.cell;
    for (n, &f) in solution.s.frequencies.iter().enumerate() {
        let s11 = solution.s.s[n][0][0].norm();
        let s21 = solution.s.s[n][1][0].norm();
        let alpha = ((std::f64::consts::TAU / WR90.0).powi(2)
            - (std::f64::consts::TAU * f / fit::C_0).powi(2))
        .sqrt();
        // Twice the amplitude at the inner end of the fin bounds the leak.
        assert!(s21 < 4.0 * (-alpha * length).exp(), "{f}: {s21}");
        assert!((s11 * s11 + s21 * s21 - 1.0).abs() < 0.01, "{f}: {s11} {s21}");
    }
}

/// Band from far below cut-off: waves stay finite, and from 8 GHz on S is as ever within 1 %.
#[test]
fn band_across_cut_off() {
    let guide = Guide { nz: 44, ..Guide::coarse() };
    let mut problem = guide.problem(Material::VACUUM);
    problem.excitation.fmin = 0.0;
    problem.settings.max_steps = 6000;
    let solution = solve(problem);
    // c/2a, off by what 18 cells across and the time step do.
    for fc in &solution.s.cutoffs {
        assert!((fc / 6.557_14e9 - 1.0).abs() < 2e-3, "{fc}");
    }
    for (n, &f) in solution.s.frequencies.iter().enumerate() {
        let s = &solution.s.s[n];
        assert!(s.iter().flatten().all(|v| v.norm().is_finite()));
        let below = f <= solution.s.cutoffs[0];
        assert_eq!(below, beta(f, 1.0).is_nan(), "{f}");
        if f > 8e9 {
            assert!(s[0][0].norm() < 0.01, "{f}: {}", s[0][0].norm());
            assert!((s[1][0].norm() - 1.0).abs() < 0.01);
        }
    }
}

/// A symmetric inductive iris: lossless, so |S11|² + |S21|² = 1 within 1 %; a thin symmetric
/// obstacle obeys S21 = 1 + S11 at its plane; the shunt susceptance is inductive and within 15 %
/// of Marcuvitz' B/Y₀ = −(λg/a) cot²(πd/2a) (Waveguide Handbook, §5.2, leading term; staircase
/// apertures look wider by a fraction of a cell).
#[test]
fn inductive_iris() {
    let guide = Guide { nx: 36, ny: 4, nz: 60, cell: 0.635e-3 };
    let mut problem = guide.problem(Material::VACUUM);
    let grid = problem.grid.clone();
    let (plane, open) = (30, 18);
    let wall = (guide.nx - open) / 2;
    for i in (0..=guide.nx).filter(|&i| i <= wall || i >= guide.nx - wall) {
        for j in 0..=guide.ny {
            problem.materials.set_pec(&grid, Axis::Y, [i, j, plane]);
            if i < wall || i >= guide.nx - wall {
                problem.materials.set_pec(&grid, Axis::X, [i, j, plane]);
            }
        }
    }
    let [p, q] = guide.planes();
    for (port, at) in problem.ports.iter_mut().zip([p, q]) {
        let PortKind::Waveguide(w) = &mut port.kind else { unreachable!() };
        w.reference = plane.abs_diff(at) as f64 * guide.cell;
    }
    let solution = solve(problem);
    for (n, &f) in solution.s.frequencies.iter().enumerate() {
        let (s11, s21) = (solution.s.s[n][0][0], solution.s.s[n][1][0]);
        assert!((s11.norm_sqr() + s21.norm_sqr() - 1.0).abs() < 0.01, "{f}");
        assert!((s21 - s11 - 1.0).norm() < 0.03, "{f}: {s11} {s21}");
        assert!((s21 - solution.s.s[n][0][1]).norm() < 2e-3, "{f}: reciprocity");
        let shunt = -2.0 * s11 / (1.0 + s11);
        let guide_wave = std::f64::consts::TAU / beta(f, 1.0);
        let opening = std::f64::consts::PI * open as f64 / guide.nx as f64 / 2.0;
        let want = -guide_wave / WR90.0 / opening.tan().powi(2);
        assert!((shunt.im / want - 1.0).abs() < 0.15, "{f}: B {} for {want}", shunt.im);
    }
}

/// A lumped port across a guide with a short behind it, in coarse cells (10 a wavelength at 12 GHz): waves of both kinds of
/// ports are of one measure, so S21 = S12 and |S11|² + |S21|² = 1 to 2e-3 (the absorber). While they were not,
/// S21/S12 was 1/cos πfΔt, 1.017 at 12 GHz.
#[test]
fn lumped_and_guide() {
    let guide = Guide { nx: 9, ny: 4, nz: 30, cell: 2.54e-3 };
    let mut problem = guide.problem(Material::VACUUM);
    problem.boundaries = problem.boundaries.with(Axis::Z, true, Boundary::Pec);
    problem.settings.energy_stop = 1e-9;
    let (x, z) = (problem.grid.line(Axis::X)[4], problem.grid.line(Axis::Z)[26]);
    problem.ports[1] = lumped("post", [x, 0.0, z], [x, WR90.1, z], Axis::Y, 400.0);
    let solution = solve(problem);
    assert_eq!(solution.s.cutoffs[1], 0.0);
    for (n, &f) in solution.s.frequencies.iter().enumerate() {
        let s = &solution.s.s[n];
        assert!((s[1][0] - s[0][1]).norm() < 2e-3, "{f}: {} {}", s[1][0], s[0][1]);
        for port in [0, 1] {
            let power: f64 = s.iter().map(|to| to[port].norm_sqr()).sum();
            assert!((power - 1.0).abs() < 2e-3, "{f}: {power} from {port}");
        }
        assert!(s[1][0].norm() > 0.5, "{f}: hardly coupled, {}", s[1][0]);
    }
}

/// Free space: a dipole-like source in a box closed by 8-cell absorbers, against the same in a
/// box 20 cells larger on each side: the late difference is below −50 dB of the peak.
#[test]
fn open_space_reflects_little() {
    let cell = 5e-3;
    let run = |n: usize| {
        let line = uniform(cell * n as f64, n);
        let grid = fit::Grid::new(line.clone(), line.clone(), line.clone()).unwrap();
        let mut problem = common::empty(grid, Material::VACUUM);
        problem.boundaries = fit::Boundaries::all(Boundary::Open(fit::Absorber::default()));
        problem.excitation = fit::Excitation { fmin: 0.5e9, fmax: 5e9 };
        let c = n / 2;
        let (s, e) = ([line[c]; 3], [line[c], line[c], line[c + 1]]);
        problem.ports = vec![lumped("1", s, e, Axis::Z, 50.0)];
        let mut sim = fit::Simulation::new(std::sync::Arc::new(problem), Some(0)).unwrap();
        let steps = 260;
        common::ring(&mut sim, (Axis::Z, [c + 5, c + 4, c]), steps)
    };
    let (small, large) = (run(32), run(72));
    let peak = large.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let off = small.iter().zip(&large).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    let level = 20.0 * (off / peak).log10();
    assert!(level < -50.0, "reflection {level} dB");
}
