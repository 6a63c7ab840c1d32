//! Deleting blobs: rows first, then files.
//!
//! A call that is given up half-way still has its whole effect: the gate goes
//! with the work, not with the caller. Else a blob that comes again could lose
//! its file to a deletion that nobody waits for any more.

use rusqlite::Connection;
use tokio::runtime::Handle;

use super::files::{self, blocking, joined};
use super::{Sqlite, sql};
use crate::backend::{Backend as _, BlobInfo};
use crate::{Hash, Result};

impl Sqlite {
    pub(super) async fn clear_project(&self, project: &str) -> Result<()> {
        let gate = self.gate.clone().write_owned().await;
        let (blobs, name) = (self.files.clone(), project.to_owned());
        let (project, threads) = (project.to_owned(), Handle::current());
        let work = move |db: &Connection| {
            let before = sql::blob_bytes(db)?;
            sql::drop_project(db, &project)?;
            Ok(before.saturating_sub(sql::blob_bytes(db)?))
        };
        let then = move |bytes| {
            blobs.give_back(bytes);
            threads.spawn_blocking(move || {
                let _gate = gate;
                files::remove_project(blobs.root(), &name)
            })
        };
        joined(self.writer.write_then(work, then).await?).await
    }

    pub(super) async fn remove_blobs(
        &self,
        project: &str,
        hashes: &[Hash],
        before: u64,
    ) -> Result<(usize, u64)> {
        let gate = self.gate.clone().write_owned().await;
        let (blobs, name) = (self.files.clone(), project.to_owned());
        let (project, hashes, threads) = (project.to_owned(), hashes.to_vec(), Handle::current());
        let work = move |db: &Connection| sql::delete_blobs(db, &project, &hashes, before);
        let then = move |gone: Vec<BlobInfo>| {
            let done = (gone.len(), gone.iter().map(|blob| blob.size).sum());
            blobs.give_back(done.1);
            threads.spawn_blocking(move || {
                let _gate = gate;
                files::remove(blobs.root(), &name, &gone).map(|()| done)
            })
        };
        joined(self.writer.write_then(work, then).await?).await
    }

    /// Removes old files that no row knows of.
    pub(super) async fn remove_orphans(&self, project: &str, before: u64) -> Result<()> {
        let gate = self.gate.clone().write_owned().await;
        let (root, name) = (self.blob_root(), project.to_owned());
        let found = blocking(move || files::old_files(&root, &name, before)).await?;
        let mut orphans = Vec::new();
        for hash in found {
            if self.stat_blob(project, hash).await?.is_none() {
                orphans.push(BlobInfo { hash, size: 0 });
            }
        }
        let (root, name) = (self.blob_root(), project.to_owned());
        blocking(move || {
            let _gate = gate;
            files::remove(&root, &name, &orphans)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::sqlite::Options;

    /// The files below a folder.
    fn count(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }

    /// A deletion of the only blob is left after its first step, while file work has to wait.
    async fn left(deletion: impl AsyncFn(&Sqlite, Hash) -> Result<()>) {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(directory.path(), &Options::default()).unwrap();
        let stream = futures::stream::once(async { Ok("blob".into()) });
        let blob = store.put_blob("p", Box::pin(stream), None).await.unwrap();
        // The only thread for files is taken.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || wait.recv());
        {
            let mut deletion = std::pin::pin!(deletion(&store, blob.hash));
            assert!(futures::poll!(deletion.as_mut()).is_pending());
        }
        let ended = async {
            while store.files.used() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it goes on by itself");
        assert!(store.gate.try_read().is_err(), "others are let in before the files are gone");
        assert_eq!(count(&directory.path().join("blobs")), 1);
        go.send(()).unwrap();
        busy.await.unwrap().unwrap();
        let _gate = tokio::time::timeout(Duration::from_secs(20), store.gate.read()).await.unwrap();
        assert_eq!(count(&directory.path().join("blobs")), 0);
        assert_eq!(store.stat_blob("p", blob.hash).await.unwrap(), None);
    }

    #[test]
    fn a_deletion_that_is_left_keeps_others_out_to_its_end() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).enable_time().build().unwrap();
        runtime.block_on(async {
            left(async |store, hash| store.delete_blobs("p", &[hash], u64::MAX).await.map(|_| ())).await;
            left(async |store, _| store.drop_project("p").await).await;
        });
    }
}
