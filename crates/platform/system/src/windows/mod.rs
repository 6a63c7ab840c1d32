//! Calls into Windows.

pub(crate) mod files;
pub(crate) mod job;
pub(crate) mod memory;
mod rights;

use std::io;

/// What the system says to a call that answers false when it failed.
fn done(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// What the system says to a call that answers with the number of an error, 0 for none.
fn status(answer: u32) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(answer.cast_signed())) }
}
