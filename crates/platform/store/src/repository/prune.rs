//! Deleting what no kept version needs.
//!
//! A content whose root is there is whole (**invariant**): readers take only a
//! root that is gone for pruned. So roots go before what they need, and one
//! that stays keeps it.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use super::Project;
use super::reach::Reach;
use crate::backend::{Publish, RefChange};
use crate::entity::tag;
use crate::objects::{Decoded, decode};
use crate::tree::Node;
use crate::{Error, Hash, Result, Version, VersionId, now};

/// The most objects or blobs that are listed and deleted at once.
const PORTION: usize = 8192;
/// The most objects that are read at once.
const READ: usize = 256;

/// What prune keeps.
///
/// The heads of branches, what is tagged and what redo moves along keep their
/// content always. Of older versions the content goes when neither `last` nor
/// `since` nor `grace` keeps it; their log entries stay.
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
    /// What was written this lately is left alone, a version with its whole
    /// content: a commit that is under way elsewhere may need it.
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
    /// [`crate::Error::Unavailable`] while it is being pruned already, or an
    /// archive of it is being written; those of the back end.
    pub async fn prune(&self, policy: &Policy) -> Result<Pruned> {
        let grace = u64::try_from(policy.grace.as_millis()).unwrap_or(u64::MAX);
        self.prune_before(policy, now().saturating_sub(grace)).await
    }

    /// As [`Self::prune`], where what was written at `before` or later (Unix
    /// milliseconds) is young.
    pub(crate) async fn prune_before(&self, policy: &Policy, before: u64) -> Result<Pruned> {
        let _unread = self.gate.archives.try_write().map_err(|_| Error::Unavailable {
            reason: "the project is being pruned already, or an archive of it is being written, which needs the old \
                     versions"
                .into(),
        })?;
        let lines = self.let_go(policy).await?;
        let mut reach = Reach::new(false);
        self.mark(policy, before, &mut reach).await?;
        let tops = self.dead_tops(&reach.seen).await?;
        let _alone = self.gate.writers.write().await;
        let _clearing = self.objects.cache.clearing();
        // What was published meanwhile; the rest is marked already.
        self.mark(policy, before, &mut reach).await?;
        let tops = self.sweep_tops(&tops, before, &mut reach).await?;
        // Nobody shall find a root in memory while what it needs goes.
        self.objects.cache.clear();
        let objects = tops + self.sweep_objects(&reach.seen, before).await?;
        let (blobs, blob_bytes) = self.sweep_blobs(&reach.blobs, before).await?;
        self.backend().compact(self.name(), before).await?;
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

    async fn mark(&self, policy: &Policy, before: u64, reach: &mut Reach) -> Result<()> {
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
                whole.extend(self.kept_of(hash, policy, before).await?);
            }
            if let Some(branch) = name.strip_prefix("redo/") {
                whole.extend(self.undone(branch, hash).await?);
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

    /// The versions of a line that keep their content: newest first, so the
    /// first that does not is the end.
    async fn kept_of(&self, head: VersionId, policy: &Policy, before: u64) -> Result<Vec<VersionId>> {
        let all = policy.last.is_none() && policy.since.is_none();
        let since = policy.since.map_or(before, |since| since.min(before));
        let kept = |at: usize, version: &Version| {
            all || version.time >= since || policy.last.is_some_and(|last| at < last)
        };
        Ok(self.log_while(head, kept).await?.into_iter().map(|(id, _)| id).collect())
    }

    /// The versions and roots that are not live. A version stands before those that it came from, so that none is left
    /// without them; roots come last.
    async fn dead_tops(&self, live: &HashSet<Hash>) -> Result<Vec<Hash>> {
        let (mut versions, mut roots) = (Vec::new(), Vec::new());
        let mut from = Some(Hash::ZERO);
        while let Some(start) = from {
            let listed = self.backend().list_objects(self.name(), start, PORTION).await?;
            from = listed.last().and_then(Hash::next);
            let dead: Vec<Hash> = listed.into_iter().filter(|hash| !live.contains(hash)).collect();
            for some in dead.chunks(READ) {
                let found = self.backend().get_objects(self.name(), some).await?;
                for (hash, bytes) in some.iter().zip(found) {
                    let Some(bytes) = bytes else { continue };
                    match bytes.first() {
                        Some(&tag::ROOT) => roots.push(*hash),
                        Some(&tag::VERSION) => {
                            let Some(Decoded::Version(version)) = decode(&bytes) else { continue };
                            versions.push((Reverse(version.time), *hash));
                        }
                        _ => {}
                    }
                }
            }
        }
        versions.sort_unstable();
        Ok(versions.into_iter().map(|version| version.1).chain(roots).collect())
    }

    /// Deletes dead versions and roots, ahead of all that they need: whatever ends the sweep after this, a content is
    /// whole or pruned. The young ones stay, and are live from now on.
    async fn sweep_tops(&self, tops: &[Hash], before: u64, reach: &mut Reach) -> Result<usize> {
        let mut count = 0;
        for some in tops.chunks(PORTION) {
            let dead: Vec<Hash> = some.iter().copied().filter(|hash| !reach.seen.contains(hash)).collect();
            count += self.backend().delete_objects(self.name(), &dead, before).await?;
            self.spare(dead, reach).await?;
        }
        Ok(count)
    }

    /// Marks those of these objects that are there, with what they need. That may lack something, as where a large
    /// commit broke off: no reference leads to it, so that is no damage.
    async fn spare(&self, mut queue: Vec<Hash>, reach: &mut Reach) -> Result<()> {
        while !queue.is_empty() {
            let some = queue.split_off(queue.len().saturating_sub(READ));
            let found = self.backend().get_objects(self.name(), &some).await?;
            for (hash, bytes) in some.into_iter().zip(found) {
                let Some(bytes) = bytes else { continue };
                if !reach.seen.insert(hash) {
                    continue;
                }
                let needed: Vec<Hash> = match decode(&bytes) {
                    Some(Decoded::Version(version)) => version.parents.clone(),
                    Some(Decoded::Root(root)) => {
                        [root.by_id, root.by_path].into_iter().flatten().map(|node| node.hash).collect()
                    }
                    Some(Decoded::Node(node)) => match &*node {
                        Node::Leaf(entries) => entries.iter().map(|entry| entry.1).collect(),
                        Node::Inner { children, .. } => {
                            children.iter().map(|child| child.node.hash).collect()
                        }
                    },
                    Some(Decoded::Entity(entity)) => {
                        reach.blobs.extend(entity.blobs.values());
                        Vec::new()
                    }
                    None => Vec::new(),
                };
                queue.extend(needed.into_iter().filter(|hash| !reach.seen.contains(hash)));
            }
        }
        Ok(())
    }

    async fn sweep_objects(&self, live: &HashSet<Hash>, before: u64) -> Result<usize> {
        let (mut from, mut count) = (Some(Hash::ZERO), 0);
        while let Some(start) = from {
            let listed = self.backend().list_objects(self.name(), start, PORTION).await?;
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
            let listed = self.backend().list_blobs(self.name(), start, PORTION).await?;
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
