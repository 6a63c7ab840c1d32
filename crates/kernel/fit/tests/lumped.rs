//! Lumped ports on a parallel-plate line, where the reflection is known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{empty, lumped, solve, uniform};
use fit::{Axis, Boundary, Grid, Material, Problem};

const WIDTH: f64 = 8e-3;
const HEIGHT: f64 = 4e-3;

/// A parallel-plate TEM line along x: conductors at z-min and z-max, magnetic walls at the sides
/// and ends; Z₀ = η₀·height/width. Ports fill the cross-section at both ends.
fn line(first: f64, second: f64) -> Problem {
    let length = 60e-3;
    let grid = Grid::new(uniform(length, 60), uniform(WIDTH, 8), uniform(HEIGHT, 4)).unwrap();
    let mut problem = empty(grid, Material::VACUUM);
    for axis in [Axis::X, Axis::Y] {
        for high in [false, true] {
            problem.boundaries = problem.boundaries.with(axis, high, Boundary::Pmc);
        }
    }
    problem.excitation = fit::Excitation { fmin: 0.0, fmax: 4e9 };
    problem.settings.frequency_samples = 41;
    problem.settings.energy_stop = 1e-12;
    let top = |x: f64| ([x, 0.0, HEIGHT], [x, WIDTH, 0.0]);
    let ((s, e), (t, u)) = (top(0.0), top(length));
    problem.ports = vec![lumped("1", s, e, Axis::Z, first), lumped("2", t, u, Axis::Z, second)];
    problem
}

fn z0() -> f64 {
    (fit::MU_0 / fit::EPSILON_0).sqrt() * HEIGHT / WIDTH
}

/// Matched at both ends: S11 below −40 dB, all goes through, delayed by the length, from direct
/// current on.
#[test]
fn matched() {
    let s = solve(line(z0(), z0())).s;
    for (n, &f) in s.frequencies.iter().enumerate() {
        assert!(s.s[n][0][0].norm() < 0.01, "{f}: {}", s.s[n][0][0]);
        let delay = std::f64::consts::TAU * f * 60e-3 / fit::C_0;
        let turned = s.s[n][1][0] * fit::Complex64::from_polar(1.0, delay);
        assert!((turned - 1.0).norm() < 0.02, "{f}: {turned}");
        assert!((s.s[n][1][0] - s.s[n][0][1]).norm() < 1e-3, "{f}: reciprocity");
    }
}

/// Ends of other resistance: S of a line between unequal references, by the chain matrix, within
/// 0.02 over the band.
#[test]
fn mismatched() {
    let (r1, r2) = (0.4 * z0(), 2.5 * z0());
    let s = solve(line(r1, r2)).s;
    assert_eq!(s.z_ref, vec![Some(r1), Some(r2)]);
    for (n, &f) in s.frequencies.iter().enumerate() {
        let theta = std::f64::consts::TAU * f * 60e-3 / fit::C_0;
        let i = fit::Complex64::i();
        let (a, d) = (theta.cos(), theta.cos());
        let (b, c) = (i * z0() * theta.sin(), i * theta.sin() / z0());
        let sum = a * r2 + b + c * r1 * r2 + d * r1;
        let s11 = (a * r2 + b - c * r1 * r2 - d * r1) / sum;
        let s21 = 2.0 * (r1 * r2).sqrt() / sum;
        assert!((s.s[n][0][0] - s11).norm() < 0.02, "{f}: {} for {s11}", s.s[n][0][0]);
        assert!((s.s[n][1][0] - s21).norm() < 0.02, "{f}: {} for {s21}", s.s[n][1][0]);
        let power = s.s[n][0][0].norm_sqr() + s.s[n][1][0].norm_sqr();
        assert!((power - 1.0).abs() < 1e-4, "{f}: power {power}");
    }
}

/// Turning a port round turns the sign of the transmission and nothing else.
#[test]
fn orientation() {
    let mut problem = line(z0(), z0());
    let fit::PortKind::Lumped(p) = &mut problem.ports[1].kind else { unreachable!() };
    std::mem::swap(&mut p.start, &mut p.end);
    let (turned, straight) = (solve(problem).s, solve(line(z0(), z0())).s);
    for (a, b) in turned.s.iter().zip(&straight.s) {
        assert!((a[1][0] + b[1][0]).norm() < 1e-6 && (a[0][0] - b[0][0]).norm() < 1e-6);
    }
}
