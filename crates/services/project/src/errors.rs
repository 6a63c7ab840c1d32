//! What an error of the store is to callers. The one place where that is decided.

use api::{Code, Failure};
use store::Error;

/// The failure that callers are told.
pub fn failure(error: Error) -> Failure {
    let message = error.to_string();
    let places: Vec<String> = match &error {
        Error::Conflict { conflicts, .. } => conflicts.iter().map(|c| c.path.clone()).collect(),
        Error::PathTaken { path, .. } => vec![path.clone()],
        _ => Vec::new(),
    };
    code(&error).because(message).places(places)
}

fn code(error: &Error) -> Code {
    match error {
        Error::NotFound { .. } => Code::NotFound,
        Error::AlreadyExists { .. } | Error::PathTaken { .. } => Code::Exists,
        Error::Conflict { .. } | Error::StaleRecord { .. } | Error::Fenced { .. } => Code::Conflict,
        Error::StaleBranch { .. } | Error::RefMoved { .. } => Code::Busy,
        Error::BadName { .. } | Error::BadEntity { .. } | Error::Ambiguous { .. } => Code::Invalid,
        Error::Pruned { .. } | Error::NothingTo { .. } => Code::Precondition,
        Error::DiskFull { .. } => Code::DiskFull,
        Error::Locked { .. } => Code::Locked,
        Error::TooNew { .. } => Code::TooNew,
        Error::Corrupt { .. } => Code::Corrupt,
        Error::TooLarge { .. } | Error::TooMany { .. } => Code::TooLarge,
        Error::Misconfigured { .. } | Error::Refused { .. } | Error::Incompatible { .. } => Code::Config,
        // A watcher that fell behind: whoever comes again is told to start over.
        Error::Unavailable { .. } | Error::Missed { .. } => Code::Unavailable,
        Error::Backend { .. } => Code::Io,
        // An error that the store has learnt since.
        _ => Code::Internal,
    }
}

/// A name as it may stand in a message: short, without control characters.
pub(crate) fn shown(name: &str) -> String {
    let mut text: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    if name.chars().nth(80).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_store_keep_their_meaning() {
        let full = failure(Error::DiskFull { what: "a blob".into() });
        assert_eq!(full.code, Code::DiskFull);
        assert!(full.code.row().retryable);
        let new = failure(Error::TooNew { found: 9, known: 1 });
        assert_eq!((new.code, new.code.row().exit), (Code::TooNew, 93));
        let taken = failure(Error::PathTaken { path: "ports/1".into(), id: "x".into() });
        assert_eq!(taken.places, ["ports/1"]);
    }

    #[test]
    fn names_in_messages_are_tame() {
        assert_eq!(shown("a\nb"), "a\\nb");
        assert!(shown(&"x".repeat(1000)).chars().count() <= 81);
    }
}
