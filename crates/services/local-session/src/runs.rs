//! The records of the runs that live here, and those who follow them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{CurvePoint, Run, RunRequestById, RunUpdate};
use api::{Code, Failure};
use runtime::Context;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::curves::Curves;
use crate::patience::patiently;
use crate::record::{cut, shorten, told};

/// Progress is written to the store this often at most; changes of state always are.
const WRITE: Duration = Duration::from_secs(1);

/// How long the store may be away before a change of state counts as failed.
pub(crate) const STORE: Duration = Duration::from_secs(30);

/// How often a write is tried anew after the record was found changed.
const ROUNDS: u32 = 3;

/// Updates that wait for a slow follower before the oldest are dropped.
const FOLLOW: usize = 256;

/// Warnings that are kept with a run.
const WARNINGS: usize = 20;

/// A run that lives here.
pub(crate) struct Live {
    context: Context,
    state: Mutex<Held>,
    /// One writer at a time: records are replaced by revision.
    writing: tokio::sync::Mutex<()>,
    updates: broadcast::Sender<RunUpdate>,
    /// Marked when the run's assertion was renewed: whoever computes has to be told.
    pub(crate) renewed: watch::Sender<()>,
    /// Cancelled by the user.
    pub(crate) cancel: CancellationToken,
    /// Cancelled when somebody else has taken the run over, or this process ends.
    pub(crate) let_go: CancellationToken,
}

struct Held {
    /// Without its curves.
    run: Run,
    curves: Curves,
    written: Option<Instant>,
}

impl Live {
    fn new(context: Context, mut run: Run) -> Self {
        let curves = Curves::of(std::mem::take(&mut run.curves));
        let cancel = CancellationToken::new();
        if run.cancelling {
            // A former owner was asked for it.
            cancel.cancel();
        }
        Self {
            context,
            state: Mutex::new(Held { run, curves, written: None }),
            writing: tokio::sync::Mutex::default(),
            updates: broadcast::channel(FOLLOW).0,
            renewed: watch::Sender::new(()),
            cancel,
            let_go: CancellationToken::new(),
        }
    }

    /// The run as it is.
    pub(crate) fn run(&self) -> Run {
        self.lock().run.clone()
    }

    /// The run as it is, with what it has drawn, and all that follows.
    pub(crate) fn follow(&self) -> (Run, broadcast::Receiver<RunUpdate>) {
        let held = self.lock();
        (held.whole(), self.updates.subscribe())
    }

    /// Tells followers a line.
    pub(crate) fn log(&self, level: &str, text: &str) {
        let _ = self.updates.send(RunUpdate {
            log: text.to_owned(),
            level: level.to_owned(),
            ..RunUpdate::default()
        });
    }

    /// Tells followers a warning, and keeps it with the run, for those who look at its end only.
    pub(crate) fn warn(&self, text: &str) {
        self.log("WARN", text);
        let text = cut(text);
        let mut held = self.lock();
        let warnings = &mut held.run.warnings;
        if warnings.len() < WARNINGS && !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    /// Tells followers a point of a curve, and keeps it for those who come later.
    pub(crate) fn point(&self, point: CurvePoint) {
        let mut held = self.lock();
        held.curves.add(&point);
        let _ = self.updates.send(RunUpdate { point: Some(point), ..RunUpdate::default() });
    }

    /// Changes the run and tells followers; the store is told at the next chance. For progress.
    pub(crate) async fn advance(&self, change: impl FnOnce(&mut Run)) {
        if self.change(change).is_none_or(|written| written.elapsed() >= WRITE) {
            self.write_once().await;
        }
    }

    /// Changes the run and tells followers; the store is told at once if it can be, else with the next progress. For what
    /// must not hold up the events of a computation, such as a checkpoint while the disk is full.
    pub(crate) async fn note(&self, change: impl FnOnce(&mut Run)) {
        self.change(change);
        self.write_once().await;
    }

    /// Tries to write once, and not at all while something else is being written.
    async fn write_once(&self) {
        let Ok(_turn) = self.writing.try_lock() else { return };
        if let Err(failure) = self.write().await {
            tracing::warn!(%failure, run = self.run().id, "the run cannot be recorded now");
        }
    }

    /// Changes the run, tells followers, and does not return before that is durable.
    pub(crate) async fn record(&self, change: impl FnOnce(&mut Run)) -> Result<(), Failure> {
        self.change(change);
        let _turn = self.writing.lock().await;
        patiently(STORE, || self.write()).await
    }

    /// Cancels the run; durable when this returns: who goes on with it after a restart ends it too.
    pub(crate) async fn call_off(&self) -> Result<(), Failure> {
        // First of all: followers are told of the run's end by whoever records that.
        self.change(|run| run.cancelling = true);
        self.cancel.cancel();
        let _turn = self.writing.lock().await;
        patiently(STORE, || self.write()).await
    }

    /// Records the end of the run, however long the store is away, and tells followers once it is durable.
    pub(crate) async fn finish(&self, change: impl FnOnce(&mut Run)) {
        change(&mut self.lock().run);
        let mut shortened = false;
        let _turn = self.writing.lock().await;
        while let Err(failure) = patiently(STORE, || self.write()).await {
            let id = self.run().id;
            // The second where it is too large even to be looked at.
            let large = matches!(failure.code, Code::TooLarge | Code::Invalid);
            if large && !std::mem::replace(&mut shortened, true) {
                tracing::warn!(run = id, %failure, "the end of this run is recorded without its details");
                let mut held = self.lock();
                held.curves = Curves::default();
                shorten(&mut held.run);
                continue;
            }
            if self.let_go.is_cancelled() || !failure.code.row().retryable {
                tracing::error!(run = id, %failure, "the end of this run could not be recorded");
                return;
            }
            tracing::warn!(run = id, %failure, "the end of this run cannot be recorded yet");
        }
        self.tell(&self.lock().run);
    }

    /// Writes the run as it is now. Where a newer owner is found it lets go.
    async fn write(&self) -> Result<(), Failure> {
        for _ in 0..ROUNDS {
            let run = {
                let mut held = self.lock();
                held.written = Some(Instant::now());
                held.whole()
            };
            let failure = match self.context.peers.project()?.put_run(run).await.map_err(Failure::from) {
                Ok(stored) => {
                    self.lock().run.revision = stored.into_inner().revision;
                    return Ok(());
                }
                Err(failure) => failure,
            };
            if failure.code != Code::Conflict {
                return Err(failure);
            }
            // Another owner; or this one's own write, whose answer was lost.
            self.reread(failure).await?;
        }
        Err(Code::Busy.because("the record of the run changes faster than it can be written"))
    }

    /// Takes over the revision of the record, if that is still this owner's.
    async fn reread(&self, conflict: Failure) -> Result<(), Failure> {
        let own = self.run();
        let request = RunRequestById { run: own.id.clone() };
        let stored = self.context.peers.project()?.get_run(request).await?.into_inner();
        if (stored.fence, &stored.local_session) == (own.fence, &own.local_session) {
            self.lock().run.revision = stored.revision;
            return Ok(());
        }
        tracing::warn!(failure = %conflict, run = own.id, "another local-session owns this run now");
        self.let_go.cancel();
        Err(conflict)
    }

    /// Changes the run and tells followers; says when it was written last.
    fn change(&self, change: impl FnOnce(&mut Run)) -> Option<Instant> {
        let mut held = self.lock();
        change(&mut held.run);
        self.tell(&held.run);
        held.written
    }

    fn tell(&self, run: &Run) {
        let _ = self.updates.send(RunUpdate { run: Some(told(run)), ..RunUpdate::default() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn whole(&self) -> Run {
        Run { curves: self.curves.wire(), ..self.run.clone() }
    }
}

/// All runs that live here.
#[derive(Default)]
pub(crate) struct Runs {
    live: Mutex<HashMap<String, Arc<Live>>>,
    /// Told when one has gone.
    gone: Notify,
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
        self.gone.notify_waiters();
    }

    /// Waits until none is left.
    pub(crate) async fn all_gone(&self) {
        self.none(|_| true).await;
    }

    /// Waits until none of a session is left.
    pub(crate) async fn none_of(&self, session: &str) {
        self.none(|live| live.run().session == session).await;
    }

    async fn none(&self, of: impl Fn(&Live) -> bool) {
        loop {
            let gone = self.gone.notified();
            if !self.lock().values().any(|live| of(live)) {
                return;
            }
            gone.await;
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
