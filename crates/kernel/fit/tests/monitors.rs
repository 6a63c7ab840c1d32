//! Field monitors against fields that are known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{Guide, WR90, empty, graded, solve};
use fit::{Axis, Grid, Material, Monitor, Quantity, Recording, Region, Silent, Simulation, Window};

/// Interpolation to nodes is exact for a field linear along its own direction, whatever the
/// grading (inside; at the ends the nearest edge counts).
#[test]
fn interpolation_knows_cell_sizes() {
    let line = graded(1.0, 9);
    let grid = Grid::new(line.clone(), line.clone(), line.clone()).unwrap();
    let mut s = Simulation::new(Arc::new(empty(grid, Material::VACUUM)), None).unwrap();
    for i in 0..9 {
        s.set_electric(Axis::X, [i, 4, 4], 3.0 + 2.0 * 0.5 * (line[i] + line[i + 1]));
    }
    let window = Window { low: [1, 4, 4], high: [8, 4, 4] };
    let e = s.field(Quantity::E, window).unwrap();
    for (n, e) in e.chunks(3).enumerate() {
        assert!((f64::from(e[0]) - (3.0 + 2.0 * line[n + 1])).abs() < 1e-5);
        assert_eq!(e[1..], [0.0, 0.0]);
    }
    assert!(s.field(Quantity::E, Window { low: [0; 3], high: [10; 3] }).is_err());
}

/// In a matched guide with 1 W incident the peak of TE10 is E₀ = √(4Z/ab), travelling as
/// exp(−jβz): magnitude within 1 %, and H_x = −E_y/Z within 2 %.
#[test]
fn spectrum_of_a_travelling_wave() {
    let guide = Guide { nz: 44, ..Guide::coarse() };
    let mut problem = guide.problem(Material::VACUUM);
    problem.ports[1].active = false;
    let f = 10e9;
    let monitor = |name: &str, quantity| Monitor {
        name: name.into(),
        quantity,
        region: Region::Plane { axis: Axis::Z, at: 22.0 * guide.cell },
        recording: Recording::Frequencies(vec![f]),
    };
    problem.monitors = vec![monitor("e", Quantity::E), monitor("h", Quantity::H)];
    let solution = solve(problem);
    let spectra = &solution.columns[0].spectra;
    let at = 3 * (4 * (guide.nx + 1) + guide.nx / 2);
    let scale = (2f64.sqrt() / spectra[0].incident[0].norm()) as f32;
    let (e, h) = (spectra[0].values[at + 1] * scale, spectra[1].values[at] * scale);
    let k = std::f64::consts::TAU * f / fit::C_0;
    let beta = (k * k - (std::f64::consts::PI / WR90.0).powi(2)).sqrt();
    let z = (std::f64::consts::TAU * f * fit::MU_0 / beta) as f32;
    let want = (4.0 * f64::from(z) / (WR90.0 * WR90.1)).sqrt() as f32;
    assert!((e.norm() / want - 1.0).abs() < 0.01, "{} for {want}", e.norm());
    assert!((h + e / z).norm() < 0.02 * (e / z).norm(), "{h} for {}", -e / z);
}

/// A frequency monitor's memory is foreseen, and time monitors keep to their interval.
#[test]
fn snapshots_come_when_due() {
    struct Times(Vec<f64>);
    impl fit::Observer for Times {
        fn snapshot(&mut self, s: fit::Snapshot) {
            assert_eq!(s.values.len(), 3 * s.window.count());
            self.0.push(s.time);
        }
    }
    let line = graded(0.1, 8);
    let grid = Grid::new(line.clone(), line.clone(), line).unwrap();
    let mut problem = empty(grid, Material::VACUUM);
    let bare = problem.memory_estimate();
    problem.monitors = vec![Monitor {
        name: "t".into(),
        quantity: Quantity::H,
        region: Region::Box { min: [0.0; 3], max: [0.1; 3] },
        recording: Recording::Time { interval: 1e-10 },
    }];
    assert!(problem.memory_estimate() > bare);
    let mut s = Simulation::new(Arc::new(problem), None).unwrap();
    let mut times = Times(Vec::new());
    s.step_many(100, &mut times).unwrap();
    assert!(times.0.len() > 3);
    for w in times.0.windows(2) {
        assert!((w[1] - w[0] - 1e-10).abs() <= 0.5 * s.dt() * 1.001);
    }
    s.step_many(1, &mut Silent).unwrap();
}
