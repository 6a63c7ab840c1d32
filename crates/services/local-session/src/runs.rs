//! The records of the runs that live here, and those who follow them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{CurvePoint, Run, RunState, RunUpdate};
use api::{Code, Failure};
use runtime::Context;
use runtime::caller::now_ms;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Progress is written to the store this often at most; changes of state always are.
const WRITE: Duration = Duration::from_secs(1);

/// Updates that wait for a slow follower before the oldest are dropped.
const FOLLOW: usize = 256;

/// A run that lives here.
pub(crate) struct Live {
    context: Context,
    state: Mutex<Held>,
    /// One writer at a time: records are replaced by revision.
    writing: tokio::sync::Mutex<()>,
    updates: broadcast::Sender<RunUpdate>,
    /// Cancelled by the user.
    pub(crate) cancel: CancellationToken,
    /// Cancelled when somebody else has taken the run over, or this process ends.
    pub(crate) let_go: CancellationToken,
}

struct Held {
    run: Run,
    written: Option<Instant>,
}

impl Live {
    fn new(context: Context, run: Run) -> Self {
        Self {
            context,
            state: Mutex::new(Held { run, written: None }),
            writing: tokio::sync::Mutex::default(),
            updates: broadcast::channel(FOLLOW).0,
            cancel: CancellationToken::new(),
            let_go: CancellationToken::new(),
        }
    }

    /// The run as it is.
    pub(crate) fn run(&self) -> Run {
        self.lock().run.clone()
    }

    /// The run as it is and all that follows.
    pub(crate) fn follow(&self) -> (Run, broadcast::Receiver<RunUpdate>) {
        let held = self.lock();
        (held.run.clone(), self.updates.subscribe())
    }

    /// Tells followers a line.
    pub(crate) fn log(&self, level: &str, text: &str) {
        let _ = self.updates.send(RunUpdate {
            log: text.to_owned(),
            level: level.to_owned(),
            ..RunUpdate::default()
        });
    }

    /// Tells followers a point of a curve.
    pub(crate) fn point(&self, point: CurvePoint) {
        let _ = self.updates.send(RunUpdate { point: Some(point), ..RunUpdate::default() });
    }

    /// Changes the run and tells followers; the store is told at the next chance. For progress.
    pub(crate) async fn advance(&self, change: impl FnOnce(&mut Run)) {
        let due = {
            let mut held = self.lock();
            change(&mut held.run);
            self.tell(&held.run);
            held.written.is_none_or(|at| at.elapsed() >= WRITE)
        };
        if due && let Err(failure) = self.write().await {
            tracing::warn!(%failure, run = self.run().id, "progress cannot be recorded now");
        }
    }

    /// Changes the run and does not return before that is durable.
    pub(crate) async fn record(&self, change: impl FnOnce(&mut Run)) -> Result<(), Failure> {
        {
            let mut held = self.lock();
            change(&mut held.run);
            self.tell(&held.run);
        }
        self.write().await
    }

    /// Writes the run. Where a newer owner is found it lets go.
    async fn write(&self) -> Result<(), Failure> {
        let _turn = self.writing.lock().await;
        let run = {
            let mut held = self.lock();
            held.written = Some(Instant::now());
            held.run.clone()
        };
        match self.put(run).await {
            Ok(stored) => {
                self.lock().run.revision = stored.revision;
                Ok(())
            }
            Err(failure) => {
                if matches!(failure.code, Code::Conflict | Code::Precondition) {
                    tracing::warn!(%failure, run = self.run().id, "another local-session owns this run now");
                    self.let_go.cancel();
                }
                Err(failure)
            }
        }
    }

    async fn put(&self, run: Run) -> Result<Run, Failure> {
        let mut wait = Duration::from_millis(100);
        loop {
            let result = async { Ok(self.context.peers.project()?.put_run(run.clone()).await?.into_inner()) };
            match result.await {
                // The store restarts within seconds; a run outlives that.
                Err::<Run, Failure>(failure)
                    if failure.code.row().retryable && wait < Duration::from_secs(20) =>
                {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                other => return other,
            }
        }
    }

    fn tell(&self, run: &Run) {
        let _ = self.updates.send(RunUpdate { run: Some(told(run)), ..RunUpdate::default() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run as people may see it.
pub(crate) fn told(run: &Run) -> Run {
    Run { assertion: None, ..run.clone() }
}

/// True once nothing more will happen to it.
pub(crate) fn ended(run: &Run) -> bool {
    matches!(run.state(), RunState::Succeeded | RunState::Failed | RunState::Cancelled)
}

/// Marks a run as ended.
pub(crate) fn end(run: &mut Run, state: RunState, failure: Option<&Failure>) {
    run.set_state(state);
    run.ended_ms = now_ms();
    run.queue_position = 0;
    run.eta_s = 0.0;
    run.failure = failure.map(Into::into);
}

/// All runs that live here.
#[derive(Default)]
pub(crate) struct Runs {
    live: Mutex<HashMap<String, Arc<Live>>>,
}

impl Runs {
    /// Takes a run in; `None` if it lives here already.
    pub(crate) fn add(&self, context: &Context, run: Run) -> Option<Arc<Live>> {
        let mut live = self.lock();
        if live.contains_key(&run.id) {
            return None;
        }
        let entry = Arc::new(Live::new(context.clone(), run.clone()));
        live.insert(run.id, entry.clone());
        Some(entry)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Live>> {
        self.lock().get(id).cloned()
    }

    pub(crate) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
