//! Undo and redo: moves of a branch along its versions.
//!
//! Undo moves the branch to the first parent of its head; `redo/<branch>`
//! remembers where it started. Redo moves it towards there again. A new
//! version on the branch ends the redo: the line that was undone is then held
//! by `kept/<hash>`, so no version is lost until [`super::Policy`] lets go of
//! it.

use super::Project;
use super::commit::{ATTEMPTS, Committed, Outcome};
use super::events::{Action, Event};
use crate::backend::{Publish, RefChange};
use crate::{Error, Result, VersionId, names, now};

impl Project {
    /// Moves a branch back by one version.
    ///
    /// # Errors
    /// [`Error::NothingTo`] at the first version; [`Error::NotFound`].
    pub async fn undo(&self, branch: &str, author: &str) -> Result<Committed> {
        self.step(branch, author, Action::Undo).await
    }

    /// Moves a branch forth by one version that was undone.
    ///
    /// # Errors
    /// [`Error::NothingTo`] when nothing was undone since the last new
    /// version; [`Error::NotFound`].
    pub async fn redo(&self, branch: &str, author: &str) -> Result<Committed> {
        self.step(branch, author, Action::Redo).await
    }

    /// Whether a branch can be undone and redone.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn undoable(&self, branch: &str) -> Result<(bool, bool)> {
        let head = self.branch(branch).await?;
        let undo = !self.objects.version(head).await?.parents.is_empty();
        let redo = self.backend().get_ref(self.name(), &redo_name(branch)).await?.is_some();
        Ok((undo, redo))
    }

    async fn step(&self, branch: &str, author: &str, action: Action) -> Result<Committed> {
        names::label("branch", branch)?;
        super::commit::check_texts(author, "")?;
        let _shared = self.gate.writers.read().await;
        let turn = self.gate.branch(branch);
        let _turn = turn.lock().await;
        for _ in 0..ATTEMPTS {
            let head = self.branch(branch).await?;
            let tip = self.backend().get_ref(self.name(), &redo_name(branch)).await?;
            let (version, redo) = if action == Action::Undo {
                let version = self.objects.version(head).await?;
                let nothing = Error::NothingTo { action: "undo", branch: branch.into() };
                (version.parents.first().copied().ok_or(nothing)?, tip.or(Some(head)))
            } else {
                let next = match tip {
                    Some(tip) => self.towards(head, tip).await?,
                    None => None,
                };
                let nothing = Error::NothingTo { action: "redo", branch: branch.into() };
                let next = next.ok_or(nothing)?;
                (next, tip.filter(|tip| *tip != next))
            };
            let refs = vec![
                RefChange { name: format!("branch/{branch}"), expected: Some(head), new: Some(version) },
                RefChange { name: redo_name(branch), expected: tip, new: redo },
            ];
            let event = Event {
                seq: 0,
                action,
                name: branch.to_owned(),
                version: Some(version),
                previous: Some(head),
                author: author.to_owned(),
                time: now(),
            };
            match self.announce(Publish { refs, ..Publish::default() }, event).await {
                Err(Error::RefMoved { .. }) => tokio::task::yield_now().await,
                Err(error) => return Err(error),
                Ok(seq) => {
                    let (previous, outcome) = (Some(head), Outcome::Moved);
                    return Ok(Committed { version, previous, outcome, seq });
                }
            }
        }
        Err(Error::StaleBranch { branch: branch.into(), head: self.head(branch).await? })
    }

    /// The version after `from` on the line of first parents that ends at `to`.
    async fn towards(&self, from: VersionId, to: VersionId) -> Result<Option<VersionId>> {
        let mut at = to;
        loop {
            match self.objects.version(at).await?.parents.first() {
                Some(parent) if *parent == from => return Ok(Some(at)),
                Some(parent) => at = *parent,
                None => return Ok(None),
            }
        }
    }

    /// The changes that end a redo without losing what was undone.
    pub(super) async fn retire_redo(&self, branch: &str) -> Result<Vec<RefChange>> {
        let name = redo_name(branch);
        let Some(tip) = self.backend().get_ref(self.name(), &name).await? else {
            return Ok(Vec::new());
        };
        let mut refs = vec![RefChange { name, expected: Some(tip), new: None }];
        refs.extend(self.keep(tip).await?);
        Ok(refs)
    }

    /// The change that holds a version that no branch holds any more.
    pub(super) async fn keep(&self, version: VersionId) -> Result<Option<RefChange>> {
        let name = format!("kept/{version}");
        let held = self.backend().get_ref(self.name(), &name).await?;
        Ok(held.is_none().then_some(RefChange { name, expected: None, new: Some(version) }))
    }
}

pub(super) fn redo_name(branch: &str) -> String {
    format!("redo/{branch}")
}
