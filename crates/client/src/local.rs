//! What a platform on this machine leaves in its state directory for clients beside it.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use serde::{Deserialize, Serialize};

use crate::failure::io;
use crate::home::write_private;

/// The file in the state directory.
const FILE: &str = "client.json";

/// Where a platform on this machine is, and which roots it shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalSite {
    /// `host:port` of its public address.
    pub address: String,
    /// Root certificates (PEM); relative to the state directory, or absolute.
    pub roots: PathBuf,
}

impl LocalSite {
    /// Leaves it in the state directory, readable for the owner only.
    pub fn write(&self, state: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Code::Internal.because(format!("{FILE} cannot be written: {e}")))?;
        write_private(&state.join(FILE), text.as_bytes())
    }

    /// What stands in the state directory; the path of the roots is made absolute or relative to here.
    pub fn read(state: &Path) -> Result<Self, Failure> {
        let path = state.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|e| {
            io("read", &path, &e).remedy(format!(
                "start the platform with `opentwin up --state {}`, or give its address",
                state.display()
            ))
        })?;
        let mut site: Self = serde_json::from_str(&text).map_err(|e| {
            Code::Config
                .because(format!("{} is damaged: {e}", path.display()))
                .remedy("restart the platform: it writes the file anew")
        })?;
        site.roots = state.join(&site.roots);
        Ok(site)
    }
}
