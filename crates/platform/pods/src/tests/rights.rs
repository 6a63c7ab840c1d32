//! What the spawner asks of the API server, and what the chart's Role lets it ask.

use std::collections::BTreeSet;

use serde_json::Value;
use spawn::{Burden, Spawner as _};

use super::{Stage, connect, json, order, soon};

/// Rules of the chart's Role: a line each, as the chart writes them.
const CHART: &str = include_str!("../../../../../deploy/helm/opentwin/templates/compute.yaml");

/// The words in the list of a key of a rule.
fn words<'a>(rule: &'a str, key: &str) -> Vec<&'a str> {
    let list = rule.split_once(&format!("{key}: [")).and_then(|(_, rest)| rest.split_once(']'));
    let list = list.map_or("", |(list, _)| list);
    list.split(',').map(|word| word.trim().trim_matches('"')).collect()
}

/// Calls that the Role allows, such as `create pods`.
fn allowed() -> BTreeSet<String> {
    let (_, role) = CHART.split_once("kind: Role\n").unwrap();
    let (role, _) = role.split_once("\n---").unwrap();
    let mut calls = BTreeSet::new();
    for rule in role.lines().filter(|line| line.trim_start().starts_with("- {")) {
        for resource in words(rule, "resources") {
            let group = if resource == "jobs" { "batch" } else { "" };
            assert_eq!(words(rule, "apiGroups"), [group], "{rule}");
            calls.extend(words(rule, "verbs").iter().map(|verb| format!("{verb} {resource}")));
        }
    }
    calls
}

#[tokio::test]
async fn the_role_of_the_chart_allows_what_is_called_and_no_more() {
    let stage = Stage::new().await;
    let own = json!({"kind": "Pod", "metadata": {"name": "local-session-0"}});
    stage.cluster.add("pods", own);
    stage.spawner.burden(Burden { runs: 1, sessions: 1 });
    let instance = stage.spawner.spawn(order("solve")).await.unwrap();
    let of_us = |pod: &Value| pod["metadata"]["labels"]["opentwin.io/service"] == "solve";
    let pods = soon(stage.cluster.until("pods", |pods| pods.iter().any(of_us))).await;
    let pod = pods.iter().find(|pod| of_us(pod)).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
    // Its start takes time, so the warnings are looked at.
    let mut news = instance.news().unwrap();
    stage.cluster.warn(&pod, "FailedCreatePodSandBox", "no network");
    soon(news.wait_for(|text| text.contains("no network"))).await.unwrap();
    stage.cluster.run(&pod);
    instance.enrolled();
    soon(stage.cluster.until("secrets", <[Value]>::is_empty)).await;
    instance.stop().await;
    stage.cluster.remove("pods", &pod);
    soon(instance.ended()).await;
    soon(stage.cluster.until("jobs", <[Value]>::is_empty)).await;
    let _bare = stage.start("echo").await;
    let noted = |pods: &[Value]| pods.iter().any(|pod| !pod["metadata"]["annotations"].is_null());
    soon(stage.cluster.until("pods", noted)).await;
    // The next life removes what this one leaves.
    let _again = connect(&stage.cluster).await.unwrap();

    let called: BTreeSet<String> = stage.cluster.calls().into_iter().collect();
    assert_eq!(called, allowed());
}
