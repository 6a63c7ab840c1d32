//! How large projects are: the bytes of their blobs, as the store knows them without reading any.
//!
//! Listings ask for many projects every few seconds, so an answer is kept for a while. What this process stores counts
//! at once; what another one stores, when the answer has aged.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::Failure;
use store::Backend;

use crate::errors::failure;

/// How long an answer is good.
const GOOD: Duration = Duration::from_secs(60);

/// Answers that are kept at most.
const KEPT: usize = 10_000;

/// Sizes of projects by id, with the time of each.
#[derive(Default)]
pub(crate) struct Sizes(Mutex<State>);

#[derive(Default)]
struct State {
    known: HashMap<String, (Instant, u64)>,
    /// Counts changes: an answer from before a change is not kept.
    changes: u64,
}

impl Sizes {
    /// Bytes of all blobs of a project.
    pub(crate) async fn of(&self, backend: &dyn Backend, project: &str) -> Result<u64, Failure> {
        let changes = {
            let state = self.lock();
            match state.known.get(project) {
                Some((asked, bytes)) if asked.elapsed() < GOOD => return Ok(*bytes),
                _ => state.changes,
            }
        };
        let bytes = backend.blob_bytes(project).await.map_err(failure)?;
        let mut state = self.lock();
        if state.changes == changes {
            if state.known.len() >= KEPT {
                state.known.retain(|_, (asked, _)| asked.elapsed() < GOOD);
            }
            if state.known.len() < KEPT {
                state.known.insert(project.to_owned(), (Instant::now(), bytes));
            }
        }
        Ok(bytes)
    }

    /// Blobs of a project came or went.
    pub(crate) fn changed(&self, project: &str) {
        let mut state = self.lock();
        state.changes = state.changes.wrapping_add(1);
        state.known.remove(project);
    }

    /// Every change of the state is whole, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use store::Memory;

    #[tokio::test]
    async fn a_size_is_kept_until_blobs_come_or_go() {
        let (backend, sizes) = (Memory::new(), Sizes::default());
        let backend: &dyn Backend = &backend;
        assert_eq!(sizes.of(backend, "p").await.unwrap(), 0);
        backend.put_blob_bytes("p", "four".into()).await.unwrap();
        assert_eq!(sizes.of(backend, "p").await.unwrap(), 0);
        sizes.changed("p");
        assert_eq!(sizes.of(backend, "p").await.unwrap(), 4);
        assert_eq!(sizes.of(backend, "q").await.unwrap(), 0);
    }
}
