//! What whoever runs a site is told: services that ended, services that are missing, projects that lose their owner.

use std::process::Command;

use e2e::{PATIENCE, Sandbox, processes, program, until};

#[test]
fn a_core_service_that_was_killed_is_told_in_the_central_log() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let before = platform.hosts("project");
    processes::kill(before[0].id);
    let record = until("the end of the service stands in the log", PATIENCE, || {
        let found =
            admin.json(&["logs", "--service", "project", "--text", "started again", "--level", "warn"]);
        found["records"].as_array()?.first().cloned()
    });
    assert!(record.to_string().contains("signal: 9"), "{record}");
    let after = platform.hosts("project");
    assert!(after.len() == 1 && after != before, "{after:?}");
}

#[test]
fn a_service_whose_program_is_missing_is_told_by_the_site() {
    let toml = "[services.modeling]\nprogram = \"/nowhere/opentwin-modeling\"\n";
    let platform = Sandbox::start_with(&[], &[("local-session", toml)]);
    let told = until("the site tells it", PATIENCE, || {
        let site = platform.admin().ok(&["site"]);
        site.contains("does not offer modeling").then_some(site)
    });
    assert!(
        told.contains("/nowhere/opentwin-modeling") && told.contains("it is not there; install it"),
        "{told}"
    );
}

#[test]
fn projects_that_lose_their_only_owner_are_named_and_administrators_reach_them() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let (ada, grace) = (platform.user("ada"), platform.user("grace"));
    for project in ["horn", "iris", "patch"] {
        ada.ok(&["project", "create", project]);
    }
    ada.ok(&["project", "share", "iris", "--user", "grace", "--right", "owner"]);
    ada.ok(&["project", "delete", "patch"]);
    // Nothing is done unasked, and it is told what that would be.
    let named = ["warning: nobody else owns 2 projects of ada:", "horn", "patch", "--yes"];
    admin.run(&["user", "delete", "ada"]).fails(64, &named);
    ada.ok(&["show", "horn"]);
    let deleted = admin.run(&["user", "delete", "ada", "--yes"]);
    deleted.succeeds();
    assert!(!deleted.stderr.contains("iris"), "{}", deleted.stderr);
    admin.ok(&["project", "share", "horn", "--user", "grace", "--right", "owner"]);
    grace.ok(&["show", "horn"]);
    admin.run(&["user", "delete", "grace"]).fails(64, &["horn", "iris"]);
}

#[test]
fn a_compute_service_of_its_own_program_is_configured_as_the_others() {
    let modeling = |program: &std::path::Path, variable: &str| {
        let mut command = Command::new(program);
        command.args(["run", "modeling", "--dump-config", "--grace", "7"]).env_clear().env(variable, "x");
        command.output().expect("the program starts")
    };
    for program in [program(), program().with_file_name("opentwin-modeling")] {
        let output = modeling(&program, "OPENTWIN_SITE");
        let dump = String::from_utf8_lossy(&output.stdout);
        assert!(dump.lines().any(|line| line.ends_with("# environment OPENTWIN_SITE")), "{output:?}");
        assert!(dump.contains("\ngrace = 7 "), "{dump}");
        let output = modeling(&program, "OPENTWIN_SIET");
        assert_eq!(output.status.code(), Some(78));
        assert!(String::from_utf8_lossy(&output.stderr).contains("OPENTWIN_SIET"), "{output:?}");
    }
}
