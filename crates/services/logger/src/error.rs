//! Why the log cannot be kept.

use std::path::{Path, PathBuf};

use api::{Code, Failure};

/// Why the log cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder failed.
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// Another process writes there.
    #[error("the logs in {0} are in use by another process: end it or choose another state directory")]
    Locked(PathBuf),
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Locked(_) => Code::Locked,
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
            Error::Io { .. } => Code::Io,
        };
        code.because(error.to_string())
    }
}
