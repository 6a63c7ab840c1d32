//! Command lines that are wrong, and those that no shell types by hand.

use serde_json::Value;

use crate::{opentwin, run, said};

/// The failure in the last line for programs.
fn failure(out: &str) -> Value {
    let last: Value = serde_json::from_str(out.lines().last().unwrap_or_default()).unwrap();
    last["failure"].clone()
}

#[test]
fn a_wrong_command_line_ends_as_every_failure_does() {
    let missing = said(&["show"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(64), ""));
    assert!(missing.err.starts_with("Usage: opentwin show "), "{}", missing.err);
    let end = "error[usage]: the following required arguments were not provided: <PROJECT>\n  \
        what to do: `opentwin show --help` shows what there is\n";
    assert!(missing.err.ends_with(end), "{}", missing.err);
    let misspelt = said(&["project", "lsit"]);
    assert!(
        misspelt.err.contains("\n  what to do: a similar subcommand exists: 'list'; "),
        "{}",
        misspelt.err
    );
    let none = said(&["project"]);
    assert!(
        none.err.contains("share") && none.err.contains("\nerror[usage]: a command is missing\n"),
        "{}",
        none.err
    );
}

#[test]
fn programs_find_it_on_standard_output() {
    for line in [&["--output", "json", "show"][..], &["show", "--output=json"]] {
        let said = said(line);
        assert_eq!(said.code, Some(64));
        assert_eq!(failure(&said.out)["code"], "usage", "{}", said.out);
        assert_eq!(failure(&said.out)["exitCode"], 64);
    }
    let from_environment = run(opentwin().arg("show").env("OPENTWIN_OUTPUT", "json"));
    assert_eq!(failure(&from_environment.out)["code"], "usage");
    // Any other failure, too, of a command that speaks to no platform.
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("none.pem");
    let health = run(opentwin().args(["health", "127.0.0.1:1", "--output", "json", "--roots"]).arg(roots));
    assert_eq!((health.code, &failure(&health.out)["code"]), (Some(78), &Value::from("configuration")));
}

#[test]
fn a_form_of_answer_is_refused_where_there_is_no_answer() {
    for line in [&["up", "--output", "json"][..], &["--output", "json", "run", "relay"]] {
        let said = said(line);
        assert_eq!(said.code, Some(64), "{line:?}");
        assert!(said.err.contains("--output"), "{}", said.err);
    }
}

#[test]
fn a_service_is_called_whatever_stands_before_its_name() {
    let said = said(&["-q", "run", "-q", "relay", "--dump-config"]).answer();
    assert!(said.contains("public = "), "{said}");
}

#[test]
fn a_service_refuses_what_it_does_not_know() {
    let said = said(&["run", "relay", "--pubilc", "x"]);
    assert_eq!(said.code, Some(64));
    let words = said.err.lines().last().and_then(|line| line.strip_prefix("last words: ")).unwrap();
    let words: Value = serde_json::from_str(words).unwrap();
    assert_eq!(words["reason"], "unexpected argument '--pubilc' found");
    assert!(words["remedy"].as_str().unwrap().contains("'--public'"), "{words}");
}

#[test]
fn completion_knows_the_commands() {
    // What tells each shell for which program it is, and what it lists commands by.
    for (shell, head) in
        [("bash", "complete -F _opentwin"), ("zsh", "#compdef opentwin"), ("fish", "complete -c opentwin")]
    {
        let script = said(&["completion", shell]).answer();
        assert!(script.contains(head), "{shell}: {}", script.lines().next().unwrap_or_default());
        for command in ["up", "apply", "project", "share", "pki", "renew", "completion", "--output"] {
            // Fish has `-l output`.
            assert!(script.contains(command.trim_start_matches('-')), "{shell} does not know `{command}`");
        }
    }
}
