//! The rules for the names of people and groups.

use api::{Code, Failure};

/// The form in which a name is kept and compared: names differ by more than case.
pub(crate) fn canonical(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// Whether a canonical name is one at all.
pub(crate) fn good(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b))
        && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// A new name of a user or group, in canonical form.
pub(crate) fn new(what: &str, name: &str) -> Result<String, Failure> {
    let canonical = canonical(name);
    if good(&canonical) {
        return Ok(canonical);
    }
    Err(Code::Invalid
        .because(format!("`{}` is no name for a {what}", shown(name)))
        .remedy("use 1 to 64 of a-z, 0-9, `.`, `_`, `-` and `@`, beginning with a letter or a digit"))
}

/// A person's full name.
pub(crate) fn full(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.chars().count() <= 128 && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Code::Invalid
        .because(format!("`{}` is no full name", shown(name)))
        .remedy("use at most 128 characters on one line"))
}

/// The id of a project.
pub(crate) fn project(id: &str) -> Result<(), Failure> {
    store::names::project(id).map_err(|e| Code::Invalid.because(e.to_string()))
}

/// What somebody sent, short and on one line, for messages.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_plain_and_have_one_form() {
        assert_eq!(new("user", " Ada.Lovelace@Site ").unwrap(), "ada.lovelace@site");
        for bad in ["", " ", "a b", "-a", ".a", "a/b", "ä", "a\0", &"x".repeat(65)] {
            assert_eq!(new("user", bad).unwrap_err().code, Code::Invalid, "{bad}");
        }
        assert!(full("Ada Lovelace").is_ok() && full("a\nb").is_err() && full(&"x".repeat(129)).is_err());
    }
}
