//! What an error of the driver or the server is to callers. The codes are
//! those of the server's `error_codes.yml`.

use ::mongodb::error::{Error as Driver, ErrorKind, WriteFailure};

use crate::Error;

/// A unique key is taken.
const DUPLICATE: i32 = 11000;

/// Names what failed, and tells the causes apart that someone can act on.
pub(super) fn failed(action: &'static str, error: &Driver) -> Error {
    let reason = told(error);
    match &*error.kind {
        ErrorKind::Authentication { .. } => Error::Refused { reason },
        ErrorKind::InvalidTlsConfig { .. } | ErrorKind::InvalidArgument { .. } => {
            Error::Misconfigured { what: "the database".into(), reason }
        }
        ErrorKind::IncompatibleServer { .. } => Error::Incompatible { reason },
        ErrorKind::ServerSelection { .. } if reason.contains("wire version") => {
            Error::Incompatible { reason }
        }
        ErrorKind::ServerSelection { .. }
        | ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::Shutdown => Error::Unavailable { reason },
        _ => match code(error) {
            Some(code) => by_code(action, code, reason),
            None => Error::Backend { action, reason },
        },
    }
}

fn by_code(action: &'static str, code: i32, reason: String) -> Error {
    match code {
        // Unauthorized, AuthenticationFailed, AuthorizationFailed (Atlas)
        13 | 18 | 8000 if !quota(&reason) => Error::Refused { reason },
        // OutOfDiskSpace, and quotas, which have no code of their own
        14031 => full(),
        _ if quota(&reason) => full(),
        // BSONObjectTooLarge and what older servers say instead
        10334 | 17280 | 17419 | 17420 => {
            Error::TooLarge { what: "what was to be stored".into(), size: 16 << 20, limit: 16 << 20 }
        }
        // The server changes its role or ends; the majority is away; too slow; write conflict.
        6 | 7 | 50 | 64 | 79 | 89 | 91 | 100 | 112 | 189 | 262 | 9001 | 10058 | 10107 | 11600 | 11602
        | 13435 | 13436 => Error::Unavailable { reason },
        _ => Error::Backend { action, reason },
    }
}

fn full() -> Error {
    Error::DiskFull { what: "the database".into() }
}

fn quota(reason: &str) -> bool {
    reason.contains("space quota") || reason.contains("No space left") || reason.contains("disk space")
}

/// The error without the driver's wording around it, on one line.
fn told(error: &Driver) -> String {
    let text = match &*error.kind {
        ErrorKind::Command(said) => format!("{} (code {})", said.message, said.code),
        ErrorKind::Write(WriteFailure::WriteError(said)) => format!("{} (code {})", said.message, said.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(said)) => {
            format!("{} (code {})", said.message, said.code)
        }
        ErrorKind::Io(said) => said.to_string(),
        ErrorKind::ServerSelection { message, .. } => unreached(message),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// Which servers were tried and what came of it, out of the driver's picture
/// of them: `… { Address: h:1, Type: Unknown, Error: Kind: WHY, labels: … } …`.
fn unreached(message: &str) -> String {
    let told = message.split("{ Address: ").skip(1).map(|server| {
        let address = server.split(',').next().unwrap_or_default();
        let why = server.split_once("Kind: ").and_then(|rest| rest.1.split(", labels:").next());
        format!("{address}: {}", why.unwrap_or("cannot be written to"))
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() || message.contains("wire version") {
        true => message.to_owned(),
        false => format!("no server of the database can be used ({})", told.join("; ")),
    }
}

fn code(error: &Driver) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(said) => Some(said.code),
        ErrorKind::Write(WriteFailure::WriteError(said)) => Some(said.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(said)) => Some(said.code),
        ErrorKind::InsertMany(said) => {
            let single = said.write_errors.iter().flatten().find(|one| one.code != DUPLICATE);
            single.map(|one| one.code).or(said.write_concern_error.as_ref().map(|said| said.code))
        }
        _ => None,
    }
}

/// Whether a unique key was taken and nothing else went wrong.
pub(super) fn duplicate(error: &Driver) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(said)) => said.code == DUPLICATE,
        ErrorKind::Command(said) => said.code == DUPLICATE,
        ErrorKind::InsertMany(_) => duplicates(error).is_some(),
        _ => false,
    }
}

/// The positions of those that were there already, when an insert of many
/// failed for nothing else.
pub(super) fn duplicates(error: &Driver) -> Option<Vec<usize>> {
    let ErrorKind::InsertMany(said) = &*error.kind else { return None };
    let errors = said.write_errors.as_ref()?;
    let only = said.write_concern_error.is_none() && errors.iter().all(|one| one.code == DUPLICATE);
    only.then(|| errors.iter().map(|one| one.index).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_out_of_reach_are_named() {
        let message = "Server selection timeout: No available servers. Topology: { Type: Unknown, Servers: [ \
                       { Address: h:1, Type: Unknown, Error: Kind: I/O error: refused, labels: {}, source: None }, \
                       { Address: i:2, Type: RsSecondary, Set Name: x } ] }";
        let told =
            "no server of the database can be used (h:1: I/O error: refused; i:2: cannot be written to)";
        assert_eq!(unreached(message), told);
        assert_eq!(unreached("another wording"), "another wording");
    }

    #[test]
    fn codes_have_their_meaning() {
        let of = |code, text: &str| by_code("write", code, text.into());
        assert_eq!(of(13, "not authorized on x to execute command").code(), "refused");
        assert_eq!(of(14031, "").code(), "disk_full");
        assert_eq!(of(8000, "you are over your space quota, using 512 MB of 512 MB").code(), "disk_full");
        assert_eq!(of(10334, "").code(), "too_large");
        assert!(of(10107, "not primary").retryable());
        assert_eq!(of(2, "bad value").code(), "backend");
    }
}
