//! What went wrong, from what the transport says.

use std::error::Error as _;

use api::{Code, Failure};
use tonic::Status;

/// The failure of a call. Certificates that were refused are told from a platform that is not there: the
/// first will not heal by waiting.
pub fn failure(status: Status) -> Failure {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rpc::Error>() {
            return transport(found);
        }
        cause = error.source();
    }
    if status.details().is_empty() && status.code() == tonic::Code::Unknown {
        return Code::Unavailable.because(format!("the platform cannot be reached: {}", status.message()));
    }
    status.into()
}

/// The failure for what the transport tells.
pub(crate) fn transport(error: &rpc::Error) -> Failure {
    use rpc::Error as E;
    match error {
        E::Address(_) => Code::Usage.because(error.to_string()).remedy("give the address as host:port"),
        E::Connect { .. } | E::Deadline { .. } => Code::Unavailable
            .because(error.to_string())
            .remedy("check the address, and that the platform runs there (`opentwin up` starts one here)"),
        E::Server { .. } | E::Refused { .. } | E::Credentials { .. } | E::Pki(_) => Code::Certificate
            .because(error.to_string())
            .remedy("if the site's root was changed, log in anew with --roots or --fingerprint"),
        _ => Code::Internal.because(error.to_string()),
    }
}

/// The failure of reading or writing a file.
pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind as K;
    let code = match error.kind() {
        K::NotFound => Code::NotFound,
        K::StorageFull | K::QuotaExceeded => Code::DiskFull,
        _ => Code::Io,
    };
    let remedy = match code {
        Code::NotFound => "check the name of the file",
        Code::DiskFull => "free space on this machine's disk",
        _ => "check the file, its folder and your rights on them",
    };
    code.because(format!("cannot {what} {}: {error}", path.display())).remedy(remedy)
}
