//! New versions.

use std::sync::Arc;

use super::Project;
use super::content::{Applied, Wanted, apply, conflicts, path_conflicts};
use super::events::{Action, Event};
use crate::backend::{Fence, Object, Publish, RefChange};
use crate::objects::object;
use crate::tree::get_many;
use crate::version::Root;
use crate::{Entity, Error, Hash, Result, Version, VersionId, names, now};

/// What a version changes.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Entities to create or replace, by their id.
    pub puts: Vec<Entity>,
    /// Ids of entities to delete; those that are gone already do no harm.
    pub deletes: Vec<String>,
}

/// What to commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The version that the changes were made on; `None` starts a branch.
    pub base: Option<VersionId>,
    /// The changes.
    pub changes: Changes,
    /// Who.
    pub author: String,
    /// Why.
    pub message: String,
    /// The committer's lease, if it writes under one.
    pub fence: Option<Fence>,
    /// The run on whose behalf it is made; empty for a change of a person.
    pub run: String,
}

impl Commit {
    /// A commit of a person, without a lease.
    pub fn new(
        base: Option<VersionId>,
        changes: Changes,
        author: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            base,
            changes,
            author: author.into(),
            message: message.into(),
            fence: None,
            run: String::new(),
        }
    }
}

/// What became of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Where the branch stands now.
    pub version: VersionId,
    /// Where it stood.
    pub previous: Option<VersionId>,
    /// How it came there.
    pub outcome: Outcome,
    /// The position of the event that told of it.
    pub seq: Option<u64>,
}

/// How a branch came where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to change.
    Unchanged,
    /// A new version on the base that was named.
    Created,
    /// A new version on a newer head: others had changed other entities.
    Merged,
    /// The branch moved to a version that existed.
    Moved,
}

/// A version about to be published.
pub(super) struct Next<'a> {
    pub branch: &'a str,
    pub head: Option<VersionId>,
    pub parents: Vec<VersionId>,
    pub content: Applied,
    pub author: &'a str,
    pub message: &'a str,
    pub fence: Option<Fence>,
    pub marks: Marks,
    pub action: Action,
    pub outcome: Outcome,
}

/// What undo has to know of a version.
#[derive(Clone, Default)]
pub(super) struct Marks {
    pub run: String,
    pub undoes: Option<VersionId>,
    pub redoes: Option<VersionId>,
}

/// How often a commit starts anew because the branch moved under it.
pub(super) const ATTEMPTS: usize = 64;

impl Project {
    /// Commits changes to a branch.
    ///
    /// When the branch has moved on from the base, the changes are applied to
    /// its head if the entities they touch are unchanged there. Changes that
    /// change nothing make no version.
    ///
    /// # Errors
    /// [`Error::Conflict`] names every entity that both sides changed;
    /// [`Error::StaleBranch`] when the base is `None` and the branch exists;
    /// [`Error::PathTaken`], [`Error::BadName`], [`Error::BadEntity`],
    /// [`Error::TooLarge`]; [`Error::NotFound`] for an absent branch, base or
    /// blob; [`Error::Fenced`]; those of the back end.
    pub async fn commit(&self, branch: &str, commit: Commit) -> Result<Committed> {
        names::label("branch", branch)?;
        check_texts(&commit.author, &commit.message)?;
        let Commit { base, changes, author, message, fence, run } = commit;
        let wanted = prepare(changes).await?;
        let _shared = self.gate.writers.read().await;
        let turn = self.gate.branch(branch);
        let _turn = turn.lock().await;
        for _ in 0..ATTEMPTS {
            let head = self.head(branch).await?;
            let (content, unchanged) = self.rebase(branch, base, head, &wanted).await?;
            if let (Some(version), true) = (head, unchanged) {
                let outcome = Outcome::Unchanged;
                return Ok(Committed { version, previous: head, outcome, seq: None });
            }
            let next = Next {
                branch,
                head,
                parents: head.into_iter().collect(),
                content,
                author: &author,
                message: &message,
                fence: fence.clone(),
                marks: Marks { run: run.clone(), ..Marks::default() },
                action: Action::Commit,
                outcome: if head == base { Outcome::Created } else { Outcome::Merged },
            };
            match self.publish(next).await {
                Err(Error::RefMoved { .. }) => tokio::task::yield_now().await,
                result => return result,
            }
        }
        Err(Error::StaleBranch { branch: branch.into(), head: self.head(branch).await? })
    }

    /// The content of the head with the changes that were made on the base,
    /// and whether it is that of the head.
    async fn rebase(
        &self,
        branch: &str,
        base: Option<VersionId>,
        head: Option<VersionId>,
        wanted: &[Wanted],
    ) -> Result<(Applied, bool)> {
        let (head, base) = match (head, base) {
            (Some(head), Some(base)) => (head, base),
            (None, Some(_)) => return Err(Error::not_found("branch", branch)),
            (Some(_), None) => return Err(Error::StaleBranch { branch: branch.into(), head }),
            (None, None) => {
                let content = apply(&self.objects, Root::default(), wanted).await?;
                return Ok((refuse_taken(content)?, false));
            }
        };
        let root = self.objects.root(head).await?;
        if head == base {
            let content = refuse_taken(apply(&self.objects, root, wanted).await?)?;
            let same = content.root == root;
            return Ok((content, same));
        }
        let old = self.objects.root(base).await?;
        let wanted = self.rest(branch, head, (old, root), wanted).await?;
        let content = apply(&self.objects, root, &wanted).await?;
        if !content.taken.is_empty() {
            let conflicts = path_conflicts(content.taken);
            return Err(Error::Conflict { branch: branch.into(), head, conflicts });
        }
        let same = content.root == root;
        Ok((content, same))
    }

    /// The changes that remain to be made on the head.
    async fn rest(
        &self,
        branch: &str,
        head: VersionId,
        (base, current): (Root, Root),
        wanted: &[Wanted],
    ) -> Result<Vec<Wanted>> {
        let ids: Vec<&str> = wanted.iter().map(|wanted| wanted.id.as_str()).collect();
        let before = get_many(&self.objects, base.by_id, &ids).await?;
        let there = get_many(&self.objects, current.by_id, &ids).await?;
        let mut rest = Vec::new();
        let mut undecided = Vec::new();
        for ((wanted, base), theirs) in wanted.iter().zip(before).zip(there) {
            let ours = wanted.hash();
            if ours == base || ours == theirs {
                continue;
            }
            if base == theirs {
                let Wanted { id, new, bytes } = wanted;
                rest.push(Wanted { id: id.clone(), new: new.clone(), bytes: bytes.clone() });
            } else {
                undecided.push((wanted, base, theirs));
            }
        }
        if undecided.is_empty() {
            return Ok(rest);
        }
        let hashes = undecided.iter().map(|(w, base, theirs)| (w.id.clone(), [*base, None, *theirs]));
        let mut found = conflicts(&self.objects, hashes.collect()).await?;
        for conflict in &mut found {
            // Ours is not stored: it comes from the caller.
            let own = undecided.iter().find(|item| item.0.id == conflict.id);
            conflict.ours = own.and_then(|item| item.0.new.as_ref()).map(|new| new.1.clone());
            if let Some(ours) = &conflict.ours {
                conflict.path = ours.path.clone();
            }
        }
        Err(Error::Conflict { branch: branch.into(), head, conflicts: found })
    }

    /// Stores a version and moves its branch to it.
    pub(super) async fn publish(&self, next: Next<'_>) -> Result<Committed> {
        let mut time = now();
        for parent in &next.parents {
            // A clock that was set back must not put a child before its parent.
            time = time.max(self.objects.version(*parent).await?.time.saturating_add(1));
        }
        let retired = self.retire_redo(next.branch, next.author, &next.marks).await?;
        let Applied { root, objects: mut written, blobs, .. } = next.content;
        let Marks { run, undoes, redoes } = next.marks;
        let version = Version {
            author: next.author.to_owned(),
            message: next.message.to_owned(),
            parents: next.parents,
            redoes,
            root: Hash::of(&root.encode()),
            run,
            time,
            undoes,
        };
        let (id, bytes) = object(version.encode());
        written.push((id, bytes));
        let kept: Vec<Object> = written.clone();
        self.objects.store(&mut written, 4096).await?;
        let mut refs =
            vec![RefChange { name: format!("branch/{}", next.branch), expected: next.head, new: Some(id) }];
        refs.extend(retired);
        let event = Event {
            seq: 0,
            action: next.action,
            name: next.branch.to_owned(),
            version: Some(id),
            previous: next.head,
            author: next.author.to_owned(),
            time,
        };
        let step = Publish { objects: written, blobs, refs, fence: next.fence, event: None };
        let seq = self.announce(step, event).await?;
        self.objects.remember(&kept);
        Ok(Committed { version: id, previous: next.head, outcome: next.outcome, seq })
    }
}

fn refuse_taken(content: Applied) -> Result<Applied> {
    match content.taken.first() {
        Some(taken) => Err(Error::PathTaken { path: taken.new.path.clone(), id: taken.holder.id.clone() }),
        None => Ok(content),
    }
}

/// Author and message lie in every version: they are kept short.
pub(super) fn check_texts(author: &str, message: &str) -> Result<()> {
    if author.is_empty() || author.len() > 256 {
        return Err(Error::bad_name("author", author, "use 1 to 256 bytes"));
    }
    let (size, limit) = (message.len() as u64, 64 << 10);
    if size > limit {
        return Err(Error::TooLarge { what: "the message of a version".into(), size, limit });
    }
    Ok(())
}

/// Checks and encodes the changes; gives them by id.
async fn prepare(changes: Changes) -> Result<Vec<Wanted>> {
    let mut wanted = Vec::with_capacity(changes.puts.len() + changes.deletes.len());
    for (count, entity) in changes.puts.into_iter().enumerate() {
        if count % 256 == 255 {
            // A large change must not hold its thread.
            tokio::task::yield_now().await;
        }
        let (hash, bytes) = object(entity.encode()?);
        let id = entity.id.clone();
        wanted.push(Wanted { id, new: Some((hash, Arc::new(entity))), bytes: Some(bytes) });
    }
    for id in changes.deletes {
        names::id(&id)?;
        wanted.push(Wanted { id, new: None, bytes: None });
    }
    wanted.sort_by(|a, b| a.id.cmp(&b.id));
    match wanted.windows(2).find(|pair| pair[0].id == pair[1].id) {
        Some(pair) => Err(Error::bad_entity(&pair[0].id, "it is named twice in one change")),
        None => Ok(wanted),
    }
}
