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

    /// Asks it to end, and ends it if it does not.
    async fn stop(&self) {
        self.process.stop().await;
        if self.ended_within(DRAIN).await.is_none() {
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
        let _turn = starting.lock().await;
        let wait = {
            let places = self.lock();
            let place = places.get(&key);
            if let Some(serving) = place.and_then(|p| p.serving.as_ref()) {
                return Ok(InUse::new(serving.clone()));
            }
            place.and_then(|p| p.not_before).map(|at| at.saturating_duration_since(Instant::now()))
        };
        if let Some(wait) = wait.filter(|w| !w.is_zero()) {
            tracing::info!(session, service, seconds = wait.as_secs(), "waiting before the next start");
            tokio::time::sleep(wait).await;
        }
        let serving = Arc::new(self.start(session, service).await?);
        let in_use = InUse::new(serving.clone());
        if let Some(place) = self.lock().get_mut(&key) {
            place.serving = Some(serving.clone());
        }
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
        let (ticket, enrolled) = self.tickets.issue(&self.context, service, &id)?;
        let order =
            Order { service: service.to_owned(), instance: id.clone(), arguments: self.arguments()?, ticket };
        let process = self.spawner.spawn(order).await.map_err(|e| Code::Spawn.because(e.to_string()))?;
        let address = tokio::select! {
            address = enrolled => address.ok(),
            end = process.ended() => {
                self.tickets.revoke(&id);
                self.note_end(session, service, started, end.clone());
                return Err(failed_at_start(service, &end));
            }
            () = tokio::time::sleep(ENROLMENT) => None,
        };
        let Some(address) = address else {
            self.tickets.revoke(&id);
            process.kill().await;
            return Err(Code::Spawn
                .because(format!("`{service}` was started but did not report within {ENROLMENT:?}")));
        };
        let channel = self.context.peers.to(&address, &Role::Compute(service.to_owned()))?;
        tracing::info!(session, service, instance = id, %address, handle = process.handle(),
            ms = started.elapsed().as_millis() as u64, "spawned");
        Ok(Serving {
            channel,
            id,
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
        let current = self
            .lock()
            .get(&(serving.session.clone(), serving.service.clone()))
            .and_then(|place| Some(place.serving.as_ref()?.id == serving.id));
        // Noted already, or it was asked to end.
        if current != Some(true) {
            return;
        }
        self.context.peers.forget(&serving.address);
        self.note_end(&serving.session, &serving.service, serving.started, end);
    }

    fn note_end(&self, session: &str, service: &str, started: Instant, end: End) {
        let mut places = self.lock();
        let place = places.entry((session.to_owned(), service.to_owned())).or_default();
        let now = Instant::now();
        place.not_before = Some(now + place.backoff.failed(started, now));
        place.serving = None;
        tracing::warn!(
            session,
            service,
            end = end.describe(),
            restarts = place.backoff.failures(),
            "instance lost"
        );
        place.last_end = Some(end);
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
        tokio::spawn(async move { serving.stop().await });
    }

    /// Ends all and waits for it.
    pub(crate) async fn end_all(&self) {
        let all: Vec<_> = self.lock().drain().filter_map(|(_, place)| place.serving).collect();
        futures::future::join_all(all.iter().map(|serving| serving.stop())).await;
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

/// Whether the end of an instance can be answered by starting another one for the same run.
pub(crate) fn worth_another(end: &End, run: &Run) -> Result<(), Failure> {
    const RESTARTS: u32 = 5;
    if let Some(code) = permanent(end) {
        return Err(code.because(format!("the service ended: {}", end.describe())));
    }
    if run.restarts >= RESTARTS {
        return Err(Code::Crashed
            .because(format!("the service ended {} times, last: {}", run.restarts + 1, end.describe()))
            .remedy(
                "look at `opentwin logs`; the run can be started again and goes on from its checkpoint",
            ));
    }
    Ok(())
}
