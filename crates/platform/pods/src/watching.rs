//! One watch over all pods of this local-session, however many there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{ListParams, WatchEvent, WatchParams};
use tokio::sync::watch;

use crate::cluster::Cluster;
use crate::manifest::INSTANCE;

/// Seconds that one watch lasts before it is opened anew, where it left off.
const WATCH: u32 = 240;

/// Wait before the second try; doubled from then on.
const FIRST: Duration = Duration::from_millis(500);

/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// What is known of the pod of an instance.
#[derive(Clone, Default)]
pub(crate) enum Seen {
    /// None has been seen yet.
    #[default]
    Nothing,
    /// As it is.
    Pod(Arc<Pod>),
    /// As it was last; it is gone.
    Gone(Arc<Pod>),
}

impl Seen {
    pub(crate) fn pod(&self) -> Option<&Arc<Pod>> {
        match self {
            Self::Nothing => None,
            Self::Pod(pod) | Self::Gone(pod) => Some(pod),
        }
    }
}

/// Pods by instance.
#[derive(Default)]
pub(crate) struct Register(Mutex<HashMap<String, watch::Sender<Seen>>>);

impl Register {
    /// Follows the pod of an instance; to be called before it is made.
    pub(crate) fn follow(&self, instance: &str) -> watch::Receiver<Seen> {
        let (sender, receiver) = watch::channel(Seen::Nothing);
        self.lock().insert(instance.to_owned(), sender);
        receiver
    }

    pub(crate) fn forget(&self, instance: &str) {
        self.lock().remove(instance);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Sender<Seen>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self, pod: Pod, gone: bool) {
        let Some(instance) = pod.labels().get(INSTANCE).cloned() else { return };
        let entries = self.lock();
        let Some(entry) = entries.get(&instance) else { return };
        let pod = Arc::new(pod);
        entry.send_if_modified(|seen| {
            // The first pod of a job counts: another one could not use the ticket.
            if seen.pod().is_some_and(|known| known.metadata.uid != pod.metadata.uid) {
                return false;
            }
            *seen = if gone { Seen::Gone(pod) } else { Seen::Pod(pod) };
            true
        });
    }

    /// Takes note of all pods that there are: those that were seen before and are not among them are gone.
    fn all(&self, pods: Vec<Pod>) {
        let there: Vec<Option<String>> = pods.iter().map(|pod| pod.metadata.uid.clone()).collect();
        for entry in self.lock().values() {
            entry.send_if_modified(|seen| match seen {
                Seen::Pod(pod) if !there.contains(&pod.metadata.uid) => {
                    *seen = Seen::Gone(pod.clone());
                    true
                }
                _ => false,
            });
        }
        pods.into_iter().for_each(|pod| self.seen(pod, false));
    }
}

/// Watches for as long as the process lives. What runs goes on while the API server is away.
pub(crate) async fn keep(cluster: Cluster, register: Arc<Register>, selector: String) {
    let mut wait = FIRST;
    let mut from = None;
    loop {
        match follow(&cluster, &register, &selector, &mut from).await {
            Ok(()) => wait = FIRST,
            Err(error) => {
                from = None;
                let failure = cluster.refusal(&error, "watch pods");
                tracing::warn!(%failure, seconds = wait.as_secs_f64(), "pods are not seen now; asked again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
        }
    }
}

/// One watch, to its end; `from` is the version that the next one begins at.
async fn follow(
    cluster: &Cluster,
    register: &Register,
    selector: &str,
    from: &mut Option<String>,
) -> kube::Result<()> {
    let version = match from.take() {
        Some(version) => version,
        None => {
            let list = cluster.pods.list(&ListParams::default().labels(selector)).await?;
            let version = list.metadata.resource_version.clone().unwrap_or_default();
            register.all(list.items);
            version
        }
    };
    let mut version = version;
    let parameters = WatchParams::default().labels(selector).timeout(WATCH);
    let mut events = cluster.pods.watch(&parameters, &version).await?.boxed();
    // A connection that died without a word must not leave us blind for longer than a watch lasts.
    let end = tokio::time::Instant::now() + Duration::from_secs(u64::from(WATCH) + 10);
    while let Ok(event) = tokio::time::timeout_at(end, events.try_next()).await {
        let gone = matches!(event, Ok(Some(WatchEvent::Deleted(_))));
        match event? {
            None => break,
            Some(WatchEvent::Added(pod) | WatchEvent::Modified(pod) | WatchEvent::Deleted(pod)) => {
                version = pod.resource_version().unwrap_or(version);
                register.seen(pod, gone);
            }
            Some(WatchEvent::Bookmark(mark)) => version = mark.metadata.resource_version,
            // Too old, mostly: all is listed anew.
            Some(WatchEvent::Error(status)) if status.code == 410 => return Ok(()),
            Some(WatchEvent::Error(status)) => return Err(kube::Error::Api(status)),
        }
    }
    *from = Some(version);
    Ok(())
}
