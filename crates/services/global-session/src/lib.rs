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

use std::time::Duration;

use api::Failure;
use base::identity::Role;
use clap::Args;
use runtime::Common;
use runtime::options::Defaults;
use serde::{Deserialize, Serialize};

use crate::service::GlobalSession;

/// Options of global-session.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Sessions that one local-session takes at most
    #[arg(long, env = "OPENTWIN_SESSIONS_PER_HOST", value_name = "N")]
    pub sessions_per_host: Option<u32>,
    /// Slots that shall be free when it is told how many local-sessions the site should have
    #[arg(long, env = "OPENTWIN_FREE_SLOTS", value_name = "N")]
    pub free_slots: Option<u32>,
    /// Seconds after which a session that nobody uses ends, if nothing runs in it
    #[arg(long, env = "OPENTWIN_SESSION_IDLE", value_name = "SECONDS")]
    pub session_idle: Option<u64>,
    /// Seconds of silence after which a local-session counts as lost and its sessions go elsewhere
    #[arg(long, env = "OPENTWIN_LOST_AFTER", value_name = "SECONDS")]
    pub lost_after: Option<u64>,
}

const SESSIONS_PER_HOST: u32 = 200;
const FREE_SLOTS: u32 = 1;
const SESSION_IDLE: u64 = 1800;
const LOST_AFTER: u64 = 90;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self {
            sessions_per_host: Some(SESSIONS_PER_HOST),
            free_slots: Some(FREE_SLOTS),
            session_idle: Some(SESSION_IDLE),
            lost_after: Some(LOST_AFTER),
        }
    }
}

impl Options {
    pub(crate) fn sessions_per_host(&self) -> u32 {
        self.sessions_per_host.unwrap_or(SESSIONS_PER_HOST)
    }

    pub(crate) fn free_slots(&self) -> u32 {
        self.free_slots.unwrap_or(FREE_SLOTS)
    }

    pub(crate) fn session_idle(&self) -> Duration {
        Duration::from_secs(self.session_idle.unwrap_or(SESSION_IDLE))
    }

    pub(crate) fn lost_after(&self) -> Duration {
        Duration::from_secs(self.lost_after.unwrap_or(LOST_AFTER))
    }
}

/// Runs global-session to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::GlobalSession, common, |context| async { Ok(GlobalSession::new(context, &options)) })
        .await
}
