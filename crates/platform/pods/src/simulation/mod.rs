//! An API server for tests: it keeps objects, serves lists and watches, makes the pods of jobs, collects what is owned
//! by what is gone, and lets a test play scheduler and kubelet. Over plain HTTP, on a port of its own.

mod http;
mod objects;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

pub use objects::Key;

/// A refusal: HTTP status, reason and message.
pub type Refusal = (u16, &'static str, String);

type Admission = Box<dyn Fn(&str, &Value) -> Option<Refusal> + Send + Sync>;

/// Something happened to a pod; `None` for the object where it was removed at once.
#[derive(Clone, Debug)]
pub enum Happening {
    /// It was made.
    Made(Value),
    /// It was asked to end within so many seconds; whoever plays the kubelet removes it.
    AskedToEnd(Value, u64),
    /// It is gone.
    Removed(Value),
}

type Kubelet = Arc<dyn Fn(&Cluster, Happening) + Send + Sync>;

/// The cluster.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// The version of the newest change.
    version: watch::Sender<u64>,
    admission: Mutex<Option<Admission>>,
    kubelet: Mutex<Option<Kubelet>>,
    address: Mutex<String>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<Key, Value>,
    log: Vec<Change>,
    /// Changes up to this one are forgotten: whoever asks for them has to list anew.
    forgotten: u64,
    made: u64,
    calls: Vec<String>,
}

#[derive(Clone)]
struct Change {
    version: u64,
    plural: String,
    what: &'static str,
    object: Value,
}

impl Cluster {
    /// Starts it.
    ///
    /// # Errors
    /// Where no port can be listened on.
    pub async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let cluster = Self(Arc::new(Inner {
            state: Mutex::default(),
            version: watch::channel(0).0,
            admission: Mutex::default(),
            kubelet: Mutex::default(),
            address: Mutex::new(format!("http://{}", listener.local_addr()?)),
        }));
        let routes = http::routes(cluster.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(cluster)
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        lock(&self.0.address).clone()
    }

    /// Refuses what a test wants refused: called with the verb and plural (`create pods`) and the object.
    pub fn admit(&self, admission: impl Fn(&str, &Value) -> Option<Refusal> + Send + Sync + 'static) {
        *lock(&self.0.admission) = Some(Box::new(admission));
    }

    /// Plays scheduler and kubelet.
    pub fn kubelet(&self, kubelet: impl Fn(&Self, Happening) + Send + Sync + 'static) {
        *lock(&self.0.kubelet) = Some(Arc::new(kubelet));
    }

    /// Puts an object in, as somebody else would.
    pub fn add(&self, plural: &str, object: Value) {
        self.insert(plural, object);
    }

    /// Calls that came, such as `create pods`.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// All objects of a plural.
    pub fn all(&self, plural: &str) -> Vec<Value> {
        let state = self.state();
        state
            .objects
            .iter()
            .filter(|(key, _)| key.plural == plural)
            .map(|(_, object)| object.clone())
            .collect()
    }

    /// Waits until the objects of a plural are as `done` wants them; gives them.
    pub async fn until(&self, plural: &str, done: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut version = self.0.version.subscribe();
        loop {
            let objects = self.all(plural);
            if done(&objects) {
                return objects;
            }
            // The sender lives as long as `self`.
            let _ = version.changed().await;
        }
    }

    /// Sets the status of a pod, as its kubelet does.
    pub fn set_status(&self, pod: &str, status: &Value) {
        self.change("pods", pod, &json!({"status": status}));
    }

    /// Sets the container of a pod running.
    pub fn run(&self, pod: &str) {
        self.set_status(pod, &status("Running", &json!({"running": {}})));
    }

    /// Ends the container of a pod.
    pub fn finish(&self, pod: &str, code: i32, reason: &str, message: &str) {
        let state = json!({"terminated": {"exitCode": code, "reason": reason, "message": message}});
        self.set_status(pod, &status(if code == 0 { "Succeeded" } else { "Failed" }, &state));
    }

    /// Lets the container of a pod wait.
    pub fn hold(&self, pod: &str, reason: &str, message: &str) {
        self.set_status(pod, &status("Pending", &json!({"waiting": {"reason": reason, "message": message}})));
    }

    /// Finds no node for a pod.
    pub fn unschedulable(&self, pod: &str, message: &str) {
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message});
        self.set_status(pod, &json!({"phase": "Pending", "conditions": [condition]}));
    }

    /// Warns about an object.
    pub fn warn(&self, about: &str, reason: &str, message: &str) {
        let name = format!("{about}.{}", *self.0.version.borrow());
        let involved = json!({"kind": "Pod", "name": about});
        self.insert(
            "events",
            json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
            "involvedObject": involved, "type": "Warning", "reason": reason, "message": message}),
        );
    }

    /// Evicts a pod, as a drain of its node does.
    pub fn evict(&self, pod: &str) {
        let condition = json!({"type": "DisruptionTarget", "status": "True",
            "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"});
        self.change("pods", pod, &json!({"status": {"conditions": [condition]}}));
        self.ask_to_end("pods", pod, None);
    }

    /// Forgets former changes, as a server does after minutes: watches that begin before are answered with 410.
    pub fn forget(&self) {
        let mut state = self.state();
        state.forgotten = *self.0.version.borrow();
        state.log.clear();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    fn tell_kubelet(&self, happening: Happening) {
        let kubelet = lock(&self.0.kubelet).clone();
        if let Some(kubelet) = kubelet {
            kubelet(self, happening);
        }
    }
}

fn status(phase: &str, state: &Value) -> Value {
    json!({"phase": phase, "containerStatuses": [{"name": "compute", "image": "", "imageID": "",
        "ready": phase == "Running", "restartCount": 0, "state": state}]})
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
