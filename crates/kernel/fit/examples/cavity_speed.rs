//! Speed of the time steps in million cells a second (MC/s).
//!
//! Work A: a PEC cavity of N³ vacuum cells of 10 mm with a source on one edge. Work B: the same
//! with a dielectric block in the middle and 8 cells of absorber on all sides.
//! `cargo run --release -p fit --example cavity_speed [N] [steps]`; threads by
//! `RAYON_NUM_THREADS`.

use std::sync::Arc;
use std::time::Instant;

use fit::{
    Absorber, Axis, Boundaries, Boundary, Excitation, Grid, Lumped, Material, Materials, Port, PortKind,
    Problem, Settings, Silent, Simulation,
};

const CELL: f64 = 0.01;

fn problem(n: usize, open: bool) -> fit::Result<Problem> {
    let line: Vec<f64> = (0..=n).map(|i| i as f64 * CELL).collect();
    let grid = Grid::new(line.clone(), line.clone(), line)?;
    let mut materials = Materials::uniform(&grid, Material::VACUUM);
    if open {
        materials.table.push(Material::dielectric(4.0));
        let block = 3 * n / 8..5 * n / 8;
        for k in block.clone() {
            for j in block.clone() {
                let row = (k * n + j) * n;
                materials.cells[row + block.start..row + block.end].fill(1);
            }
        }
    }
    let at = |i: usize| i as f64 * CELL;
    let start = [at(n / 4), at(n / 4), at(n / 4)];
    let end = [start[0], start[1], start[2] + CELL];
    let source = Lumped { start, end, axis: Axis::Z, resistance: 50.0 };
    let side = if open { Boundary::Open(Absorber::default()) } else { Boundary::Pec };
    Ok(Problem {
        grid,
        materials,
        boundaries: Boundaries::all(side),
        excitation: Excitation { fmin: 0.0, fmax: 1.5e9 },
        ports: vec![Port { name: "1".into(), kind: PortKind::Lumped(source), active: true }],
        monitors: Vec::new(),
        settings: Settings::default(),
    })
}

fn main() -> fit::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |default: u64| -> u64 { arguments.next().and_then(|a| a.parse().ok()).unwrap_or(default) };
    let (n, steps) = (number(100) as usize, number(1000));
    for (work, open) in [("A", false), ("B", true)] {
        let problem = problem(n, open)?;
        let bytes = problem.memory_estimate();
        let start = Instant::now();
        let mut simulation = Simulation::new(Arc::new(problem), Some(0))?;
        let setup = start.elapsed().as_secs_f64();
        // The first steps get their memory from the system.
        simulation.step_many(10, &mut Silent)?;
        let start = Instant::now();
        simulation.step_many(steps, &mut Silent)?;
        let seconds = start.elapsed().as_secs_f64();
        let rate = (n * n * n) as f64 * steps as f64 / seconds / 1e6;
        println!(
            "work {work}, {n}^3 cells, {steps} steps: {rate:.0} MC/s ({seconds:.2} s, set-up \
             {setup:.2} s, {:.0} bytes a cell)",
            bytes as f64 / (n * n * n) as f64
        );
    }
    Ok(())
}
