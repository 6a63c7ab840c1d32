//! The rules for names.

use crate::{Error, Result};

/// A project: 1–64 characters of `a-z 0-9 _ -`. It names a folder, and not all
/// file systems tell capitals apart.
pub fn project(name: &str) -> Result<()> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
        return Err(Error::bad_name("project", name, "use 1 to 64 of a-z 0-9 _ -"));
    }
    Ok(())
}

/// A branch or tag: 1–128 bytes of letters, digits, `. _ - /`; no empty part,
/// none that starts with a dot or a hyphen.
pub fn label(what: &'static str, name: &str) -> Result<()> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let part = |p: &str| !p.is_empty() && !p.starts_with(['.', '-']);
    if name.len() > 128 || !name.chars().all(good) || !name.split('/').all(part) {
        let rule = "use up to 128 bytes of letters, digits, `.`, `_`, `-` and `/`, \
                    no part empty or starting with `.` or `-`";
        return Err(Error::bad_name(what, name, rule));
    }
    Ok(())
}

/// An entity's id: 1–64 characters of `a-z A-Z 0-9 . _ -`; usually a UUID.
pub fn id(id: &str) -> Result<()> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || id.len() > 64 || !id.chars().all(good) {
        return Err(Error::bad_name("entity id", id, "use 1 to 64 of a-z A-Z 0-9 . _ -"));
    }
    Ok(())
}

/// An entity's kind: 1–128 bytes without space and control characters.
pub fn kind(kind: &str) -> Result<()> {
    let bad = |c: char| c.is_control() || c.is_whitespace();
    if kind.is_empty() || kind.len() > 128 || kind.chars().any(bad) {
        return Err(Error::bad_name("entity kind", kind, "use 1 to 128 bytes without spaces"));
    }
    Ok(())
}

/// An entity's path: parts joined by `/`, 512 bytes at most; no part empty,
/// `.`, `..`, with a control character, or with space at its ends.
pub fn path(path: &str) -> Result<()> {
    let part = |p: &str| !p.is_empty() && p != "." && p != ".." && p.trim() == p;
    if path.len() > 512 || path.chars().any(char::is_control) || !path.split('/').all(part) {
        let rule = "a path is `part/part/…` of at most 512 bytes, no part empty, `.` or `..`";
        return Err(Error::bad_name("path", path, rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_and_bad() {
        assert!(project("0190-ab_c").is_ok());
        for bad in ["", "a/b", "..", "a b", "A", &"x".repeat(65)] {
            assert!(project(bad).is_err(), "{bad}");
        }
        assert!(label("branch", "feature/iris-2").is_ok());
        for bad in ["", "/", "a//b", "-x", "a/.b", "a~1", "a b", "x^"] {
            assert!(label("branch", bad).is_err(), "{bad}");
        }
        assert!(path("ports/1").is_ok() && path("Körper/Quader 1").is_ok());
        for bad in ["", "/a", "a/", "a//b", "a/../b", "a\0", " a"] {
            assert!(path(bad).is_err(), "{bad}");
        }
        assert!(id("0190ab").is_ok() && id("").is_err() && id("a/b").is_err());
        assert!(kind("port.lumped").is_ok() && kind("a b").is_err());
    }
}
