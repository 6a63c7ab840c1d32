//! Branches, tags and pins.

use super::Project;
use super::commit::{Committed, Outcome};
use super::events::{Action, Event};
use crate::backend::{Publish, RefChange};
use crate::{Error, Hash, Result, VersionId, names, now};

impl Project {
    /// Where a branch stands; `None` when there is no such branch.
    pub(super) async fn head(&self, branch: &str) -> Result<Option<VersionId>> {
        self.backend().get_ref(self.name(), &format!("branch/{branch}")).await
    }

    /// Where a branch stands.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn branch(&self, branch: &str) -> Result<VersionId> {
        let head = self.head(branch).await?;
        head.ok_or_else(|| Error::not_found("branch", branch))
    }

    /// All branches and where they stand, by name.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn branches(&self) -> Result<Vec<(String, VersionId)>> {
        self.labels("branch/").await
    }

    /// All tags and what they mark, by name.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn tags(&self) -> Result<Vec<(String, VersionId)>> {
        self.labels("tag/").await
    }

    /// The ends of lines that no branch holds any more, until pruned.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn abandoned(&self) -> Result<Vec<VersionId>> {
        Ok(self.labels("kept/").await?.into_iter().map(|label| label.1).collect())
    }

    async fn labels(&self, prefix: &str) -> Result<Vec<(String, VersionId)>> {
        let refs = self.backend().list_refs(self.name(), prefix).await?;
        Ok(refs.into_iter().map(|(name, hash)| (name[prefix.len()..].to_owned(), hash)).collect())
    }

    /// Makes a branch at a version.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::BadName`], [`Error::NotFound`],
    /// [`Error::Pruned`].
    pub async fn create_branch(&self, name: &str, at: VersionId, author: &str) -> Result<Committed> {
        names::label("branch", name)?;
        self.create_label("branch", name, at, author, Action::CreateBranch).await
    }

    /// Marks a version with a name.
    ///
    /// # Errors
    /// As [`Self::create_branch`].
    pub async fn create_tag(&self, name: &str, at: VersionId, author: &str) -> Result<Committed> {
        names::label("tag", name)?;
        self.create_label("tag", name, at, author, Action::CreateTag).await
    }

    async fn create_label(
        &self,
        kind: &str,
        name: &str,
        at: VersionId,
        author: &str,
        action: Action,
    ) -> Result<Committed> {
        let _shared = self.gate.writers.read().await;
        self.objects.root(at).await?;
        let change = RefChange { name: format!("{kind}/{name}"), expected: None, new: Some(at) };
        match self.relabel(vec![change], name, author, action, (None, Some(at))).await {
            Err(Error::RefMoved { .. }) => Err(Error::exists(kind, name)),
            result => result,
        }
    }

    /// Deletes a branch. Its versions stay until [`super::Policy`] lets go of
    /// them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::StaleBranch`] when it just moved.
    pub async fn delete_branch(&self, name: &str, author: &str) -> Result<Committed> {
        let _shared = self.gate.writers.read().await;
        let head = self.branch(name).await?;
        let gone = |name: String, head| RefChange { name, expected: Some(head), new: None };
        let mut refs = vec![gone(format!("branch/{name}"), head)];
        let undone = self.drop_redo(name).await?;
        let held = undone.iter().any(|change| change.new == Some(head));
        refs.extend(undone);
        if !held {
            refs.extend(self.keep(head).await?);
        }
        match self.relabel(refs, name, author, Action::DeleteBranch, (Some(head), None)).await {
            Err(Error::RefMoved { actual, .. }) => {
                Err(Error::StaleBranch { branch: name.into(), head: actual })
            }
            result => result,
        }
    }

    /// Deletes a tag; a version that only it held stays until pruned.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_tag(&self, name: &str, author: &str) -> Result<Committed> {
        let _shared = self.gate.writers.read().await;
        let full = format!("tag/{name}");
        let at = self.backend().get_ref(self.name(), &full).await?;
        let at = at.ok_or_else(|| Error::not_found("tag", name))?;
        let mut refs = vec![RefChange { name: full, expected: Some(at), new: None }];
        refs.extend(self.keep(at).await?);
        self.relabel(refs, name, author, Action::DeleteTag, (Some(at), None)).await
    }

    /// Changes names of versions, and tells it of one of them, with the version before and after.
    pub(super) async fn relabel(
        &self,
        refs: Vec<RefChange>,
        name: &str,
        author: &str,
        action: Action,
        (previous, version): (Option<Hash>, Option<Hash>),
    ) -> Result<Committed> {
        super::commit::check_texts(author, "")?;
        let event = Event {
            seq: 0,
            action,
            name: name.to_owned(),
            version,
            previous,
            author: author.to_owned(),
            time: now(),
        };
        let seq = self.announce(Publish { refs, ..Publish::default() }, event).await?;
        let version = version.or(previous).unwrap_or(Hash::ZERO);
        Ok(Committed { version, previous, outcome: Outcome::Moved, seq })
    }

    /// Holds a blob that no version names, such as a checkpoint of a run;
    /// what the pin held before is let go.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such blob.
    pub async fn pin(&self, name: &str, blob: Hash) -> Result<()> {
        names::label("pin", name)?;
        self.repin(name, Some(blob)).await
    }

    /// Lets a pinned blob go.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn unpin(&self, name: &str) -> Result<()> {
        self.repin(name, None).await
    }

    async fn repin(&self, name: &str, new: Option<Hash>) -> Result<()> {
        let _shared = self.gate.writers.read().await;
        let name = format!("pin/{name}");
        let expected = self.backend().get_ref(self.name(), &name).await?;
        let refs = vec![RefChange { name, expected, new }];
        let step = Publish { refs, blobs: new.into_iter().collect(), ..Publish::default() };
        self.backend().publish(self.name(), step).await.map(|_| ())
    }
}
