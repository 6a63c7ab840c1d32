//! Reading versions.

use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::sync::Arc;

use futures::stream::BoxStream;

use super::Project;
use crate::tree::{Walk, diff, get_many, walk};
use crate::{Entity, Hash, Result, Version, VersionId};

/// Which entities of a version to read, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only kinds that start with this.
    pub kind: Option<String>,
    /// Only paths that start with this; end it with `/` for what lies below
    /// an entity.
    pub path: Option<String>,
    /// The order.
    pub order: Order,
    /// Only what comes after this path or id in the order, to go on from
    /// where a reading ended.
    pub after: Option<String>,
}

/// An order of entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By the bytes of the path.
    #[default]
    Path,
    /// By the bytes of the id.
    Id,
}

/// What differs in one entity between two versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The entity.
    pub id: String,
    /// The entity in the first version.
    pub before: Option<Arc<Entity>>,
    /// The entity in the second version.
    pub after: Option<Arc<Entity>>,
}

/// What happened to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Only the second version has it.
    Added,
    /// Only the first version has it.
    Removed,
    /// Both have it, with different content.
    Changed,
}

impl Change {
    /// What happened to the entity.
    pub fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        }
    }

    /// Its path in the second version, or in the first if it is gone.
    pub fn path(&self) -> &str {
        self.after.as_ref().or(self.before.as_ref()).map_or("", |entity| &entity.path)
    }
}

impl Project {
    /// A version.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn version(&self, id: VersionId) -> Result<Arc<Version>> {
        self.objects.version(id).await
    }

    /// How many entities a version has.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`], [`crate::Error::Pruned`].
    pub async fn count(&self, version: VersionId) -> Result<u64> {
        Ok(self.objects.root(version).await?.count())
    }

    /// The entity of this id.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for the version, [`crate::Error::Pruned`].
    pub async fn entity(&self, version: VersionId, id: &str) -> Result<Option<Arc<Entity>>> {
        let root = self.objects.root(version).await?;
        let hash = get_many(&self.objects, root.by_id, &[id]).await?;
        Ok(self.objects.maybe(&hash).await?.pop().flatten())
    }

    /// The entity at this path.
    ///
    /// # Errors
    /// As [`Self::entity`].
    pub async fn by_path(&self, version: VersionId, path: &str) -> Result<Option<Arc<Entity>>> {
        let root = self.objects.root(version).await?;
        let hash = get_many(&self.objects, root.by_path, &[path]).await?;
        Ok(self.objects.maybe(&hash).await?.pop().flatten())
    }

    /// The entities of these ids, in their order; `None` where there is none.
    ///
    /// # Errors
    /// As [`Self::entity`].
    pub async fn entities_of(&self, version: VersionId, ids: &[&str]) -> Result<Vec<Option<Arc<Entity>>>> {
        let root = self.objects.root(version).await?;
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_unstable_by_key(|at| ids[*at]);
        let sorted: Vec<&str> = order.iter().map(|at| ids[*at]).collect();
        let hashes = get_many(&self.objects, root.by_id, &sorted).await?;
        let found = self.objects.maybe(&hashes).await?;
        let mut out = vec![None; ids.len()];
        for (at, entity) in order.into_iter().zip(found) {
            out[at] = entity;
        }
        Ok(out)
    }

    /// The entities of a version that fit, one after the other. What a long
    /// reading meets does not push out of the cache what is used often.
    pub fn entities(&self, version: VersionId, filter: Filter) -> BoxStream<'static, Result<Arc<Entity>>> {
        let reading = Reading { project: self.clone(), version, filter, walk: None, ready: VecDeque::new() };
        Box::pin(futures::stream::try_unfold(reading, |mut reading| async move {
            Ok(reading.next().await?.map(|entity| (entity, reading)))
        }))
    }

    /// Up to `limit` versions, newest first: `from` and what it came from.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn log(&self, from: VersionId, limit: usize) -> Result<Vec<(VersionId, Arc<Version>)>> {
        self.log_while(from, |at, _| at < limit).await
    }

    /// As [`Self::log`], up to the first that is not wanted, by its place and itself.
    pub(super) async fn log_while(
        &self,
        from: VersionId,
        wanted: impl Fn(usize, &Version) -> bool + Send,
    ) -> Result<Vec<(VersionId, Arc<Version>)>> {
        // A parent is older than its children, so by time is children first.
        let mut queue = BinaryHeap::from([(self.version(from).await?.time, from)]);
        let mut seen: HashSet<Hash> = HashSet::from([from]);
        let mut out = Vec::new();
        while let Some((_, id)) = queue.pop() {
            let version = self.version(id).await?;
            if !wanted(out.len(), &version) {
                break;
            }
            for parent in &version.parents {
                if seen.insert(*parent) {
                    queue.push((self.version(*parent).await?.time, *parent));
                }
            }
            out.push((id, version));
        }
        Ok(out)
    }

    /// What changed from version `a` to version `b`, by path.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`], [`crate::Error::Pruned`].
    pub async fn diff(&self, a: VersionId, b: VersionId) -> Result<Vec<Change>> {
        let (a, b) = (self.objects.root(a).await?, self.objects.root(b).await?);
        let found = diff(&self.objects, a.by_id, b.by_id).await?;
        let hashes: Vec<Option<Hash>> = found.iter().flat_map(|item| [item.1, item.2]).collect();
        let mut entities = self.objects.maybe(&hashes).await?.into_iter();
        let mut next = || entities.next().flatten();
        let mut changes: Vec<Change> =
            found.into_iter().map(|(id, ..)| Change { id, before: next(), after: next() }).collect();
        changes.sort_by(|a, b| a.path().cmp(b.path()).then_with(|| a.id.cmp(&b.id)));
        Ok(changes)
    }
}

/// A reading of a version under way.
struct Reading {
    project: Project,
    version: VersionId,
    filter: Filter,
    walk: Option<Walk>,
    ready: VecDeque<Arc<Entity>>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Arc<Entity>>> {
        let objects = &self.project.objects;
        let walk = match &mut self.walk {
            Some(walk) => walk,
            None => {
                let root = objects.root(self.version).await?;
                let (tree, prefix) = match self.filter.order {
                    Order::Path => (root.by_path, self.filter.path.as_deref().unwrap_or("")),
                    Order::Id => (root.by_id, ""),
                };
                self.walk.insert(walk(tree, prefix, self.filter.after.as_deref()))
            }
        };
        while self.ready.is_empty() {
            let mut hashes = Vec::new();
            while hashes.len() < 256
                && let Some(entries) = walk.next(objects).await?
            {
                hashes.extend(entries.into_iter().map(|entry| entry.1));
            }
            if hashes.is_empty() {
                return Ok(None);
            }
            let found = objects.entities(&hashes, false).await?;
            let (kind, path) = (self.filter.kind.as_deref(), self.filter.path.as_deref());
            self.ready.extend(found.into_iter().filter(|entity| {
                kind.is_none_or(|kind| entity.kind.starts_with(kind))
                    && path.is_none_or(|path| entity.path.starts_with(path))
            }));
        }
        Ok(self.ready.pop_front())
    }
}
