//! The key that signs assertions, and its change.
//!
//! A new key is made once the present one is a month old. The one before is believed until the next change, far longer
//! than any assertion that it signed: that of a run is good for a week. Services ask for the keys when they meet one
//! that they do not know.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use api::Failure;
use runtime::Signer;
use serde::{Deserialize, Serialize};

use crate::records::{Found, Kept, Records};
use crate::secret;

const PRESENT: &str = "assertion.key";
const PREVIOUS: &str = "assertion-previous.key";

/// Key of the record of when the present key was made.
const MADE: &str = "assertion";

/// Life of a key.
const LIFE_MS: i64 = 30 * 86_400_000;

/// When a key was made.
#[derive(Clone, Serialize, Deserialize)]
struct Made {
    made_ms: i64,
}

impl Kept for Made {
    const COLLECTION: &'static str = "signing-keys";
}

/// The keys.
pub(crate) struct Keys {
    folder: PathBuf,
    records: Records,
    held: RwLock<Held>,
}

struct Held {
    signer: Arc<Signer>,
    previous: Option<Vec<u8>>,
}

impl Keys {
    /// Reads the keys of a folder; makes one where there is none.
    pub(crate) async fn open(folder: &Path, records: Records, now_ms: i64) -> Result<Self, Failure> {
        let signer = match secret::read(&folder.join(PRESENT))? {
            Some(bytes) => Signer::load(&bytes)?,
            None => make(folder)?,
        };
        let previous = match secret::read(&folder.join(PREVIOUS))? {
            Some(bytes) => Some(Signer::load(&bytes)?.public_key()),
            None => None,
        };
        let held = RwLock::new(Held { signer: Arc::new(signer), previous });
        let keys = Self { folder: folder.to_owned(), records, held };
        if keys.made().await?.is_none() {
            // Of a program that did not write it down, or of just now.
            keys.records.create(MADE, &Made { made_ms: now_ms }).await?;
        }
        keys.change_if_old(now_ms).await?;
        Ok(keys)
    }

    async fn made(&self) -> Result<Option<Found<Made>>, Failure> {
        self.records.get::<Made>(MADE).await
    }

    /// Changes the key once it is old; true if it did.
    pub(crate) async fn change_if_old(&self, now_ms: i64) -> Result<bool, Failure> {
        let Some(mut made) = self.made().await? else { return Ok(false) };
        if now_ms - made.value.made_ms < LIFE_MS {
            return Ok(false);
        }
        let Some(present) = secret::read(&self.folder.join(PRESENT))? else { return Ok(false) };
        // In this order a crash at worst puts the change off: a key that signed lately is never lost.
        secret::write(&self.folder.join(PREVIOUS), &present)?;
        made.value.made_ms = now_ms;
        self.records.put(&made).await?;
        let signer = make(&self.folder)?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.previous = Some(held.signer.public_key());
        held.signer = Arc::new(signer);
        tracing::info!("the key that signs assertions was changed");
        Ok(true)
    }

    /// What signs now.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).signer.clone()
    }

    /// Public keys that are believed, the present one first.
    pub(crate) fn public(&self) -> Vec<Vec<u8>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(held.signer.public_key()).chain(held.previous.clone()).collect()
    }
}

fn make(folder: &Path) -> Result<Signer, Failure> {
    let (signer, bytes) = Signer::generate()?;
    secret::write(&folder.join(PRESENT), &bytes)?;
    Ok(signer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_key_is_believed_until_the_change_after_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Arc::new(store::Memory::new()));
        let open = async |now| Keys::open(folder.path(), records.clone(), now).await.unwrap();
        let keys = open(1_000).await;
        let first = keys.public();
        assert_eq!(first.len(), 1);
        assert!(!keys.change_if_old(LIFE_MS).await.unwrap());
        assert_eq!(open(LIFE_MS).await.public(), first, "the same after a restart");

        assert!(keys.change_if_old(LIFE_MS + 1_000).await.unwrap());
        let second = keys.public();
        assert_eq!((second.len(), &second[1]), (2, &first[0]));
        assert_eq!(keys.signer().public_key(), second[0]);
        assert_eq!(open(LIFE_MS + 1_000).await.public(), second);

        // Also at a start after a long time.
        let third = open(3 * LIFE_MS).await.public();
        assert_eq!(third[1], second[0]);
        assert!(!third.contains(&first[0]));
    }
}
