//! Checkpoints of runs: blobs that lie apart from the content of projects, those of each run in a place of their own.
//!
//! A long run saves its whole state again and again. What it no longer names goes at once, all of it when it has ended;
//! versions cannot refer to it, so nobody has to search them first.

use api::v1::Run;
use api::{Code, Failure};
use runtime::Caller;
use runtime::caller::now_ms;
use store::{Error, Hash};

use crate::errors::failure;
use crate::server::Core;

/// Collection of the runs that have checkpoints.
const CHECKPOINTS: &str = "checkpoints";

/// A checkpoint that was stored this lately may not be named yet, in milliseconds.
const YOUNG: u64 = 60_000;

/// Where the checkpoints of a run lie: a name that no project has.
fn place(run: &str) -> String {
    format!("run-{}", &blake3::hash(run.as_bytes()).to_hex()[..32])
}

impl Core {
    /// Where the checkpoints of a run lie, for the run itself.
    pub(crate) fn checkpoints_of(&self, caller: &Caller, run: &str) -> Result<String, Failure> {
        if caller.assertion.run == run {
            return Ok(place(run));
        }
        Err(Code::Denied.because("checkpoints are for their own run only"))
    }

    /// Notes that a run has checkpoints, before the first is stored.
    pub(crate) async fn note_checkpoints(&self, run: &str) -> Result<(), Failure> {
        match self.documents.try_put(CHECKPOINTS, run, None, &now_ms()).await? {
            Ok(_) | Err(Error::StaleRecord { .. }) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Deletes what a run that goes on does not name any more.
    pub(crate) async fn tidy_checkpoints(&self, run: &Run) -> Result<(), Failure> {
        let (place, backend) = (place(&run.id), self.repository.backend());
        let before = u64::try_from(now_ms()).unwrap_or(0).saturating_sub(YOUNG);
        let blobs = backend.list_blobs(&place, Hash::ZERO, 1000).await.map_err(failure)?;
        let named = |hash: &Hash| run.checkpoints.iter().any(|kept| kept.blob == hash.to_string());
        let stray: Vec<Hash> = blobs.into_iter().map(|blob| blob.hash).filter(|hash| !named(hash)).collect();
        if !stray.is_empty() {
            backend.delete_blobs(&place, &stray, before).await.map_err(failure)?;
        }
        Ok(())
    }

    /// Deletes all checkpoints of a run that has ended.
    pub(crate) async fn drop_checkpoints(&self, run: &str) -> Result<(), Failure> {
        if self.documents.get::<i64>(CHECKPOINTS, run).await?.is_none() {
            return Ok(());
        }
        self.repository.backend().drop_project(&place(run)).await.map_err(failure)?;
        self.documents.delete(CHECKPOINTS, run).await
    }

    /// Deletes what an end of the process left of runs that have ended.
    pub(crate) async fn clear_checkpoints(&self) -> Result<(), Failure> {
        for held in self.documents.all::<i64>(CHECKPOINTS).await? {
            if !self.is_active(&held.key).await? {
                self.drop_checkpoints(&held.key).await?;
            }
        }
        Ok(())
    }
}
