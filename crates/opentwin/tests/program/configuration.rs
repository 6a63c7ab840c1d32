//! The configuration in force: where each value is from, and as a file that can be read back.

use std::path::PathBuf;

use crate::{opentwin, run, said};

/// A line of a dump without what lines it up.
fn line(text: &str, key: &str) -> String {
    let found = text.lines().find(|line| line.trim_start_matches("# ").starts_with(&format!("{key} =")));
    found.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("service.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_flag_weighs_more_than_the_environment_and_that_more_than_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "site = \"lab\"\nlost-after = 30\nfree-slots = 3\nsession-idle = 7\n");
    let mut command = opentwin();
    command.args(["run", "global-session", "--dump-config", "--lost-after", "50", "--config"]).arg(path);
    command.env("OPENTWIN_LOST_AFTER", "40").env("OPENTWIN_FREE_SLOTS", "4");
    let text = run(&mut command).answer();
    assert_eq!(line(&text, "lost-after"), "lost-after = 50 # command line");
    assert_eq!(line(&text, "free-slots"), "free-slots = 4 # environment OPENTWIN_FREE_SLOTS");
    assert_eq!(line(&text, "session-idle"), "session-idle = 7 # file");
    assert_eq!(line(&text, "site"), "site = \"lab\" # file");
    assert_eq!(line(&text, "sessions-per-host"), "sessions-per-host = 200 # default");
    assert_eq!(line(&text, "instance"), "instance = \"0\" # default");
    assert_eq!(line(&text, "state"), "# state = DIR # not set");
}

#[test]
fn the_dump_of_every_service_is_its_configuration_file() {
    for (service, more) in [
        (
            "authorization",
            &["--authority", "a b/\"c\"", "--login-idle-hours", "0.5", "--denied", "x/1,x/2"][..],
        ),
        ("project", &["--database", "mongodb://u@h/n", "--cache-mb", "9"]),
        ("logger", &["--keep-mb", "3"]),
        ("global-session", &[]),
        ("local-session", &["--spawner", "kubernetes", "--ready", "fit-td=1/2", "--service", "x=/y"]),
        ("relay", &["--public", "0.0.0.0:1", "--origin", "http://a,http://b"]),
        ("cartesian-mesh", &["--grace", "3"]),
        ("fit-td", &["--logger", "h:1"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let first = run(opentwin().args(["run", service, "--dump-config"]).args(more)).answer();
        let path = file(&folder, &first);
        let again = run(opentwin().args(["run", service, "--dump-config", "--config"]).arg(path)).answer();
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(table(&first), table(&again), "{service}");
        for word in more.iter().filter(|word| word.starts_with("--")) {
            assert!(table(&first).contains_key(word.trim_start_matches('-')), "{service} {word}:\n{first}");
        }
        // Read back, all of it is from the file.
        let elsewhere =
            again.lines().find(|line| line.ends_with("# default") || line.ends_with("command line"));
        assert_eq!(elsewhere, None, "{service}");
    }
}

#[test]
fn no_secret_is_printed() {
    let said = said(&["run", "project", "--dump-config", "--database", "mongodb://u:hunter2@h"]).answer();
    assert!(said.contains("mongodb://u:…@h") && !said.contains("hunter2"), "{said}");
}

#[test]
fn the_help_tells_the_defaults() {
    let help = said(&["run", "relay", "--help"]).answer();
    for default in ["[default: 127.0.0.1:8443]", "[default: 4096]", "[default: opentwin]"] {
        assert!(help.contains(default), "{default}: {help}");
    }
}
