//! What is killed comes back, and the result is the same to the last bit.

use std::collections::BTreeMap;

use e2e::{PATIENCE, Person, Sandbox, processes, until};

/// A resonator that rings for some seconds, with a checkpoint many times a second.
const PROJECT: &str = "
opentwin: 1
project: resonator
units: {length: mm, frequency: GHz}
geometry:
  air: {cuboid: {min: [0, 0, 0], max: [100, 80, 60]}}
mesh: {maximum_frequency: 4, steps_per_wavelength: 24}
ports:
  1: {lumped: {start: [25, 20, 30], end: [25, 20, 0], impedance: 2 kohm}}
  2: {lumped: {start: [75, 60, 30], end: [75, 60, 0], impedance: 2 kohm}}
boundaries: {all: pec}
monitors:
  spectrum: {field: E, frequencies: [2.4], plane: {z: 30}}
  pulse: {field: H, interval: 10 ns, plane: {x: 50}}
solvers:
  transient: {fit-td: {fmin: 2, fmax: 4, samples: 101, max_steps: 6000, energy_stop: 1e-12, checkpoint_interval: 300}}
";

#[track_caller]
pub(crate) fn apply(person: &Person, project: &str) {
    person.with_input(&["apply", "-", "--project", project], PROJECT).succeeds();
}

/// Hashes of all blobs of the results, by path and name.
#[track_caller]
pub(crate) fn results(person: &Person, project: &str) -> BTreeMap<String, String> {
    let shown = person.json(&["show", project, "results"]);
    let mut hashes = BTreeMap::new();
    for entity in shown["entities"].as_array().unwrap() {
        for (name, hash) in entity["blobs"].as_object().into_iter().flatten() {
            let key = format!("{} {name}", entity["path"].as_str().unwrap());
            hashes.insert(key, hash.as_str().unwrap().to_owned());
        }
    }
    assert!(hashes.len() >= 8, "{hashes:?}");
    hashes
}

/// Starts a run and waits until it has left a checkpoint behind.
#[track_caller]
pub(crate) fn under_way(person: &Person, project: &str) -> String {
    let run = person.detach(&format!("{project}/transient"));
    until("a checkpoint", PATIENCE, || {
        let record = person.run_record(&run);
        assert_ne!(record["state"], "RUN_STATE_FAILED", "{record}");
        assert_ne!(record["state"], "RUN_STATE_SUCCEEDED", "it was too quick to be disturbed: {record}");
        record["checkpoints"].as_array().is_some_and(|list| !list.is_empty()).then_some(())
    });
    run
}

/// The hashes of an undisturbed run, beside those of one that something happened to.
#[track_caller]
pub(crate) fn disturb(platform: &Sandbox, what: impl FnOnce(&Person, &str)) {
    let admin = platform.admin();
    apply(&admin, "still");
    apply(&admin, "moved");
    let run = under_way(&admin, "moved");
    what(&admin, &run);
    admin.run(&["runs", "follow", &run]).succeeds();
    admin.ok(&["run", "still/transient"]);
    assert_eq!(results(&admin, "moved"), results(&admin, "still"));
}

#[test]
fn slow_a_killed_solver_goes_on_from_its_checkpoint() {
    let platform = Sandbox::start(&[]);
    disturb(&platform, |admin, run| {
        let solvers = admin.instances("moved", "fit-td");
        assert_eq!(solvers.len(), 1);
        processes::kill(solvers[0]);
        until("the run goes on elsewhere", PATIENCE, || {
            let record = admin.run_record(run);
            record["restarts"].as_u64().is_some_and(|restarts| restarts >= 1).then_some(())
        });
    });
}

#[test]
fn slow_a_run_outlives_the_service_that_owns_it() {
    let platform = Sandbox::start(&[]);
    disturb(&platform, |_, _| platform.crash("local-session"));
}

#[test]
fn slow_a_run_outlives_the_store_the_directory_and_the_front_door() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, "still");
    apply(&admin, "moved");
    let run = under_way(&admin, "moved");
    let follower = admin.start(&["runs", "follow", &run]);
    for service in ["relay", "project", "global-session"] {
        let hosts = platform.hosts(service);
        assert_eq!(hosts.len(), 1, "{hosts:?}");
        processes::kill(hosts[0].id);
    }
    // It was following when the front door went, and follows still.
    follower.end().succeeds();
    let sessions = admin.json(&["sessions"]);
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1), "{sessions}");
    admin.ok(&["run", "still/transient"]);
    assert_eq!(results(&admin, "moved"), results(&admin, "still"));
}

#[test]
fn slow_a_run_goes_on_when_the_platform_comes_back() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, "still");
    apply(&admin, "moved");
    let run = under_way(&admin, "moved");
    platform.stop();
    platform.up();
    admin.run(&["runs", "follow", &run]).succeeds();
    admin.ok(&["run", "still/transient"]);
    assert_eq!(results(&admin, "moved"), results(&admin, "still"));
}
