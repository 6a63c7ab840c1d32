//! The API over HTTP, as far as the spawner uses it.

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::{Change, Cluster, Refusal};

pub(super) fn routes(cluster: Cluster) -> Router {
    let mut routes = Router::new();
    for group in ["/api/v1", "/apis/batch/v1"] {
        let all = format!("{group}/namespaces/{{namespace}}/{{plural}}");
        let one = format!("{all}/{{name}}");
        routes = routes
            .route(&all, get(list).post(create))
            .route(&one, axum::routing::delete(delete).patch(patch));
    }
    routes.with_state(cluster)
}

type Asked = Query<HashMap<String, String>>;

async fn create(
    State(cluster): State<Cluster>,
    Path((_, plural)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let Ok(object) = serde_json::from_slice(&body) else {
        return refuse(&(400, "BadRequest", "the body is no JSON".to_owned()));
    };
    match cluster.create(&plural, object) {
        Ok(object) => (StatusCode::CREATED, axum::Json(object)).into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

async fn patch(
    State(cluster): State<Cluster>,
    Path((_, plural, name)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let Ok(change) = serde_json::from_slice::<Value>(&body) else {
        return refuse(&(400, "BadRequest", "the body is no JSON".to_owned()));
    };
    if let Err(refusal) = cluster.call(&format!("patch {plural}"), &change) {
        return refuse(&refusal);
    }
    match cluster.change(&plural, &name, &change) {
        Some(object) => axum::Json(object).into_response(),
        None => refuse(&missing(&plural, &name)),
    }
}

async fn delete(
    State(cluster): State<Cluster>,
    Path((_, plural, name)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let options: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Err(refusal) = cluster.call(&format!("delete {plural}"), &options) {
        return refuse(&refusal);
    }
    if cluster.ask_to_end(&plural, &name, options["gracePeriodSeconds"].as_u64()) {
        return axum::Json(json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
            .into_response();
    }
    refuse(&missing(&plural, &name))
}

async fn list(
    State(cluster): State<Cluster>,
    Path((_, plural)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    let watching = asked.get("watch").is_some_and(|value| value == "true" || value == "1");
    let verb = if watching { "watch" } else { "list" };
    if let Err(refusal) = cluster.call(&format!("{verb} {plural}"), &Value::Null) {
        return refuse(&refusal);
    }
    let chosen = Chosen::of(&asked);
    if watching {
        return watch(cluster, plural, chosen, &asked);
    }
    // The version first: what comes in between is seen twice rather than never.
    let version = *cluster.0.version.borrow();
    let items: Vec<Value> = cluster.all(&plural).into_iter().filter(|o| chosen.holds(o)).collect();
    let kind = match plural.as_str() {
        "pods" => "PodList",
        "jobs" => "JobList",
        "events" => "EventList",
        _ => "List",
    };
    let version = version.to_string();
    let metadata = json!({"resourceVersion": version});
    let group = if plural == "jobs" { "batch/v1" } else { "v1" };
    axum::Json(json!({"kind": kind, "apiVersion": group, "metadata": metadata, "items": items}))
        .into_response()
}

fn watch(cluster: Cluster, plural: String, chosen: Chosen, asked: &HashMap<String, String>) -> Response {
    let from: u64 = asked.get("resourceVersion").and_then(|text| text.parse().ok()).unwrap_or(0);
    let seconds = asked.get("timeoutSeconds").and_then(|text| text.parse().ok()).unwrap_or(300);
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let version = cluster.0.version.subscribe();
    let lines = futures::stream::unfold((version, from), move |(mut version, from)| {
        let (cluster, plural, chosen) = (cluster.clone(), plural.clone(), chosen.clone());
        async move {
            loop {
                let (text, newest, gone) = changes(&cluster, &plural, &chosen, from);
                if gone {
                    return Some((text, (version, u64::MAX)));
                }
                if !text.is_empty() {
                    return Some((text, (version, newest)));
                }
                if from == u64::MAX || tokio::time::timeout_at(end, version.changed()).await.is_err() {
                    return None;
                }
            }
        }
    });
    Body::from_stream(lines.map(Ok::<_, std::convert::Infallible>)).into_response()
}

/// What changed since a version, a line each; the version of the newest; whether that is forgotten already.
fn changes(cluster: &Cluster, plural: &str, chosen: &Chosen, from: u64) -> (String, u64, bool) {
    let state = cluster.state();
    if from < state.forgotten {
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "too old resource version", "reason": "Expired", "code": 410});
        return (format!("{}\n", json!({"type": "ERROR", "object": status})), from, true);
    }
    let newer = |change: &&Change| change.version > from && change.plural == plural;
    let mut text = String::new();
    for change in state.log.iter().filter(newer).filter(|change| chosen.holds(&change.object)) {
        text.push_str(&format!("{}\n", json!({"type": change.what, "object": change.object})));
    }
    let newest = state.log.last().map_or(from, |change| change.version.max(from));
    (text, newest, false)
}

/// Selectors of labels and fields: all must be equal.
#[derive(Clone)]
struct Chosen(Vec<(String, String)>);

impl Chosen {
    fn of(asked: &HashMap<String, String>) -> Self {
        let mut pairs = Vec::new();
        for (key, root) in [("labelSelector", "metadata.labels"), ("fieldSelector", "")] {
            for part in asked.get(key).into_iter().flat_map(|text| text.split(',')) {
                if let Some((name, value)) = part.split_once('=') {
                    let pointer = if root.is_empty() {
                        format!("/{}", name.replace('.', "/"))
                    } else {
                        format!("/metadata/labels/{}", name.replace('/', "~1"))
                    };
                    pairs.push((pointer, value.to_owned()));
                }
            }
        }
        Self(pairs)
    }

    fn holds(&self, object: &Value) -> bool {
        self.0.iter().all(|(at, value)| object.pointer(at).and_then(Value::as_str) == Some(value))
    }
}

fn missing(plural: &str, name: &str) -> Refusal {
    (404, "NotFound", format!("{plural} \"{name}\" not found"))
}

fn refuse((code, reason, message): &Refusal) -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code});
    let code = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, axum::Json(status)).into_response()
}
