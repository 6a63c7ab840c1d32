//! A node of a simulated cluster that runs pods as real processes, each on a loopback address of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pods::simulation::{Cluster, Happening};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{processes, program};

/// A cluster with one node.
pub struct Node {
    /// The cluster.
    pub cluster: Cluster,
    inner: Arc<Inner>,
    _runtime: tokio::runtime::Runtime,
}

struct Inner {
    folder: TempDir,
    /// Process numbers by pod.
    running: Mutex<HashMap<String, i32>>,
    /// Services whose image is missing.
    missing: Mutex<Vec<String>>,
    /// True while the node hears nothing.
    deaf: AtomicBool,
}

/// Pods of this process so far: each has an address of its own, on whatever node.
static NEXT: AtomicU32 = AtomicU32::new(0);

impl Node {
    /// Starts it.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be had");
        let cluster = runtime.block_on(Cluster::start()).expect("a port is free");
        let inner = Arc::new(Inner {
            folder: tempfile::tempdir().expect("a folder can be made"),
            running: Mutex::default(),
            missing: Mutex::default(),
            deaf: AtomicBool::new(false),
        });
        let (played, handle) = (inner.clone(), runtime.handle().clone());
        cluster.kubelet(move |cluster, happening| {
            if !played.deaf.load(Ordering::Acquire) {
                played.hear(cluster, &handle, happening);
            }
        });
        Self { cluster, inner, _runtime: runtime }
    }

    /// `local-session.toml` for this cluster, with more of the table `kubernetes`.
    pub fn configuration(&self, more: &str) -> String {
        format!(
            "spawner = \"kubernetes\"\npod = \"local-session-0\"\npod-uid = \"owner\"\n\
             [kubernetes]\napi = \"{}\"\nimage = \"node/{{service}}\"\n{more}\n\
             [kubernetes.services.modeling]\n[kubernetes.services.cartesian-mesh]\n[kubernetes.services.fit-td]\n",
            self.cluster.address()
        )
    }

    /// Takes the image of a service away.
    pub fn lacks(&self, service: &str) {
        lock(&self.inner.missing).push(service.to_owned());
    }

    /// Cuts the node off: it hears of nothing any more.
    pub fn deafen(&self) {
        self.inner.deaf.store(true, Ordering::Release);
    }

    /// Numbers of the processes of its pods that live, by pod.
    pub fn running(&self) -> HashMap<String, i32> {
        let mut running = lock(&self.inner.running).clone();
        running.retain(|_, id| processes::read(*id).is_some());
        running
    }

    /// The pods of a service, as the cluster has them.
    pub fn pods(&self, service: &str) -> Vec<Value> {
        let of = |pod: &Value| pod["metadata"]["labels"]["opentwin.io/service"] == service;
        self.cluster.all("pods").into_iter().filter(of).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.deafen();
        for id in lock(&self.inner.running).values() {
            processes::kill(*id);
        }
    }
}

impl Inner {
    fn hear(self: &Arc<Self>, cluster: &Cluster, handle: &tokio::runtime::Handle, happening: Happening) {
        match happening {
            Happening::Made(pod) => {
                let (node, cluster) = (self.clone(), cluster.clone());
                handle.spawn(async move { node.run(&cluster, &pod).await });
            }
            Happening::AskedToEnd(pod, grace) => {
                let Some(id) = self.id_of(&pod) else { return };
                processes::signal(id, Signal::TERM);
                let (node, cluster) = (self.clone(), cluster.clone());
                handle.spawn(async move {
                    tokio::time::sleep(Duration::from_secs(grace)).await;
                    if node.id_of(&pod) == Some(id) {
                        processes::kill(id);
                        cluster.remove("pods", &name_of(&pod));
                    }
                });
            }
            Happening::Removed(pod) => {
                if let Some(id) = self.id_of(&pod) {
                    processes::kill(id);
                }
            }
        }
    }

    fn id_of(&self, pod: &Value) -> Option<i32> {
        lock(&self.running).get(&name_of(pod)).copied()
    }

    /// What a kubelet does with a pod, from its image to its end.
    async fn run(&self, cluster: &Cluster, pod: &Value) {
        let name = name_of(pod);
        let container = &pod["spec"]["containers"][0];
        let service = container["image"].as_str().unwrap_or_default().trim_start_matches("node/");
        if lock(&self.missing).iter().any(|missing| missing == service) {
            return cluster.hold(&name, "ErrImageNeverPull", "Container image is not present");
        }
        let folder = self.folder.path().join(&name);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let (ticket, termination) = (folder.join("ticket"), folder.join("termination-log"));
        std::fs::write(&ticket, self.ticket(cluster, pod)).expect("a file can be written");
        std::fs::write(&termination, "").expect("a file can be written");
        let mut child = self.command(pod, service, &ticket, &termination).spawn().expect("a service starts");
        let id = child.id().and_then(|id| i32::try_from(id).ok()).expect("it has a number");
        lock(&self.running).insert(name.clone(), id);
        cluster.run(&name);
        let status = child.wait().await.expect("a child can be waited for");
        lock(&self.running).remove(&name);
        if self.deaf.load(Ordering::Acquire) {
            return;
        }
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(255);
        let message = std::fs::read_to_string(&termination).unwrap_or_default();
        cluster.finish(&name, code, if code == 0 { "Completed" } else { "Error" }, &message);
        let asked =
            |known: &Value| name_of(known) == name && !known["metadata"]["deletionTimestamp"].is_null();
        if cluster.all("pods").iter().any(asked) {
            cluster.remove("pods", &name);
        }
    }

    /// What stands in the secret that the pod mounts.
    fn ticket(&self, cluster: &Cluster, pod: &Value) -> String {
        let wanted = &pod["spec"]["volumes"][0]["secret"]["secretName"];
        let secrets = cluster.all("secrets");
        let secret = secrets.iter().find(|secret| secret["metadata"]["name"] == *wanted);
        secret.and_then(|s| s["stringData"]["ticket"].as_str()).unwrap_or_default().to_owned()
    }

    fn command(
        &self,
        pod: &Value,
        service: &str,
        ticket: &Path,
        termination: &Path,
    ) -> tokio::process::Command {
        let launcher = program();
        let beside: PathBuf = launcher.with_file_name(format!("opentwin-{service}"));
        let mut command = tokio::process::Command::new(if beside.exists() { beside } else { launcher });
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("OPENTWIN_") {
                command.env_remove(variable);
            }
        }
        // Each process of the test machine has addresses of its own.
        let (test, next) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let address = format!("127.{}.{}.{}", 1 + test / 256 % 250, test % 256, next % 250 + 2);
        let container = &pod["spec"]["containers"][0];
        command.args(["run", service]);
        for argument in container["args"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let ticket = ticket.display().to_string();
            command.arg(argument.replace("$(POD_IP)", &address).replace("/ticket/ticket", &ticket));
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
                command.env(name, value);
            }
        }
        command.env("OPENTWIN_TERMINATION_LOG", termination);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command
    }
}

fn name_of(pod: &Value) -> String {
    pod["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The resources that the container of a pod asks for.
impl Node {
    /// MiB of memory that a pod asks for.
    pub fn memory_of(pod: &Value) -> u64 {
        let resources: &Value = &pod["spec"]["containers"][0]["resources"];
        let text =
            resources.get("requests").unwrap_or(&json!({}))["memory"].as_str().unwrap_or("0Mi").to_owned();
        text.trim_end_matches("Mi").parse().expect("memory is told in MiB")
    }
}
