//! Deleting what no kept version needs.

use std::collections::HashSet;
use std::time::Duration;

use super::Project;
use super::reach::Reach;
use crate::backend::{Publish, RefChange};
use crate::{Error, Hash, Result, VersionId, now};

/// What prune keeps.
///
/// The heads of branches, what is tagged and what can be redone keep their
/// content always. Of older versions the content goes when neither `last` nor
/// `since` keeps it; their log entries stay.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The content of this many newest versions of each branch; with `since`,
    /// either is enough. Without both, all content is kept.
    pub last: Option<usize>,
    /// The content of versions made at or after this time (Unix milliseconds).
    pub since: Option<u64>,
    /// Lines that no branch holds any more go when their newest version is
    /// older than this (Unix milliseconds); `None` keeps them.
    pub abandoned_before: Option<u64>,
    /// What was written this lately is left alone: a commit that is under way
    /// elsewhere may need it.
    pub grace: Duration,
    /// Further blobs to keep.
    pub blobs: Vec<Hash>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            last: None,
            since: None,
            abandoned_before: None,
            grace: Duration::from_secs(3600),
            blobs: Vec::new(),
        }
    }
}

/// What prune deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Abandoned lines let go.
    pub lines: usize,
    /// Objects.
    pub objects: usize,
    /// Blobs.
    pub blobs: usize,
    /// The bytes of those blobs.
    pub blob_bytes: u64,
}

impl Project {
    /// Deletes what no kept version needs. Commits wait only while the
    /// unneeded is deleted, not while it is searched.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] before anything is deleted;
    /// [`crate::Error::Unavailable`] while an archive of the project is being
    /// written; those of the back end.
    pub async fn prune(&self, policy: &Policy) -> Result<Pruned> {
        let _unread = self.gate.archives.try_write().map_err(|_| Error::Unavailable {
            reason: "an archive of the project is being written, which needs the old versions".into(),
        })?;
        let lines = self.let_go(policy).await?;
        let mut reach = Reach::new(false);
        self.mark(policy, &mut reach).await?;
        let _alone = self.gate.writers.write().await;
        // What was published meanwhile; the rest is marked already.
        self.mark(policy, &mut reach).await?;
        let before = now().saturating_sub(u64::try_from(policy.grace.as_millis()).unwrap_or(u64::MAX));
        let objects = self.sweep_objects(&reach.seen, before).await?;
        let (blobs, blob_bytes) = self.sweep_blobs(&reach.blobs, before).await?;
        self.backend().compact(self.name(), before).await?;
        self.objects.cache.clear();
        Ok(Pruned { lines, objects, blobs, blob_bytes })
    }

    /// Lets go of abandoned lines that are old enough.
    async fn let_go(&self, policy: &Policy) -> Result<usize> {
        let Some(before) = policy.abandoned_before else { return Ok(0) };
        let _shared = self.gate.writers.read().await;
        let mut refs = Vec::new();
        for version in self.abandoned().await? {
            if self.version(version).await?.time < before {
                let name = format!("kept/{version}");
                refs.push(RefChange { name, expected: Some(version), new: None });
            }
        }
        let count = refs.len();
        self.backend().publish(self.name(), Publish { refs, ..Publish::default() }).await?;
        Ok(count)
    }

    async fn mark(&self, policy: &Policy, reach: &mut Reach) -> Result<()> {
        reach.blobs.extend(&policy.blobs);
        let mut whole: HashSet<VersionId> = HashSet::new();
        let mut heads = Vec::new();
        for (name, hash) in self.backend().list_refs(self.name(), "").await? {
            if name.starts_with("pin/") {
                reach.blobs.insert(hash);
                continue;
            }
            reach.head(hash);
            heads.push(hash);
            if !name.starts_with("tag/") {
                self.kept_of(hash, policy, &mut whole).await?;
            }
        }
        for head in heads {
            reach.root(self.version(head).await?.root, true);
        }
        for version in whole {
            reach.root(self.version(version).await?.root, false);
        }
        reach.finish(&self.objects).await
    }

    /// The versions of a line that keep their content.
    async fn kept_of(&self, head: VersionId, policy: &Policy, whole: &mut HashSet<VersionId>) -> Result<()> {
        let all = policy.last.is_none() && policy.since.is_none();
        let limit = match (policy.last, policy.since) {
            (Some(last), None) => last,
            _ => usize::MAX,
        };
        for (at, (id, version)) in self.log(head, limit).await?.into_iter().enumerate() {
            let last = policy.last.is_some_and(|last| at < last);
            let since = policy.since.is_some_and(|since| version.time >= since);
            if all || last || since {
                whole.insert(id);
            }
        }
        Ok(())
    }

    async fn sweep_objects(&self, live: &HashSet<Hash>, before: u64) -> Result<usize> {
        let (mut from, mut count) = (Some(Hash::ZERO), 0);
        while let Some(start) = from {
            let listed = self.backend().list_objects(self.name(), start, 8192).await?;
            from = listed.last().and_then(Hash::next);
            let dead: Vec<Hash> = listed.into_iter().filter(|hash| !live.contains(hash)).collect();
            if !dead.is_empty() {
                count += self.backend().delete_objects(self.name(), &dead, before).await?;
            }
        }
        Ok(count)
    }

    async fn sweep_blobs(&self, live: &HashSet<Hash>, before: u64) -> Result<(usize, u64)> {
        let (mut from, mut count, mut bytes) = (Some(Hash::ZERO), 0, 0);
        while let Some(start) = from {
            let listed = self.backend().list_blobs(self.name(), start, 8192).await?;
            from = listed.last().and_then(|blob| blob.hash.next());
            let dead: Vec<Hash> =
                listed.into_iter().map(|blob| blob.hash).filter(|hash| !live.contains(hash)).collect();
            if !dead.is_empty() {
                let (more, size) = self.backend().delete_blobs(self.name(), &dead, before).await?;
                (count, bytes) = (count + more, bytes + size);
            }
        }
        Ok((count, bytes))
    }
}
