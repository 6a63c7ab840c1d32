//! Every impossible input is told apart, by name and with a remedy.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{Guide, empty, lumped, uniform};
use fit::{
    Absorber, Axis, Boundaries, Boundary, Error, Excitation, Grid, Material, Monitor, PortKind, Problem,
    Quantity, Recording, Region, Silent, Simulation, Solver,
};

fn small() -> Problem {
    let line = uniform(1.0, 10);
    empty(Grid::new(line.clone(), line.clone(), line).unwrap(), Material::VACUUM)
}

fn error(problem: Problem) -> Error {
    match Simulation::new(Arc::new(problem), None) {
        Err(e) => e,
        Ok(_) => panic!("accepted"),
    }
}

fn says(problem: Problem, words: &[&str]) {
    let text = error(problem).to_string();
    for word in words {
        assert!(text.contains(word), "'{text}' lacks '{word}'");
    }
}

fn with(change: impl FnOnce(&mut Problem)) -> Problem {
    let mut p = small();
    change(&mut p);
    p
}

#[test]
fn materials() {
    says(with(|p| p.materials.cells.truncate(7)), &["7 cell indices", "1000"]);
    says(with(|p| p.materials.cells[5] = 3), &["cell 5", "material 3"]);
    says(with(|p| p.materials.pec_edges = vec![0; 3]), &["3 conducting-edge masks"]);
    says(with(|p| p.materials.table[0].epsilon_r = -1.0), &["material 0", "positive"]);
    says(with(|p| p.materials.table[0].conductivity = f64::INFINITY), &["material 0"]);
}

#[test]
fn settings() {
    says(with(|p| p.settings.courant = 1.5), &["courant", "1.5"]);
    says(with(|p| p.settings.energy_stop = 0.0), &["energy_stop"]);
    says(with(|p| p.settings.max_steps = 0), &["max_steps"]);
    says(with(|p| p.settings.frequency_samples = 0), &["frequency_samples"]);
    says(with(|p| p.excitation = Excitation { fmin: 2.0, fmax: 1.0 }), &["fmin < fmax"]);
    let e = error(with(|p| p.settings.memory_limit = Some(1000)));
    assert!(matches!(e, Error::TooLarge { needed, limit: 1000 } if needed > 24 * 1331));
    assert!(matches!(Solver::new(Arc::new(small())), Err(Error::Setting { .. })));
}

#[test]
fn boundaries() {
    let thick = Boundary::Open(Absorber { cells: 5, ..Absorber::default() });
    says(with(|p| p.boundaries = Boundaries::all(thick)), &["x-min", "10 of 10 cells"]);
    let thin = Boundary::Open(Absorber { cells: 1, ..Absorber::default() });
    says(with(|p| p.boundaries = p.boundaries.with(Axis::Y, true, thin)), &["y-max"]);
}

#[test]
fn lumped_ports() {
    let port = |s, e, r| with(|p| p.ports = vec![lumped("feed", s, e, Axis::Z, r)]);
    let (s, e) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.6]);
    says(port(s, e, -50.0), &["'feed'", "-50 Ω"]);
    says(port([0.5, 0.53, 0.5], e, 50.0), &["'feed'", "y = 0.53 m", "add a mesh line"]);
    says(port(s, s, 50.0), &["'feed'", "no mesh edge along z"]);
    says(
        port([0.0, 0.5, 0.5], [0.0, 0.5, 0.6], 50.0),
        &["'feed'", "perfect conductor", "x = 0 m, y = 500 mm, z = 500 mm"],
    );
    let twice = with(|p| {
        p.ports = vec![lumped("a", s, e, Axis::Z, 1.0), lumped("b", s, e, Axis::Z, 1.0)];
    });
    says(twice, &["'b'", "z edge at x = 500 mm, y = 500 mm, z = 500 mm", "another port"]);
    let same = with(|p| {
        p.ports = vec![lumped("a", s, e, Axis::Z, 1.0), lumped("a", s, e, Axis::Z, 1.0)];
    });
    says(same, &["'a'", "twice"]);
    let mut masked = port(s, e, 50.0);
    let grid = masked.grid.clone();
    masked.materials.set_pec(&grid, Axis::Z, [5, 5, 5]);
    says(masked, &["'feed'", "perfect conductor"]);
}

#[test]
fn waveguide_ports() {
    let guide = |change: &dyn Fn(&mut Problem, &mut fit::Waveguide)| {
        let mut p = Guide::coarse().problem(Material::VACUUM);
        let PortKind::Waveguide(mut w) = p.ports[0].kind.clone() else { unreachable!() };
        change(&mut p, &mut w);
        p.ports[0].kind = PortKind::Waveguide(w);
        p
    };
    says(guide(&|_, w| w.mode = (0, 0)), &["'in'", "TE00"]);
    says(guide(&|_, w| w.mode = (3, 0)), &["'in'", "cut off below"]);
    says(guide(&|_, w| w.min[2] = 0.0), &["'in'", "flat"]);
    says(guide(&|_, w| (w.min[2], w.max[2]) = (11.0 * 1.27e-3, 11.0 * 1.27e-3)), &["absorbing layers"]);
    says(guide(&|_, w| w.max[0] = 1.27e-3), &["two cells along x"]);
    says(guide(&|_, w| w.max[0] = 0.5 * common::WR90.0), &["wall", "not perfect conductor at x = 11.43 mm"]);
    says(
        guide(&|p, _| p.boundaries = p.boundaries.with(Axis::Z, false, Boundary::Pec)),
        &["z-min", "must be open"],
    );
    let fill = guide(&|p, _| {
        p.materials.table.push(Material::dielectric(2.0));
        let at = 14 * 18 * 8 + 3;
        p.materials.cells[at] = 1;
    });
    // The middle of the cell (3, 0, 14).
    says(fill, &["'in'", "filling", "x = 4.445 mm, y = 635 um, z = 18.415 mm", "homogeneous"]);
    says(guide(&|p, _| p.materials.table[0].conductivity = 1.0), &["lossy"]);
    let plug = guide(&|p, _| {
        let grid = p.grid.clone();
        p.materials.set_pec(&grid, Axis::Y, [9, 4, 12]);
    });
    says(
        plug,
        &["'in'", "perfect conductor in the cross-section at x = 11.43 mm, y = 5.08 mm, z = 15.24 mm"],
    );
}

#[test]
fn monitors() {
    let monitor = |region, recording| {
        with(|p| {
            p.monitors = vec![Monitor { name: "m".into(), quantity: Quantity::E, region, recording }];
        })
    };
    let plane = Region::Plane { axis: Axis::X, at: 0.5 };
    says(monitor(plane.clone(), Recording::Frequencies(vec![])), &["'m'", "no frequency"]);
    says(monitor(plane.clone(), Recording::Frequencies(vec![1e12])), &["'m'", "outside 0 to fmax"]);
    says(monitor(plane, Recording::Time { interval: f64::NAN }), &["'m'", "interval"]);
    let empty = Region::Box { min: [1.0; 3], max: [0.0; 3] };
    says(monitor(empty, Recording::Time { interval: 0.0 }), &["'m'", "region is empty"]);
}

/// Growth of the fields is noticed, not passed on: infinite start values stand in for it.
#[test]
fn divergence() {
    let mut s = Simulation::new(Arc::new(small()), None).unwrap();
    s.set_electric(Axis::X, [5, 5, 5], 1e38);
    s.set_electric(Axis::Y, [5, 5, 5], f64::INFINITY);
    let Err(Error::Diverged { step: 50, at, .. }) = s.step_many(100, &mut Silent) else { panic!("accepted") };
    // It has spread over all by then: the middle is what can be told.
    assert!(at.iter().all(|x| (0.2..=0.8).contains(x)), "{at:?}");
}

/// The estimate never fails, whatever is still wrong with the problem.
#[test]
fn estimate_of_a_broken_problem() {
    let thick = Boundary::Open(Absorber { cells: usize::MAX, ..Absorber::default() });
    let p = with(|p| {
        p.materials.cells.clear();
        p.boundaries = Boundaries::all(thick);
    });
    assert!(p.memory_estimate() > 24 * 1331);
    let p = with(|p| p.boundaries = Boundaries::all(thick));
    says(p, &["x-min", "absorbing layers"]);
}

/// Thin grids, down to one cell, run.
#[test]
fn thinnest_grids() {
    for cells in [[1, 1, 1], [1, 5, 1], [5, 1, 2]] {
        let [x, y, z] = cells.map(|n| uniform(0.1 * n as f64, n));
        let mut p = empty(Grid::new(x, y, z).unwrap(), Material::VACUUM);
        p.boundaries = Boundaries::all(Boundary::Pmc);
        let mut s = Simulation::new(Arc::new(p), None).unwrap();
        s.set_electric(Axis::Z, [0, 0, 0], 1.0);
        let start = s.energy();
        s.step_many(200, &mut Silent).unwrap();
        assert!((s.energy() / start - 1.0).abs() < 1e-4);
    }
}
