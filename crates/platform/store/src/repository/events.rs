//! What happened in a project, for those who watch it.

use std::time::Duration;

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::Project;
use crate::backend::Publish;
use crate::{Error, Result, VersionId};

/// Something that happened in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its position; the first is 1, without gaps.
    #[serde(skip)]
    pub seq: u64,
    /// What was done.
    pub action: Action,
    /// The branch or tag it was done to.
    pub name: String,
    /// Where that stands now; `None` when it is gone.
    pub version: Option<VersionId>,
    /// Where it stood.
    pub previous: Option<VersionId>,
    /// Who did it.
    pub author: String,
    /// When, in Unix milliseconds.
    pub time: u64,
}

/// What was done to a branch or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A commit of changes.
    Commit,
    /// Another line was merged in.
    Merge,
    /// One version was undone by a new one.
    Revert,
    /// The content of an older version came back as a new one.
    Restore,
    /// The branch moved back.
    Undo,
    /// The branch moved forth again.
    Redo,
    /// A branch was made.
    CreateBranch,
    /// A branch was deleted.
    DeleteBranch,
    /// A tag was made.
    CreateTag,
    /// A tag was deleted.
    DeleteTag,
    /// The project came from an archive.
    Import,
}

/// Events of a project that are kept: some days of lively work.
const KEPT: u64 = 10_000;

/// Events between two trims.
const TRIM_EVERY: u64 = 256;

/// How often a watcher looks by itself where other processes write too.
const LOOK: Duration = Duration::from_secs(1);

impl Project {
    pub(super) fn stream(&self) -> String {
        format!("project/{}", self.name())
    }

    /// Publishes a step together with its event, and wakes the watchers.
    pub(super) async fn announce(&self, mut step: Publish, event: Event) -> Result<Option<u64>> {
        let payload = serde_json::to_vec(&event)
            .map_err(|error| Error::Backend { action: "write an event", reason: error.to_string() })?;
        step.event = Some((self.stream(), payload.into()));
        let seq = self.backend().publish(self.name(), step).await?;
        if let Some(seq) = seq {
            self.trim(seq).await;
            self.gate.news.send_if_modified(|news| {
                let newer = seq > *news;
                *news = seq.max(*news);
                newer
            });
        }
        Ok(seq)
    }

    /// Forgets events that are old. The step is done and acknowledged, whether that succeeds or not: the next one
    /// tries again.
    async fn trim(&self, seq: u64) {
        if seq > KEPT && seq.is_multiple_of(TRIM_EVERY) {
            let _ = self.backend().trim(&self.stream(), seq - KEPT).await;
        }
    }

    /// Up to `limit` events after position `after`.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        let entries = self.backend().read(&self.stream(), after, limit).await?;
        let event = |entry: crate::Entry| {
            let mut event: Event = serde_json::from_slice(&entry.payload)
                .map_err(|_| Error::corrupt(format!("event {} of a project", entry.seq), None))?;
            event.seq = entry.seq;
            Ok(event)
        };
        entries.into_iter().map(event).collect()
    }

    /// The position of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn latest_event(&self) -> Result<u64> {
        self.backend().latest(&self.stream()).await
    }

    /// Whether every event after a position is there. If not, it is older
    /// than what is kept, or of another life of the store.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn follows(&self, after: u64) -> Result<bool> {
        let newest = self.latest_event().await?;
        if after >= newest {
            return Ok(after == newest);
        }
        Ok(self.events(after, 1).await?.first().is_some_and(|first| first.seq == after + 1))
    }

    /// All events after position `after`, then those to come, in order and
    /// each once. Ends only with an error: also with [`Error::Missed`] where
    /// some of them are kept no longer.
    pub fn watch(&self, after: u64) -> BoxStream<'static, Result<Event>> {
        let news = self.gate.news.subscribe();
        let state = (self.clone(), after, Vec::new().into_iter(), news);
        Box::pin(futures::stream::try_unfold(state, |(project, mut after, mut ready, mut news)| async move {
            loop {
                if let Some(event) = ready.next() {
                    let event: Event = event;
                    after = event.seq;
                    return Ok(Some((event, (project, after, ready, news))));
                }
                news.mark_unchanged();
                let found = project.events(after, 256).await?;
                if let Some(first) = found.first().filter(|first| first.seq != after + 1) {
                    return Err(Error::Missed { after, first: first.seq });
                }
                if found.is_empty() {
                    wait(&project, &mut news).await;
                }
                ready = found.into_iter();
            }
        }))
    }
}

async fn wait(project: &Project, news: &mut tokio::sync::watch::Receiver<u64>) {
    // The sender lives in the project's gate, so it cannot be gone.
    if project.backend().shared() {
        let _ = tokio::time::timeout(LOOK, news.changed()).await;
    } else {
        let _ = news.changed().await;
    }
}
