//! Instances that stand ready for no session yet, so that the next one need not wait for a start.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::Failure;
use serde::{Deserialize, Serialize};
use spawn::{Backoff, End, Size};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::service::lock;
use crate::serving::Serving;
use crate::starting::{Starter, Wish};

/// How many instances of a service stand ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Policy {
    /// Instances that stand ready.
    pub buffer: u32,
    /// None is started ahead while there are so many of the service here, those with work too; 0 for any number.
    pub max: u32,
}

/// Policies by service.
pub(crate) type Policies = BTreeMap<String, Policy>;

/// The pool.
pub(crate) struct Pool {
    starter: Arc<Starter>,
    policies: Policies,
    stocks: Mutex<HashMap<String, Stock>>,
    changed: Notify,
}

#[derive(Default)]
struct Stock {
    ready: Vec<Arc<Serving>>,
    starting: usize,
    backoff: Backoff,
    not_before: Option<Instant>,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(starter: Arc<Starter>, policies: Policies) -> Self {
        Self { starter, policies, stocks: Mutex::default(), changed: Notify::new() }
    }

    fn buffer(&self, service: &str) -> usize {
        self.policies.get(service).map_or(0, |policy| policy.buffer as usize)
    }

    /// Takes an instance that has room for `room`.
    pub(crate) fn take(&self, service: &str, room: Option<&Size>) -> Option<Arc<Serving>> {
        let mut stocks = lock(&self.stocks);
        let stock = stocks.get_mut(service)?;
        let index = stock.ready.iter().position(|serving| serving.takes(room))?;
        let serving = stock.ready.remove(index);
        drop(stocks);
        self.changed.notify_one();
        Some(serving)
    }

    /// One of those that stand ready; it stays.
    pub(crate) fn look(&self, service: &str) -> Option<Arc<Serving>> {
        lock(&self.stocks).get(service)?.ready.first().cloned()
    }

    /// Waits until there may be something to start.
    pub(crate) async fn changed(&self) {
        let now = Instant::now();
        let next =
            lock(&self.stocks).values().filter_map(|stock| stock.not_before).filter(|&at| at > now).min();
        match next {
            Some(at) => drop(tokio::time::timeout_at(at.into(), self.changed.notified()).await),
            None => self.changed.notified().await,
        }
    }

    /// Says that there may be something to start.
    pub(crate) fn look_again(&self) {
        self.changed.notify_one();
    }

    /// Services of which one is to be started now, once for each; they count as being started from here on. `total`
    /// says how many there are of a service.
    pub(crate) fn due(&self, total: impl Fn(&str) -> usize) -> Vec<String> {
        let mut due = Vec::new();
        // One that has not told yet what it needs would be given the wrong room.
        for (service, policy) in
            self.policies.iter().filter(|(service, _)| self.starter.has_declared(service))
        {
            let there = total(service);
            let mut stocks = lock(&self.stocks);
            let stock = stocks.entry(service.clone()).or_default();
            if stock.closed || stock.not_before.is_some_and(|at| at > Instant::now()) {
                continue;
            }
            let lacking = (policy.buffer as usize).saturating_sub(stock.ready.len() + stock.starting);
            let room = if policy.max == 0 { lacking } else { (policy.max as usize).saturating_sub(there) };
            stock.starting += lacking.min(room);
            due.extend(std::iter::repeat_n(service.clone(), lacking.min(room)));
        }
        due
    }

    /// Starts one that was due.
    pub(crate) async fn start(&self, service: &str) -> Option<Arc<Serving>> {
        let started = self.begin(service).await;
        if let Some(stock) = lock(&self.stocks).get_mut(service) {
            stock.starting = stock.starting.saturating_sub(1);
        }
        self.changed.notify_one();
        started.inspect_err(|failure| tracing::warn!(service, %failure, "none stands ready")).ok()
    }

    /// Starts one that stands ready afterwards.
    pub(crate) async fn start_one(&self, service: &str) -> Result<Arc<Serving>, Failure> {
        self.begin(service).await
    }

    async fn begin(&self, service: &str) -> Result<Arc<Serving>, Failure> {
        let room = self.starter.spawner.room(service, &self.starter.least(service))?;
        let forsaken = CancellationToken::new();
        let wish = Wish { service: service.to_owned(), room, wanted: false, forsaken };
        let news = watch::channel(String::new()).0;
        let result = self.starter.start(wish, &news).await;
        let mut stocks = lock(&self.stocks);
        let stock = stocks.entry(service.to_owned()).or_default();
        match result {
            Ok(serving) if !stock.closed => {
                let serving = Arc::new(serving);
                stock.ready.push(serving.clone());
                Ok(serving)
            }
            // Dropped here, and ended by that.
            Ok(_) => Err(api::Code::Unavailable.because("this local-session is ending")),
            Err(lost) => {
                stock.not_before = Some(stock.next(lost.started));
                Err(lost.failure)
            }
        }
    }

    /// Takes note of one that ended while it stood ready.
    pub(crate) fn lost(&self, serving: &Serving, end: &End) {
        if let Some(stock) = lock(&self.stocks).get_mut(&serving.service) {
            let before = stock.ready.len();
            stock.ready.retain(|ready| ready.id != serving.id);
            if stock.ready.len() < before && end.moved.is_none() {
                tracing::warn!(instance = serving.id, end = end.describe(), "lost while it stood ready");
                stock.not_before = Some(stock.next(serving.started));
            }
        }
        self.changed.notify_one();
    }

    /// Those beyond the buffer that nobody has needed for `idle`.
    pub(crate) fn surplus(&self, idle: Duration) -> Vec<Arc<Serving>> {
        let mut gone = Vec::new();
        for (service, stock) in lock(&self.stocks).iter_mut() {
            let mut spare = stock.ready.len().saturating_sub(self.buffer(service));
            stock.ready.retain(|serving| {
                let goes = spare > 0 && serving.idle_for(idle);
                if goes {
                    spare -= 1;
                    gone.push(serving.clone());
                }
                !goes
            });
        }
        gone
    }

    /// Takes out what stands ready of a service beyond the buffer, or all of it.
    pub(crate) fn spare(&self, service: &str, all: bool) -> Vec<Arc<Serving>> {
        let keep = if all { 0 } else { self.buffer(service) };
        let mut stocks = lock(&self.stocks);
        let Some(stock) = stocks.get_mut(service) else { return Vec::new() };
        stock.ready.split_off(keep.min(stock.ready.len()))
    }

    /// Gives all away, and starts none any more.
    pub(crate) fn close(&self) -> Vec<Arc<Serving>> {
        let mut stocks = lock(&self.stocks);
        for service in self.policies.keys() {
            stocks.entry(service.clone()).or_default();
        }
        let close = |stock: &mut Stock| {
            stock.closed = true;
            std::mem::take(&mut stock.ready)
        };
        stocks.values_mut().flat_map(close).collect()
    }

    /// Service and state of all.
    pub(crate) fn count(&self) -> Vec<(String, &'static str)> {
        let mut all = Vec::new();
        for (service, stock) in lock(&self.stocks).iter() {
            all.extend(stock.ready.iter().map(|_| (service.clone(), "warm")));
            all.extend((0..stock.starting).map(|_| (service.clone(), "starting")));
        }
        all
    }
}

impl Stock {
    /// When the next one may be started after a failure. The first is not answered at once: nobody waits for it.
    fn next(&mut self, started: Instant) -> Instant {
        let now = Instant::now();
        now + self.backoff.failed(started, now).max(Duration::from_secs(5))
    }
}
