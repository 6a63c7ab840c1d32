//! The central log: what all services tell, kept, searched and followed live.
//!
//! Records come in batches from services, are numbered, written to segments of JSON lines under
//! `<state>/logs` (see [`segments`]) and kept in memory as far as they are the newest. A record that was
//! acknowledged survives the end of this process; it is synced to the disk within a second.
//!
//! # Invariants
//! - Memory and disk are bounded, whatever is sent and however slowly it is read.
//! - Who sent a record is taken from the certificate, not from the record.
//! - People other than administrators see records of projects on which they have a right, and no others.

mod error;
mod filter;
mod journal;
mod newest;
mod presence;
mod record;
mod segments;
mod server;
mod sight;
mod tail;
#[cfg(test)]
mod tests;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use runtime::options::Defaults;
use runtime::{Common, Context};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::journal::Journal;
use crate::server::Server;

/// Options of this service alone.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Megabytes of logs to keep; the oldest go
    #[arg(long, env = "OPENTWIN_KEEP_MB", value_name = "MB")]
    pub keep_mb: Option<u64>,
}

/// Megabytes of logs to keep.
const KEEP_MB: u64 = 256;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self { keep_mb: Some(KEEP_MB) }
    }
}

/// Runs the service to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::Logger, common, async |context| create(context, options).await).await
}

async fn create(context: Context, options: Options) -> Result<Server, Failure> {
    let keep = options.keep_mb.unwrap_or(KEEP_MB);
    if !(1..=1 << 20).contains(&keep) {
        return Err(Code::Config
            .because(format!("`keep-mb` is {keep}"))
            .remedy("give 1 to 1048576 megabytes"));
    }
    let folder = context.state()?.join("logs");
    let journal = tokio::task::spawn_blocking(move || Journal::open(&folder, keep << 20))
        .await
        .map_err(|e| Code::Internal.because(format!("the logs could not be opened: {e}")))??;
    Ok(Server::new(context, journal))
}
