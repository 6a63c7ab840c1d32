#![allow(clippy::unwrap_used, clippy::expect_used)]

mod errors;
mod kinds;
mod limits;
mod outputs;
mod reading;

use crate::{Document, Kinds, parse};

/// A project that uses every arrangement, shorthand and kind of property.
const WHOLE: &str = include_str!("tests/whole.yaml");

fn read(text: &str) -> Result<Document, String> {
    parse(text, "p.yaml", &kinds::kinds())
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Reads what asks for results that nobody declares.
fn read_any_results(text: &str) -> Result<Document, Vec<crate::Error>> {
    parse(text, "p.yaml", &Kinds { results: Vec::new(), ..kinds::kinds() })
}

/// The problems of a file that begins as every file does; the first line given is line 3.
fn problems(text: &str) -> String {
    match read(&format!("opentwin: 1\nproject: p\n{text}")) {
        Ok(_) => "none".to_owned(),
        Err(problems) => problems,
    }
}
