//! Field monitors against fields that are known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{Guide, WR90, empty, graded, solve, uniform};
use fit::{
    Axis, Boundary, Complex32, Grid, Material, Materials, Monitor, Problem, Quantity, Recording, Region,
    Silent, Simulation, Window,
};

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

/// A guide with E and H monitors across it at 10 GHz, and the phasors for 1 W at its nodes.
fn across(problem: &mut Problem, z: f64) {
    let monitor = |name: &str, quantity| Monitor {
        name: name.into(),
        quantity,
        region: Region::Plane { axis: Axis::Z, at: z },
        recording: Recording::Frequencies(vec![10e9]),
    };
    problem.ports[1].active = false;
    problem.monitors = vec![monitor("e", Quantity::E), monitor("h", Quantity::H)];
}

fn phasors(problem: Problem) -> [Vec<Complex32>; 2] {
    let spectra = solve(problem).columns.remove(0).spectra;
    let [e, h] = [0, 1].map(|n| {
        let scale = 2f64.sqrt() / spectra[n].incident[0];
        let scale = Complex32::new(scale.re as f32, scale.im as f32);
        spectra[n].values.iter().map(|v| v * scale).collect()
    });
    [e, h]
}

/// Marks all edges of a cell.
fn conduct(materials: &mut Materials, grid: &Grid, [i, j, k]: [usize; 3]) {
    for (u, v) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        materials.set_pec(grid, Axis::X, [i, j + u, k + v]);
        materials.set_pec(grid, Axis::Y, [i + u, j, k + v]);
        materials.set_pec(grid, Axis::Z, [i + u, j + v, k]);
    }
}

/// On the walls of a guide the fields are those of the guide, whether the walls are sides of the grid or bodies of
/// conducting cells: at the middle of the broad wall E_y = √(4Z/ab) = 2932 V/m within 1 % and H_x = E_y/Z = 5.87 A/m
/// within 2 %, and everywhere the same for both to 1e-4. On cells they were half of that.
#[test]
fn fields_on_walls_of_conducting_cells() {
    let guide = Guide { nz: 44, ..Guide::coarse() };
    let mut sides = guide.problem(Material::VACUUM);
    across(&mut sides, 22.0 * guide.cell);
    let mut cells = sides.clone();
    let wall = 2;
    let wider = |axis| {
        let line = sides.grid.line(axis);
        let (n, step) = (line.len() - 1, line[1]);
        let before = (1..=wall).rev().map(|i| -step * i as f64);
        let after = (1..=wall).map(|i| line[n] + step * i as f64);
        before.chain(line.iter().copied()).chain(after).collect::<Vec<f64>>()
    };
    cells.grid = Grid::new(wider(Axis::X), wider(Axis::Y), sides.grid.line(Axis::Z).to_vec()).unwrap();
    cells.materials = Materials::uniform(&cells.grid, Material::VACUUM);
    let [nx, ny, nz] = cells.grid.cells();
    let is_wall = |i: usize, n: usize| i < wall || i >= n - wall;
    for k in 0..nz {
        for j in 0..ny {
            for i in (0..nx).filter(|&i| is_wall(i, nx) || is_wall(j, ny)) {
                conduct(&mut cells.materials, &cells.grid, [i, j, k]);
            }
        }
    }
    let (sides, cells) = (phasors(sides), phasors(cells));
    let k = std::f64::consts::TAU * 10e9 / fit::C_0;
    let beta = (k * k - (std::f64::consts::PI / WR90.0).powi(2)).sqrt();
    let z = std::f64::consts::TAU * 10e9 * fit::MU_0 / beta;
    let e = (4.0 * z / (WR90.0 * WR90.1)).sqrt() as f32;
    let size = [e, e / z as f32];
    let within = wall * (nx + 1) + wall;
    let middle = within + guide.nx / 2;
    let (e, h) = (cells[0][3 * middle + 1].norm(), cells[1][3 * middle].norm());
    assert!((e / size[0] - 1.0).abs() < 0.01 && (h / size[1] - 1.0).abs() < 0.02, "{e} {h} for {size:?}");
    for j in 0..=guide.ny {
        for n in 0..3 * (guide.nx + 1) {
            for q in 0..2 {
                let (a, b) =
                    (sides[q][3 * j * (guide.nx + 1) + n], cells[q][3 * (within + j * (nx + 1)) + n]);
                assert!((a - b).norm() < 1e-4 * size[q], "{q} at {j}, {n}: {b} for {a}");
            }
        }
    }
    // Nothing stands inside of the walls.
    assert!(cells.iter().flat_map(|all| &all[..3 * nx]).all(|v| v.norm() == 0.0));
}

/// A sheet has a field on both sides: normal E is the mean. On a body it is that outside; along its edge, where an edge of
/// its surface goes on as a free one, the mean with the 0 of that. Tangential E is 0 on both.
#[test]
fn sheets_and_bodies() {
    let line = uniform(8.0, 8);
    let grid = Grid::new(line.clone(), line.clone(), line).unwrap();
    let all = |sheet: bool| {
        let mut problem = empty(grid.clone(), Material::VACUUM);
        for (i, j) in (2..6).flat_map(|i| (2..6).map(move |j| (i, j))) {
            if !sheet {
                conduct(&mut problem.materials, &grid, [i, j, 3]);
                continue;
            }
            for u in 0..2 {
                problem.materials.set_pec(&grid, Axis::X, [i, j + u, 4]);
                problem.materials.set_pec(&grid, Axis::Y, [i + u, j, 4]);
            }
        }
        let mut s = Simulation::new(Arc::new(problem), None).unwrap();
        for axis in Axis::ALL {
            for node in [[4, 4, 3], [4, 4, 4], [3, 4, 4], [6, 4, 3], [6, 4, 4], [5, 4, 4]] {
                s.set_electric(axis, node, if node[2] == 3 { 3.0 } else { 1.0 });
            }
        }
        let at = |node| s.field(Quantity::E, Window { low: node, high: node }).unwrap();
        (at([4, 4, 4]), at([6, 4, 4]), at([4, 4, 3]))
    };
    assert_eq!(all(true).0, [0.0, 0.0, 2.0]);
    let (top, corner, below) = all(false);
    assert_eq!(top, [0.0, 0.0, 1.0]);
    assert_eq!(corner, [0.5, 0.0, 0.5]);
    assert_eq!(below, [0.0, 0.0, 0.0]);
}

/// In a magnetic wall tangential H and normal E are odd, so 0; normal H and tangential E are not.
#[test]
fn fields_in_a_magnetic_wall() {
    let line = uniform(8.0, 8);
    let grid = Grid::new(line.clone(), line.clone(), line).unwrap();
    for (high, end) in [(false, 0), (true, 8)] {
        let mut problem = empty(grid.clone(), Material::VACUUM);
        problem.boundaries = problem.boundaries.with(Axis::X, high, Boundary::Pmc);
        let mut s = Simulation::new(Arc::new(problem), None).unwrap();
        let cell = if high { 7 } else { 0 };
        s.set_electric(Axis::X, [cell, 4, 4], 1.0);
        for axis in [Axis::Y, Axis::Z] {
            s.set_electric(axis, [end, 4, 4], 1.0);
        }
        s.set_electric(Axis::Y, [end, 4, 5], 2.0);
        let at = |s: &Simulation, quantity| {
            s.field(quantity, Window { low: [end, 4, 4], high: [end, 4, 4] }).unwrap()
        };
        assert_eq!(at(&s, Quantity::E), [0.0, 0.5, 0.5]);
        s.step_many(1, &mut Silent).unwrap();
        let h = at(&s, Quantity::H);
        assert!(h[0].abs() > 0.0 && h[1..] == [0.0, 0.0], "{h:?}");
    }
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
