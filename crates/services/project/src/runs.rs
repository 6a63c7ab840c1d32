//! Records of runs: by project newest first, by id, and those that have not ended.
//!
//! A run stands in the collection `runs.<project>` under a key that begins with its time, counted backwards. Two
//! further collections lead to it: `run-index` by id, and `active-runs`. They are written before the run and cleared
//! after it, so that what they lead to may be gone or ended, but no run is ever missing from them.

use std::cmp::Reverse;

use api::v1::{ListRunsRequest, Right, Run, RunRequestById, RunState};
use api::{Code, Failure};
use base::identity::Role;
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use store::{Error, Fence};

use crate::documents::Documents;
use crate::errors::{failure, shown};
use crate::guard::{Asker, no_project};
use crate::projects::{Meta, PROJECTS};
use crate::server::Core;

const INDEX: &str = "run-index";
const ACTIVE: &str = "active-runs";

/// Runs listed where no limit is given, and at most.
const LISTED: usize = 100;
const MOST: usize = 10_000;
/// Records that are read at once.
const PAGE: usize = 64;
/// Largest record of a run in bytes.
const LARGEST: usize = 1 << 20;
/// Bytes of one answer at most, so that it fits in a message.
const ANSWER: usize = rpc::MAX_MESSAGE - (2 << 20);

/// Where a run stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    project: String,
    key: String,
}

fn collection(project: &str) -> String {
    format!("runs.{project}")
}

/// What the fence of a run stands for in the store.
pub(crate) fn scope(run: &str) -> String {
    format!("run/{run}")
}

/// Newest first in the order of keys.
fn key(run: &Run) -> String {
    format!("{:016x}-{}", u64::MAX - u64::try_from(run.created_ms).unwrap_or(0), run.id)
}

fn ended(run: &Run) -> bool {
    matches!(run.state(), RunState::Succeeded | RunState::Failed | RunState::Cancelled)
}

fn decoded(key: &str, revision: u64, value: &[u8]) -> Result<Run, Failure> {
    let run = Run::decode(value)
        .map_err(|e| Code::Corrupt.because(format!("the record of the run {key} cannot be read: {e}")))?;
    Ok(Run { revision, ..run })
}

/// A run as people may see it.
fn told(run: Run) -> Run {
    Run { assertion: None, ..run }
}

/// The same where many are told, or again and again.
fn listed(run: Run) -> Run {
    Run { curves: Vec::new(), ..told(run) }
}

/// Refuses what speaks for a run that has ended: its assertion is good for days. One that is not known yet has not begun.
pub(crate) async fn demand_not_over(documents: &Documents, id: &str) -> Result<(), Failure> {
    let active = documents.get::<Place>(ACTIVE, id).await?.is_some();
    if active || documents.get::<Place>(INDEX, id).await?.is_none() {
        return Ok(());
    }
    Err(over(id))
}

fn over(id: &str) -> Failure {
    Code::Conflict
        .because(format!("the run {id} has ended: nothing is read or committed for it any more"))
        .remedy("run it again")
}

fn no_run(id: &str) -> Failure {
    Code::NotFound.because(format!("there is no run `{}`", shown(id)))
}

impl Core {
    pub(crate) async fn put_run(&self, asker: Asker, run: Run) -> Result<Run, Failure> {
        asker.demand_role(&Role::LocalSession)?;
        check(&run)?;
        let project = self.documents.get::<Meta>(PROJECTS, &run.project).await?;
        project.ok_or_else(|| no_project(&run.project))?;
        let stored = match run.revision {
            0 => self.create_run(run).await?,
            _ => self.replace_run(run).await?,
        };
        self.live.run(&listed(stored.clone()));
        Ok(stored)
    }

    async fn create_run(&self, run: Run) -> Result<Run, Failure> {
        let place = Place { project: run.project.clone(), key: key(&run) };
        let place = match self.documents.try_put(INDEX, &run.id, None, &place).await? {
            // Of a call that did not get further, perhaps this one before its answer was lost.
            Err(Error::StaleRecord { .. }) => self.place(&run.id).await?.unwrap_or(place),
            result => result.map(|_| place).map_err(failure)?,
        };
        if let Some(stored) = self.run_at(&place).await? {
            return same(stored, run);
        }
        if place.project != run.project {
            return Err(Code::Exists.because(format!("there is a run {} already", run.id)));
        }
        self.mark(&run, &place).await?;
        match self.write_run(&place, None, &run).await {
            Err(Error::StaleRecord { .. }) => {
                let stored = self.run_at(&place).await?.ok_or_else(|| no_run(&run.id))?;
                same(stored, run)
            }
            result => Ok(Run { revision: result.map_err(failure)?, ..run }),
        }
    }

    async fn replace_run(&self, run: Run) -> Result<Run, Failure> {
        let place = self.place(&run.id).await?.ok_or_else(|| no_run(&run.id))?;
        let stored = self.run_at(&place).await?.ok_or_else(|| no_run(&run.id))?;
        if stored.project != run.project {
            return Err(no_run(&run.id));
        }
        if run.fence < stored.fence {
            return Err(owned(&stored));
        }
        if run.revision != stored.revision {
            // The same once more: the answer to the first was lost.
            if run.revision < stored.revision && (Run { revision: run.revision, ..stored.clone() }) == run {
                self.shut_out(&stored, 0).await?;
                return Ok(stored);
            }
            return Err(stale(&run));
        }
        if !ended(&run) {
            self.mark(&run, &place).await?;
        }
        match self.write_run(&place, Some(run.revision), &run).await {
            Err(Error::StaleRecord { .. }) => Err(stale(&run)),
            result => {
                let revision = result.map_err(failure)?;
                self.shut_out(&run, stored.fence).await?;
                if ended(&run) {
                    self.documents.delete(ACTIVE, &run.id).await?;
                }
                let tidied = match ended(&run) {
                    true => self.drop_checkpoints(&run.id).await,
                    false if run.checkpoints != stored.checkpoints => self.tidy_checkpoints(&run).await,
                    false => Ok(()),
                };
                if let Err(failure) = tidied {
                    tracing::warn!(run = run.id, %failure, "old checkpoints stay until the next start");
                }
                Ok(Run { revision, ..run })
            }
        }
    }

    /// Whether a run is there and has not ended.
    pub(crate) async fn is_active(&self, id: &str) -> Result<bool, Failure> {
        let Some(place) = self.place(id).await? else { return Ok(false) };
        Ok(self.run_at(&place).await?.is_some_and(|run| !ended(&run)))
    }

    /// Refuses commits of former owners from now on: also those that are on their way. The new owner is not answered
    /// before.
    async fn shut_out(&self, run: &Run, before: u64) -> Result<(), Failure> {
        if run.fence <= before.max(1) {
            return Ok(());
        }
        let fence = Fence { scope: scope(&run.id), token: run.fence };
        match self.documents.0.raise_fence(&run.project, fence).await {
            Err(Error::Fenced { .. }) => Err(owned(run)),
            result => result.map_err(failure),
        }
    }

    /// Refuses those who do not own a run of this project.
    pub(crate) async fn demand_owner(&self, id: &str, project: &str, fence: u64) -> Result<(), Failure> {
        let place = self.place(id).await?.filter(|place| place.project == project);
        let run = match place {
            Some(place) => self.run_at(&place).await?,
            None => None,
        };
        let run = run.ok_or_else(|| no_run(id))?;
        if run.fence != fence {
            return Err(owned(&run));
        }
        if ended(&run) {
            return Err(over(id));
        }
        Ok(())
    }

    /// Enters a run among the active ones.
    async fn mark(&self, run: &Run, place: &Place) -> Result<(), Failure> {
        match self.documents.try_put(ACTIVE, &run.id, None, place).await? {
            Err(Error::StaleRecord { .. }) => Ok(()),
            result => result.map(|_| ()).map_err(failure),
        }
    }

    async fn write_run(&self, place: &Place, expected: Option<u64>, run: &Run) -> store::Result<u64> {
        let value = Run { revision: 0, ..run.clone() }.encode_to_vec();
        self.documents.0.put_record(&collection(&place.project), &place.key, expected, value.into()).await
    }

    async fn place(&self, id: &str) -> Result<Option<Place>, Failure> {
        Ok(self.documents.get::<Place>(INDEX, id).await?.map(|held| held.value))
    }

    async fn run_at(&self, place: &Place) -> Result<Option<Run>, Failure> {
        let record =
            self.documents.0.get_record(&collection(&place.project), &place.key).await.map_err(failure)?;
        record.map(|record| decoded(&record.key, record.revision, &record.value)).transpose()
    }

    pub(crate) async fn get_run(&self, asker: Asker, asked: RunRequestById) -> Result<Run, Failure> {
        let platform = asker.is_local_session();
        let caller = if platform { None } else { Some(self.guard.caller(asker).await?) };
        if store::names::id(&asked.run).is_err() {
            return Err(no_run(&asked.run));
        }
        let place = self.place(&asked.run).await?.ok_or_else(|| no_run(&asked.run))?;
        if let Some(caller) = &caller
            && self.guard.right(caller, &place.project).await? < Right::Viewer
        {
            return Err(no_run(&asked.run));
        }
        let run = self.run_at(&place).await?.ok_or_else(|| no_run(&asked.run))?;
        Ok(if platform { run } else { told(run) })
    }

    pub(crate) async fn list_runs(&self, asker: Asker, asked: ListRunsRequest) -> Result<Vec<Run>, Failure> {
        let platform = asker.is_local_session();
        let limit = match asked.limit as usize {
            0 if asked.active => MOST,
            0 => LISTED,
            limit => limit.min(MOST),
        };
        let projects: Option<Vec<String>> = if platform {
            Some(asked.project.clone()).filter(|project| !project.is_empty()).map(|project| vec![project])
        } else if asked.project.is_empty() {
            let caller = self.guard.caller(asker).await?;
            Some(self.visible(&caller).await?.into_iter().map(|(held, _)| held.key).collect())
        } else {
            self.guard.demand(asker, &asked.project, Right::Viewer).await?;
            Some(vec![asked.project.clone()])
        };
        let mut runs = match (asked.active, projects) {
            (true, projects) => self.active(projects.as_deref()).await?,
            (false, Some(projects)) => self.newest(projects, &asked.session, limit).await?,
            (false, None) => {
                let all = self.documents.all::<Meta>(PROJECTS).await?;
                self.newest(all.into_iter().map(|held| held.key).collect(), &asked.session, limit).await?
            }
        };
        runs.retain(|run| asked.session.is_empty() || run.session == asked.session);
        runs.sort_by(|a, b| (Reverse(a.created_ms), &a.id).cmp(&(Reverse(b.created_ms), &b.id)));
        runs.truncate(limit);
        if !platform {
            runs = runs.into_iter().map(listed).collect();
        }
        let mut size = 0;
        runs.retain(|run| {
            size += run.encoded_len() + 8;
            size <= ANSWER
        });
        Ok(runs)
    }

    /// Runs that have not ended, of some projects or of all.
    pub(crate) async fn active(&self, projects: Option<&[String]>) -> Result<Vec<Run>, Failure> {
        let mut runs = Vec::new();
        for held in self.documents.all::<Place>(ACTIVE).await? {
            if projects.is_none_or(|projects| projects.contains(&held.value.project))
                && let Some(run) = self.run_at(&held.value).await?
            {
                runs.push(run);
            }
        }
        runs.retain(|run| !ended(run));
        Ok(runs)
    }

    /// The newest runs of each project.
    async fn newest(&self, projects: Vec<String>, session: &str, limit: usize) -> Result<Vec<Run>, Failure> {
        let each = projects.into_iter().map(|project| self.newest_of(project, session, limit));
        let found: Vec<Vec<Run>> = futures::stream::iter(each).buffered(8).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn newest_of(&self, project: String, session: &str, limit: usize) -> Result<Vec<Run>, Failure> {
        let (collection, mut runs, mut after) = (collection(&project), Vec::new(), None::<String>);
        while runs.len() < limit {
            let backend = &self.documents.0;
            let page =
                backend.list_records(&collection, "", after.as_deref(), PAGE).await.map_err(failure)?;
            let last = page.len() < PAGE;
            after = page.last().map(|record| record.key.clone());
            for record in page {
                let run = decoded(&record.key, record.revision, &record.value)?;
                if session.is_empty() || run.session == session {
                    runs.push(run);
                }
            }
            if last {
                break;
            }
        }
        Ok(runs)
    }

    /// Refuses while something is being computed in a project.
    pub(crate) async fn demand_idle(&self, project: &str) -> Result<(), Failure> {
        let active = self.active(Some(&[project.to_owned()])).await?;
        if active.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = active.into_iter().map(|run| run.id).collect();
        Err(Code::Precondition
            .because(format!("{} of this project not ended: {}", count(ids.len()), ids.join(", ")))
            .remedy("wait for their end, or cancel them")
            .places(ids))
    }

    /// Deletes the runs of a project that is no more.
    pub(crate) async fn drop_runs(&self, project: &str) -> Result<(), Failure> {
        let collection = collection(project);
        loop {
            let page = self.documents.0.list_records(&collection, "", None, PAGE).await.map_err(failure)?;
            if page.is_empty() {
                return Ok(());
            }
            for record in page {
                let run = decoded(&record.key, record.revision, &record.value)?;
                self.documents.delete(ACTIVE, &run.id).await?;
                self.documents.delete(INDEX, &run.id).await?;
                self.documents.delete(&collection, &record.key).await?;
            }
        }
    }
}

/// What a former owner is told.
fn owned(run: &Run) -> Failure {
    Code::Conflict
        .because(format!("`{}` owns the run {} by now", run.local_session, run.id))
        .remedy("let go of the run: its new owner goes on with it")
}

fn count(runs: usize) -> String {
    if runs == 1 { "a run has".to_owned() } else { format!("{runs} runs have") }
}

fn check(run: &Run) -> Result<(), Failure> {
    store::names::id(&run.id).map_err(failure)?;
    let size = run.encoded_len();
    if size > LARGEST {
        return Err(Code::TooLarge
            .because(format!("the record of the run {} has {size} bytes, {LARGEST} at most", run.id)));
    }
    Ok(())
}

/// What stands where a run was to be created: the same, if it is.
fn same(stored: Run, run: Run) -> Result<Run, Failure> {
    if (Run { revision: 0, ..stored.clone() }) == run {
        return Ok(stored);
    }
    Err(Code::Exists.because(format!("there is a run {} already", run.id)))
}

fn stale(run: &Run) -> Failure {
    Code::Conflict
        .because(format!("the record of the run {} was changed by somebody else", run.id))
        .remedy("read it again")
}
