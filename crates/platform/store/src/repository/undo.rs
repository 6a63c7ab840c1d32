//! Undo and redo: of each author's own changes.
//!
//! Undo takes back the newest version that its author made and has not taken
//! back yet. Versions that runs made are passed over, and so are those of
//! others. Where that version is the head, the branch moves to its first
//! parent, and `redo/<branch>` remembers where it started: redo moves it
//! towards there again. Where others or runs have gone on since, a new version
//! takes the change back and says which one it undoes; redo takes that one
//! back.
//!
//! What is to be redone is forgotten with the next change of the same author:
//! the line that was undone is then held by `kept/<hash>`, so no version is
//! lost until [`super::Policy`] lets go of it. Changes of others and of runs
//! leave it: redo then lays the change over theirs.

use std::collections::HashSet;
use std::sync::Arc;

use super::Project;
use super::commit::{ATTEMPTS, Committed, Marks, Next, Outcome};
use super::content::Applied;
use super::events::Action;
use super::redo::{REACH, redo_name};
use crate::backend::RefChange;
use crate::{Error, Result, Version, VersionId, names};

/// A change that can be undone or redone: its version, as it was made at first.
pub type Undoable = (VersionId, Arc<Version>);

/// A version to take back or bring back, and how.
#[derive(Clone, Copy)]
enum Step {
    /// The branch moves there, and the line to be redone ends there.
    Move(VersionId, Option<VersionId>),
    /// A new version without what this one changed.
    Without(VersionId),
    /// A new version with what this one changed.
    With(VersionId),
}

/// Where a branch stands, as its undo and redo see it.
struct Stand<'a> {
    branch: &'a str,
    author: &'a str,
    head: VersionId,
    /// The end of the line that can be redone by moves, whoever undid it.
    tip: Option<VersionId>,
    /// Versions that would change nothing any more.
    passed: HashSet<VersionId>,
}

impl Project {
    /// Takes back the author's newest change of a branch that is not taken
    /// back yet.
    ///
    /// # Errors
    /// [`Error::NothingTo`] where there is none, or only the first version;
    /// [`Error::Conflict`] when others changed the same entities since;
    /// [`Error::NotFound`]; [`Error::Pruned`] where prune let go of what was
    /// before.
    pub async fn undo(&self, branch: &str, author: &str) -> Result<Committed> {
        self.step(branch, author, Action::Undo).await
    }

    /// Brings back what the author's last undo on a branch took back.
    ///
    /// # Errors
    /// [`Error::NothingTo`] when the author undid nothing since the last
    /// change of the own; otherwise as [`Self::undo`].
    pub async fn redo(&self, branch: &str, author: &str) -> Result<Committed> {
        self.step(branch, author, Action::Redo).await
    }

    /// What [`Self::undo`] would take back and [`Self::redo`] would bring
    /// back; nothing where that needs a content that is pruned.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn undoable(&self, branch: &str, author: &str) -> Result<[Option<Undoable>; 2]> {
        let stand = self.stand(branch, author).await?;
        let mut found = [None, None];
        for (place, action) in found.iter_mut().zip([Action::Undo, Action::Redo]) {
            match self.next_step(&stand, action).await? {
                Some((of, step)) if self.is_possible(step).await? => *place = Some(self.origin(of).await?),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether the contents that a step needs are still there.
    async fn is_possible(&self, step: Step) -> Result<bool> {
        let needed = match step {
            Step::Move(to, _) => vec![to],
            Step::Without(of) | Step::With(of) => {
                let parents = &self.objects.version(of).await?.parents;
                parents.first().copied().into_iter().chain([of]).collect()
            }
        };
        for version in needed {
            match self.objects.root(version).await {
                Err(Error::Pruned { .. }) => return Ok(false),
                found => found.map(|_| ())?,
            }
        }
        Ok(true)
    }

    async fn stand<'a>(&self, branch: &'a str, author: &'a str) -> Result<Stand<'a>> {
        let head = self.branch(branch).await?;
        let tip = self.backend().get_ref(self.name(), &redo_name(branch)).await?;
        Ok(Stand { branch, author, head, tip, passed: HashSet::new() })
    }

    async fn step(&self, branch: &str, author: &str, action: Action) -> Result<Committed> {
        names::label("branch", branch)?;
        super::commit::check_texts(author, "")?;
        let _shared = self.gate.writers.read().await;
        let turn = self.gate.branch(branch);
        let _turn = turn.lock().await;
        for _ in 0..ATTEMPTS {
            let stand = self.stand(branch, author).await?;
            match self.attempt(stand, action).await {
                Err(Error::RefMoved { .. }) => tokio::task::yield_now().await,
                result => return result,
            }
        }
        Err(Error::StaleBranch { branch: branch.into(), head: self.head(branch).await? })
    }

    /// Makes the first step that changes something.
    async fn attempt(&self, mut stand: Stand<'_>, action: Action) -> Result<Committed> {
        while let Some((of, step)) = self.next_step(&stand, action).await? {
            let (branch, head) = (stand.branch, stand.head);
            let content = match step {
                Step::Move(to, tip) => return self.go(&stand, action, to, tip).await,
                Step::Without(version) => self.without(branch, head, version).await?,
                Step::With(version) => self.with(branch, head, version).await?,
            };
            if content.root != self.objects.root(head).await? {
                return self.append(&stand, action, of, content).await;
            }
            stand.passed.insert(of);
        }
        let action = if action == Action::Undo { "undo" } else { "redo" };
        Err(Error::NothingTo { action, branch: stand.branch.into() })
    }

    /// The version that is to be undone or redone next, and how.
    async fn next_step(&self, stand: &Stand<'_>, action: Action) -> Result<Option<(VersionId, Step)>> {
        match action {
            Action::Undo => self.next_undo(stand).await,
            _ => self.next_redo(stand).await,
        }
    }

    async fn next_undo(&self, stand: &Stand<'_>) -> Result<Option<(VersionId, Step)>> {
        let mut undone = stand.passed.clone();
        let mut at = stand.head;
        for _ in 0..REACH {
            let version = self.objects.version(at).await?;
            let Some(parent) = version.parents.first().copied() else { return Ok(None) };
            if stand.made(&version) {
                match version.undoes {
                    _ if undone.contains(&at) => {}
                    Some(of) => {
                        undone.insert(of);
                    }
                    None if at == stand.head && self.may_move(stand).await? => {
                        return Ok(Some((at, Step::Move(parent, stand.tip.or(Some(at))))));
                    }
                    None => return Ok(Some((at, Step::Without(at)))),
                }
            }
            at = parent;
        }
        Ok(None)
    }

    /// Whether the head can be undone by a move: what can be redone by moves lies in one line, of one author.
    async fn may_move(&self, stand: &Stand<'_>) -> Result<bool> {
        let Some(tip) = stand.tip else { return Ok(true) };
        Ok(stand.made(&*self.objects.version(tip).await?) && self.line(tip).await?.contains(&stand.head))
    }

    async fn next_redo(&self, stand: &Stand<'_>) -> Result<Option<(VersionId, Step)>> {
        let line = match stand.tip {
            Some(tip) if stand.made(&*self.objects.version(tip).await?) => self.line(tip).await?,
            _ => Vec::new(),
        };
        let mut done = stand.passed.clone();
        let mut at = stand.head;
        for _ in 0..REACH {
            if let Some(place) = line.iter().position(|id| *id == at) {
                return Ok(stand.forth(at, &line[..place], &done));
            }
            let version = self.objects.version(at).await?;
            if stand.made(&version) {
                match (version.undoes, version.redoes) {
                    (Some(_), _) if !done.contains(&at) => return Ok(Some((at, Step::Without(at)))),
                    (Some(_), _) => {}
                    (None, Some(of)) => {
                        done.insert(of);
                    }
                    (None, None) => return Ok(None),
                }
            }
            let Some(parent) = version.parents.first() else { return Ok(None) };
            at = *parent;
        }
        Ok(None)
    }

    /// The change that undos and redos were about.
    async fn origin(&self, of: VersionId) -> Result<Undoable> {
        let mut id = of;
        loop {
            let version = self.objects.version(id).await?;
            match version.undoes.or(version.redoes) {
                // What it was about may have been pruned.
                Some(older) if self.objects.version(older).await.is_ok() => id = older,
                _ => return Ok((id, version)),
            }
        }
    }

    /// Moves the branch.
    async fn go(
        &self,
        stand: &Stand<'_>,
        action: Action,
        to: VersionId,
        tip: Option<VersionId>,
    ) -> Result<Committed> {
        let Stand { branch, author, head, .. } = *stand;
        // A branch has a content, always.
        self.objects.root(to).await?;
        let refs = vec![
            RefChange { name: format!("branch/{branch}"), expected: Some(head), new: Some(to) },
            RefChange { name: redo_name(branch), expected: stand.tip, new: tip },
        ];
        self.relabel(refs, branch, author, action, (Some(head), Some(to))).await
    }

    /// Puts a version on the branch that takes one back or brings it back.
    async fn append(
        &self,
        stand: &Stand<'_>,
        action: Action,
        of: VersionId,
        content: Applied,
    ) -> Result<Committed> {
        let Stand { branch, author, head, .. } = *stand;
        let (what, marks) = match action {
            Action::Undo => ("undo", Marks { undoes: Some(of), ..Marks::default() }),
            _ => ("redo", Marks { redoes: Some(of), ..Marks::default() }),
        };
        let (id, about) = self.origin(of).await?;
        let message = about.told(what, id);
        let (parents, outcome) = (vec![head], Outcome::Created);
        let (head, fence) = (Some(head), None);
        let message = message.as_str();
        self.publish(Next { branch, head, parents, content, author, message, fence, marks, action, outcome })
            .await
    }
}

impl Stand<'_> {
    /// Whether a version is one that the author made, not a run.
    fn made(&self, version: &Version) -> bool {
        version.author == self.author && version.run.is_empty()
    }

    /// The step along a line that was undone by moves: newest first, what follows `fork`, which is on the branch.
    fn forth(
        &self,
        fork: VersionId,
        line: &[VersionId],
        done: &HashSet<VersionId>,
    ) -> Option<(VersionId, Step)> {
        let next = line.iter().rfind(|id| !done.contains(id)).copied()?;
        let rest = self.tip.filter(|tip| *tip != next);
        Some((next, if fork == self.head { Step::Move(next, rest) } else { Step::With(next) }))
    }
}
