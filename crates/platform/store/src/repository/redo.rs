//! What can be redone, and what holds it.

use super::Project;
use super::commit::Marks;
use crate::backend::RefChange;
use crate::{Result, VersionId};

/// Versions that are looked through for one to undo or redo.
pub(super) const REACH: usize = 1000;

/// The reference to the end of what was undone by moves.
pub(super) fn redo_name(branch: &str) -> String {
    format!("redo/{branch}")
}

impl Project {
    /// A version and its first parents, newest first.
    pub(super) async fn line(&self, tip: VersionId) -> Result<Vec<VersionId>> {
        let mut line = vec![tip];
        let mut at = tip;
        while line.len() < REACH {
            match self.objects.version(at).await?.parents.first() {
                Some(parent) => at = *parent,
                None => break,
            }
            line.push(at);
        }
        Ok(line)
    }

    /// What redo moves a branch along: from the end `tip` to where the branch left it.
    pub(super) async fn undone(&self, branch: &str, tip: VersionId) -> Result<Vec<VersionId>> {
        let Some(head) = self.head(branch).await? else { return Ok(Vec::new()) };
        let forks = self.bases(head, tip).await?;
        let mut line = self.line(tip).await?;
        if let Some(fork) = line.iter().position(|id| forks.contains(id)) {
            line.truncate(fork + 1);
        }
        Ok(line)
    }

    /// The changes that end a redo without losing what was undone, where a version like this ends it.
    pub(super) async fn retire_redo(
        &self,
        branch: &str,
        author: &str,
        marks: &Marks,
    ) -> Result<Vec<RefChange>> {
        let Some(tip) = self.backend().get_ref(self.name(), &redo_name(branch)).await? else {
            return Ok(Vec::new());
        };
        let own = marks.run.is_empty() && self.objects.version(tip).await?.author == author;
        let goes_on = marks.undoes.is_some() || marks.redoes.is_some_and(|of| of != tip);
        if own && !goes_on { self.drop_redo(branch).await } else { Ok(Vec::new()) }
    }

    /// The changes that end the redo of a branch without losing what was undone.
    pub(super) async fn drop_redo(&self, branch: &str) -> Result<Vec<RefChange>> {
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
