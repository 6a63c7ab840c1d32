//! What users read when they err: the cases and their messages stand in `errors.txt`, made to be read.

use super::read;

/// Between two cases, and between a file and its messages.
const CASE: &str = "\n\n====\n";
const ANSWER: &str = "\n----\n";

#[test]
fn every_message_says_where_what_and_what_to_do() {
    let golden = include_str!("errors.txt");
    let mut count = 0;
    for case in golden.trim_end().split(CASE) {
        let (text, expected) = case.split_once(ANSWER).expect("a case has a file and its messages");
        // The head is left out of a case that is not about it; the first line is line 3 then.
        let found = match text.strip_prefix("...\n") {
            Some(text) => read(&format!("opentwin: 1\nproject: p\n{text}")),
            None => read(text),
        };
        assert_eq!(found.expect_err(text), expected, "\n{text}");
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn an_error_shows_its_line_with_a_mark() {
    let text = "opentwin: 1\nproject: p\nparameters:\n  a: 22.86 mm\n  b: a + 3\n";
    let errors = crate::parse(text, "p.yaml", &super::kinds::kinds()).unwrap_err();
    let expected = "\
p.yaml:5:10: parameters/b: `3` has no unit but `a` is a length: write `3 mm`
   |
 5 |   b: a + 3
   |          ^";
    assert_eq!(format!("{:#}", errors[0]), expected);
}
