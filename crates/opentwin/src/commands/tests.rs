//! Tests of the command line as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use api::Code;
use clap::{CommandFactory as _, Parser as _};

use super::output::Side::{Left, Right};
use super::output::{Format, Out};
use super::{docs, kinds, told, wants_json};
use crate::Cli;

fn takes(line: &str) -> bool {
    Cli::try_parse_from(line.split(' ')).is_ok()
}

fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    let path = format!("{path}{} ", command.get_name());
    let shown = |sub: &&clap::Command| sub.get_name() != "help" && !sub.is_hide_set();
    let own = command.get_subcommands().filter(shown).collect::<Vec<_>>();
    if own.is_empty() || !command.is_subcommand_required_set() {
        found.push((path.trim_end().to_owned(), command.clone()));
    }
    own.into_iter().for_each(|sub| leaves(sub, &path, found));
}

fn all() -> Vec<(String, clap::Command)> {
    let mut found = Vec::new();
    // What is hidden is for programs alone.
    let command = Cli::command();
    let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    shown.for_each(|sub| leaves(sub, "opentwin ", &mut found));
    found
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_says_what_it_is_for_and_shows_an_example() {
    assert!(all().len() > 50, "{}", all().len());
    for (path, command) in all() {
        assert!(command.get_about().is_some(), "{path} says nothing");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(after.contains("Example"), "{path} has no example");
        assert!(after.contains(&path), "the example of `{path}` shows another command");
    }
}

#[test]
fn examples_of_the_help_are_taken() {
    for (path, command) in all() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = after.lines().filter_map(|line| line.trim().strip_prefix("opentwin "));
        // Quoting and redirection are the shell's business.
        for example in examples.filter(|line| !line.contains(['\'', '"', '>', '|'])) {
            assert!(takes(&format!("opentwin {example}")), "`opentwin {example}` of {path} is refused");
        }
    }
}

#[test]
fn options_stand_before_or_after_a_command() {
    for line in [
        "opentwin --output json project list",
        "opentwin project list --output json --quiet",
        "opentwin runs iris --active",
        "opentwin runs follow x -q",
        "opentwin run iris/transient --export --to out",
        "opentwin export iris -o results/",
        "opentwin export iris model --format step",
        "opentwin login --state d --user admin --password-stdin --new-password-stdin",
    ] {
        assert!(takes(line), "{line}");
    }
    for line in [
        "opentwin project share iris --right viewer",
        "opentwin project share iris --user a --group b",
        "opentwin run iris/transient --detach --export",
        "opentwin export iris --format step",
        "opentwin login host:1 --state d",
        "opentwin login host:1 --roots a --fingerprint b",
        "opentwin login host:1 --new-password-stdin",
        "opentwin project list --output xml",
        "opentwin group add antennas",
    ] {
        assert!(!takes(line), "{line}");
    }
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_table_is_plain_columns_without_clutter() {
    let page = Page::default();
    let out = Out::new(Format::Table, false, false, Box::new(page.clone()));
    let rows = [vec!["iris".to_owned(), "7".to_owned()], vec!["patch\u{1b}[2J".to_owned(), "12".to_owned()]];
    out.table(&[("project", Left), ("entities", Right)], rows, "none").unwrap();
    out.table(&[("project", Left)], [], "no projects").unwrap();
    out.facts(&[("user", "ada".to_owned()), ("groups", String::new()), ("platform", "h:1".to_owned())])
        .unwrap();
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        text,
        "project    entities\niris              7\npatch\u{fffd}[2J        12\nno projects\nuser      ada\nplatform  h:1\n"
    );
}

#[test]
fn a_closed_pipe_is_noticed_without_a_panic() {
    let out = Out::new(Format::Json, false, false, Box::new(Closed));
    assert!(!out.closed());
    assert_eq!(out.line("x").unwrap_err().code, Code::Io);
    assert!(out.closed());
}

#[test]
fn an_error_says_what_is_wrong_and_what_to_do() {
    let failure = Code::NotFound.because("`iris` is not here\u{7}").remedy("check the name");
    assert_eq!(
        told(&failure),
        "error[not-found]: `iris` is not here\u{fffd}\n  what to do: check the name\n"
    );
}

#[test]
fn sizes_and_durations_read_well() {
    use super::text::{duration, percent, short, size, time};
    assert_eq!(
        [0, 1023, 1024, 1 << 20, 3 << 30].map(size),
        ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "3.0 GiB"]
    );
    assert_eq!(
        [0.04, 9.96, 59.6, 61.0, 3661.0, 90000.0].map(duration),
        ["0.0 s", "10 s", "1 min 00 s", "1 min 01 s", "1 h 01 min", "1 d 1 h"]
    );
    assert_eq!([-1.0, f64::NAN, f64::INFINITY].map(duration), ["", "", ""]);
    assert_eq!([0.999, 1.0, f64::NAN, 7.0].map(percent), ["99 %", "100 %", "0 %", "100 %"]);
    assert_eq!((time(0), time(1_000)), (String::new(), "1970-01-01 00:00:01Z".to_owned()));
    assert_eq!((short("0123456789abcdef"), short("ab")), ("0123456789", "ab"));
}

/// The published page and what it should be. With `UPDATE_DOCS=1` it is written anew.
fn current(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/user").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == text,
        "docs/user/{name} is not current: run `UPDATE_DOCS=1 cargo test -p opentwin docs_`"
    );
}

#[test]
fn docs_of_exit_codes_are_current() {
    current("exit-codes.md", &docs::exit_codes());
}

#[test]
fn docs_of_the_project_format_are_current() {
    let text = docs::project_format(&kinds::built_in().unwrap(), &example("dielectric-guide"));
    current("project-format.md", &text);
}

/// The project file of an example.
fn example(name: &str) -> String {
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    std::fs::read_to_string(examples.join(name).join("project.yaml")).unwrap()
}

#[test]
fn the_examples_are_sound_project_files() {
    let kinds = kinds::built_in().unwrap();
    for name in ["block-minus-solids", "dielectric-guide", "patch-antenna", "pec-cavity", "wr90-iris"] {
        let read = declare::parse(&example(name), name, &kinds);
        assert_eq!(read.map(|document| document.project), Ok(name.to_owned()));
    }
}

#[test]
fn docs_of_the_command_line_name_every_command() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/user/cli.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (path, _) in all() {
        assert!(text.contains(&path), "docs/user/cli.md does not mention `{path}`");
    }
    let up = all().into_iter().find(|(path, _)| path == "opentwin up").unwrap().1;
    for option in up.get_arguments().filter(|option| !option.is_hide_set()) {
        let flag = format!("`--{}", option.get_long().unwrap());
        assert!(text.contains(&flag), "docs/user/cli.md does not tell the option {flag}` of `opentwin up`");
    }
}

#[test]
fn what_programs_want_is_known_of_a_wrong_command_line_too() {
    let wants = |line: &str| wants_json(&line.split(' ').map(Into::into).collect::<Vec<_>>());
    assert!(wants("opentwin --output json shwo") && wants("opentwin shwo --output=json"));
    assert!(wants("opentwin --output table shwo --output json"));
    assert!(
        !wants("opentwin shwo") && !wants("opentwin --output") && !wants("opentwin shwo -- --output json")
    );
}

#[test]
fn the_schema_and_the_examples_of_kinds_agree() {
    let kinds = kinds::built_in().unwrap();
    let schema = declare::schema(&kinds.inputs);
    for section in [
        "parameters",
        "materials",
        "geometry",
        "mesh",
        "ports",
        "boundaries",
        "monitors",
        "solvers",
        "exports",
    ] {
        assert!(schema["properties"].get(section).is_some(), "the schema has no section `{section}`");
    }
}
