//! One instance in the cluster: seen through its start, told its work, brought to its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::{Code, Failure};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::json;
use spawn::{End, Instance};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::judge::{Stage, stage, words_of};
use crate::manifest::SAFE_TO_EVICT;
use crate::refusal;
use crate::service::Kind;
use crate::telling;
use crate::watching::{Register, Seen};

/// How often the cluster's warnings are looked at while a pod does not start.
const LOOK: Duration = Duration::from_secs(2);

/// Seconds that a pod has to save its work when it is asked to end by its local-session.
const DRAIN: u32 = 20;

/// What an instance and its supervisor share.
pub(crate) struct Shared {
    pub(crate) cluster: Cluster,
    pub(crate) register: Arc<Register>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) seen: watch::Receiver<Seen>,
    /// False where it was started ahead of any work: as its pod said first.
    wanted: bool,
    /// True once it was asked to end by us.
    stopping: AtomicBool,
    busy: watch::Sender<bool>,
    news: watch::Sender<String>,
    end: watch::Sender<Option<End>>,
}

impl Shared {
    pub(crate) fn new(
        cluster: Cluster,
        register: Arc<Register>,
        name: String,
        kind: Kind,
        wanted: bool,
    ) -> Self {
        let seen = register.follow(&name);
        let (busy, news, end) =
            (watch::channel(wanted).0, watch::channel(String::new()).0, watch::channel(None).0);
        let stopping = AtomicBool::new(false);
        Self { cluster, register, name, kind, seen, wanted, stopping, busy, news, end }
    }

    fn pod(&self) -> Option<Arc<Pod>> {
        self.seen.borrow().pod().cloned()
    }
}

/// The instance.
pub(crate) struct PodInstance(pub(crate) Arc<Shared>);

#[async_trait]
impl Instance for PodInstance {
    fn handle(&self) -> String {
        self.0.pod().map_or_else(|| self.0.name.clone(), |pod| pod.name_any())
    }

    async fn ended(&self) -> End {
        let mut end = self.0.end.subscribe();
        match end.wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or_default(),
            Err(_) => End::default(),
        }
    }

    async fn stop(&self) {
        ask_to_end(&self.0, DRAIN).await;
    }

    async fn kill(&self) {
        ask_to_end(&self.0, 0).await;
    }

    fn news(&self) -> Option<watch::Receiver<String>> {
        Some(self.0.news.subscribe())
    }

    fn enrolled(&self) {
        let shared = self.0.clone();
        tokio::spawn(async move { shared.cluster.end_secret(&shared.name).await });
    }

    fn working(&self, busy: bool) {
        self.0.busy.send_if_modified(|known| std::mem::replace(known, busy) != busy);
    }
}

impl Drop for PodInstance {
    fn drop(&mut self) {
        if self.0.end.borrow().is_some() {
            return;
        }
        // Whoever held it will not ask again.
        let shared = self.0.clone();
        if let Ok(handle) = tokio::runtime::Handle::try_current() {
            handle.spawn(async move { ask_to_end(&shared, 0).await });
        }
    }
}

async fn ask_to_end(shared: &Shared, grace: u32) {
    if shared.end.borrow().is_some() {
        return;
    }
    shared.stopping.store(true, Ordering::Release);
    match shared.pod() {
        Some(pod) => {
            shared.cluster.end_pod(&pod.name_any(), grace).await;
        }
        // It has no pod yet: nothing can be lost.
        None => {
            shared.cluster.remove(&shared.name, shared.kind, Some(&shared.name)).await;
            shared.end.send_if_modified(|end| {
                let open = end.is_none();
                end.get_or_insert_default();
                open
            });
        }
    }
}

/// Sees an instance through to its end.
pub(crate) async fn supervise(shared: Arc<Shared>, room_wait: Duration) {
    let mut ended = shared.end.subscribe();
    let end = tokio::select! {
        end = watch_over(&shared, room_wait) => end,
        never = keep_marked(&shared) => match never {},
        // It was ended before it had a pod.
        _ = ended.wait_for(Option::is_some) => End::default(),
    };
    shared.end.send_if_modified(|known| {
        let open = known.is_none();
        known.get_or_insert(end);
        open
    });
    let pod = shared.pod().map(|pod| pod.name_any());
    shared.cluster.remove(&shared.name, shared.kind, pod.as_deref()).await;
    shared.register.forget(&shared.name);
}

async fn watch_over(shared: &Shared, room_wait: Duration) -> End {
    let mut seen = shared.seen.clone();
    let mut no_room: Option<Instant> = None;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    look.reset();
    loop {
        let now = seen.borrow_and_update().clone();
        let stage = match &now {
            Seen::Nothing => Stage::Starting(String::new()),
            Seen::Pod(pod) => stage(pod),
            Seen::Gone(pod) => Stage::Ended(gone(shared, pod)),
        };
        let mut starting = false;
        match stage {
            Stage::Ended(end) => return own_account(shared, now.pod(), end),
            Stage::Stuck(failure) => return stuck(&failure),
            Stage::Running => {
                no_room = None;
                tell(shared, String::new());
            }
            Stage::NoRoom(why) => {
                tell(shared, format!("no room in the cluster: {why}"));
                let since = *no_room.get_or_insert_with(Instant::now);
                if since.elapsed() >= room_wait {
                    return stuck(&no_room_after(&why, room_wait));
                }
            }
            Stage::Starting(news) => {
                no_room = None;
                starting = true;
                if !news.is_empty() {
                    tell(shared, news);
                }
            }
        }
        tokio::select! {
            changed = seen.changed() => if changed.is_err() { return End::default() },
            () = at(no_room.map(|since| since + room_wait)) => {}
            _ = look.tick(), if starting => match warnings(shared, now.pod()).await {
                Ok(Some(news)) => tell(shared, news),
                Ok(None) => {}
                Err(failure) => return stuck(&failure),
            },
        }
    }
}

/// An end that nobody here asked for and that is no failure of the service: somebody removed its pod.
fn own_account(shared: &Shared, pod: Option<&Arc<Pod>>, end: End) -> End {
    let deleted = pod.is_some_and(|pod| pod.metadata.deletion_timestamp.is_some());
    let asked = shared.stopping.load(Ordering::Acquire);
    let failed = end.last_words.is_some() || end.moved.is_some();
    if deleted && !asked && !failed {
        return End { moved: Some(format!("the pod of {} was removed", shared.name)), ..end };
    }
    end
}

/// How a pod ended that is no more: as its last status says, where it says so.
fn gone(shared: &Shared, pod: &Pod) -> End {
    match stage(pod) {
        Stage::Ended(end) => end,
        _ if shared.stopping.load(Ordering::Acquire) => End { code: Some(0), ..End::default() },
        _ => End { moved: Some(format!("the pod of {} was removed", shared.name)), ..End::default() },
    }
}

fn stuck(failure: &Failure) -> End {
    let words = words_of(failure);
    End { code: Some(words.exit_code), last_words: Some(words), ..End::default() }
}

fn no_room_after(why: &str, wait: Duration) -> Failure {
    let seconds = wait.as_secs();
    Code::NoRoom.because(format!("the cluster has no room for this, {seconds} s long: {why}"))
}

fn tell(shared: &Shared, news: String) {
    shared.news.send_if_modified(|known| {
        let changed = *known != news;
        *known = news;
        changed
    });
}

/// What the cluster warns of: of the pod, where there is one, else of the job that should make it.
async fn warnings(shared: &Shared, pod: Option<&Arc<Pod>>) -> Result<Option<String>, Failure> {
    let name = pod.map_or_else(|| shared.name.clone(), |pod| pod.name_any());
    let events = match shared.cluster.warnings(&name).await {
        Ok(events) => events,
        Err(failure) => {
            tracing::debug!(%failure, "the cluster's warnings cannot be read");
            return Ok(None);
        }
    };
    let mut news = None;
    for event in &events {
        news = refusal::warning(event)?.or(news);
    }
    Ok(news)
}

/// Tells the autoscaler whether the pod may be moved.
async fn keep_marked(shared: &Shared) -> Infallible {
    let mut seen = shared.seen.clone();
    let pod = loop {
        if let Some(pod) = shared.pod() {
            break pod.name_any();
        }
        if seen.changed().await.is_err() {
            return std::future::pending().await;
        }
    };
    let annotations = |busy: &bool| json!({SAFE_TO_EVICT: (!busy).to_string()});
    telling::keep(&shared.cluster, &pod, shared.busy.subscribe(), shared.wanted, Duration::ZERO, annotations)
        .await
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
