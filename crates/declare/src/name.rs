//! Names of projects and entities, and how messages list names.

use base::common::{PROJECT_NAME, is_project_name};
use base::spelling;

const LONGEST: usize = 64;

/// Why `name` cannot name a project, if so: the rule of the store.
pub(crate) fn check_project(name: &str) -> Result<(), String> {
    if is_project_name(name) {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name for a project: use 1 to {PROJECT_NAME} characters without `/`",
        crate::tree::cut(name)
    ))
}

/// The same rule for JSON Schema.
pub(crate) const PROJECT_PATTERN: &str = r"^[^/\x00-\x1f]{1,128}$";

/// Why `name` cannot name an entity, if so: names stand in paths and on command lines.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let sound = name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if sound {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name: start with a letter or digit, go on with letters, digits, `_`, `-` and `.`, {LONGEST} at most",
        crate::tree::cut(name)
    ))
}

/// The same rule for JSON Schema.
pub(crate) const PATTERN: &str = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$";

/// `: did you mean …?`, else the names that are known.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match spelling::nearest(name, known.iter().copied()) {
        Some(near) => format!(": did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!(": expected {}", one_of(&known)),
    }
}

/// `` `a`, `b` or `c` ``
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
