//! Every change is a version: told, compared, branched, merged, taken back, carried away and brought in.

use e2e::{Person, Sandbox};
use serde_json::Value;

fn project(width: &str, height: &str) -> String {
    format!(
        "
opentwin: 1
project: box
parameters: {{width: {width}, height: {height}}}
geometry: {{air: {{cuboid: {{min: [0, 0, 0], max: [width, 20 mm, height]}}}}}}
mesh: {{maximum_frequency: 10 GHz}}
ports: {{1: {{lumped: {{start: [5 mm, 10 mm, 4 mm], end: [5 mm, 10 mm, 0]}}}}}}
boundaries: {{all: pec}}
solvers: {{transient: {{fit-td: {{fmin: 1 GHz, fmax: 10 GHz, samples: 11, max_steps: 200}}}}}}
"
    )
}

#[track_caller]
fn value(person: &Person, parameter: &str) -> String {
    let entity = person.entity("box", &format!("parameters/{parameter}"));
    entity["properties"]["value"].as_str().unwrap().to_owned()
}

#[track_caller]
fn versions(person: &Person) -> Vec<Value> {
    person.json(&["versions", "box"])["versions"].as_array().unwrap().clone()
}

#[track_caller]
fn apply(person: &Person, text: &str, more: &[&str]) {
    person.with_input(&[&["apply", "-"][..], more].concat(), text).succeeds();
}

#[test]
fn changes_are_told_branched_merged_and_taken_back() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, &project("30 mm", "10 mm"), &["-m", "first"]);
    apply(&admin, &project("40 mm", "10 mm"), &["-m", "wider"]);
    assert_eq!(versions(&admin).len(), 2);
    // The same once more makes no version.
    apply(&admin, &project("40 mm", "10 mm"), &[]);
    assert_eq!(versions(&admin).len(), 2);
    let told = admin.ok(&["diff", "box", "main~1"]);
    assert!(told.contains("~ parameters/width") && told.contains("30 mm → 40 mm"), "{told}");

    // A branch that changes something else merges by itself.
    admin.ok(&["branch", "create", "box", "tall", "--at", "main~1"]);
    apply(&admin, &project("30 mm", "12 mm"), &["--branch", "tall"]);
    admin.ok(&["merge", "box", "tall"]);
    assert_eq!((value(&admin, "width"), value(&admin, "height")), ("40 mm".into(), "12 mm".into()));
    let merge = versions(&admin)[0].clone();
    assert_eq!(merge["parents"].as_array().unwrap().len(), 2, "{merge}");

    // One that changes the same does not, and nothing is merged.
    admin.ok(&["branch", "create", "box", "narrow", "--at", "main"]);
    apply(&admin, &project("20 mm", "12 mm"), &["--branch", "narrow"]);
    apply(&admin, &project("50 mm", "12 mm"), &[]);
    let count = versions(&admin).len();
    let conflict = admin.run(&["merge", "box", "narrow"]);
    conflict.fails(86, &["version.conflict", "--theirs"]);
    assert!(
        conflict.stdout.contains("! parameters/width") && conflict.stdout.contains("50 mm → 20 mm"),
        "{conflict}"
    );
    assert_eq!((versions(&admin).len(), value(&admin, "width")), (count, "50 mm".into()));
    admin.ok(&["merge", "box", "narrow", "--theirs", "parameters/width"]);
    assert_eq!(value(&admin, "width"), "20 mm");

    // Taken back, one way and the other.
    admin.ok(&["undo", "box"]);
    assert_eq!(value(&admin, "width"), "50 mm");
    admin.ok(&["redo", "box"]);
    assert_eq!(value(&admin, "width"), "20 mm");
    admin.ok(&["tag", "create", "box", "as-built", "--at", "main~1"]);
    admin.ok(&["revert", "box", "as-built", "--restore"]);
    assert_eq!(value(&admin, "width"), "50 mm");
    let first = versions(&admin).last().unwrap()["id"].as_str().unwrap().to_owned();
    admin.ok(&["revert", "box", &first, "--restore"]);
    assert_eq!((value(&admin, "width"), value(&admin, "height")), ("30 mm".into(), "10 mm".into()));
    admin.run(&["diff", "box", "nothing"]).fails(66, &["nothing"]);
}

#[track_caller]
fn run(person: &Person, what: &str) -> Value {
    let id = person.detach(what);
    person.run(&["runs", "follow", &id, "--quiet"]).succeeds();
    person.run_record(&id)
}

#[track_caller]
fn hashes(person: &Person, project: &str) -> Vec<Value> {
    let shown = person.json(&["show", project, "results"]);
    shown["entities"].as_array().unwrap().iter().map(|entity| entity["blobs"].clone()).collect()
}

#[test]
fn results_are_computed_once_and_again_when_they_are_stale() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, &project("30 mm", "10 mm"), &[]);
    let first = run(&admin, "box/transient");
    assert_ne!(first["cached"], true, "{first}");
    let results = hashes(&admin, "box");
    assert!(results.len() >= 4, "{results:?}");
    let count = versions(&admin).len();

    // Nothing changed: answered from the store, and no version is made.
    assert_eq!(run(&admin, "box/transient")["cached"], true);
    assert_eq!(versions(&admin).len(), count);

    // What was computed for another width is computed anew.
    apply(&admin, &project("31 mm", "10 mm"), &[]);
    let inputs = admin.entity("box", "results/transient")["properties"]["inputs"].clone();
    assert_ne!(run(&admin, "box/transient")["cached"], true);
    assert_ne!(admin.entity("box", "results/transient")["properties"]["inputs"], inputs);
    assert_ne!(hashes(&admin, "box"), results);

    // Back to the first width: the same bits.
    apply(&admin, &project("30 mm", "10 mm"), &[]);
    run(&admin, "box/transient");
    assert_eq!(hashes(&admin, "box"), results);
}

#[test]
fn a_project_is_carried_away_and_brought_in_whole() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, &project("30 mm", "10 mm"), &["-m", "first"]);
    admin.ok(&["tag", "create", "box", "start"]);
    run(&admin, "box/transient");
    let (results, before) = (hashes(&admin, "box"), versions(&admin));
    let folder = platform.folder("files");
    let (archive, yaml) = (folder.join("box.otz"), folder.join("box.yaml"));
    let (archive, yaml) = (archive.to_str().unwrap(), yaml.to_str().unwrap());
    admin.ok(&["project", "export", "box", archive]);
    admin.ok(&["project", "export", "box", yaml, "--format", "yaml"]);

    // To another site.
    let other = Sandbox::start(&[]);
    let ada = other.user("ada");
    ada.ok(&["project", "import", archive]);
    assert_eq!(hashes(&ada, "box"), results);
    let ids = |list: &[Value]| list.iter().map(|v| v["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&versions(&ada)), ids(&before));
    assert!(ada.ok(&["branch", "list", "box"]).contains("start"));
    // Its results hold there too.
    assert_eq!(run(&ada, "box/transient")["cached"], true);

    // As text it is the same project without its history.
    let told = admin.json(&["apply", yaml, "--dry-run"]);
    assert_eq!(
        (&told["added"], &told["changed"], &told["removed"]),
        (&Value::from(vec![0; 0]), &Value::from(vec![0; 0]), &Value::from(vec![0; 0])),
        "{told}"
    );

    // A damaged archive brings nothing in.
    let mut bytes = std::fs::read(archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(archive, &bytes).unwrap();
    ada.ok(&["project", "rename", "box", "kept"]);
    let damaged = ada.run(&["project", "import", archive]);
    assert_ne!(damaged.code, Some(0), "{damaged}");
    assert!(!ada.ok(&["project", "list"]).contains("box"));
}

#[test]
fn a_project_goes_into_the_trash_and_out_of_it() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    apply(&admin, &project("30 mm", "10 mm"), &[]);
    let before = versions(&admin);
    admin.ok(&["project", "delete", "box"]);
    admin.run(&["show", "box"]).fails(66, &["not-found"]);
    admin.ok(&["project", "restore", "box"]);
    assert_eq!(versions(&admin), before);
    admin.ok(&["project", "copy", "box", "box-2"]);
    admin.ok(&["show", "box-2", "geometry/air"]);
    admin.ok(&["project", "delete", "box"]);
    admin.ok(&["project", "purge", "box", "--yes"]);
    admin.run(&["project", "restore", "box"]).fails(66, &["trash"]);
    admin.ok(&["show", "box-2", "geometry/air"]);
}
