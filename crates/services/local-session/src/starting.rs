//! How an instance comes to serve: its ticket, its start, its enrolment.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use api::v1::ServiceDescription;
use api::{Code, Failure};
use base::identity::Role;
use runtime::Context;
use spawn::{End, Order, Size, Spawner};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::enrol::Tickets;
use crate::loss::failed_at_start;
use crate::service::lock;
use crate::serving::{Serving, Started};

/// What is to be started.
pub(crate) struct Wish {
    pub(crate) service: String,
    pub(crate) room: Option<Size>,
    /// False where it is started ahead of any work.
    pub(crate) wanted: bool,
    /// Cancelled once nobody waits for it any more: what has no place yet is given up then.
    pub(crate) forsaken: CancellationToken,
}

/// A start that failed: why, and how the instance ended, if it came to life.
pub(crate) struct Lost {
    pub(crate) failure: Failure,
    pub(crate) started: Instant,
    pub(crate) end: Option<End>,
}

/// Starts instances.
pub(crate) struct Starter {
    context: Context,
    pub(crate) spawner: Arc<dyn Spawner>,
    pub(crate) tickets: Tickets,
    /// Where instances enrol.
    one_way: OnceLock<String>,
    /// Instances that were started and have not been given up.
    known: Mutex<HashSet<String>>,
    /// What services declared of themselves.
    declared: Mutex<HashMap<String, Declared>>,
}

/// What counts of a service's description for its start.
#[derive(Clone, Copy, Default)]
struct Declared {
    /// Its work can take long, and go on elsewhere.
    long: bool,
    /// What it needs for a small problem.
    least: Size,
}

/// Takes a ticket back when dropped.
struct Revoked<'a> {
    tickets: &'a Tickets,
    instance: &'a str,
}

impl Drop for Revoked<'_> {
    fn drop(&mut self) {
        self.tickets.revoke(self.instance);
    }
}

/// Gives an instance up when dropped, unless it serves by then.
struct Known<'a> {
    starter: &'a Starter,
    instance: String,
    serves: bool,
}

impl Drop for Known<'_> {
    fn drop(&mut self) {
        if !self.serves {
            self.starter.forget(&self.instance);
        }
    }
}

impl Starter {
    pub(crate) fn new(context: Context, spawner: Arc<dyn Spawner>) -> Self {
        Self {
            context,
            spawner,
            tickets: Tickets::default(),
            one_way: OnceLock::new(),
            known: Mutex::default(),
            declared: Mutex::default(),
        }
    }

    /// Where instances enrol; set once this process listens.
    pub(crate) fn enrol_at(&self, address: &str) {
        let _ = self.one_way.set(address.to_owned());
    }

    /// Takes note of what a service declares. True if an instance from before would be started otherwise now.
    pub(crate) fn declare(&self, description: &ServiceDescription) -> bool {
        let demands = || description.actions.iter().filter_map(|action| action.demand.as_ref());
        let most = |amounts: &mut dyn Iterator<Item = f64>| amounts.fold(0.0, f64::max);
        // A small problem adds a little to the base of a demand.
        let memory = most(&mut demands().filter_map(|d| Some(d.memory.as_ref()?.base))) * 1.25;
        let cores = most(&mut demands().filter_map(|d| Some(d.cores.as_ref()?.base)));
        let long = description.actions.iter().any(|action| action.resumable);
        let declared = Declared { long, least: Size { memory: memory as u64, cores } };
        let before = lock(&self.declared).insert(description.name.clone(), declared);
        self.spawner.far() && before.is_none() && long
    }

    /// True once a service has told what it declares.
    pub(crate) fn has_declared(&self, service: &str) -> bool {
        lock(&self.declared).contains_key(service)
    }

    /// True if the work of a service can take long, and go on elsewhere.
    fn long(&self, service: &str) -> bool {
        lock(&self.declared).get(service).is_some_and(|declared| declared.long)
    }

    /// What an instance needs that stands ready for a small problem.
    pub(crate) fn least(&self, service: &str) -> Size {
        lock(&self.declared).get(service).map_or_else(Size::default, |declared| declared.least)
    }

    /// True if an instance works for this local-session.
    pub(crate) fn knows(&self, instance: &str) -> bool {
        lock(&self.known).contains(instance)
    }

    /// Gives an instance up: it ends where it still runs.
    pub(crate) fn forget(&self, instance: &str) {
        lock(&self.known).remove(instance);
    }

    /// Starts an instance and waits until it has enrolled; `news` is told what that waits for.
    pub(crate) async fn start(&self, wish: Wish, news: &watch::Sender<String>) -> Result<Serving, Lost> {
        let started = Instant::now();
        let name = wish.service.clone();
        let result = self.go(wish, started, news).await;
        news.send_replace(String::new());
        let outcome = if result.is_ok() { "ok" } else { "failed" };
        let count = metrics::counter!("opentwin_instance_starts_total", "service" => name.clone(), "outcome" => outcome);
        count.increment(1);
        if result.is_ok() {
            metrics::histogram!("opentwin_instance_start_seconds", "service" => name)
                .record(started.elapsed());
        }
        result
    }

    async fn go(&self, wish: Wish, started: Instant, news: &watch::Sender<String>) -> Result<Serving, Lost> {
        let lost = |failure| Lost { failure, started, end: None };
        let Wish { service, room, wanted, forsaken } = wish;
        let id = format!("{service}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let arguments = self.arguments().map_err(lost)?;
        let (ticket, enrolled) = self.tickets.issue(&self.context, &service, &id).map_err(lost)?;
        // However this ends, the ticket is good no longer.
        let _revoked = Revoked { tickets: &self.tickets, instance: &id };
        lock(&self.known).insert(id.clone());
        let mut known = Known { starter: self, instance: id.clone(), serves: false };
        let order = Order {
            service: service.clone(),
            instance: id.clone(),
            arguments,
            ticket,
            host: host_of(&self.context.address),
            size: room,
            long: self.long(&service),
            wanted,
        };
        let process = self.spawner.spawn(order).await.map_err(|e| lost(e.into()))?;
        let reported = async {
            match enrolled.await {
                Ok(address) => address,
                // It was refused: it ends by that, and its last words tell why.
                Err(_) => std::future::pending().await,
            }
        };
        let patience = self.spawner.patience();
        let address = tokio::select! {
            address = reported => address,
            end = process.ended() => {
                let failure = failed_at_start(&service, &end);
                return Err(Lost { failure, started, end: Some(end) });
            }
            never = pass_on(process.news(), news) => match never {},
            () = idle_wait(forsaken, news) => {
                process.kill().await;
                let why = format!("nobody waits for `{service}` any more, and it has no place yet");
                return Err(lost(Code::Cancelled.because(why)));
            }
            () = tokio::time::sleep(patience) => {
                process.kill().await;
                let mut why = format!("`{service}` was started but did not report within {patience:?}");
                let waited = news.borrow().clone();
                if !waited.is_empty() {
                    why = format!("{why}: {waited}");
                }
                let end = End { tail: vec![why.clone()], ..End::default() };
                return Err(Lost { failure: Code::Spawn.because(why), started, end: Some(end) });
            }
        };
        process.enrolled();
        let channel = self.context.peers.to(&address, &Role::Compute(service.clone())).map_err(lost)?;
        tracing::info!(service, instance = id, %address, handle = process.handle(),
            ms = started.elapsed().as_millis() as u64, "spawned");
        known.serves = true;
        Ok(Started { channel, id: id.clone(), service, address, started, size: room, process }.into())
    }

    fn arguments(&self) -> Result<Vec<String>, Failure> {
        let options = &self.context.options;
        let enrol = self
            .one_way
            .get()
            .ok_or_else(|| Code::Internal.because("there is no address to enrol at yet"))?;
        let lifeline = self.spawner.far().then(|| self.context.address.clone());
        let mut arguments = Vec::new();
        for (flag, value) in [
            ("--enrol", Some(enrol.clone())),
            ("--lifeline", lifeline),
            ("--site", Some(options.site().to_owned())),
            ("--authorization", options.authorization.clone()),
            ("--project", options.project.clone()),
            ("--logger", options.logger.clone()),
            ("--log", options.log.clone()),
        ] {
            arguments.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        Ok(arguments)
    }
}

fn host_of(address: &str) -> String {
    address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host).to_owned()
}

/// Waits until nobody wants an instance any more while it still waits for something itself, such as room. One that is
/// about to serve is kept for the next run.
async fn idle_wait(forsaken: CancellationToken, news: &watch::Sender<String>) {
    forsaken.cancelled().await;
    let mut news = news.subscribe();
    if news.wait_for(|waits| !waits.is_empty()).await.is_err() {
        std::future::pending().await
    }
}

/// Passes on what a start waits for, for as long as somebody waits.
async fn pass_on(from: Option<watch::Receiver<String>>, to: &watch::Sender<String>) -> Infallible {
    if let Some(mut from) = from {
        loop {
            let text = from.borrow_and_update().clone();
            to.send_replace(text);
            if from.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
}
