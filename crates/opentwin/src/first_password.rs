//! `opentwin first-password`: the administrator's one-time password, where `authorization` runs by itself.

use std::path::PathBuf;

use api::{Code, Failure};
use clap::Args;
use serde_json::json;

use crate::commands::Out;

/// Show the administrator's one-time password, once
///
/// Authorization makes it at its first start and keeps it in its state directory until somebody takes it.
#[derive(Args)]
#[command(after_help = "Example:\n  docker compose exec authorization /opentwin first-password")]
pub struct FirstPassword {
    /// State directory of authorization
    #[arg(long, env = "OPENTWIN_STATE", value_name = "DIR")]
    state: PathBuf,
}

impl FirstPassword {
    /// Prints it and deletes the file that holds it.
    pub fn execute(self, out: &Out) -> Result<(), Failure> {
        let file = self.state.join("first-password");
        let failed = |e: std::io::Error| Code::Io.because(format!("{}: {e}", file.display()));
        let password = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().to_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Code::NotFound
                    .because(format!("there is no one-time password in {}", self.state.display()))
                    .remedy("it was shown before, or authorization has not started yet; an administrator gives new ones with `opentwin user reset-password`"));
            }
            Err(e) => return Err(failed(e)),
        };
        // Deleted first: what is shown twice is no one-time password.
        std::fs::remove_file(&file).map_err(failed)?;
        match out.json() {
            true => out.value(&json!({"user": "admin", "oneTimePassword": password})),
            false => out.line(&password),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_shown_once() {
        let folder = tempfile::tempdir().unwrap();
        let out = Out::nowhere();
        let command = || FirstPassword { state: folder.path().to_owned() };
        assert_eq!(command().execute(&out).unwrap_err().code, Code::NotFound);
        std::fs::write(folder.path().join("first-password"), "secret\n").unwrap();
        command().execute(&out).unwrap();
        assert_eq!(command().execute(&out).unwrap_err().code, Code::NotFound);
    }
}
