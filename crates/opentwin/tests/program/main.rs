//! The program as a whole: what it says and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod certificates;
mod configuration;
#[cfg(unix)]
mod sibling;
mod usage;

use std::path::Path;
use std::process::Command;

/// The program, without what the surroundings of the test say to it.
fn opentwin() -> Command {
    clean(Path::new(env!("CARGO_BIN_EXE_opentwin")))
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OPENTWIN_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a command came to.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    /// The answer of a command that succeeded.
    #[track_caller]
    fn answer(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// The answer as JSON.
    #[track_caller]
    fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.answer()).expect("JSON")
    }
}

#[track_caller]
fn run(command: &mut Command) -> Said {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[track_caller]
fn said(arguments: &[&str]) -> Said {
    run(opentwin().args(arguments))
}
