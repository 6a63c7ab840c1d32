//! The platform on a cluster: an API server that keeps objects and serves watches, and a node that runs pods as
//! processes. Everything but the cluster is real.

use e2e::{Node, PATIENCE, Sandbox, until};
use serde_json::Value;

use super::resume::{apply, disturb, results, under_way};

fn platform(node: &Node, more: &str) -> Sandbox {
    Sandbox::start_with(&[], &[("local-session", &node.configuration(more))])
}

fn owner_of(pod: &Value) -> &str {
    pod["metadata"]["ownerReferences"][0]["kind"].as_str().unwrap_or_default()
}

/// The one pod of a service with work.
#[track_caller]
fn busy_pod(node: &Node, service: &str) -> Value {
    until("one pod says that it must not be moved", PATIENCE, || {
        let note = "cluster-autoscaler.kubernetes.io/safe-to-evict";
        let mut busy = node.pods(service);
        busy.retain(|pod| pod["metadata"]["annotations"][note] == "false");
        (busy.len() == 1).then(|| busy.remove(0))
    })
}

#[test]
fn slow_a_run_goes_through_pods_and_outlives_the_eviction_of_one() {
    let node = Node::start();
    let mut platform = platform(&node, "");
    disturb(&platform, |admin, run| {
        let pod = busy_pod(&node, "fit-td");
        let solver = pod["metadata"]["name"].as_str().unwrap().to_owned();
        // Its work can go on elsewhere, so it is a job; and it was made as large as its mesh asks for.
        assert_eq!(owner_of(&pod), "Job");
        assert!(Node::memory_of(&pod) > 128, "{pod}");
        assert!(node.pods("cartesian-mesh").iter().all(|pod| owner_of(pod) == "Pod"));
        node.cluster.evict(&solver);
        until("the run goes on in another pod", PATIENCE, || {
            node.running().keys().any(|name| name.starts_with("fit-td") && *name != solver).then_some(())
        });
        assert_eq!(admin.run_record(run)["restarts"].as_u64().unwrap_or(0), 0, "being moved is no failure");
    });
    // The ticket is good once, and goes.
    assert!(node.cluster.all("secrets").is_empty());
    platform.stop();
    until("no pod is left", PATIENCE, || node.cluster.all("pods").is_empty().then_some(()));
    assert!(node.running().is_empty());
}

#[test]
fn slow_a_missing_image_is_told_to_who_asked_within_seconds() {
    let node = Node::start();
    let platform = platform(&node, "");
    let admin = platform.admin();
    apply(&admin, "resonator");
    until("the pods that described their services have gone, or stay ready", PATIENCE, || {
        node.cluster.all("secrets").is_empty().then_some(())
    });
    node.lacks("fit-td");
    for pod in node.pods("fit-td") {
        node.cluster.remove("pods", pod["metadata"]["name"].as_str().unwrap());
    }
    let started = std::time::Instant::now();
    let output = admin.run(&["run", "resonator/transient"]);
    output.fails(96, &["node/fit-td", "may not be pulled"]);
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn slow_an_instance_ends_by_itself_where_its_local_session_is_lost() {
    let node = Node::start();
    let alone = "template = {spec = {containers = [{name = \"compute\", \
                 env = [{name = \"OPENTWIN_ALONE\", value = \"2\"}]}]}}";
    let platform = platform(&node, alone);
    let admin = platform.admin();
    apply(&admin, "resonator");
    let run = under_way(&admin, "resonator");
    // From here on nobody but the instances themselves can end them.
    node.deafen();
    let before = node.running();
    assert!(!before.is_empty());
    let hosts = platform.hosts("local-session");
    e2e::processes::kill(hosts[0].id);
    until("all that it had started have ended", PATIENCE, || {
        before.values().all(|id| e2e::processes::read(*id).is_none()).then_some(())
    });
    drop(run);
}

#[test]
fn slow_warm_instances_are_taken_and_replaced() {
    let node = Node::start();
    let platform = Sandbox::start_with(
        &[],
        &[(
            "local-session",
            &node
                .configuration("")
                .replace("[kubernetes]\n", "[warm.cartesian-mesh]\nbuffer = 1\n[kubernetes]\n"),
        )],
    );
    let admin = platform.admin();
    let one = || {
        let pods = node.pods("cartesian-mesh");
        let ready = node.running().keys().filter(|name| name.starts_with("cartesian-mesh")).count();
        (pods.len() == 1 && ready == 1).then(|| pods[0]["metadata"]["name"].as_str().unwrap().to_owned())
    };
    let warm = until("one stands ready", PATIENCE, one);
    apply(&admin, "resonator");
    admin.ok(&["run", "resonator/transient"]);
    assert!(!results(&admin, "resonator").is_empty());
    // The one that stood ready did the work, and another stands ready.
    until("another stands ready", PATIENCE, || {
        let names: Vec<String> =
            node.running().keys().filter(|name| name.starts_with("cartesian-mesh")).cloned().collect();
        (names.len() == 2 && names.contains(&warm)).then_some(())
    });
}
