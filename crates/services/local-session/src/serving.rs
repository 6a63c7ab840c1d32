//! An instance that serves, and its use.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rpc::Channel;
use spawn::{End, Size};

/// An instance that serves.
pub(crate) struct Serving {
    pub(crate) channel: Channel,
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) address: String,
    pub(crate) started: Instant,
    pub(crate) started_ms: i64,
    /// What it was given; none where instances share what the machine has.
    pub(crate) size: Option<Size>,
    pub(crate) process: Box<dyn spawn::Instance>,
    /// The session that it serves; none while it stands ready for any.
    pub(crate) session: OnceLock<String>,
    usage: Mutex<Usage>,
}

struct Usage {
    busy: u32,
    used: Instant,
}

/// An instance as it was started.
pub(crate) struct Started {
    pub(crate) channel: Channel,
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) address: String,
    pub(crate) started: Instant,
    pub(crate) size: Option<Size>,
    pub(crate) process: Box<dyn spawn::Instance>,
}

impl From<Started> for Serving {
    fn from(new: Started) -> Self {
        let Started { channel, id, service, address, started, size, process } = new;
        Self {
            channel,
            id,
            service,
            address,
            started,
            started_ms: runtime::caller::now_ms(),
            size,
            process,
            session: OnceLock::new(),
            usage: Mutex::new(Usage { busy: 0, used: Instant::now() }),
        }
    }
}

impl Serving {
    fn usage(&self) -> std::sync::MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True while it has work.
    pub(crate) fn busy(&self) -> bool {
        self.usage().busy > 0
    }

    /// True if it has had no work for `time`.
    pub(crate) fn idle_for(&self, time: Duration) -> bool {
        let usage = self.usage();
        usage.busy == 0 && usage.used.elapsed() >= time
    }

    /// True if it can take work that needs `room` now. One with a room of its own takes one piece of work at a time:
    /// the room was made for that.
    pub(crate) fn takes(&self, room: Option<&Size>) -> bool {
        match (&self.size, room) {
            (Some(size), Some(room)) => !self.busy() && size.holds(room),
            _ => true,
        }
    }

    /// How it ended, if it does so within `time`.
    pub(crate) async fn ended_within(&self, time: Duration) -> Option<End> {
        tokio::time::timeout(time, self.process.ended()).await.ok()
    }

    /// Ends it at once.
    pub(crate) async fn kill(&self) {
        tracing::warn!(instance = self.id, "does not do as it is asked; killed");
        self.process.kill().await;
    }

    /// Asks it to end, and ends it if it has not within `time`.
    pub(crate) async fn stop(&self, time: Duration) {
        self.process.stop().await;
        if self.ended_within(time).await.is_none() {
            tracing::warn!(instance = self.id, "does not end when asked to; killed");
            self.process.kill().await;
            self.process.ended().await;
        }
    }
}

/// An instance in use; not let go as idle meanwhile.
pub(crate) struct InUse(pub(crate) Arc<Serving>);

impl InUse {
    pub(crate) fn new(serving: Arc<Serving>) -> Self {
        let mut usage = serving.usage();
        usage.busy += 1;
        if usage.busy == 1 {
            serving.process.working(true);
        }
        drop(usage);
        Self(serving)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut usage = self.0.usage();
        usage.busy -= 1;
        usage.used = Instant::now();
        if usage.busy == 0 {
            self.0.process.working(false);
        }
    }
}
