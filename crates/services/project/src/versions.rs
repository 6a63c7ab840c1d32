//! The history of a project: versions, branches, tags, and the ways back and together.

use std::collections::{BTreeMap, HashSet};

use api::v1::{
    BranchRequest, BranchesReply, Change, DiffRequest, MergeRequest, PruneReply, PruneRequest, Ref,
    RefRequest, RevertRequest, Right, UndoableReply, Version, VersionsRequest,
};
use api::{Code, Failure};
use prost::Message as _;
use runtime::caller::now_ms;
use store::{Committed, Error, Outcome, Policy, Project, VersionId};

use crate::convert;
use crate::errors::{failure, shown};
use crate::guard::{Access, Asker};
use crate::projects::MAIN;
use crate::server::Core;

/// Versions listed where no limit is given, and at most.
const LISTED: usize = 100;
const MOST: usize = 10_000;

/// Bytes of one answer at most, so that it fits in a message.
const ANSWER: usize = rpc::MAX_MESSAGE - (1 << 20);

/// The version that a text names; the head of `main` where it is empty. `None` while the project has no version.
pub(crate) async fn find(project: &Project, text: &str) -> Result<Option<VersionId>, Failure> {
    let name = if text.is_empty() { MAIN } else { text };
    match project.resolve(name).await {
        Ok(version) => Ok(Some(version)),
        Err(Error::NotFound { .. }) if name == MAIN => Ok(None),
        Err(Error::NotFound { .. }) => Err(no_version(name)),
        Err(error) => Err(failure(error)),
    }
}

pub(crate) fn no_version(text: &str) -> Failure {
    Code::NotFound.because(format!("there is no version, branch or tag `{}`", shown(text)))
}

async fn existing(project: &Project, text: &str) -> Result<VersionId, Failure> {
    find(project, text).await?.ok_or_else(|| {
        Code::Precondition.because("the project has no version yet").remedy("commit something first")
    })
}

/// A message about another version: by its hash, and by what it says of itself.
async fn about(project: &Project, what: &str, version: VersionId) -> Result<String, Failure> {
    Ok(project.version(version).await.map_err(failure)?.told(what, version))
}

/// Why an undo or redo is refused: where others have changed the same, in words that fit.
fn overtaken(error: Error) -> Failure {
    let Error::Conflict { conflicts, .. } = &error else { return failure(error) };
    let paths: Vec<String> = conflicts.iter().map(|conflict| conflict.path.clone()).collect();
    Code::Conflict
        .because("others have changed the same since".to_owned())
        .remedy("set it by hand, or go back to an older version")
        .places(paths)
}

fn branch(name: &str) -> &str {
    if name.is_empty() { MAIN } else { name }
}

/// Branches and tags by the version that they point to.
pub(crate) async fn refs(project: &Project) -> Result<BTreeMap<VersionId, Vec<String>>, Failure> {
    let mut refs: BTreeMap<VersionId, Vec<String>> = BTreeMap::new();
    let labels = [project.branches().await.map_err(failure)?, project.tags().await.map_err(failure)?];
    for (name, version) in labels.into_iter().flatten() {
        refs.entry(version).or_default().push(name);
    }
    Ok(refs)
}

impl Core {
    /// A caller in a project, with the project of the store.
    async fn opened(&self, asker: Asker, id: &str, least: Right) -> Result<(Access, Project), Failure> {
        let access = self.guard.demand(asker, id, least).await?;
        Ok((access, self.repository.project(id).map_err(failure)?))
    }

    /// What became of a branch, as callers are told.
    pub(crate) async fn reply(&self, project: &Project, done: Committed) -> Result<Version, Failure> {
        let version = project.version(done.version).await.map_err(failure)?;
        let created = matches!(done.outcome, Outcome::Created | Outcome::Merged);
        Ok(convert::version(done.version, &version, &refs(project).await?, created))
    }

    pub(crate) async fn versions(
        &self,
        asker: Asker,
        asked: VersionsRequest,
    ) -> Result<Vec<Version>, Failure> {
        let (_, project) = self.opened(asker, &asked.project, Right::Viewer).await?;
        let limit = match asked.limit as usize {
            0 => LISTED,
            limit => limit.min(MOST),
        };
        let from: Vec<VersionId> = match asked.from.as_str() {
            "" => {
                project.branches().await.map_err(failure)?.into_iter().map(|(_, version)| version).collect()
            }
            text => find(&project, text).await?.into_iter().collect(),
        };
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for start in from.into_iter().collect::<HashSet<_>>() {
            let log = project.log(start, limit).await.map_err(failure)?;
            found.extend(log.into_iter().filter(|(id, _)| seen.insert(*id)));
        }
        found.sort_by_key(|(id, version)| (std::cmp::Reverse(version.time), *id));
        found.truncate(limit);
        let refs = refs(&project).await?;
        Ok(found.into_iter().map(|(id, version)| convert::version(id, &version, &refs, false)).collect())
    }

    pub(crate) async fn diff(&self, asker: Asker, asked: DiffRequest) -> Result<Vec<Change>, Failure> {
        let (_, project) = self.opened(asker, &asked.project, Right::Viewer).await?;
        let (from, to) = (existing(&project, &asked.from).await?, existing(&project, &asked.to).await?);
        let mut size = 0;
        let mut changes = Vec::new();
        for change in project.diff(from, to).await.map_err(failure)? {
            let side = |entity: Option<_>| entity.as_deref().map(convert::entity);
            let change = Change { before: side(change.before), after: side(change.after) };
            size += change.encoded_len() + 8;
            if size > ANSWER {
                return Err(Code::TooLarge
                    .because("the difference does not fit in one answer")
                    .remedy("compare versions that are nearer to each other"));
            }
            changes.push(change);
        }
        Ok(changes)
    }

    pub(crate) async fn branches(&self, asker: Asker, id: &str) -> Result<BranchesReply, Failure> {
        let (_, project) = self.opened(asker, id, Right::Viewer).await?;
        let wire = |labels: Vec<(String, VersionId)>| {
            labels.into_iter().map(|(name, version)| Ref { name, version: version.to_string() }).collect()
        };
        Ok(BranchesReply {
            branches: wire(project.branches().await.map_err(failure)?),
            tags: wire(project.tags().await.map_err(failure)?),
        })
    }

    pub(crate) async fn create_branch(&self, asker: Asker, asked: RefRequest) -> Result<Ref, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let at = existing(&project, &asked.version).await?;
        let author = access.caller.name();
        let done = project.create_branch(&asked.name, at, author).await.map_err(failure)?;
        Ok(Ref { name: asked.name, version: done.version.to_string() })
    }

    pub(crate) async fn delete_branch(&self, asker: Asker, asked: RefRequest) -> Result<(), Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        if asked.name == MAIN {
            return Err(Code::Precondition
                .because("`main` cannot be deleted")
                .remedy("restore an older version on it, or delete the project"));
        }
        project.delete_branch(&asked.name, access.caller.name()).await.map_err(failure)?;
        Ok(())
    }

    pub(crate) async fn create_tag(&self, asker: Asker, asked: RefRequest) -> Result<Ref, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let at = existing(&project, &asked.version).await?;
        let done = project.create_tag(&asked.name, at, access.caller.name()).await.map_err(failure)?;
        Ok(Ref { name: asked.name, version: done.version.to_string() })
    }

    pub(crate) async fn delete_tag(&self, asker: Asker, asked: RefRequest) -> Result<(), Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        project.delete_tag(&asked.name, access.caller.name()).await.map_err(failure)?;
        Ok(())
    }

    pub(crate) async fn merge(&self, asker: Asker, asked: MergeRequest) -> Result<Version, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let from = existing(&project, &asked.from).await?;
        let (into, author) = (branch(&asked.into), access.caller.name());
        let message = format!("merge {} into {into}", shown(&asked.from));
        let done = project.merge_settled(into, from, author, &message, &asked.take_theirs).await;
        self.reply(&project, done.map_err(failure)?).await
    }

    pub(crate) async fn revert(&self, asker: Asker, asked: RevertRequest) -> Result<Version, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let version = existing(&project, &asked.version).await?;
        let message = about(&project, "take back", version).await?;
        let done = project.revert(branch(&asked.branch), version, access.caller.name(), &message).await;
        self.reply(&project, done.map_err(failure)?).await
    }

    pub(crate) async fn restore_version(
        &self,
        asker: Asker,
        asked: RevertRequest,
    ) -> Result<Version, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let version = existing(&project, &asked.version).await?;
        let message = about(&project, "back to", version).await?;
        let done = project.restore(branch(&asked.branch), version, access.caller.name(), &message).await;
        self.reply(&project, done.map_err(failure)?).await
    }

    pub(crate) async fn undo(&self, asker: Asker, asked: BranchRequest) -> Result<Version, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let done = project.undo(branch(&asked.branch), access.caller.name()).await.map_err(overtaken)?;
        self.reply(&project, done).await
    }

    pub(crate) async fn redo(&self, asker: Asker, asked: BranchRequest) -> Result<Version, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Editor).await?;
        let done = project.redo(branch(&asked.branch), access.caller.name()).await.map_err(overtaken)?;
        self.reply(&project, done).await
    }

    pub(crate) async fn undoable(
        &self,
        asker: Asker,
        asked: BranchRequest,
    ) -> Result<UndoableReply, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Viewer).await?;
        let found = match project.undoable(branch(&asked.branch), access.caller.name()).await {
            // A project without a version yet.
            Err(Error::NotFound { .. }) if branch(&asked.branch) == MAIN => [None, None],
            found => found.map_err(failure)?,
        };
        let refs = refs(&project).await?;
        let [undo, redo] =
            found.map(|one| one.map(|(id, version)| convert::version(id, &version, &refs, false)));
        Ok(UndoableReply { undo, redo })
    }

    pub(crate) async fn prune(&self, asker: Asker, asked: PruneRequest) -> Result<PruneReply, Failure> {
        let (access, project) = self.opened(asker, &asked.project, Right::Owner).await?;
        // A run reads its version until it ends, however old that is by then.
        self.demand_idle(&asked.project).await?;
        let grace = self.bounds.prune_grace;
        let before = u64::try_from(now_ms()).unwrap_or(0).saturating_sub(grace.as_millis() as u64);
        let policy = Policy {
            last: Some((asked.keep as usize).max(1)),
            abandoned_before: Some(before),
            grace,
            // No version knows of it.
            blobs: access.meta.picture.parse().into_iter().collect(),
            ..Policy::default()
        };
        let pruned = project.prune(&policy).await.map_err(failure)?;
        self.sizes.changed(&asked.project);
        tracing::info!(project = asked.project, by = access.caller.name(), ?pruned, "pruned");
        Ok(PruneReply {
            versions: pruned.lines as u64,
            objects: pruned.objects as u64,
            blobs: pruned.blobs as u64,
            bytes: pruned.blob_bytes,
            grace_s: u32::try_from(grace.as_secs()).unwrap_or(u32::MAX),
        })
    }
}
