//! What a job says while it computes: progress, logs, curve points, checkpoints.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::v1::compute_event::What;
use api::v1::{Advance, Checkpoint, ComputeEvent, CurvePoint, LogLine};
use base::progress::Progress;
use tokio::sync::mpsc;
use tonic::Status;

/// Progress is told this often at most.
const INTERVAL: Duration = Duration::from_millis(100);

/// A curve that a job draws while it computes, such as what is left of its energy over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve<'a> {
    /// What it shows, and the name that tells it from the job's other curves.
    pub name: &'a str,
    /// Unit of its values: SI, or `dB`; empty for mere numbers.
    pub unit: &'a str,
    /// What it is drawn over.
    pub x_name: &'a str,
    /// Unit of that.
    pub x_unit: &'a str,
}

/// The way of events to the local-session, and of its wish to stop back to the job.
pub(crate) struct Events {
    sender: mpsc::Sender<Result<ComputeEvent, Status>>,
    cancelled: AtomicBool,
    draining: AtomicBool,
    /// When progress was last told, and how much was done.
    last: Mutex<Option<(Instant, f64)>>,
}

impl Events {
    pub(crate) fn new(sender: mpsc::Sender<Result<ComputeEvent, Status>>) -> Self {
        Self {
            sender,
            cancelled: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            last: Mutex::new(None),
        }
    }

    /// Sends; waits while the stream is full. A stream that nobody reads any more cancels the job.
    pub(crate) fn send(&self, what: What) {
        if self.sender.blocking_send(Ok(ComputeEvent { what: Some(what) })).is_err() {
            self.cancel();
        }
    }

    pub(crate) fn log(&self, level: &str, text: &str) {
        self.send(What::Log(LogLine { level: level.to_owned(), text: text.to_owned() }));
    }

    /// The job waits: a warning for those who follow it, and `step` for those who come later.
    pub(crate) async fn wait(&self, step: &str, warning: String) {
        let fraction = self.last().map_or(0.0, |(_, done)| done);
        let said = [
            What::Log(LogLine { level: "WARN".to_owned(), text: warning }),
            What::Progress(Advance { fraction, what: step.to_owned() }),
        ];
        for what in said {
            if self.sender.send(Ok(ComputeEvent { what: Some(what) })).await.is_err() {
                self.cancel();
            }
        }
    }

    pub(crate) fn point(&self, curve: &Curve<'_>, x: f64, y: f64) {
        self.send(What::Point(CurvePoint {
            curve: curve.name.to_owned(),
            x,
            y,
            x_name: curve.x_name.to_owned(),
            x_unit: curve.x_unit.to_owned(),
            unit: curve.unit.to_owned(),
        }));
    }

    pub(crate) fn checkpoint(&self, checkpoint: Checkpoint) {
        self.send(What::Checkpoint(checkpoint));
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The process shall end: the job saves what it has and stops.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.cancel();
    }

    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    fn last(&self) -> MutexGuard<'_, Option<(Instant, f64)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Events {
    fn report(&self, done: f64, what: &str) {
        let done = done.clamp(0.0, 1.0);
        let mut last = self.last();
        if last.is_some_and(|(at, _)| at.elapsed() < INTERVAL) && done < 1.0 {
            return;
        }
        *last = Some((Instant::now(), done));
        drop(last);
        self.send(What::Progress(Advance { fraction: done, what: what.to_owned() }));
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.sender.is_closed()
    }
}
