//! What is known of a service in a session, whether an instance serves or not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::v1::Instance as Told;
use spawn::{Backoff, End, Size};
use tokio::sync::watch;

use crate::serving::Serving;

/// A service in a session.
pub(crate) struct Place {
    /// Held while an instance is being started, so that only one is.
    pub(crate) starting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) serving: Vec<Arc<Serving>>,
    /// What the start of an instance waits for; empty where it waits for nothing.
    pub(crate) news: watch::Sender<String>,
    backoff: Backoff,
    not_before: Option<Instant>,
    last_end: Option<End>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            starting: Arc::default(),
            serving: Vec::new(),
            news: watch::channel(String::new()).0,
            backoff: Backoff::default(),
            not_before: None,
            last_end: None,
        }
    }
}

impl Place {
    /// The smallest instance that can take work that needs `room`.
    pub(crate) fn ready(&self, room: Option<&Size>) -> Option<Arc<Serving>> {
        let memory = |serving: &&Arc<Serving>| serving.size.map_or(0, |size| size.memory);
        self.serving.iter().filter(|serving| serving.takes(room)).min_by_key(memory).cloned()
    }

    /// How long the next start has to wait.
    pub(crate) fn wait(&self) -> Duration {
        self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Takes out what `which` names.
    pub(crate) fn take_out(&mut self, which: impl Fn(&Serving) -> bool) -> Vec<Arc<Serving>> {
        let (out, stay) = std::mem::take(&mut self.serving).into_iter().partition(|serving| which(serving));
        self.serving = stay;
        out
    }

    /// Takes note of an instance that ended without being asked to.
    pub(crate) fn failed(&mut self, session: &str, service: &str, started: Instant, end: End) {
        let end_of = end.describe();
        if end.moved.is_some() {
            tracing::info!(session, service, end = end_of, "instance moved");
        } else {
            let now = Instant::now();
            self.not_before = Some(now + self.backoff.failed(started, now));
            tracing::warn!(
                session,
                service,
                end = end_of,
                restarts = self.backoff.failures(),
                "instance lost"
            );
        }
        self.last_end = Some(end);
    }

    /// As people see it: one line an instance, or one for the service.
    pub(crate) fn told(&self, service: &str) -> Vec<Told> {
        if self.serving.is_empty() {
            return vec![self.line(service, None)];
        }
        self.serving.iter().map(|serving| self.line(service, Some(serving))).collect()
    }

    fn line(&self, service: &str, serving: Option<&Arc<Serving>>) -> Told {
        let end = self.last_end.as_ref();
        let state = match (serving, end) {
            (Some(_), _) => "running",
            (None, None) => "pending",
            (None, Some(end)) if end.success() => "succeeded",
            (None, Some(_)) => "failed",
        };
        let news = self.news.borrow().clone();
        Told {
            id: serving.map(|s| s.id.clone()).unwrap_or_default(),
            service: service.to_owned(),
            state: state.to_owned(),
            handle: serving.map(|s| s.process.handle()).unwrap_or_default(),
            address: serving.map(|s| s.address.clone()).unwrap_or_default(),
            started_ms: serving.map_or(0, |s| s.started_ms),
            restarts: self.backoff.failures(),
            last_words: if news.is_empty() { end.map(End::describe).unwrap_or_default() } else { news },
            exit_code: end.and_then(|e| e.code).map_or(0, u32::from),
        }
    }
}
