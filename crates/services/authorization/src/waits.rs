//! Who has to wait before the next login, kept over restarts: else whoever can make the service restart, or waits for
//! it to, guesses on at once.

use api::{Code, Failure};

use crate::records::{Found, Kept};
use crate::register::Register;
use crate::throttle::Entry;

impl Kept for Entry {
    const COLLECTION: &'static str = "login-waits";
}

impl Register {
    /// Takes over what an earlier start kept.
    pub(crate) async fn restore_waits(&self) -> Result<(), Failure> {
        let now = self.now_ms();
        for kept in self.records.all::<Entry>().await? {
            if !kept.value.is_old(now) {
                self.throttle.restore(&kept.key, kept.value);
            }
        }
        Ok(())
    }

    /// Writes down how a name and an address stand after an attempt. Where that cannot be written, memory decides alone.
    pub(crate) async fn keep_waits(&self, name: &str, address: &str) {
        for (key, entry) in self.throttle.standing(name, address) {
            if let Err(failure) = self.keep_wait(key, entry).await {
                tracing::warn!(%failure, "a failed login cannot be written down; a restart would forget it");
            }
        }
    }

    async fn keep_wait(&self, key: String, entry: Option<Entry>) -> Result<(), Failure> {
        let kept = self.records.get::<Entry>(&key).await?;
        let done = match (kept, entry) {
            (Some(kept), Some(value)) => self.records.put(&Found { value, ..kept }).await,
            (Some(kept), None) => self.records.delete(&kept).await,
            (None, Some(value)) => self.records.create(&key, &value).await,
            (None, None) => Ok(()),
        };
        match done {
            // Another attempt at the same moment has written what stands by now.
            Err(failure) if matches!(failure.code, Code::Busy | Code::Exists) => Ok(()),
            done => done,
        }
    }

    /// Removes what means nothing any more.
    pub(crate) async fn sweep_waits(&self) -> Result<(), Failure> {
        let now = self.now_ms();
        for kept in self.records.all::<Entry>().await?.into_iter().filter(|kept| kept.value.is_old(now)) {
            match self.records.delete(&kept).await {
                Err(failure) if failure.code != Code::Busy => return Err(failure),
                _ => {}
            }
        }
        Ok(())
    }
}
