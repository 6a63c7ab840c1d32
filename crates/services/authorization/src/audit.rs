//! The record of who did what: the newest entries, kept in the store.

use std::sync::Arc;

use api::Failure;
use api::v1::AuditEntry;
use serde::{Deserialize, Serialize};
use store::Backend;

use crate::Clock;
use crate::records::failure;

/// The stream that it lies in.
pub const STREAM: &str = "audit";

/// Entries kept.
const KEPT: u64 = 10_000;

/// Entries between two trims.
const TRIM_EVERY: u64 = 100;

/// Entries given out at once.
const MOST: u32 = 1_000;

/// Entries given out where nobody says how many.
const USUAL: u32 = 100;

#[derive(Serialize, Deserialize)]
struct Line {
    time_ms: i64,
    user: String,
    action: String,
    subject: String,
    allowed: bool,
}

/// The record of who did what.
pub(crate) struct Audit {
    backend: Arc<dyn Backend>,
    clock: Clock,
}

impl Audit {
    pub(crate) fn new(backend: Arc<dyn Backend>, clock: Clock) -> Self {
        Self { backend, clock }
    }

    /// Notes that a user did something, or tried to. Where that cannot be written the log says so and the work
    /// goes on: a full disk must not lock out those who could free it.
    pub(crate) async fn note(&self, user: &str, action: &str, subject: &str, allowed: bool) {
        if let Err(failure) = self.write(user, action, subject, allowed).await {
            tracing::error!(%failure, user, action, subject, allowed, "an entry of the audit could not be kept");
        }
    }

    async fn write(&self, user: &str, action: &str, subject: &str, allowed: bool) -> Result<(), Failure> {
        let line = Line {
            time_ms: (self.clock)(),
            user: user.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            allowed,
        };
        let bytes = serde_json::to_vec(&line).unwrap_or_default();
        let position = self.backend.append(STREAM, bytes.into()).await.map_err(failure)?;
        if position % TRIM_EVERY == 0 && position > KEPT {
            self.backend.trim(STREAM, position - KEPT).await.map_err(failure)?;
        }
        Ok(())
    }

    /// The newest entries first; 0 asks for the usual number.
    pub(crate) async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, Failure> {
        let limit = if limit == 0 { USUAL } else { limit.min(MOST) };
        let latest = self.backend.latest(STREAM).await.map_err(failure)?;
        let after = latest.saturating_sub(u64::from(limit));
        let entries = self.backend.read(STREAM, after, limit as usize).await.map_err(failure)?;
        let lines =
            entries.iter().rev().filter_map(|entry| serde_json::from_slice::<Line>(&entry.payload).ok());
        Ok(lines
            .map(|line| AuditEntry {
                time_ms: line.time_ms,
                user: line.user,
                action: line.action,
                subject: line.subject,
                allowed: line.allowed,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_newest_come_first_and_old_ones_go() {
        let backend: Arc<dyn Backend> = Arc::new(store::Memory::new());
        let audit = Audit::new(backend.clone(), Arc::new(|| 7));
        for i in 0..(KEPT + 2 * TRIM_EVERY) {
            audit.note("ada", "test", &i.to_string(), i % 2 == 0).await;
        }
        let newest = audit.newest(2).await.unwrap();
        assert_eq!(newest[0].subject, (KEPT + 2 * TRIM_EVERY - 1).to_string());
        assert_eq!((newest[1].allowed, newest[1].time_ms, newest.len()), (true, 7, 2));
        assert_eq!(audit.newest(0).await.unwrap().len(), USUAL as usize);
        assert_eq!(backend.read(STREAM, 0, usize::MAX).await.unwrap().len() as u64, KEPT);
    }
}
