//! Bodies as STEP.

use std::fmt::Write;

use crate::body::Body;
use crate::error::{Error, Fault};
use crate::ffi::{self, Shape};

/// The bodies as one STEP file (AP214, millimetres), one product of its name for each.
///
/// The header names no time, person or machine: equal bodies give equal bytes.
///
/// # Errors
/// No bodies, or OpenCASCADE's, when it cannot write one.
pub fn write_step(bodies: &[(&str, &Body)]) -> Result<Vec<u8>, Error> {
    if bodies.is_empty() {
        let what = "there is no body to write; build one";
        return Err(Error::Body(Fault::Empty(what)));
    }
    let shapes: Vec<&Shape> = bodies.iter().map(|(_, body)| body.shape()).collect();
    let mut text = String::from_utf8_lossy(&ffi::write_step(&shapes)?).into_owned();
    for (place, (name, _)) in bodies.iter().enumerate() {
        let token = format!("'@@{place}@@'");
        text = text.replace(&token, &format!("'{}'", encoded(name)));
    }
    Ok(text.into_bytes())
}

/// A string as ISO 10303-21 writes it: apostrophes and backslashes doubled, what is not printable
/// ASCII as UCS-4 in hexadecimal digits.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        match letter {
            '\'' | '\\' => out.extend([letter, letter]),
            ' '..='~' => out.push(letter),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\X4\\{:08X}\\X0\\", u32::from(letter));
            }
        }
    }
    out
}
