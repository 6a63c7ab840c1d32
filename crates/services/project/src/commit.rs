//! One change: from what was asked to a version.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use api::v1::{CommitRequest, Right, Version};
use api::{Code, Failure};
use futures::StreamExt as _;
use store::{Backend, Changes, Commit, Entity, Error, Fence, Hash, Project, VersionId};

use crate::checks;
use crate::errors::{failure, shown};
use crate::guard::Asker;
use crate::patterns::{Pattern, below, patterns};
use crate::projects::{MAIN, new_id};
use crate::runs::scope;
use crate::server::Core;
use crate::versions::{find, no_version};

/// How often a change without a base is made anew on a head that moved.
const ATTEMPTS: usize = 32;

/// What a change was made on.
enum Base {
    /// Whatever the head is.
    Head,
    /// A project without any version.
    Nothing,
    /// This version.
    At(VersionId),
}

/// The base of a change to a project that had no version yet.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Core {
    pub(crate) async fn commit(&self, asker: Asker, mut asked: CommitRequest) -> Result<Version, Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Editor).await?;
        checks::limits(&asked)?;
        let fence = self.fence_of(&access.caller.assertion.run, &asked).await?;
        let (catalog, put) = (self.kinds.fresh().await?, std::mem::take(&mut asked.put));
        // Thousands of entities take a while to check: not on a thread that others wait for.
        let put = tokio::task::spawn_blocking(move || checks::check(&catalog, put))
            .await
            .map_err(|e| Code::Internal.because(format!("the check of a commit broke off: {e}")))??;
        let project = self.repository.project(&asked.project).map_err(failure)?;
        demand_blobs(&**self.repository.backend(), project.name(), &put).await?;
        let branch = if asked.branch.is_empty() { MAIN } else { asked.branch.as_str() };
        let base = match asked.base.as_str() {
            "" => Base::Head,
            NOTHING => Base::Nothing,
            text => Base::At(find(&project, text).await?.ok_or_else(|| no_version(text))?),
        };
        let mut attempts = 0..ATTEMPTS;
        loop {
            let on = match base {
                Base::At(version) => Some(version),
                Base::Head | Base::Nothing => head(&project, branch).await?,
            };
            if let (Base::Nothing, Some(head)) = (&base, on) {
                demand_untouched(&project, head, &put).await?;
            }
            let changes = changes(&project, on, &put, &asked.delete).await?;
            let mut commit = Commit::new(on, changes, access.caller.name(), asked.message.as_str());
            commit.fence.clone_from(&fence);
            commit.run.clone_from(&access.caller.assertion.run);
            match project.commit(branch, commit).await {
                // Without a base the change is meant for whatever the head is.
                Err(Error::Conflict { .. } | Error::StaleBranch { .. })
                    if !matches!(base, Base::At(_)) && attempts.next().is_some() => {}
                result => return self.reply(&project, result.map_err(failure)?).await,
            }
        }
    }

    /// The fence of a commit on behalf of a run (`run` is empty for those of people): it must be that of the run's
    /// owner, now and when the commit takes effect.
    async fn fence_of(&self, run: &str, asked: &CommitRequest) -> Result<Option<Fence>, Failure> {
        if run.is_empty() {
            return Ok(None);
        }
        self.demand_owner(run, &asked.project, asked.fence).await?;
        Ok(Some(Fence { scope: scope(run), token: asked.fence }))
    }
}

/// Refuses a change that was made on nothing where others have put entities at the same paths since; the same entities
/// are no conflict.
async fn demand_untouched(project: &Project, head: VersionId, put: &[Entity]) -> Result<(), Failure> {
    let mut taken = Vec::new();
    for entity in put {
        let there = project.by_path(head, &entity.path).await.map_err(failure)?;
        let differs = |there: &Entity| {
            let Entity { kind, properties, references, blobs, .. } = there;
            (kind, properties, references, blobs)
                != (&entity.kind, &entity.properties, &entity.references, &entity.blobs)
        };
        if there.is_some_and(|there| differs(&there)) {
            taken.push(entity.path.clone());
        }
    }
    if taken.is_empty() {
        return Ok(());
    }
    Err(Code::Conflict
        .because("others have made the project's first versions since, with the same entities".to_owned())
        .places(taken))
}

/// Where a branch stands; `None` for the first one of an empty project.
async fn head(project: &Project, branch: &str) -> Result<Option<VersionId>, Failure> {
    match project.branch(branch).await {
        Ok(head) => Ok(Some(head)),
        Err(Error::NotFound { .. }) if branch == MAIN => Ok(None),
        Err(Error::NotFound { .. }) => Err(Code::NotFound
            .because(format!("there is no branch `{}`", shown(branch)))
            .remedy("make it first, at the version that it shall begin with")),
        Err(error) => Err(failure(error)),
    }
}

/// The changes that puts and deletions are on a version: deletions first, then puts.
async fn changes(
    project: &Project,
    on: Option<VersionId>,
    put: &[Entity],
    delete: &[String],
) -> Result<Changes, Failure> {
    let mut deletes: BTreeSet<String> = BTreeSet::new();
    if let Some(version) = on {
        for pattern in patterns(delete) {
            match pattern {
                Pattern::Path(path) => {
                    let found = project.by_path(version, path).await.map_err(failure)?;
                    deletes.extend(found.map(|entity| entity.id.clone()));
                }
                Pattern::Below(prefix) => {
                    let mut found = project.entities(version, below(prefix));
                    while let Some(entity) = found.next().await {
                        deletes.insert(entity.map_err(failure)?.id.clone());
                    }
                }
            }
        }
    }
    let named: HashSet<&str> = put.iter().map(|entity| entity.id.as_str()).collect();
    let mut puts = Vec::with_capacity(put.len());
    for entity in put {
        let mut entity = entity.clone();
        if entity.id.is_empty() {
            let holder = match on {
                Some(version) => project.by_path(version, &entity.path).await.map_err(failure)?,
                None => None,
            };
            // One that moves away in this commit leaves its path to a new entity.
            let holder = holder.filter(|holder| !named.contains(holder.id.as_str()));
            entity.id = holder.map_or_else(new_id, |holder| holder.id.clone());
        }
        deletes.remove(&entity.id);
        puts.push(entity);
    }
    Ok(Changes { puts, deletes: deletes.into_iter().collect() })
}

/// Refuses entities whose blobs are not in the project.
async fn demand_blobs(backend: &dyn Backend, project: &str, put: &[Entity]) -> Result<(), Failure> {
    let mut wanted: BTreeMap<Hash, (&str, &str)> = BTreeMap::new();
    for entity in put {
        for (name, hash) in &entity.blobs {
            wanted.entry(*hash).or_insert((&entity.path, name));
        }
    }
    for (hash, (path, name)) in wanted {
        if backend.stat_blob(project, hash).await.map_err(failure)?.is_none() {
            return Err(Code::Invalid
                .because(format!("`{path}`: its blob `{name}` ({}) is not in this project", hash.short()))
                .remedy("upload it first")
                .places([path.to_owned()]));
        }
    }
    Ok(())
}
