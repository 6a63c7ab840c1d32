//! One at a time, also across processes.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

use crate::{Backend, Error, Result, now};

/// The collection that the turns of several processes lie in.
const COLLECTION: &str = "turns";
/// After this long a turn ends in any case: its process is gone. What is done
/// in a turn takes a small part of it.
const LASTS: Duration = Duration::from_secs(20);
/// How long to wait for a turn at most.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Serialize, Deserialize)]
struct Held {
    /// Unix milliseconds.
    until: u64,
}

/// A queue in which those who change the same thing stand.
///
/// Where other processes use the back end too, a record in it says whose turn
/// it is; the clocks of the hosts must agree within a few seconds.
pub struct Turns {
    backend: Arc<dyn Backend>,
    name: &'static str,
    here: Mutex<()>,
}

/// The right to go on; ends when it is dropped.
pub struct Turn<'a> {
    _here: MutexGuard<'a, ()>,
    record: Option<(Arc<dyn Backend>, &'static str, u64)>,
}

impl Turns {
    /// A queue of this name.
    pub fn new(backend: Arc<dyn Backend>, name: &'static str) -> Self {
        Self { backend, name, here: Mutex::default() }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when others take too long; those of the back end.
    pub async fn take(&self) -> Result<Turn<'_>> {
        let here = self.here.lock().await;
        if !self.backend.shared() {
            return Ok(Turn { _here: here, record: None });
        }
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(revision) = self.attempt().await? {
                let record = Some((self.backend.clone(), self.name, revision));
                return Ok(Turn { _here: here, record });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::Unavailable { reason: format!("others change `{}` for too long", self.name) })
    }

    async fn attempt(&self) -> Result<Option<u64>> {
        let old = self.backend.get_record(COLLECTION, self.name).await?;
        let time = now();
        let lasts = u64::try_from(LASTS.as_millis()).unwrap_or(u64::MAX);
        if let Some(record) = &old {
            // One that cannot be read, or lasts longer than any, is nobody's.
            let until = serde_json::from_slice::<Held>(&record.value).map_or(0, |held| held.until);
            if until > time && until <= time + 2 * lasts {
                return Ok(None);
            }
        }
        let held = serde_json::to_vec(&Held { until: time + lasts })
            .map_err(|error| Error::Backend { action: "write a turn", reason: error.to_string() })?;
        let expected = old.map(|record| record.revision);
        match self.backend.put_record(COLLECTION, self.name, expected, held.into()).await {
            Ok(revision) => Ok(Some(revision)),
            Err(Error::StaleRecord { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some((backend, name, revision)) = self.record.take() else { return };
        // Without a runtime the process is ending, and the turn ends by its time.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { backend.delete_record(COLLECTION, name, revision).await });
        }
    }
}
