//! The service instances of each session: spawned when first needed, let go when idle, started again with
//! back-off when they fail.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{Instance as Told, Run};
use api::{Code, Failure};
use base::identity::Role;
use rpc::Channel;
use runtime::Context;
use runtime::caller::now_ms;
use spawn::{Backoff, End, Order, Spawner};

use crate::enrol::Tickets;

/// How long an instance may take from its start to its enrolment.
const ENROLMENT: Duration = Duration::from_secs(30);

/// How long an instance may take to end after it was asked to.
const DRAIN: Duration = Duration::from_secs(20);

/// An instance that serves.
pub(crate) struct Serving {
    pub(crate) channel: Channel,
    pub(crate) id: String,
    service: String,
    session: String,
    address: String,
    started: Instant,
    started_ms: i64,
    process: Box<dyn spawn::Instance>,
    busy: AtomicU32,
    used: Mutex<Instant>,
}

impl Serving {
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
    async fn stop(&self, time: Duration) {
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
    fn new(serving: Arc<Serving>) -> Self {
        serving.busy.fetch_add(1, Ordering::AcqRel);
        Self(serving)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        *self.0.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is known of a service in a session, whether an instance serves or not.
#[derive(Default)]
struct Place {
    /// Held while an instance is being started, so that only one is.
    starting: Arc<tokio::sync::Mutex<()>>,
    serving: Option<Arc<Serving>>,
    backoff: Backoff,
    not_before: Option<Instant>,
    last_end: Option<End>,
}

impl Place {
    fn failed(&mut self, session: &str, service: &str, started: Instant, end: End) {
        let now = Instant::now();
        self.not_before = Some(now + self.backoff.failed(started, now));
        self.serving = None;
        let (restarts, end_of) = (self.backoff.failures(), end.describe());
        tracing::warn!(session, service, end = end_of, restarts, "instance lost");
        self.last_end = Some(end);
    }
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

/// All instances of this local-session.
pub(crate) struct Instances {
    context: Context,
    spawner: Arc<dyn Spawner>,
    pub(crate) tickets: Tickets,
    places: Mutex<HashMap<(String, String), Place>>,
    one_way: std::sync::OnceLock<String>,
}

impl Instances {
    pub(crate) fn new(context: Context, spawner: Arc<dyn Spawner>) -> Self {
        Self {
            context,
            spawner,
            tickets: Tickets::default(),
            places: Mutex::default(),
            one_way: std::sync::OnceLock::new(),
        }
    }

    /// Where instances enrol; set once this process listens.
    pub(crate) fn enrol_at(&self, address: &str) {
        let _ = self.one_way.set(address.to_owned());
    }

    /// An instance of a service for a session: the one that serves, or a new one.
    pub(crate) async fn get(self: &Arc<Self>, session: &str, service: &str) -> Result<InUse, Failure> {
        let key = (session.to_owned(), service.to_owned());
        let starting = {
            let mut places = self.lock();
            let place = places.entry(key.clone()).or_default();
            if let Some(serving) = &place.serving {
                return Ok(InUse::new(serving.clone()));
            }
            place.starting.clone()
        };
        let turn = starting.clone().lock_owned().await;
        {
            let places = self.lock();
            if let Some(serving) = places.get(&key).and_then(|p| p.serving.as_ref()) {
                return Ok(InUse::new(serving.clone()));
            }
        }
        let wait = self.wait(session, service);
        if !wait.is_zero() {
            tracing::info!(session, service, seconds = wait.as_secs(), "waiting before the next start");
            tokio::time::sleep(wait).await;
        }
        // A task of its own: who asked may go away, and the instance is still taken in, or ended.
        let instances = self.clone();
        let start = async move {
            let _turn = turn;
            let serving = Arc::new(instances.start(&key.0, &key.1).await?);
            instances.take_in(&key, &starting, serving)
        };
        tokio::spawn(start).await.unwrap_or_else(|e| {
            Err(Code::Internal.because(format!("the start of `{service}` broke off: {e}")))
        })
    }

    /// How long the next start of a service has to wait.
    pub(crate) fn wait(&self, session: &str, service: &str) -> Duration {
        let places = self.lock();
        let at = places.get(&(session.to_owned(), service.to_owned())).and_then(|place| place.not_before);
        at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Gives a new instance its place; ends it if the session ended while it started.
    fn take_in(
        self: &Arc<Self>,
        key: &(String, String),
        starting: &Arc<tokio::sync::Mutex<()>>,
        serving: Arc<Serving>,
    ) -> Result<InUse, Failure> {
        let in_use = {
            let mut places = self.lock();
            places.get_mut(key).filter(|place| Arc::ptr_eq(&place.starting, starting)).map(|place| {
                place.serving = Some(serving.clone());
                InUse::new(serving.clone())
            })
        };
        let Some(in_use) = in_use else {
            self.end(serving);
            return Err(Code::Unavailable.because(format!("the session ended while `{}` started", key.1)));
        };
        let instances = self.clone();
        tokio::spawn(async move {
            let end = serving.process.ended().await;
            instances.lost(&serving, end);
        });
        Ok(in_use)
    }

    async fn start(&self, session: &str, service: &str) -> Result<Serving, Failure> {
        let started = Instant::now();
        let id = format!("{service}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let arguments = self.arguments()?;
        let (ticket, enrolled) = self.tickets.issue(&self.context, service, &id)?;
        // However this ends, the ticket is good no longer.
        let _revoked = Revoked { tickets: &self.tickets, instance: &id };
        let order = Order { service: service.to_owned(), instance: id.clone(), arguments, ticket };
        let process = self.spawner.spawn(order).await.map_err(|e| Code::Spawn.because(e.to_string()))?;
        let reported = async {
            match enrolled.await {
                Ok(address) => address,
                // It was refused: it ends by that, and its last words tell why.
                Err(_) => std::future::pending().await,
            }
        };
        let address = tokio::select! {
            address = reported => address,
            end = process.ended() => {
                self.note_end(session, service, started, end.clone());
                return Err(failed_at_start(service, &end));
            }
            () = tokio::time::sleep(ENROLMENT) => {
                process.kill().await;
                let why = format!("`{service}` was started but did not report within {ENROLMENT:?}");
                let end = End { code: None, signal: None, last_words: None, tail: vec![why.clone()] };
                self.note_end(session, service, started, end);
                return Err(Code::Spawn.because(why));
            }
        };
        let channel = self.context.peers.to(&address, &Role::Compute(service.to_owned()))?;
        tracing::info!(session, service, instance = id, %address, handle = process.handle(),
            ms = started.elapsed().as_millis() as u64, "spawned");
        Ok(Serving {
            channel,
            id: id.clone(),
            service: service.to_owned(),
            session: session.to_owned(),
            address,
            started,
            started_ms: now_ms(),
            process,
            busy: AtomicU32::new(0),
            used: Mutex::new(Instant::now()),
        })
    }

    fn arguments(&self) -> Result<Vec<String>, Failure> {
        let options = &self.context.options;
        let enrol = self
            .one_way
            .get()
            .ok_or_else(|| Code::Internal.because("there is no address to enrol at yet"))?;
        let mut arguments = vec!["--enrol".to_owned(), enrol.clone()];
        // A spawned service listens where this host is reached, on a port of its own.
        let host = self.context.address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
        arguments.extend(["--listen".to_owned(), format!("{host}:0")]);
        arguments.extend(["--health".to_owned(), format!("{host}:0")]);
        for (flag, value) in [
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

    /// Takes note of an instance that has ended: it serves no more, and the next one waits as the back-off says.
    pub(crate) fn lost(&self, serving: &Serving, end: End) {
        let mut places = self.lock();
        let place = places
            .get_mut(&(serving.session.clone(), serving.service.clone()))
            .filter(|place| place.serving.as_ref().is_some_and(|current| current.id == serving.id));
        // Else noted already, or it was asked to end.
        if let Some(place) = place {
            self.context.peers.forget(&serving.address);
            place.failed(&serving.session, &serving.service, serving.started, end);
        }
    }

    /// Takes note of an instance that ended before it served.
    fn note_end(&self, session: &str, service: &str, started: Instant, end: End) {
        // Without a place the session has ended meanwhile.
        if let Some(place) = self.lock().get_mut(&(session.to_owned(), service.to_owned())) {
            place.failed(session, service, started, end);
        }
    }

    /// Lets go what has had no work for `idle`.
    pub(crate) async fn let_go_idle(&self, idle: Duration) {
        let gone: Vec<_> = {
            let mut places = self.lock();
            places
                .values_mut()
                .filter_map(|place| {
                    let serving = place.serving.as_ref()?;
                    let used = *serving.used.lock().unwrap_or_else(PoisonError::into_inner);
                    let idle = serving.busy.load(Ordering::Acquire) == 0 && used.elapsed() >= idle;
                    if idle { place.serving.take() } else { None }
                })
                .collect()
        };
        for serving in gone {
            tracing::info!(instance = serving.id, session = serving.session, "idle; asked to end");
            self.end(serving);
        }
    }

    /// Lets go all instances of a session.
    pub(crate) fn end_session(&self, session: &str) {
        let gone: Vec<_> = {
            let mut places = self.lock();
            let keys: Vec<_> = places.keys().filter(|(s, _)| s == session).cloned().collect();
            keys.iter().filter_map(|key| places.remove(key)?.serving).collect()
        };
        gone.into_iter().for_each(|serving| self.end(serving));
    }

    fn end(&self, serving: Arc<Serving>) {
        self.context.peers.forget(&serving.address);
        tokio::spawn(async move { serving.stop(DRAIN).await });
    }

    /// Ends all and waits for it; those that have not ended within `time` are killed.
    pub(crate) async fn end_all(&self, time: Duration) {
        let all: Vec<_> = self.lock().drain().filter_map(|(_, place)| place.serving).collect();
        futures::future::join_all(all.iter().map(|serving| serving.stop(time.min(DRAIN)))).await;
    }

    /// What there is in a session.
    pub(crate) fn list(&self, session: &str) -> Vec<Told> {
        let places = self.lock();
        let mut list: Vec<Told> = places
            .iter()
            .filter(|((s, _), _)| s == session)
            .map(|((_, service), place)| told(service, place))
            .collect();
        list.sort_by(|a, b| a.service.cmp(&b.service));
        list
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(service: &str, place: &Place) -> Told {
    let end = place.last_end.as_ref();
    let state = match (&place.serving, end) {
        (Some(_), _) => "running",
        (None, None) => "pending",
        (None, Some(end)) if end.success() => "succeeded",
        (None, Some(_)) => "failed",
    };
    let serving = place.serving.as_ref();
    Told {
        id: serving.map(|s| s.id.clone()).unwrap_or_default(),
        service: service.to_owned(),
        state: state.to_owned(),
        handle: serving.map(|s| s.process.handle()).unwrap_or_default(),
        address: serving.map(|s| s.address.clone()).unwrap_or_default(),
        started_ms: serving.map_or(0, |s| s.started_ms),
        restarts: place.backoff.failures(),
        last_words: end.map(End::describe).unwrap_or_default(),
        exit_code: end.and_then(|e| e.code).map_or(0, u32::from),
    }
}

/// Why a service that ended before it enrolled did so: for good, or worth another try.
fn failed_at_start(service: &str, end: &End) -> Failure {
    let code = permanent(end).unwrap_or(Code::Crashed);
    code.because(format!("`{service}` ended while it started: {}", end.describe()))
}

/// The code that an instance ended with, if another try cannot help.
fn permanent(end: &End) -> Option<Code> {
    end.code.filter(|&code| code != 0).and_then(Code::of_exit).filter(|code| !code.row().retryable)
}

/// Whether the loss of an instance can be answered by starting another one for the same run.
pub(crate) fn worth_another(failure: &Failure, end: Option<&End>, run: &Run) -> Result<(), Failure> {
    const RESTARTS: u32 = 5;
    if let Some(code) = end.and_then(permanent) {
        let why = end.map(End::describe).unwrap_or_default();
        return Err(code.because(format!("the service ended: {why}")));
    }
    if run.restarts < RESTARTS {
        return Ok(());
    }
    let Some(end) = end else { return Err(failure.clone()) };
    Err(Code::Crashed
        .because(format!("the service ended {} times, last: {}", run.restarts + 1, end.describe()))
        .remedy("look at `opentwin logs`; the run can be started again and goes on from its checkpoint"))
}
