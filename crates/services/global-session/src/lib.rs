//! Knows the local-sessions of the site and places sessions on them.
//!
//! The directory of sessions is kept in the store, one record a project, written before a local-session is told: so
//! asking again gives the same session whoever answers, and a restart loses nothing. Which hosts there are is known
//! from their heartbeats alone.

mod directory;
mod gauges;
mod hosts;
mod keeping;
mod placing;
mod service;
#[cfg(test)]
mod tests;
mod waiting;

use api::Failure;
use base::identity::Role;
use clap::Args;
use runtime::Common;
use serde::{Deserialize, Serialize};

use crate::service::GlobalSession;

/// Options of global-session.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Sessions that one local-session takes at most
    #[arg(long, env = "OPENTWIN_SESSIONS_PER_HOST", value_name = "N")]
    pub sessions_per_host: Option<u32>,
    /// Slots that shall be free when it is told how many local-sessions the site should have [default: 1]
    #[arg(long, env = "OPENTWIN_FREE_SLOTS", value_name = "N")]
    pub free_slots: Option<u32>,
    /// Seconds after which a session that nobody uses ends, if nothing runs in it
    #[arg(long, env = "OPENTWIN_SESSION_IDLE", value_name = "SECONDS")]
    pub session_idle: Option<u64>,
    /// Seconds of silence after which a local-session counts as lost and its sessions go elsewhere
    #[arg(long, env = "OPENTWIN_LOST_AFTER", value_name = "SECONDS")]
    pub lost_after: Option<u64>,
}

/// Runs global-session to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::GlobalSession, common, |context| async { Ok(GlobalSession::new(context, &options)) })
        .await
}
