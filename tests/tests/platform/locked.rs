//! A database that another program has locked, and one of a newer program.

use std::path::PathBuf;
use std::process::Command;

use e2e::{Output, Sandbox};
use rusqlite::Connection;

const PROJECT: &str = "
opentwin: 1
project: box
parameters: {width: 1 mm}
geometry: {air: {cuboid: {min: [0, 0, 0], max: [width, 1 mm, 1 mm]}}}
";

fn database(platform: &Sandbox, service: &str) -> PathBuf {
    platform.state().join(service).join("store/store.db")
}

fn end(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Output {
        command: format!("{command:?}"),
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

#[test]
fn slow_a_locked_database_is_told_and_waited_for() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(PROJECT).succeeds();
    let before = admin.json(&["show", "box"]);
    let other = Connection::open(database(&platform, "project")).unwrap();

    // While it runs: reads go on, writes are refused until the other program lets go.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let wider = PROJECT.replace("width: 1 mm", "width: 2 mm");
    admin.apply(&wider).fails(92, &["store.locked", "another program", "what to do: end the other process"]);
    assert_eq!(admin.json(&["show", "box"]), before);
    other.execute_batch("ROLLBACK").unwrap();
    admin.apply(&wider).succeeds();
    drop(other);

    // At the start: a program that keeps it for itself.
    platform.stop();
    for service in ["project", "authorization"] {
        let other = Connection::open(database(&platform, service)).unwrap();
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
        let refused = end(&mut platform.command("127.0.0.1:0"));
        refused.fails(92, &["store.locked", service, "what to do"]);
        assert!(e2e::processes::naming(&platform.state()).is_empty(), "nothing is left of it");
    }
    platform.up();
    assert_eq!(admin.entity("box", "parameters/width")["properties"]["value"], "2 mm");
}

#[test]
fn slow_a_database_of_a_newer_program_is_left_alone() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(PROJECT).succeeds();
    platform.stop();
    for service in ["project", "authorization"] {
        let version = |set: &str| {
            let other = Connection::open(database(&platform, service)).unwrap();
            other.execute_batch(set).unwrap();
            other.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap()
        };
        let known = version("");
        version("PRAGMA user_version = 99");
        let refused = end(&mut platform.command("127.0.0.1:0"));
        refused.fails(93, &["store.too-new", service, "what to do: use the newer program"]);
        assert_eq!(version(""), 99, "it was changed");
        version(&format!("PRAGMA user_version = {known}"));
    }
    // One that is no database at all.
    let file = database(&platform, "project");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, vec![b'x'; 8192]).unwrap();
    end(&mut platform.command("127.0.0.1:0")).fails(90, &["store.corrupt", "backup"]);
    assert_eq!(std::fs::read(&file).unwrap(), vec![b'x'; 8192]);
    std::fs::write(&file, good).unwrap();
    platform.up();
    admin.ok(&["show", "box", "geometry/air"]);
}
