//! The record of who did what: the newest entries, kept in the store.
//!
//! What was refused lies apart from what was done: anybody can be refused as often as they like, and shall not drown the
//! rest with it.

use std::sync::Arc;

use api::Failure;
use api::v1::AuditEntry;
use serde::{Deserialize, Serialize};
use store::Backend;

use crate::Clock;
use crate::records::failure;

/// The stream of what was done.
pub const DONE: &str = "audit";

/// The stream of what was refused.
pub const REFUSED: &str = "audit-refused";

/// Entries kept of each.
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
        let stream = if allowed { DONE } else { REFUSED };
        let position = self.backend.append(stream, bytes.into()).await.map_err(failure)?;
        if position % TRIM_EVERY == 0 && position > KEPT {
            self.backend.trim(stream, position - KEPT).await.map_err(failure)?;
        }
        Ok(())
    }

    /// The newest entries first; 0 asks for the usual number.
    pub(crate) async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, Failure> {
        let limit = if limit == 0 { USUAL } else { limit.min(MOST) };
        let mut lines = self.last(DONE, limit).await?;
        lines.extend(self.last(REFUSED, limit).await?);
        lines.sort_by_key(|line| std::cmp::Reverse(line.time_ms));
        let lines = lines.into_iter().take(limit as usize);
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

    /// The newest entries of a stream, the newest first.
    async fn last(&self, stream: &str, limit: u32) -> Result<Vec<Line>, Failure> {
        let latest = self.backend.latest(stream).await.map_err(failure)?;
        let after = latest.saturating_sub(u64::from(limit));
        let entries = self.backend.read(stream, after, limit as usize).await.map_err(failure)?;
        Ok(entries.iter().rev().filter_map(|entry| serde_json::from_slice(&entry.payload).ok()).collect())
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
            audit.note("ada", "test", &i.to_string(), true).await;
        }
        let newest = audit.newest(2).await.unwrap();
        assert_eq!(newest[0].subject, (KEPT + 2 * TRIM_EVERY - 1).to_string());
        assert_eq!((newest[1].allowed, newest[1].time_ms, newest.len()), (true, 7, 2));
        assert_eq!(audit.newest(0).await.unwrap().len(), USUAL as usize);
        assert_eq!(backend.read(DONE, 0, usize::MAX).await.unwrap().len() as u64, KEPT);
    }

    #[tokio::test]
    async fn what_is_refused_does_not_drown_what_was_done() {
        let backend: Arc<dyn Backend> = Arc::new(store::Memory::new());
        let time = Arc::new(std::sync::atomic::AtomicI64::new(0));
        let clock = time.clone();
        let clock = Arc::new(move || clock.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let audit = Audit::new(backend.clone(), clock);
        audit.note("ada", "share", "p", true).await;
        for _ in 0..KEPT + TRIM_EVERY {
            audit.note("eve", "share", "p", false).await;
        }
        audit.note("ada", "share", "q", true).await;
        let done = backend.read(DONE, 0, usize::MAX).await.unwrap();
        assert_eq!(done.len(), 2);
        assert_eq!(backend.read(REFUSED, 0, usize::MAX).await.unwrap().len() as u64, KEPT);
        // Told together, in the order of time.
        let newest = audit.newest(3).await.unwrap();
        let told: Vec<_> = newest.iter().map(|entry| (entry.user.as_str(), entry.allowed)).collect();
        assert_eq!(told, [("ada", true), ("eve", false), ("eve", false)]);
    }
}
