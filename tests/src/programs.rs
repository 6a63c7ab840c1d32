//! The programs under test, and the files that they are given.

use std::path::PathBuf;

/// The launcher, as cargo built it beside this test; or, for tests on a site that is there already, the one that
/// `E2E_PROGRAM` names.
///
/// # Panics
/// Where it is not there.
pub fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("E2E_PROGRAM").map(PathBuf::from) {
        assert!(path.exists(), "{} is missing, which E2E_PROGRAM names", path.display());
        return path;
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    // target/<profile>/deps/<test>
    let folder = test.parent().and_then(|deps| deps.parent()).expect("a test lies in target/<profile>/deps");
    for name in ["opentwin", "opentwin-modeling"] {
        let path = folder.join(name);
        assert!(
            path.exists(),
            "{} is missing: run `cargo build --workspace --bins` first, with the same profile and target directory",
            path.display()
        );
    }
    folder.join("opentwin")
}

/// The project file of an example.
pub fn example(name: &str) -> String {
    let file = format!("{}/../examples/{name}/project.yaml", env!("CARGO_MANIFEST_DIR"));
    assert!(std::path::Path::new(&file).exists(), "there is no example {file}");
    file
}
