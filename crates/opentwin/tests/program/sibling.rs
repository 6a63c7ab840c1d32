//! `run modeling`, which is a program of its own beside this one.

use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::{clean, run};

/// A folder with this program alone in it.
fn folder() -> TempDir {
    // On the same disk, where a second name of a file costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::hard_link(env!("CARGO_BIN_EXE_opentwin"), folder.path().join("opentwin")).unwrap();
    folder
}

#[test]
fn a_service_with_a_program_of_its_own_is_called_alike() {
    let folder = folder();
    // The shell plays the sibling: it reads `run`, a file of that name here.
    symlink("/bin/sh", folder.path().join("opentwin-modeling")).unwrap();
    std::fs::write(folder.path().join("run"), "echo \"$@\"\nenv | grep ^OPENTWIN_\nexit 7\n").unwrap();
    let mut command = clean(&folder.path().join("opentwin"));
    command.args(["run", "modeling", "--site", "a b", "--dump-config"]).current_dir(folder.path());
    command.env("OPENTWIN_GRACE", "3").env("OPENTWIN_SLOTS", "2");
    let said = run(&mut command);
    // Options of other services are not its own.
    assert_eq!(
        (said.out.as_str(), said.code),
        ("modeling --site a b --dump-config\nOPENTWIN_GRACE=3\n", Some(7))
    );
    command.env("OPENTWIN_SIET", "x");
    let refused = run(&mut command);
    assert_eq!(refused.code, Some(78));
    assert!(refused.err.contains("OPENTWIN_SIET"), "{}", refused.err);
}

#[test]
fn a_missing_sibling_is_told_with_what_to_do() {
    let folder = folder();
    let path: &Path = &folder.path().join("opentwin");
    let said = run(clean(path).args(["run", "modeling"]));
    assert_eq!(said.code, Some(94), "{}", said.err);
    assert!(said.err.contains("opentwin-modeling") && said.err.contains("beside"), "{}", said.err);
}
