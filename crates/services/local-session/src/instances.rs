//! The service instances of each session: spawned when first needed, let go when idle, started again with
//! back-off when they fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::v1::{Instance as Told, ServiceDescription};
use api::{Code, Failure};
use runtime::{Context, to_its_end};
use spawn::{End, Size, Spawner};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::place::Place;
use crate::pool::{Policies, Pool};
use crate::room::lacking;
use crate::service::lock;
use crate::serving::{InUse, Serving};
use crate::starting::{Lost, Starter, Wish};

/// How long an instance may take to end after it was asked to.
const DRAIN: Duration = Duration::from_secs(20);

/// A service in a session.
type Key = (String, String);

/// All instances of this local-session.
pub(crate) struct Instances {
    context: Context,
    pub(crate) starter: Arc<Starter>,
    pub(crate) pool: Pool,
    places: Mutex<HashMap<Key, Place>>,
}

impl Instances {
    pub(crate) fn new(context: Context, spawner: Arc<dyn Spawner>, policies: Policies) -> Self {
        let starter = Arc::new(Starter::new(context.clone(), spawner));
        Self { context, pool: Pool::new(starter.clone(), policies), starter, places: Mutex::default() }
    }

    /// An instance of a service for a session that has room for `demand`: one that serves there, one that stands ready,
    /// or a new one.
    pub(crate) async fn get(
        self: &Arc<Self>,
        session: &str,
        service: &str,
        demand: &Size,
    ) -> Result<InUse, Failure> {
        let asked = Instant::now();
        let room = self.starter.spawner.room(service, demand)?;
        let key = (session.to_owned(), service.to_owned());
        let starting = {
            let mut places = lock(&self.places);
            let place = places.entry(key.clone()).or_default();
            if let Some(serving) = place.ready(room.as_ref()) {
                return Ok(InUse::new(serving));
            }
            place.starting.clone()
        };
        let turn = starting.clone().lock_owned().await;
        {
            // Taken under the lock, or it could be let go, or given to another run, in between.
            let places = lock(&self.places);
            if let Some(serving) = places.get(&key).and_then(|place| place.ready(room.as_ref())) {
                return Ok(InUse::new(serving));
            }
        }
        if let Some(serving) = self.pool.take(service, room.as_ref()) {
            let in_use = self.take_in(&key, &starting, serving)?;
            let us = asked.elapsed().as_micros() as u64;
            tracing::info!(session, service, us, "bound an instance that stood ready");
            return Ok(in_use);
        }
        let wait = self.wait(session, service);
        if !wait.is_zero() {
            tracing::info!(session, service, seconds = wait.as_secs(), "waiting before the next start");
            tokio::time::sleep(wait).await;
        }
        // A task of its own: who asked may go away, and the instance is still taken in, or ended.
        let instances = self.clone();
        let forsaken = CancellationToken::new();
        let _asking = forsaken.clone().drop_guard();
        let start = async move {
            let _turn = turn;
            instances.start(&key, &starting, room, forsaken).await
        };
        to_its_end(&format!("the start of `{service}`"), start).await
    }

    async fn start(
        self: &Arc<Self>,
        key: &Key,
        starting: &Arc<tokio::sync::Mutex<()>>,
        room: Option<Size>,
        forsaken: CancellationToken,
    ) -> Result<InUse, Failure> {
        let (session, service) = key;
        let news = match lock(&self.places).get_mut(key) {
            Some(place) => {
                // What is idle here and too small for the work now would only take room from it.
                place.take_out(|serving| !serving.busy()).into_iter().for_each(|s| self.end(s));
                place.news.clone()
            }
            None => watch::channel(String::new()).0,
        };
        let wish = Wish { service: service.clone(), room, wanted: true, forsaken };
        match self.starter.start(wish, &news).await {
            Ok(serving) => {
                let serving = Arc::new(serving);
                self.attend(&serving);
                self.take_in(key, starting, serving)
            }
            // Nothing has failed: there is no place for it at present.
            Err(Lost { failure, .. }) if lacking(&failure) => Err(failure),
            Err(Lost { failure, started, end }) => {
                let retryable = failure.code.row().retryable;
                let end = end.or_else(|| {
                    retryable.then(|| End { tail: vec![failure.message.clone()], ..End::default() })
                });
                // Without a place the session has ended meanwhile.
                if let (Some(end), Some(place)) = (end, lock(&self.places).get_mut(key)) {
                    place.failed(session, service, started, end);
                }
                Err(failure)
            }
        }
    }

    /// How long the next start of a service has to wait.
    pub(crate) fn wait(&self, session: &str, service: &str) -> Duration {
        let places = lock(&self.places);
        places.get(&(session.to_owned(), service.to_owned())).map_or(Duration::ZERO, Place::wait)
    }

    /// What the start of a service waits for, as it changes.
    pub(crate) fn news(&self, session: &str, service: &str) -> watch::Receiver<String> {
        let mut places = lock(&self.places);
        places.entry((session.to_owned(), service.to_owned())).or_default().news.subscribe()
    }

    /// Gives an instance its place; ends it if the session ended while it started.
    fn take_in(
        &self,
        key: &Key,
        starting: &Arc<tokio::sync::Mutex<()>>,
        serving: Arc<Serving>,
    ) -> Result<InUse, Failure> {
        let in_use = {
            let mut places = lock(&self.places);
            places.get_mut(key).filter(|place| Arc::ptr_eq(&place.starting, starting)).map(|place| {
                let _ = serving.session.set(key.0.clone());
                place.serving.push(serving.clone());
                InUse::new(serving.clone())
            })
        };
        in_use.ok_or_else(|| {
            self.end(serving);
            Code::Unavailable.because(format!("the session ended while `{}` started", key.1))
        })
    }

    /// Takes note of the end of an instance, whenever that comes.
    fn attend(self: &Arc<Self>, serving: &Arc<Serving>) {
        let (instances, serving) = (self.clone(), serving.clone());
        tokio::spawn(async move {
            let end = serving.process.ended().await;
            instances.lost(&serving, end);
        });
    }

    /// Takes note of an instance that has ended: it serves no more, and the next one waits as the back-off says.
    pub(crate) fn lost(&self, serving: &Serving, end: End) {
        self.starter.forget(&serving.id);
        let Some(session) = serving.session.get() else {
            self.context.peers.forget(&serving.address);
            return self.pool.lost(serving, &end);
        };
        let mut places = lock(&self.places);
        let Some(place) = places.get_mut(&(session.clone(), serving.service.clone())) else { return };
        // Else noted already, or it was asked to end.
        if !place.take_out(|current| current.id == serving.id).is_empty() {
            self.context.peers.forget(&serving.address);
            place.failed(session, &serving.service, serving.started, end);
        }
    }

    /// Ends an instance that does not answer, and takes it as lost: else whoever asks next would be given it again.
    pub(crate) fn give_up(&self, serving: &Arc<Serving>) {
        self.lost(serving, End { moved: Some("it does not answer".to_owned()), ..End::default() });
        let serving = serving.clone();
        // Nobody waits for that: the cluster may take its time.
        tokio::spawn(async move { serving.kill().await });
    }

    /// Starts what shall stand ready, for as long as the process lives.
    pub(crate) async fn keep_ready(self: Arc<Self>) {
        loop {
            let total = |service: &str| self.count().iter().filter(|(s, _)| s == service).count();
            for service in self.pool.due(total) {
                let instances = self.clone();
                tokio::spawn(async move {
                    if let Some(serving) = instances.pool.start(&service).await {
                        instances.attend(&serving);
                    }
                });
            }
            tokio::select! {
                () = self.pool.changed() => {}
                () = self.context.shutdown.cancelled() => return,
            }
        }
    }

    /// An instance of a service for no session, to be asked what it declares. It stands ready afterwards.
    pub(crate) async fn any(self: &Arc<Self>, service: &str) -> Result<Arc<Serving>, Failure> {
        if let Some(serving) = self.pool.look(service) {
            return Ok(serving);
        }
        let serving = self.pool.start_one(service).await?;
        self.attend(&serving);
        Ok(serving)
    }

    /// Takes note of what a service declares. What was started to ask for it goes, unless it shall stand ready.
    pub(crate) fn declare(&self, description: &ServiceDescription) {
        let otherwise = self.starter.declare(description);
        let gone = self.pool.spare(&description.name, otherwise);
        gone.into_iter().for_each(|serving| self.end(serving));
        self.pool.look_again();
    }

    /// Lets go what has had no work for `idle`.
    pub(crate) fn let_go_idle(&self, idle: Duration) {
        let mut gone = self.pool.surplus(idle);
        for place in lock(&self.places).values_mut() {
            gone.extend(place.take_out(|serving| serving.idle_for(idle)));
        }
        for serving in gone {
            tracing::info!(instance = serving.id, session = serving.session.get(), "idle; asked to end");
            self.end(serving);
        }
    }

    /// Lets go all instances of a session.
    pub(crate) fn end_session(&self, session: &str) {
        let gone: Vec<_> = {
            let mut places = lock(&self.places);
            let keys: Vec<_> = places.keys().filter(|(s, _)| s == session).cloned().collect();
            keys.iter().filter_map(|key| places.remove(key)).flat_map(|place| place.serving).collect()
        };
        gone.into_iter().for_each(|serving| self.end(serving));
        self.pool.look_again();
    }

    fn end(&self, serving: Arc<Serving>) {
        self.context.peers.forget(&serving.address);
        let starter = self.starter.clone();
        tokio::spawn(async move {
            serving.stop(DRAIN).await;
            starter.forget(&serving.id);
        });
    }

    /// Ends all and waits for it; those that have not ended within `time` are killed.
    pub(crate) async fn end_all(&self, time: Duration) {
        let mut all: Vec<_> = lock(&self.places).drain().flat_map(|(_, place)| place.serving).collect();
        all.extend(self.pool.close());
        futures::future::join_all(all.iter().map(|serving| serving.stop(time.min(DRAIN)))).await;
    }

    /// What there is in a session.
    pub(crate) fn list(&self, session: &str) -> Vec<Told> {
        let places = lock(&self.places);
        let here = places.iter().filter(|((s, _), _)| s == session);
        let mut list: Vec<Told> = here.flat_map(|((_, service), place)| place.told(service)).collect();
        list.sort_by(|a, b| (&a.service, &a.id).cmp(&(&b.service, &b.id)));
        list
    }

    /// Service and state (starting, warm, idle, busy) of every instance.
    pub(crate) fn count(&self) -> Vec<(String, &'static str)> {
        let mut all = self.pool.count();
        for ((_, service), place) in lock(&self.places).iter() {
            let state = |serving: &Arc<Serving>| if serving.busy() { "busy" } else { "idle" };
            all.extend(place.serving.iter().map(|serving| (service.clone(), state(serving))));
            if place.starting.try_lock().is_err() {
                all.push((service.clone(), "starting"));
            }
        }
        all
    }
}
