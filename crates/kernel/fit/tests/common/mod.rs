//! Builders shared by the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::sync::Arc;

use base::progress::Silent as NoProgress;
use fit::{
    Absorber, Axis, Boundaries, Boundary, Excitation, Grid, Lumped, Material, Materials, Port, PortKind,
    Problem, Sense, Settings, Silent, Simulation, Solution, Solver, Waveguide,
};

pub fn uniform(length: f64, cells: usize) -> Vec<f64> {
    (0..=cells).map(|i| length * i as f64 / cells as f64).collect()
}

/// A line whose cells change smoothly, up to about 1 : 2.
pub fn graded(length: f64, cells: usize) -> Vec<f64> {
    let map = |s: f64| s + 0.3 / std::f64::consts::TAU * (std::f64::consts::TAU * s).sin();
    (0..=cells).map(|i| length * map(i as f64 / cells as f64)).collect()
}

pub fn empty(grid: Grid, fill: Material) -> Problem {
    let materials = Materials::uniform(&grid, fill);
    Problem {
        grid,
        materials,
        boundaries: Boundaries::all(Boundary::Pec),
        excitation: Excitation { fmin: 0.0, fmax: 10e9 },
        ports: Vec::new(),
        monitors: Vec::new(),
        settings: Settings::default(),
    }
}

/// Runs from a start field and returns E along one edge at each step.
pub fn ring(simulation: &mut Simulation, probe: (Axis, [usize; 3]), steps: usize) -> Vec<f64> {
    (0..steps)
        .map(|_| {
            simulation.step_many(1, &mut Silent).unwrap();
            simulation.electric(probe.0, probe.1)
        })
        .collect()
}

/// Frequency of the strongest line near `guess`, by maximising a Hann-windowed transform. With T
/// the time seen, the error is far below 0.01/T for a line alone.
pub fn peak_frequency(x: &[f64], dt: f64, guess: f64) -> f64 {
    let n = x.len() as f64;
    let size = |f: f64| {
        let turn = fit::Complex64::from_polar(1.0, -std::f64::consts::TAU * f * dt);
        let mut phasor = fit::Complex64::new(1.0, 0.0);
        let mut sum = fit::Complex64::new(0.0, 0.0);
        for (i, v) in x.iter().enumerate() {
            let window = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n).cos();
            sum += phasor * (window * v);
            phasor *= turn;
        }
        sum.norm()
    };
    let span = 1.0 / (n * dt);
    let (mut low, mut high) = (guess - 1.5 * span, guess + 1.5 * span);
    for _ in 0..60 {
        let (a, b) = (low + 0.382 * (high - low), low + 0.618 * (high - low));
        if size(a) > size(b) {
            high = b;
        } else {
            low = a;
        }
    }
    0.5 * (low + high)
}

/// A WR-90 guide along z with TE10 ports at both ends.
pub struct Guide {
    pub nx: usize,
    pub ny: usize,
    pub nz: usize,
    pub cell: f64,
}

pub const WR90: (f64, f64) = (22.86e-3, 10.16e-3);

impl Guide {
    pub fn coarse() -> Self {
        Self { nx: 18, ny: 8, nz: 60, cell: 1.27e-3 }
    }

    /// Plane index of each port.
    pub fn planes(&self) -> [usize; 2] {
        [14, self.nz - 14]
    }

    pub fn problem(&self, fill: Material) -> Problem {
        let (a, b) = WR90;
        let length = self.cell * self.nz as f64;
        let z = uniform(length, self.nz);
        let grid = Grid::new(uniform(a, self.nx), uniform(b, self.ny), z.clone()).unwrap();
        let mut problem = empty(grid, fill);
        let open = Boundary::Open(Absorber { cells: 10, ..Absorber::default() });
        problem.boundaries = problem.boundaries.with(Axis::Z, false, open).with(Axis::Z, true, open);
        problem.excitation = Excitation { fmin: 8e9, fmax: 12e9 };
        problem.settings.frequency_samples = 21;
        problem.settings.energy_stop = 1e-7;
        problem.settings.max_steps = 30_000;
        let port = |name: &str, plane: usize, sense| Port {
            name: name.into(),
            kind: PortKind::Waveguide(Waveguide {
                axis: Axis::Z,
                sense,
                min: [0.0, 0.0, z[plane]],
                max: [a, b, z[plane]],
                mode: (1, 0),
                reference: 0.0,
            }),
            active: true,
        };
        let [p, q] = self.planes();
        problem.ports = vec![port("in", p, Sense::Plus), port("out", q, Sense::Minus)];
        problem
    }
}

pub fn lumped(name: &str, start: [f64; 3], end: [f64; 3], axis: Axis, resistance: f64) -> Port {
    let kind = PortKind::Lumped(Lumped { start, end, axis, resistance });
    Port { name: name.into(), kind, active: true }
}

pub fn solve(problem: Problem) -> Solution {
    let mut solver = Solver::new(Arc::new(problem)).unwrap();
    solver.run(&NoProgress, &mut Silent).unwrap();
    solver.solution()
}
