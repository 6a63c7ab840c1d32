use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use api::{Code, Failure};
use base::progress::Progress;
use compute::Curve;
use fit::{Problem, Solution};
use serde_json::{Value, json};

use super::{entities, entity, guide, vacuum};
use crate::run::{Host, Plan, drive};
use crate::state::{Snapshots, State};
use crate::{problem, results};

const TARGET: &str = "solvers/transient";

/// Keeps what a run says; drains after so many checkpoints.
#[derive(Default)]
struct Fake {
    checkpoints: Mutex<Vec<Vec<u8>>>,
    points: Mutex<Vec<(String, f64, f64)>>,
    stop_after: Option<usize>,
    stopped: AtomicBool,
    from: Option<Vec<u8>>,
}

impl Progress for Fake {
    fn report(&self, _: f64, what: &str) {
        assert!(what.contains("dB"), "{what}");
    }

    fn cancelled(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

impl Host for Fake {
    fn progress(&self) -> &dyn Progress {
        self
    }

    fn draining(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn cancelled(&self) -> Failure {
        Code::Unavailable.because("draining")
    }

    fn point(&self, curve: &Curve<'_>, x: f64, y: f64) {
        assert_eq!((curve.unit, curve.x_name, curve.x_unit), ("dB", "time", "s"));
        self.points.lock().unwrap().push((curve.name.to_owned(), x, y));
    }

    fn checkpoint(&self, state: Vec<u8>, note: &str) -> Result<(), Failure> {
        assert!(note.contains("step"), "{note}");
        let mut all = self.checkpoints.lock().unwrap();
        all.push(state);
        self.stopped.store(self.stop_after.is_some_and(|most| all.len() >= most), Ordering::Relaxed);
        Ok(())
    }

    fn resume(&self, load: &dyn Fn(&[u8]) -> Result<State, Failure>) -> Option<State> {
        Some(load(self.from.as_ref()?).unwrap())
    }

    fn memory_limit(&self) -> Option<u64> {
        None
    }
}

fn problem_of_guide() -> (Arc<Problem>, Option<u64>) {
    let solver = json!({"fmin": "8 GHz", "fmax": "12 GHz", "samples": 11, "energy_stop": 1e-6,
                        "checkpoint_interval": 150});
    let (all, mesh) = guide(solver);
    let setup = problem::read(&all, TARGET, mesh, None).unwrap();
    (Arc::new(setup.problem), setup.checkpoint_interval)
}

fn run(host: &Fake) -> Result<(Solution, Snapshots), Failure> {
    let (problem, every) = problem_of_guide();
    drive(&Plan { problem, target: TARGET, every }, host)
}

/// A matched guide lets everything through (to 1 %: 9 cells across, 8 absorbing cells); its results are complete.
#[test]
fn a_guide_is_solved_and_written() {
    let host = Fake::default();
    let (solution, snapshots) = run(&host).unwrap();
    let s = |to, from| solution.s.parameter(to, from).unwrap();
    assert!(s(1, 0).iter().all(|v| (v.norm() - 1.0).abs() < 0.01), "{:?}", s(1, 0));
    assert!(s(0, 0).iter().all(|v| v.norm() < 0.02), "{:?}", s(0, 0));
    assert!(host.points.lock().unwrap().iter().any(|(curve, ..)| curve == "energy, port 2"));

    let (problem, _) = problem_of_guide();
    let all = results::all(&problem, &solution, &snapshots, &[], "results/transient", "hash").unwrap();
    let paths: Vec<&str> = all.iter().map(|w| w.path.strip_prefix("results/transient").unwrap()).collect();
    assert_eq!(paths, ["", "/s-parameters", "/signals", "/energy", "/fields/e", "/fields/h"]);
    assert_eq!(all[0].properties["inputs"], "hash");
    assert_eq!(all[0].properties["statistics"]["runs"][1]["converged"], true);
    assert!(results::doubts(&solution, &problem).is_empty());
    assert!(results::full(&problem, &snapshots).is_empty());
    let blobs = |n: usize| all[n].blobs.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    assert_eq!(blobs(1), ["series", "csv", "touchstone", "touchstone2"]);
    let series: Value = serde_json::from_slice(&all[1].blobs[0].1).unwrap();
    assert_eq!(series["x"]["values"].as_array().unwrap().len(), 11);
    assert_eq!(series["curves"][1]["name"], "S21");
    assert_eq!(all[1].properties["minima"][0]["curve"], "S11");
    let signals: Value = serde_json::from_slice(&all[2].blobs[0].1).unwrap();
    assert_eq!(signals["curves"].as_array().unwrap().len(), 8);

    // TE10 of 1 W: |E| = 2 √(Z/(ab)) · 1 √W = 2 √(499.1/(0.02286 · 0.01016)) = 2932 V/m in the middle; the mesh
    // of 9 cells has no node in the middle (1.5 % less) and its own impedance.
    let maximum = all[4].properties["maximum"].as_f64().unwrap();
    assert!((maximum / 2932.0 - 1.0).abs() < 0.04, "{maximum}");
    assert_eq!(all[4].properties["grid"], json!([10, 1, 13]));
    assert_eq!(all[4].properties["arrays"][1]["name"], "E at 10 GHz from 2");
    let times = all[5].properties["times"].as_array().unwrap().len();
    assert!(times > 4);
    // A field at frequencies goes into one picture, one over time into a film: here of both ports.
    assert_eq!((blobs(4), blobs(5)), (vec!["vtr", "view"], vec!["nc", "view"]));
    let film = &all[5].blobs[0].1;
    let moments = u32::from_be_bytes(film[4..8].try_into().unwrap()) as usize;
    assert!(moments >= times / 2 && moments <= times, "{moments} of {times}");
    let text = String::from_utf8_lossy(film);
    assert!(text.contains("H_x_from_1") && text.contains("H_z_from_2"));
}

/// A hollow in a conducting background: the walls are edges of the mesh, and go on behind the ports with it.
#[test]
fn walls_may_be_conductors_of_the_mesh() {
    let (size, z) = ([22.86e-3, 10.16e-3, 30.48e-3], ["0 mm", "30.48 mm"]);
    let corner = |i: usize| [0, 1, 2].map(|a| if i >> a & 1 == 1 { size[a] } else { 0.0 });
    let sides = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]];
    let solid = hexmesh::Solid {
        name: "hollow".into(),
        vertices: (0..8).map(corner).collect(),
        triangles: sides.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect(),
        snap: size.map(|length| vec![0.0, length]),
        material: 1,
        priority: 0,
        is_sheet: false,
    };
    let material = |name: &str, kind| hexmesh::Material { name: name.into(), kind };
    let materials = vec![material("pec", hexmesh::Kind::Pec), material("air", hexmesh::Kind::VACUUM)];
    let model = hexmesh::Model { solids: vec![solid], materials, background: 0 };
    let mut settings = hexmesh::Settings::new(12e9);
    settings.steps_per_wavelength = 12.0;
    let across = [hexmesh::Distance::Absolute(3e-3); 2];
    settings.boundary_distance = [across, across, [hexmesh::Distance::Absolute(0.0); 2]];
    let mesh = hexmesh::generate(&model, &settings, &base::progress::Silent).unwrap().mesh;
    let port = |z: &str, direction: &str| json!({"min": [0, 0, z], "max": ["22.86 mm", "10.16 mm", z], "direction": direction});
    let all = entities(vec![
        entity("ports/in", "fit-td.waveguide-port", port(z[0], "+z")),
        entity("ports/out", "fit-td.waveguide-port", port(z[1], "-z")),
        entity(
            TARGET,
            "fit-td.solver",
            json!({"fmin": "9 GHz", "fmax": "12 GHz", "samples": 5,
                                               "active_ports": ["in"]}),
        ),
        entity("monitors/wall", "fit-td.monitor", json!({"frequencies": ["10 GHz"], "plane": {"y": 0}})),
    ]);
    let setup = problem::read(&all, TARGET, mesh, None).unwrap();
    let plan = Plan { problem: Arc::new(setup.problem), target: TARGET, every: None };
    let (solution, _) = drive(&plan, &Fake::default()).unwrap();
    let through = solution.s.parameter(1, 0).unwrap();
    assert!(through.iter().all(|s| (s.norm() - 1.0).abs() < 0.01), "{through:?}");
    let written =
        results::all(&plan.problem, &solution, &Snapshots::default(), &[], "results/t", "h").unwrap();
    // Touchstone holds whole matrices; one driven port gives a column.
    assert_eq!(written[1].blobs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["series", "csv"]);
    assert_eq!(written[1].properties["driven"], json!(["in"]));
    // On the surface of the conductor normal E is that before it: 2932 V/m of 1 W, less what a coarse mesh takes off.
    let maximum = written[4].properties["maximum"].as_f64().unwrap();
    assert!((maximum / 2932.0 - 1.0).abs() < 0.03, "{maximum}");
}

/// A band from direct current on: what a guide does below its cut-off, 6.53 GHz, is neither its best match nor too much
/// power, and no field is told for 1 W of what is not sent.
#[test]
fn below_cut_off_nothing_is_judged() {
    let (all, mesh) =
        guide(json!({"fmax": "12 GHz", "samples": 13, "energy_stop": 1e-6, "active_ports": ["1"]}));
    let mut problem = problem::read(&all, TARGET, mesh, None).unwrap().problem;
    problem.monitors[0].recording = fit::Recording::Frequencies(vec![2.4e9, 10e9]);
    let problem = Arc::new(problem);
    let plan = Plan { problem: problem.clone(), target: TARGET, every: None };
    let (mut solution, snapshots) = drive(&plan, &Fake::default()).unwrap();
    // Nothing is incident at 0 Hz, which is no match of −300 dB.
    assert_eq!(solution.s.parameter(0, 0).unwrap()[0].norm(), 0.0);
    let all = results::all(&problem, &solution, &snapshots, &[], "results/t", "h").unwrap();
    let minimum = &all[1].properties["minima"][0];
    assert!(minimum["frequency"].as_f64().unwrap() >= 7e9, "{minimum}");
    assert!((-100.0..-20.0).contains(&minimum["db"].as_f64().unwrap()), "{minimum}");
    let cutoff = all[1].properties["cutoff"][1].as_f64().unwrap();
    assert!((6.52e9..6.55e9).contains(&cutoff), "{cutoff}");
    assert_eq!(all[4].properties["frequencies"], json!([10e9]));
    assert_eq!(all[4].properties["arrays"].as_array().unwrap().len(), 1);

    for row in &mut solution.s.s[..7] {
        row[1][0] = fit::Complex64::new(3.0, 0.0);
    }
    assert_eq!(results::doubts(&solution, &problem), [""; 0]);
    // Power through the port that is open counts even where the other is not.
    solution.s.cutoffs[0] = 0.0;
    assert_eq!(results::doubts(&solution, &problem), [""; 0]);
    solution.s.s[3][0][0] = fit::Complex64::new(1.2, 0.0);
    let gain = results::doubts(&solution, &problem).concat();
    assert!(gain.contains("1.44 times") && gain.contains("3.0000 GHz"), "{gain}");

    solution.s.cutoffs[0] = cutoff;
    let mut silent = (*problem).clone();
    silent.monitors[0].recording = fit::Recording::Frequencies(vec![2.4e9]);
    solution.columns[0].spectra[0].frequencies.truncate(1);
    let all = results::all(&silent, &solution, &snapshots, &[], "results/t", "h").unwrap();
    assert!(all.iter().all(|written| written.path != "results/t/fields/e"));
}

/// Numbers that nobody should trust say so wherever they go: in the run, in the entity, in the file.
#[test]
fn doubtful_results_say_so() {
    let solver = json!({"fmin": "8 GHz", "fmax": "12 GHz", "samples": 11, "max_steps": 200});
    let (all, mesh) = guide(solver);
    let setup = problem::read(&all, TARGET, mesh, None).unwrap();
    let problem = Arc::new(setup.problem);
    let plan = Plan { problem: problem.clone(), target: TARGET, every: None };
    let (mut solution, snapshots) = drive(&plan, &Fake::default()).unwrap();
    let cut = results::doubts(&solution, &problem);
    assert!(cut[0].contains("after 200 steps"), "{cut:?}");
    // Nothing passive gives more than it gets.
    for s in solution.s.s.iter_mut().flatten().flatten() {
        *s = fit::Complex64::new(0.8, 0.0);
    }
    let gain = results::doubts(&solution, &problem);
    assert_eq!((&gain[..2], gain.len()), (&cut[..2], 4));
    assert!(gain[2].contains("1.28 times the power that enters"), "{gain:?}");
    let doubts = [setup.doubts, gain].concat();
    let written = results::all(&problem, &solution, &snapshots, &doubts, "results/t", "h").unwrap();
    assert_eq!(written[1].properties["warnings"], json!(doubts));
    let touchstone = String::from_utf8(written[1].blobs[2].1.clone()).unwrap();
    let notes: String = doubts.iter().map(|doubt| format!("! warning: {doubt}\n")).collect();
    assert!(notes.contains("cells per wavelength") && touchstone.starts_with(&notes), "{touchstone}");
}

/// The acceptance of checkpoints: a run that was stopped and resumed gives the same bits.
#[test]
fn a_resumed_run_gives_the_same_bits() {
    let (whole, snapshots) = run(&Fake::default()).unwrap();
    let first = Fake { stop_after: Some(5), ..Fake::default() };
    assert_eq!(run(&first).err().unwrap().code, Code::Unavailable);
    let mut kept = first.checkpoints.into_inner().unwrap();
    let last = kept.pop().unwrap();
    let (resumed, again) = run(&Fake { from: Some(last), ..Fake::default() }).unwrap();
    // Not `assert_eq`, which would print all of it.
    assert!(whole == resumed);
    assert!(snapshots == again && !snapshots.list().is_empty());
}

#[test]
fn damaged_checkpoints_are_refused() {
    let (problem, _) = problem_of_guide();
    let state = State::new(&problem).unwrap().save();
    assert!(State::load(&problem, &state).is_ok());
    for end in [0, 7, 8, 15, 16, 100, state.len() - 1] {
        assert_eq!(State::load(&problem, &state[..end]).err().unwrap().code, Code::Checkpoint);
    }
    let mut longer = state;
    longer.push(0);
    assert!(State::load(&problem, &longer).is_err());
}

fn broken(list: Vec<(&str, &str, Value)>) -> Failure {
    let list = list.into_iter().map(|(path, kind, properties)| entity(path, kind, properties)).collect();
    let setup = problem::read(&entities(list), TARGET, vacuum([10e-3; 3]), None).unwrap();
    drive(&Plan { problem: Arc::new(setup.problem), target: TARGET, every: None }, &Fake::default())
        .err()
        .unwrap()
}

#[test]
fn the_kernels_errors_name_the_entity() {
    let solver = || (TARGET, "fit-td.solver", json!({"fmax": "1 GHz", "max_steps": 10}));
    let port = |z: &str| ("ports/1", "fit-td.lumped-port", json!({"start": [0, 0, 0], "end": [0, 0, z]}));
    let failure = broken(vec![solver(), port("1.111 mm")]);
    assert_eq!(failure.code, Code::Port);
    assert!(failure.message.starts_with("`ports/1`: ") && failure.message.contains("mesh line"), "{failure}");
}
