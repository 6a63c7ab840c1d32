//! How a process ends: one exit code a kind of error, and one line of last words for who started it.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use api::{Code, Failure};
use serde::{Deserialize, Serialize};

/// What a dying process says: one line of JSON on standard error (plain words on a terminal) and, in a pod, in the file that Kubernetes
/// reads as the termination message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastWords {
    /// Name from the table of errors.
    pub code: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// The exit code.
    pub exit_code: u8,
    /// The run that it worked on, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl LastWords {
    /// Marks the line among others.
    const MARK: &str = "last words: ";

    /// The last words in a line of output, if it holds any.
    pub fn find(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix(Self::MARK)?).ok()
    }
}

/// Ends a process as its result says.
pub fn leave(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    let row = failure.code.row();
    let words = LastWords {
        code: row.name.to_owned(),
        reason: failure.message.clone(),
        remedy: failure.what_to_do().to_owned(),
        exit_code: row.exit,
        run: None,
    };
    let line = serde_json::to_string(&words).unwrap_or_default();
    // Nobody may be left to read it; then there is nothing more to do about that.
    let mut out = std::io::stderr();
    let _ = if out.is_terminal() {
        writeln!(out, "error[{}]: {}\n  what to do: {}", words.code, words.reason, words.remedy)
    } else {
        writeln!(out, "{}{line}", LastWords::MARK)
    };
    let termination = termination_log();
    if termination.exists() {
        let _ = std::fs::write(&termination, short(words));
    }
    ExitCode::from(row.exit)
}

/// Names that place, where it is another.
pub(crate) const TERMINATION_LOG: &str = "OPENTWIN_TERMINATION_LOG";

/// Where Kubernetes reads why a container ended, if there is such a file.
pub fn termination_log() -> PathBuf {
    // In a container of Windows this is a path of its drive, where the kubelet mounts it too.
    std::env::var_os(TERMINATION_LOG).map_or_else(|| "/dev/termination-log".into(), PathBuf::from)
}

/// Longest termination message that Kubernetes keeps.
const LONGEST: usize = 4096;

/// Last words as one document that is no longer than that: cut off in the middle it could not be read.
fn short(mut words: LastWords) -> String {
    let mut most = LONGEST;
    loop {
        let line = serde_json::to_string(&words).unwrap_or_default();
        if line.len() <= LONGEST || words.reason.is_empty() {
            return line;
        }
        // Escaped, a byte takes six at most: so never more is cut than has to be.
        most = most.min(words.reason.len()).saturating_sub(((line.len() - LONGEST) / 6).max(4));
        while !words.reason.is_char_boundary(most) {
            most -= 1;
        }
        words.reason.truncate(most);
        if most > 0 {
            words.reason.push('…');
        }
    }
}
/// What names the programs that listen.
const LISTENERS: &str = if cfg!(windows) { "netstat -ano" } else { "ss -ltnp" };

/// The failure for an address that cannot be listened on.
pub(crate) fn bind_failure(address: &str, error: &rpc::Error) -> Failure {
    match error {
        rpc::Error::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
            Code::AddressInUse
                .because(format!("the address {address} is taken by another program"))
                .remedy(format!("end that program (`{LISTENERS}` names it) or choose another address"))
        }
        other => Code::Config.because(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn long_last_words_are_cut_so_that_they_can_be_read() {
        for reason in ["ü".repeat(5000), "\"\\".repeat(4000), "short".to_owned()] {
            let words = LastWords {
                code: "input.invalid".into(),
                reason: reason.clone(),
                remedy: "r".repeat(100),
                exit_code: 65,
                run: None,
            };
            let line = short(words);
            assert!(line.len() <= LONGEST, "{}", line.len());
            let read: LastWords = serde_json::from_str(&line).unwrap();
            assert!(reason.starts_with(read.reason.trim_end_matches('…')) && !read.reason.is_empty());
        }
    }

    #[test]
    fn last_words_are_found_in_output() {
        let line = r#"last words: {"code":"mesh.invalid","reason":"r","remedy":"m","exit_code":80}"#;
        let words = LastWords::find(line).unwrap();
        assert_eq!((words.code.as_str(), words.exit_code), ("mesh.invalid", 80));
        assert!(LastWords::find("hello").is_none());
    }
}
