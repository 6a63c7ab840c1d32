//! Bringing lines together, and going back by a new version.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use futures::future::BoxFuture;

use super::Project;
use super::commit::{ATTEMPTS, Committed, Marks, Next, Outcome, check_texts};
use super::content::{Applied, Wanted, apply, path_conflicts, three_way};
use super::events::Action;
use crate::backend::RefChange;
use crate::version::Root;
use crate::{Error, Result, VersionId, names};

/// How conflicts are settled, by path: true takes the other side, false keeps the branch's own.
pub type Settled = BTreeMap<String, bool>;

/// What a new version on a branch is made from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Merge(VersionId, &'a Settled),
    Revert(VersionId),
    Restore(VersionId),
}

const OURS: u8 = 1;
const THEIRS: u8 = 2;
/// Below a common ancestor: common too, but not a best one.
const BELOW: u8 = 4;

/// How deep bases of bases are merged in a criss-cross history.
const DEPTH: usize = 8;
/// How many bases are merged in all. A history that people make has one or two; one that was forged could have so many
/// that nothing else would be done.
const BASES: usize = 64;

impl Project {
    /// Merges version `from` into branch `into` by entity: what one side
    /// changed since their common base is taken, what both changed alike is
    /// kept. Moves the branch when it only lags behind.
    ///
    /// With several best common bases (a criss-cross) these are merged first;
    /// where they disagree, the older value counts as the base, so that a
    /// disagreement of the sides shows as a conflict.
    ///
    /// # Errors
    /// [`Error::Conflict`] names every entity; [`Error::NotFound`],
    /// [`Error::Pruned`].
    pub async fn merge(&self, into: &str, from: VersionId, author: &str, message: &str) -> Result<Committed> {
        self.merge_settled(into, from, author, message, &Settled::new()).await
    }

    /// As [`Self::merge`], with conflicts settled beforehand: where the path of one is in `settled`, true takes the
    /// side of `from` and false keeps that of `into`.
    ///
    /// # Errors
    /// As [`Self::merge`]; [`Error::Conflict`] names what is not settled.
    pub async fn merge_settled(
        &self,
        into: &str,
        from: VersionId,
        author: &str,
        message: &str,
        settled: &Settled,
    ) -> Result<Committed> {
        self.derive(into, Source::Merge(from, settled), author, message).await
    }

    /// Undoes one version by a new one on top of a branch.
    ///
    /// # Errors
    /// [`Error::Conflict`] when later versions changed the same entities;
    /// [`Error::NotFound`], [`Error::Pruned`].
    pub async fn revert(
        &self,
        branch: &str,
        version: VersionId,
        author: &str,
        message: &str,
    ) -> Result<Committed> {
        self.derive(branch, Source::Revert(version), author, message).await
    }

    /// Brings back the content of an old version as a new one on top of a
    /// branch.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Pruned`].
    pub async fn restore(
        &self,
        branch: &str,
        version: VersionId,
        author: &str,
        message: &str,
    ) -> Result<Committed> {
        self.derive(branch, Source::Restore(version), author, message).await
    }

    async fn derive(
        &self,
        branch: &str,
        source: Source<'_>,
        author: &str,
        message: &str,
    ) -> Result<Committed> {
        names::label("branch", branch)?;
        check_texts(author, message)?;
        let _shared = self.gate.writers.read().await;
        let turn = self.gate.branch(branch);
        let _turn = turn.lock().await;
        for _ in 0..ATTEMPTS {
            let head = self.branch(branch).await?;
            let unchanged =
                Committed { version: head, previous: Some(head), outcome: Outcome::Unchanged, seq: None };
            let result = match source {
                Source::Merge(from, _) => match self.bases(head, from).await?.as_slice() {
                    [base] if *base == from => return Ok(unchanged),
                    [base] if *base == head => self.forward(branch, head, from, author).await,
                    _ => self.build(branch, head, source, author, message).await,
                },
                _ => self.build(branch, head, source, author, message).await,
            };
            match result {
                Err(Error::RefMoved { .. }) => tokio::task::yield_now().await,
                Ok(None) => return Ok(unchanged),
                Ok(Some(done)) => return Ok(done),
                Err(error) => return Err(error),
            }
        }
        Err(Error::StaleBranch { branch: branch.into(), head: self.head(branch).await? })
    }

    /// A new version; `None` when it would equal the head.
    async fn build(
        &self,
        branch: &str,
        head: VersionId,
        source: Source<'_>,
        author: &str,
        message: &str,
    ) -> Result<Option<Committed>> {
        let ours = self.objects.root(head).await?;
        let (content, action) = match source {
            Source::Merge(from, settled) => {
                let base = self.base_root(head, from, DEPTH, &mut { BASES }).await?;
                let theirs = self.objects.root(from).await?;
                (self.merged(branch, head, [base, ours, theirs], settled).await?, Action::Merge)
            }
            Source::Revert(version) => (self.without(branch, head, version).await?, Action::Revert),
            Source::Restore(version) => {
                let root = self.objects.root(version).await?;
                let objects = vec![crate::objects::object(root.encode())];
                (Applied { root, objects, blobs: Vec::new(), taken: Vec::new() }, Action::Restore)
            }
        };
        // A merge makes a version even when it changes nothing: it records
        // that the lines met.
        let mut parents = vec![head];
        match source {
            Source::Merge(from, _) => parents.push(from),
            _ if content.root == ours => return Ok(None),
            _ => {}
        }
        let head = Some(head);
        let outcome = Outcome::Created;
        let (fence, marks) = (None, Marks::default());
        let next = Next { branch, head, parents, content, author, message, fence, marks, action, outcome };
        self.publish(next).await.map(Some)
    }

    /// The content of the head without what a version changed.
    pub(super) async fn without(&self, branch: &str, head: VersionId, version: VersionId) -> Result<Applied> {
        let [before, after] = self.change_of(version).await?;
        let ours = self.objects.root(head).await?;
        self.merged(branch, head, [after, ours, before], &Settled::new()).await
    }

    /// The content of the head with what a version changed.
    pub(super) async fn with(&self, branch: &str, head: VersionId, version: VersionId) -> Result<Applied> {
        let [before, after] = self.change_of(version).await?;
        let ours = self.objects.root(head).await?;
        self.merged(branch, head, [before, ours, after], &Settled::new()).await
    }

    /// The contents before and after a version.
    async fn change_of(&self, version: VersionId) -> Result<[Root; 2]> {
        let after = self.objects.root(version).await?;
        let before = match self.version(version).await?.parents.first() {
            Some(parent) => self.objects.root(*parent).await?,
            None => Root::default(),
        };
        Ok([before, after])
    }

    async fn merged(
        &self,
        branch: &str,
        head: VersionId,
        [base, ours, theirs]: [Root; 3],
        settled: &Settled,
    ) -> Result<Applied> {
        let mut merge = three_way(&self.objects, base, ours, theirs).await?;
        let mut conflicts = Vec::new();
        for conflict in merge.conflicts {
            match settled.get(&conflict.path) {
                Some(true) => {
                    let new = conflict.theirs.map(|entity| entity.hash().map(|hash| (hash, entity)));
                    merge.wanted.push(Wanted { id: conflict.id, new: new.transpose()?, bytes: None });
                }
                Some(false) => {}
                None => conflicts.push(conflict),
            }
        }
        loop {
            merge.wanted.sort_by(|a, b| a.id.cmp(&b.id));
            let content = apply(&self.objects, ours, &merge.wanted).await?;
            let open = content.taken.iter().any(|taken| !settled.contains_key(&taken.new.path));
            if open || !conflicts.is_empty() {
                conflicts.extend(path_conflicts(content.taken));
                return Err(Error::Conflict { branch: branch.into(), head, conflicts });
            }
            if content.taken.is_empty() {
                return Ok(content);
            }
            // Of two entities at one path one goes; each round drops or deletes one at least, so this ends.
            for taken in content.taken {
                let (new, holder) = (&taken.new.id, &taken.holder.id);
                if settled.get(&taken.new.path) == Some(&true) {
                    merge.wanted.retain(|wanted| wanted.id != *holder);
                    merge.wanted.push(Wanted { id: holder.clone(), new: None, bytes: None });
                } else {
                    merge.wanted.retain(|wanted| wanted.id != *new);
                }
            }
        }
    }

    /// Moves a branch that lags behind.
    async fn forward(
        &self,
        branch: &str,
        head: VersionId,
        to: VersionId,
        author: &str,
    ) -> Result<Option<Committed>> {
        self.objects.root(to).await?;
        let name = format!("branch/{branch}");
        let mut refs = vec![RefChange { name, expected: Some(head), new: Some(to) }];
        refs.extend(self.retire_redo(branch, author, &Marks::default()).await?);
        Ok(Some(self.relabel(refs, branch, author, Action::Merge, (Some(head), Some(to))).await?))
    }

    /// The best common ancestors of two versions, newest first: those that
    /// are no ancestors of other common ones.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn bases(&self, a: VersionId, b: VersionId) -> Result<Vec<VersionId>> {
        let mut marks: HashMap<VersionId, u8> = HashMap::new();
        let mut queue = BinaryHeap::new();
        for (id, mark) in [(a, OURS), (b, THEIRS)] {
            *marks.entry(id).or_default() |= mark;
            queue.push((self.version(id).await?.time, id));
        }
        let mut found = Vec::new();
        // Parents are older than children, so a version comes out after all
        // that can mark it.
        while queue.iter().any(|(_, id)| marks.get(id).is_some_and(|mark| mark & BELOW == 0)) {
            let Some((_, id)) = queue.pop() else { break };
            let mut mark = marks.get(&id).copied().unwrap_or(0);
            if mark == OURS | THEIRS {
                found.push(id);
                mark |= BELOW;
            }
            let version = self.version(id).await?;
            for parent in &version.parents {
                let known = marks.entry(*parent).or_default();
                if *known | mark != *known {
                    if *known == 0 {
                        queue.push((self.version(*parent).await?.time, *parent));
                    }
                    *known |= mark;
                }
            }
        }
        Ok(found)
    }

    /// The content to merge against; several bases are merged themselves.
    fn base_root<'a>(
        &'a self,
        a: VersionId,
        b: VersionId,
        depth: usize,
        left: &'a mut usize,
    ) -> BoxFuture<'a, Result<Root>> {
        Box::pin(async move {
            let bases = self.bases(a, b).await?;
            let Some((first, rest)) = bases.split_first() else { return Ok(Root::default()) };
            let mut root = self.objects.root(*first).await?;
            if depth == 0 {
                return Ok(root);
            }
            for other in rest {
                *left = left.checked_sub(1).ok_or_else(|| Error::TooLarge {
                    what: "the number of common ancestors of the two versions".into(),
                    size: BASES as u64 + 1,
                    limit: BASES as u64,
                })?;
                let older = self.base_root(*first, *other, depth - 1, left).await?;
                let theirs = self.objects.root(*other).await?;
                root = self.virtual_root(older, root, theirs).await?;
            }
            Ok(root)
        })
    }

    /// A merged base that no version has: stored for the reads that follow,
    /// and pruned some day since nothing refers to it.
    async fn virtual_root(&self, base: Root, ours: Root, theirs: Root) -> Result<Root> {
        let mut merge = three_way(&self.objects, base, ours, theirs).await?;
        for conflict in merge.conflicts {
            let new = match conflict.base {
                Some(entity) => Some((entity.hash()?, entity)),
                None => None,
            };
            merge.wanted.push(Wanted { id: conflict.id, new, bytes: None });
        }
        merge.wanted.sort_by(|a, b| a.id.cmp(&b.id));
        let mut content = apply(&self.objects, ours, &merge.wanted).await?;
        if content.taken.is_empty() {
            self.objects.store(&mut content.objects, 0).await?;
        }
        Ok(content.root)
    }
}
