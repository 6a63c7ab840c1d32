//! Questions to a person, and lines of standard input for scripts.

use std::io::{BufRead as _, IsTerminal as _};

use api::{Code, Failure};
use console::Term;

use super::usage;

/// A longer line is no name and no password.
const LONGEST: u64 = 4096;

/// True where somebody sits who can be asked.
pub(crate) fn interactive() -> bool {
    std::io::stdin().is_terminal() && Term::stderr().is_term()
}

/// Asks for a line.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    let term = Term::stderr();
    term.write_str(question).and_then(|()| term.read_line()).map_err(|e| unasked(&e))
}

/// Asks for a password, which is not shown.
pub(crate) fn password(question: &str) -> Result<String, Failure> {
    let term = Term::stderr();
    term.write_str(question).and_then(|()| term.read_secure_line()).map_err(|e| unasked(&e))
}

/// Asks for a new password twice.
pub(crate) fn new_password() -> Result<String, Failure> {
    loop {
        let first = password("new password: ")?;
        if first == password("again: ")? {
            return Ok(first);
        }
        Term::stderr().write_line("the two differ, once more").map_err(|e| unasked(&e))?;
    }
}

/// Asks yes or no; anything but yes is no.
pub(crate) fn yes(question: &str) -> Result<bool, Failure> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Makes sure that something is meant that cannot be taken back.
pub(crate) fn confirm(given: bool, what: &str) -> Result<(), Failure> {
    if given {
        return Ok(());
    }
    if !interactive() {
        return Err(usage(format!("{what} cannot be taken back"), "give --yes if it is meant"));
    }
    match yes(&format!("{what} cannot be taken back. Go on?"))? {
        true => Ok(()),
        false => Err(Code::Cancelled.because("nothing was done").remedy("answer `y`, or give --yes")),
    }
}

/// The next line of standard input, for passwords of scripts.
pub(crate) fn next_line(what: &str) -> Result<String, Failure> {
    let mut line = String::new();
    let stdin = std::io::stdin();
    // Read byte-wise through the lock's own buffer, so that the line after it is still there.
    let read = std::io::Read::take(&mut stdin.lock(), LONGEST).read_line(&mut line);
    match read {
        Ok(0) => {
            Err(usage(format!("standard input ended before the {what}"), "give it as a line of its own"))
        }
        Ok(_) => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
        Err(e) => Err(unasked(&e)),
    }
}

fn unasked(error: &std::io::Error) -> Failure {
    Code::Io
        .because(format!("cannot read from the terminal or standard input: {error}"))
        .remedy("run it in a terminal, or give passwords on standard input with --password-stdin")
}
