//! Broken and resumed runs give the bits of an unbroken one, on any number of threads.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::progress::{Progress, Silent as NoProgress};
use common::{Guide, lumped};
use fit::{
    Axis, Error, Material, Monitor, Observer, Problem, Quantity, Recording, Region, Silent, Simulation,
    Snapshot, Solver,
};

/// Waveguide ports, a lumped port, absorbers, loss and both kinds of monitor.
fn problem() -> Problem {
    let guide = Guide { nz: 36, ..Guide::coarse() };
    let mut p = guide.problem(Material::VACUUM);
    let (cell, middle) = (guide.cell, 18.0 * guide.cell);
    p.materials.table.push(Material { conductivity: 0.1, ..Material::dielectric(2.0) });
    let from = 18 * guide.nx * guide.ny;
    p.materials.cells[from + 40..from + 60].fill(1);
    p.ports.push(lumped("probe", [5.0 * cell, 0.0, middle], [5.0 * cell, cell, middle], Axis::Y, 50.0));
    p.ports[1].active = false;
    let region = Region::Plane { axis: Axis::Y, at: 4.0 * cell };
    let recording = Recording::Frequencies(vec![9e9, 11e9]);
    p.monitors.push(Monitor { name: "e".into(), quantity: Quantity::E, region, recording });
    let region = Region::Box { min: [0.0; 3], max: [0.01, 0.01, 0.03] };
    let recording = Recording::Time { interval: 1e-10 };
    p.monitors.push(Monitor { name: "h".into(), quantity: Quantity::H, region, recording });
    p.settings.max_steps = 700;
    p.settings.frequency_samples = 5;
    p
}

#[derive(Default)]
struct Keep(Vec<Snapshot>);

impl Observer for Keep {
    fn snapshot(&mut self, snapshot: Snapshot) {
        self.0.push(snapshot);
    }
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn simulation_resumes_bit_for_bit() {
    let problem = Arc::new(problem());
    let (whole, snapshots) = on(1, || {
        let mut s = Simulation::new(problem.clone(), Some(0)).unwrap();
        let mut keep = Keep::default();
        s.step_many(500, &mut keep).unwrap();
        (s.checkpoint(), keep.0)
    });
    assert!(snapshots.len() > 5 && snapshots.iter().any(|s| s.values.iter().any(|&v| v != 0.0)));
    for (first, second, at) in [(1, 3, 137), (2, 1, 250), (4, 2, 401)] {
        let mut keep = Keep::default();
        let part = on(first, || {
            let mut s = Simulation::new(problem.clone(), Some(0)).unwrap();
            s.step_many(at, &mut keep).unwrap();
            s.checkpoint()
        });
        let resumed = on(second, || {
            let mut s = Simulation::resume(problem.clone(), &part).unwrap();
            s.step_many(500 - at, &mut keep).unwrap();
            s.checkpoint()
        });
        assert!(resumed == whole, "{first} and {second} threads, broken at {at}");
        assert!(keep.0 == snapshots);
    }
}

#[test]
fn solver_resumes_bit_for_bit() {
    let problem = Arc::new(problem());
    let whole = on(2, || {
        let mut s = Solver::new(problem.clone()).unwrap();
        s.run(&NoProgress, &mut Silent).unwrap();
        s.solution()
    });
    assert_eq!(whole.s.columns, vec![0, 2]);
    let broken = on(1, || {
        let mut s = Solver::new(problem.clone()).unwrap();
        while !s.advance(230, &NoProgress, &mut Silent).unwrap() {
            s = Solver::resume(problem.clone(), &s.checkpoint()).unwrap();
        }
        Solver::resume(problem.clone(), &s.checkpoint()).unwrap().solution()
    });
    assert!(broken == whole);
}

/// Cancels once asked often enough.
struct Impatient(AtomicU32);

impl Progress for Impatient {
    fn report(&self, done: f64, what: &str) {
        assert!((0.0..=1.0).contains(&done) && what.contains("energy"), "{done} {what}");
    }

    fn cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= 120
    }
}

#[test]
fn cancelled_runs_go_on() {
    let problem = Arc::new(problem());
    let mut s = Solver::new(problem.clone()).unwrap();
    let stop = s.run(&Impatient(AtomicU32::new(0)), &mut Silent);
    assert_eq!(stop, Err(Error::Cancelled { step: 120 }));
    let mut resumed = Solver::resume(problem, &s.checkpoint()).unwrap();
    resumed.run(&NoProgress, &mut Silent).unwrap();
    s.run(&NoProgress, &mut Silent).unwrap();
    assert!(s.solution() == resumed.solution());
}

#[test]
fn bad_checkpoints_are_refused() {
    let problem = Arc::new(problem());
    let mut s = Simulation::new(problem.clone(), Some(0)).unwrap();
    s.step_many(3, &mut Silent).unwrap();
    let good = s.checkpoint();
    let refused = |data: &[u8], word: &str| match Simulation::resume(problem.clone(), data) {
        Err(Error::Checkpoint(text)) => assert!(text.contains(word), "{text}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    };
    refused(&[], "cut off");
    refused(b"something else entirely", "not a checkpoint");
    refused(&good[..good.len() - 9], "check sum");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 4;
    refused(&flipped, "check sum");
    let mut newer = good.clone();
    newer[8] = 9;
    refused(&newer, "version 9");
    let mut other = (*problem).clone();
    other.materials.cells[0] = 1;
    assert!(matches!(
        Simulation::resume(Arc::new(other), &good),
        Err(Error::Checkpoint(t)) if t.contains("another problem")
    ));
}
