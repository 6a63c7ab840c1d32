//! A full disk: nothing more is written, everything can be read, and work goes on once there is room.
//!
//! A small file system in memory is mounted for the state, which takes the rights of root; without them these tests say
//! so and end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use e2e::{PATIENCE, Person, Sandbox, until};
use serde_json::Value;

/// Megabytes of the disk: enough for a platform and a few runs.
const SIZE: u32 = 64;

fn sandbox() -> Option<Sandbox> {
    match Sandbox::on_small_disk(&[], SIZE) {
        Ok(sandbox) => Some(sandbox),
        Err(why) => {
            eprintln!("not run: a small disk cannot be mounted here ({why}); run the tests as root");
            None
        }
    }
}

/// A resonator of so many steps, with `count` parameters that nobody needs.
fn project(name: &str, steps: u32, count: usize) -> String {
    let mut parameters = String::new();
    for n in 0..count {
        let _ = write!(parameters, "p{n}: {{value: {n}, description: {}}}, ", "x".repeat(4000));
    }
    format!(
        "
opentwin: 1
project: {name}
units: {{length: mm, frequency: GHz}}
parameters: {{{parameters} width: 100 mm}}
geometry:
  air: {{cuboid: {{min: [0, 0, 0], max: [width, 80, 60]}}}}
mesh: {{maximum_frequency: 4, steps_per_wavelength: 20}}
ports:
  1: {{lumped: {{start: [25, 20, 30], end: [25, 20, 0], impedance: 2 kohm}}}}
boundaries: {{all: pec}}
solvers:
  transient: {{fit-td: {{fmin: 2, fmax: 4, samples: 11, max_steps: {steps}, energy_stop: 1e-12, checkpoint_interval: 300}}}}
"
    )
}

#[track_caller]
fn shown(person: &Person, project: &str) -> Value {
    person.json(&["show", project])
}

#[test]
fn slow_a_full_disk_refuses_writes_and_nothing_else() {
    let Some(mut platform) = sandbox() else { return };
    let admin = platform.admin();
    admin.apply(&project("box", 300, 0)).succeeds();
    admin.ok(&["run", "box/transient"]);
    let before = shown(&admin, "box");
    let versions = admin.json(&["versions", "box"]);

    platform.disk().fill();
    let full = &["store.disk-full", "what to do: free space"];
    admin.apply(&project("box", 300, 50)).fails(91, full);
    admin.apply(&project("other", 300, 50)).fails(91, full);
    admin.run(&["run", "box/transient"]).fails(91, full);
    admin.run(&["branch", "create", "box", "side"]).fails(91, full);
    // All that is there can be read.
    assert_eq!(shown(&admin, "box"), before);
    assert_eq!(admin.json(&["versions", "box"]), versions);
    admin.series("box", "results/transient/s-parameters");
    admin.ok(&["runs", "box"]);
    let archive = platform.folder("files").join("box.otz");
    admin.ok(&["project", "export", "box", archive.to_str().unwrap()]);
    // The log of a full disk is what is needed to see that it is full.
    admin.ok(&["logs", "--level", "warn"]);

    // With room all goes on by itself.
    platform.disk().free();
    admin.apply(&project("box", 300, 50)).succeeds();
    admin.ok(&["run", "box/transient"]);
    admin.apply(&project("box", 300, 0)).succeeds();
    platform.stop();
    platform.up();
    assert_eq!(
        shown(&admin, "box")["entities"].as_array().map(Vec::len),
        before["entities"].as_array().map(Vec::len)
    );
    assert!(!admin.ok(&["project", "list"]).contains("other"), "what was refused left nothing");
}

fn results(person: &Person, project: &str) -> BTreeMap<String, Value> {
    let shown = person.json(&["show", project, "results"]);
    let entities = shown["entities"].as_array().unwrap();
    entities.iter().map(|e| (e["path"].as_str().unwrap().to_owned(), e["blobs"].clone())).collect()
}

#[test]
fn slow_a_run_waits_for_room_and_loses_nothing() {
    let Some(platform) = sandbox() else { return };
    let admin = platform.admin();
    for name in ["still", "moved"] {
        admin.apply(&project(name, 20_000, 0)).succeeds();
    }
    let run = admin.detach("moved/transient");
    until("a checkpoint", PATIENCE, || {
        let record = admin.run_record(&run);
        assert_ne!(record["state"], "RUN_STATE_SUCCEEDED", "it was too quick to be disturbed: {record}");
        record["checkpoints"].as_array().is_some_and(|list| !list.is_empty()).then_some(())
    });
    let follower = admin.start(&["runs", "follow", &run]);
    platform.disk().fill();
    until("the solver waits for room", PATIENCE, || {
        let record = admin.run_record(&run);
        assert_eq!(record["state"], "RUN_STATE_RUNNING", "it was too quick to be disturbed: {record}");
        // Not from the log, which has no room either.
        platform.lines().iter().any(|line| line.contains("waiting for room")).then_some(())
    });
    assert_eq!(admin.run_record(&run)["state"], "RUN_STATE_RUNNING");
    platform.disk().free();
    let told = follower.end();
    told.succeeds();
    // Whoever was there when it happened has been warned, others find it as what the run does.
    let heard = ["waits until there is room", "waiting for room"];
    assert!(heard.iter().any(|words| told.stderr.contains(words)), "{told}");
    assert_eq!(admin.run_record(&run)["restarts"].as_u64().unwrap_or(0), 0);
    admin.ok(&["run", "still/transient"]);
    assert_eq!(results(&admin, "moved"), results(&admin, "still"));
}

#[test]
fn slow_a_platform_without_room_does_not_start_and_says_why() {
    let Some(mut platform) = sandbox() else { return };
    let admin = platform.admin();
    admin.apply(&project("box", 300, 0)).succeeds();
    let before = shown(&admin, "box");
    platform.stop();
    platform.disk().fill();
    let output = platform.command("127.0.0.1:0").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(91), "{stderr}");
    assert!(stderr.contains("store.disk-full") && stderr.contains("what to do"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    platform.disk().free();
    platform.up();
    assert_eq!(shown(&admin, "box"), before);
}
