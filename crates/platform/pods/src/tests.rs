//! The spawner against a simulated API server.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Code, Failure};
use serde_json::{Value, json};
use spawn::{Burden, End, Instance, Order, Size, Spawner};

use crate::manifest::{DELETION_COST, SAFE_TO_EVICT};
use crate::simulation::{Cluster, Happening, Refusal};
use crate::{Kind, Kubernetes, Options};

mod rights;

const PATIENCE: Duration = Duration::from_secs(20);

struct Stage {
    cluster: Cluster,
    spawner: Kubernetes,
}

fn options(cluster: &Cluster) -> Options {
    serde_json::from_value(json!({
        "api": cluster.address(), "image": "site/{service}:1", "room-wait": 1,
        "services": {"echo": {}, "solve": {"kind": "job"}},
    }))
    .unwrap()
}

async fn connect(cluster: &Cluster) -> Result<Kubernetes, Failure> {
    Kubernetes::connect(options(cluster), "local-session-0", "uid-of-the-owner").await
}

impl Stage {
    async fn new() -> Self {
        let cluster = Cluster::start().await.unwrap();
        let spawner = connect(&cluster).await.unwrap();
        Self { cluster, spawner }
    }

    async fn start(&self, service: &str) -> (Box<dyn Instance>, String) {
        let instance = self.spawner.spawn(order(service)).await.unwrap();
        let pods = soon(self.cluster.until("pods", |pods| !pods.is_empty())).await;
        (instance, pods[0]["metadata"]["name"].as_str().unwrap().to_owned())
    }

    /// Waits until nothing of an instance is left.
    async fn empty(&self) {
        for plural in ["pods", "jobs", "secrets"] {
            soon(self.cluster.until(plural, <[Value]>::is_empty)).await;
        }
    }
}

fn order(service: &str) -> Order {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    Order {
        service: service.into(),
        instance: format!("{service}-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        ticket: "ticket".into(),
        size: Some(Size { memory: 256 << 20, cores: 0.5 }),
        wanted: true,
        ..Order::default()
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.unwrap()
}

fn code_of(end: &End) -> Option<Code> {
    Code::named(&end.last_words.as_ref()?.code)
}

#[tokio::test]
async fn a_pod_starts_works_and_ends_and_leaves_nothing() {
    let stage = Stage::new().await;
    let (instance, pod) = stage.start("echo").await;
    assert_eq!(stage.cluster.all("secrets")[0]["stringData"]["ticket"], "ticket");
    stage.cluster.run(&pod);
    instance.enrolled();
    soon(stage.cluster.until("secrets", <[Value]>::is_empty)).await;

    let annotated = |value: &'static str| {
        move |pods: &[Value]| pods.iter().all(|p| p["metadata"]["annotations"][SAFE_TO_EVICT] == value)
    };
    assert!(annotated("false")(&stage.cluster.all("pods")));
    instance.working(false);
    soon(stage.cluster.until("pods", annotated("true"))).await;
    instance.working(true);
    soon(stage.cluster.until("pods", annotated("false"))).await;

    let words = r#"{"code":"mesh.invalid","reason":"no cells","remedy":"","exit_code":80}"#;
    stage.cluster.finish(&pod, 80, "Error", words);
    let end = soon(instance.ended()).await;
    assert_eq!((end.code, end.describe().as_str(), code_of(&end)), (Some(80), "no cells", Some(Code::Mesh)));
    stage.empty().await;
}

#[tokio::test]
async fn a_stop_gives_time_and_a_kill_does_not() {
    let stage = Stage::new().await;
    stage.cluster.kubelet(|cluster, happening| {
        if let Happening::AskedToEnd(pod, grace) = happening {
            assert!(grace > 0);
            cluster.finish(pod["metadata"]["name"].as_str().unwrap(), 0, "Completed", "");
        }
    });
    for kill in [false, true] {
        let (instance, pod) = stage.start("echo").await;
        stage.cluster.run(&pod);
        if kill {
            instance.kill().await;
        } else {
            instance.stop().await;
        }
        let end = soon(instance.ended()).await;
        assert!(end.success() && end.moved.is_none(), "{end:?}");
        stage.empty().await;
    }
}

#[tokio::test]
async fn a_job_ends_with_its_pod() {
    let stage = Stage::new().await;
    let (instance, pod) = stage.start("solve").await;
    assert_eq!(stage.cluster.all("jobs").len(), 1);
    stage.cluster.run(&pod);
    stage.cluster.finish(&pod, 137, "OOMKilled", "");
    let end = soon(instance.ended()).await;
    assert_eq!(code_of(&end), Some(Code::Memory));
    stage.empty().await;
}

#[tokio::test]
async fn what_cannot_start_says_why_at_once() {
    let stage = Stage::new().await;
    let missing = "secret \"web\" not found";
    type Trouble = Box<dyn Fn(&Cluster, &str)>;
    let cases: [(Code, Trouble); 5] = [
        (Code::Image, Box::new(|c, pod| c.hold(pod, "ErrImageNeverPull", "not present"))),
        (Code::Image, Box::new(|c, pod| c.hold(pod, "ImagePullBackOff", "back-off"))),
        (Code::ClusterConfig, Box::new(|c, pod| c.hold(pod, "CreateContainerConfigError", missing))),
        (
            Code::NoRoom,
            Box::new(|c, pod| c.unschedulable(pod, "0/2 nodes are available: 2 Insufficient cpu.")),
        ),
        (Code::ClusterConfig, Box::new(|c, pod| c.warn(pod, "FailedMount", missing))),
    ];
    for (code, trouble) in cases {
        let (instance, pod) = stage.start("echo").await;
        trouble(&stage.cluster, &pod);
        let end = soon(instance.ended()).await;
        assert_eq!(code_of(&end), Some(code), "{end:?}");
        stage.empty().await;
    }
}

#[tokio::test]
async fn what_it_waits_for_is_told_and_may_pass() {
    let stage = Stage::new().await;
    let (instance, pod) = stage.start("echo").await;
    let mut news = instance.news().unwrap();
    stage.cluster.unschedulable(&pod, "0/2 nodes are available: 2 Insufficient cpu.");
    let told = soon(news.wait_for(|text| text.contains("Insufficient cpu"))).await;
    assert!(told.is_ok());
    drop(told);
    stage.cluster.run(&pod);
    assert!(soon(news.wait_for(String::is_empty)).await.is_ok());
    stage.cluster.finish(&pod, 0, "Completed", "");
    assert!(soon(instance.ended()).await.success());
}

fn refusal(verb: &'static str, code: u16, message: &'static str) -> impl Fn(&str, &Value) -> Option<Refusal> {
    move |asked, _| (asked == verb).then(|| (code, "Forbidden", message.to_owned()))
}

#[tokio::test]
async fn refusals_are_typed_and_leave_nothing() {
    let quota = "exceeded quota: compute, requested: limits.memory=1Gi, used: limits.memory=3Gi, limited: \
                 limits.memory=3Gi";
    let never = "exceeded quota: compute, requested: limits.memory=1Gi, used: limits.memory=0, limited: \
                 limits.memory=512Mi";
    let cases = [
        ("create pods", 403, quota, Code::ClusterQuota),
        ("create secrets", 403, "secrets is forbidden: User \"x\" cannot create", Code::ClusterDenied),
        ("create pods", 422, "Pod is invalid: spec.containers[0].image", Code::ClusterConfig),
        ("create pods", 403, never, Code::Memory),
        ("create pods", 500, "etcd is away", Code::ClusterUnreachable),
    ];
    for (verb, code, message, expected) in cases {
        let stage = Stage::new().await;
        stage.cluster.admit(refusal(verb, code, message));
        let failure = Failure::from(stage.spawner.spawn(order("echo")).await.err().unwrap());
        assert_eq!(failure.code, expected);
        assert!(failure.message.contains(message), "{failure}");
        stage.empty().await;
    }
    // The pod of a job is made by the cluster: its refusal comes as a warning.
    let stage = Stage::new().await;
    stage.cluster.admit(refusal("create pods", 403, quota));
    let instance = stage.spawner.spawn(order("solve")).await.unwrap();
    let end = soon(instance.ended()).await;
    assert_eq!(code_of(&end), Some(Code::ClusterQuota), "{end:?}");
    stage.empty().await;
}

#[tokio::test]
async fn what_the_api_server_makes_after_it_was_given_up_is_removed() {
    for (service, plural) in [("echo", "pods"), ("solve", "jobs")] {
        let stage = Stage::new().await;
        let late = Arc::new(Mutex::new(None));
        let (verb, asked) = (format!("create {plural}"), late.clone());
        stage.cluster.admit(move |called, object| {
            let slow = called == verb;
            slow.then(|| {
                *asked.lock().unwrap() = Some(object.clone());
                (500, "InternalError", "etcdserver: request timed out".to_owned())
            })
        });
        let failure = Failure::from(stage.spawner.spawn(order(service)).await.err().unwrap());
        assert_eq!(failure.code, Code::ClusterUnreachable);
        // Not before it was looked for once.
        let looked = async {
            while !stage.cluster.calls().contains(&format!("delete {plural}")) {
                tokio::task::yield_now().await;
            }
        };
        soon(looked).await;
        stage.cluster.add(plural, late.lock().unwrap().take().unwrap());
        stage.empty().await;
    }
}

#[tokio::test]
async fn what_was_made_when_it_is_asked_for_once_more_is_taken() {
    let stage = Stage::new().await;
    let cluster = stage.cluster.clone();
    stage.cluster.admit(move |called, object| {
        let again = called == "create pods";
        again.then(|| {
            cluster.add("pods", object.clone());
            (409, "AlreadyExists", "pods \"echo\" already exists".to_owned())
        })
    });
    let (instance, pod) = stage.start("echo").await;
    stage.cluster.run(&pod);
    stage.cluster.finish(&pod, 0, "Completed", "");
    assert!(soon(instance.ended()).await.success());
    stage.empty().await;
}

#[tokio::test]
async fn an_eviction_is_no_failure_and_neither_is_a_removed_pod() {
    let stage = Stage::new().await;
    for evicted in [true, false] {
        let (instance, pod) = stage.start("solve").await;
        stage.cluster.run(&pod);
        if evicted {
            stage.cluster.evict(&pod);
            stage.cluster.finish(&pod, 0, "Completed", "");
        } else {
            stage.cluster.remove("pods", &pod);
        }
        let end = soon(instance.ended()).await;
        assert!(end.moved.is_some(), "{end:?}");
        stage.empty().await;
    }
}

#[tokio::test]
async fn a_watch_that_fell_behind_lists_anew() {
    let stage = Stage::new().await;
    let (instance, pod) = stage.start("echo").await;
    stage.cluster.run(&pod);
    // The watch under way is cut off, and its place in the history is gone.
    stage.cluster.forget();
    stage.cluster.remove("pods", &pod);
    stage.cluster.forget();
    assert!(soon(instance.ended()).await.moved.is_some());
}

#[tokio::test]
async fn a_new_life_removes_what_the_former_one_left() {
    let stage = Stage::new().await;
    let (first, _) = stage.start("echo").await;
    let _second = stage.spawner.spawn(order("solve")).await.unwrap();
    let others = Order { instance: "echo-of-another".into(), ..order("echo") };
    let another = Kubernetes::connect(options(&stage.cluster), "local-session-1", "another").await.unwrap();
    let _theirs = another.spawn(others).await.unwrap();
    std::mem::forget(first);
    let _again = connect(&stage.cluster).await.unwrap();
    let pods = soon(stage.cluster.until("pods", |pods| pods.len() == 1)).await;
    assert_eq!(pods[0]["metadata"]["name"], "echo-of-another");
    assert!(stage.cluster.all("jobs").is_empty());
}

#[tokio::test]
async fn the_burden_of_a_local_session_stands_on_its_own_pod() {
    let stage = Stage::new().await;
    let own = json!({"kind": "Pod", "metadata": {"name": "local-session-0"}});
    stage.cluster.add("pods", own);
    let told = |cost: &'static str, safe: &'static str| {
        move |pods: &[Value]| {
            let notes = |pod: &Value| pod["metadata"]["annotations"].clone();
            let wanted = json!({DELETION_COST: cost, SAFE_TO_EVICT: safe});
            pods.iter().any(|pod| notes(pod) == wanted)
        }
    };
    // Also where it carries nothing: a former life may have left another word.
    soon(stage.cluster.until("pods", told("0", "true"))).await;
    stage.spawner.burden(Burden { runs: 1, sessions: 7 });
    soon(stage.cluster.until("pods", told("107", "false"))).await;
}

#[tokio::test]
async fn what_could_not_be_told_is_told_as_soon_as_it_can_be() {
    let stage = Stage::new().await;
    let (instance, pod) = stage.start("echo").await;
    stage.cluster.run(&pod);
    let safe = |value: &'static str| {
        move |pods: &[Value]| pods.iter().any(|p| p["metadata"]["annotations"][SAFE_TO_EVICT] == value)
    };
    let failures = AtomicU32::new(2);
    stage.cluster.admit(move |verb, _| {
        let fails = |n: u32| n.checked_sub(1);
        let away =
            verb == "patch pods" && failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok();
        away.then(|| (500, "InternalError", "etcd is away".to_owned()))
    });
    instance.working(false);
    soon(stage.cluster.until("pods", safe("true"))).await;
    // What is newer by the next try replaces it.
    instance.working(true);
    soon(stage.cluster.until("pods", safe("false"))).await;
}

#[tokio::test]
async fn who_owns_nothing_or_may_nothing_does_not_begin() {
    let cluster = Cluster::start().await.unwrap();
    let ownerless = Kubernetes::connect(options(&cluster), "", "").await.err().unwrap();
    assert_eq!(ownerless.code, Code::Config);
    cluster.admit(refusal("list pods", 403, "pods is forbidden: User \"x\" cannot list resource \"pods\""));
    assert_eq!(connect(&cluster).await.err().unwrap().code, Code::ClusterDenied);
    let nowhere = Options { api: "http://127.0.0.1:1".into(), ..options(&cluster) };
    let failure = Kubernetes::connect(nowhere, "p", "u").await.err().unwrap();
    assert_eq!(failure.code, Code::ClusterUnreachable);
    assert_eq!(options(&cluster).kind_of("echo", true), Kind::Job);
}
