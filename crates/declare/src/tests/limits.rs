//! Files made to break the reader end in an error, soon.

use std::fmt::Write;

use super::{kinds, problems, read};
use crate::{MAX_BYTES, parse};

#[test]
fn aliases_of_aliases_end_in_an_error() {
    let mut text = String::from("x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..30 {
        let above = format!("*x{}, ", level - 1).repeat(9);
        let _ = writeln!(text, "x{level}: &x{level} [{above}*x{}]", level - 1);
    }
    let found = problems(&text);
    assert!(found.contains("values once its aliases are written out"), "{found}");
}

#[test]
fn deep_nesting_ends_in_an_error() {
    for open in ["[", "{a: ", "- "] {
        let found = problems(&format!("description: {}", open.repeat(10_000)));
        assert!(found.contains("nests deeper") || found.contains("no YAML"), "{found:.300}");
    }
    let found = problems(&format!("parameters: {{a: \"{}\"}}", "(".repeat(999)));
    assert!(found.contains("nests deeper than 64 levels"), "{found:.300}");
}

#[test]
fn an_alias_within_its_own_anchor_is_refused() {
    let found = problems("x: &x [1, *x]");
    assert_eq!(found, "p.yaml:3:11: x/1: this alias stands within what it refers to: write the value out");
}

#[test]
fn too_large_files_are_refused_before_they_are_read() {
    let found = read(&" ".repeat(MAX_BYTES + 1)).unwrap_err();
    assert_eq!(found, "p.yaml:1:1: the file has 8388609 bytes, 8388608 at most are read");
}

#[test]
fn large_files_take_time_by_their_length_only() {
    let mut text = String::from("opentwin: 1\nproject: p\nparameters:\n");
    for index in 0..20_000 {
        let _ = writeln!(text, "  p{index}: {index} mm");
    }
    assert_eq!(read(&text).unwrap().entities.len(), 20_000);
}

#[test]
fn any_cut_or_changed_file_is_read_without_a_panic() {
    let whole = super::WHOLE;
    let kinds = kinds::kinds();
    for at in (0..whole.len()).step_by(7) {
        let _ = parse(&whole[..at], "p", &kinds);
        for change in ["\t", ": ", "- ", "[", "}", "\"", "&a ", "*a ", "\u{0}", "é", "!x ", "|\n", "---\n"] {
            let _ = parse(&format!("{}{change}{}", &whole[..at], &whole[at..]), "p", &kinds);
        }
    }
}
