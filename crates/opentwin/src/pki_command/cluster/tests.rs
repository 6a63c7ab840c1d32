//! Against an API that answers as that of Kubernetes does, over real TLS.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Part, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use pki::{Algorithm, Key, Request as Csr, Validity};

use super::*;

#[derive(Default)]
struct Kept {
    secrets: HashMap<String, Value>,
    version: u64,
    forbidden: bool,
}

type Shared = State<Arc<Mutex<Kept>>>;

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "kind": "Status", "message": message }))).into_response()
}

fn denied(kept: &Kept, headers: &HeaderMap) -> Option<Response> {
    if headers.get("authorization").is_none_or(|value| value != "Bearer t0ken") {
        return Some(refuse(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    kept.forbidden.then(|| refuse(StatusCode::FORBIDDEN, "secrets is forbidden"))
}

/// As the API keeps it: `stringData` becomes `data`.
fn store(kept: &mut Kept, mut secret: Value) -> Response {
    kept.version += 1;
    let data: serde_json::Map<_, _> = secret["stringData"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, text)| (key.clone(), STANDARD.encode(text.as_str().unwrap()).into()))
        .collect();
    secret["data"] = data.into();
    secret.as_object_mut().unwrap().remove("stringData");
    secret["metadata"]["resourceVersion"] = kept.version.to_string().into();
    kept.secrets.insert(secret["metadata"]["name"].as_str().unwrap().to_owned(), secret.clone());
    Json(secret).into_response()
}

async fn read(kept: Shared, Part(name): Part<String>, headers: HeaderMap) -> Response {
    let kept = kept.lock().unwrap();
    denied(&kept, &headers).unwrap_or_else(|| match kept.secrets.get(&name) {
        Some(secret) => Json(secret.clone()).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "not found"),
    })
}

async fn create(kept: Shared, headers: HeaderMap, Json(secret): Json<Value>) -> Response {
    let mut kept = kept.lock().unwrap();
    if let Some(answer) = denied(&kept, &headers) {
        return answer;
    }
    if kept.secrets.contains_key(secret["metadata"]["name"].as_str().unwrap()) {
        return refuse(StatusCode::CONFLICT, "already exists");
    }
    store(&mut kept, secret)
}

async fn replace(
    kept: Shared,
    Part(name): Part<String>,
    headers: HeaderMap,
    Json(secret): Json<Value>,
) -> Response {
    let mut kept = kept.lock().unwrap();
    if let Some(answer) = denied(&kept, &headers) {
        return answer;
    }
    let known = kept.secrets.get(&name).map(|secret| secret["metadata"]["resourceVersion"].clone());
    if known.as_ref() != Some(&secret["metadata"]["resourceVersion"]) {
        return refuse(StatusCode::CONFLICT, "the object has been modified");
    }
    store(&mut kept, secret)
}

struct Api {
    kept: Arc<Mutex<Kept>>,
    cluster: Cluster,
    _account: tempfile::TempDir,
}

async fn api() -> Api {
    rpc::install_crypto_provider();
    let root = Authority::create("kubernetes", Algorithm::EcdsaP256, Validity::days(1).unwrap()).unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let identity = "spiffe://kubernetes/relay/0".parse().unwrap();
    let hosts = ["127.0.0.1".parse().unwrap()];
    let csr = Csr::parse(key.request(&identity, &hosts).unwrap().as_bytes()).unwrap();
    let leaf = root.issue(&csr, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
    let roots = root.trust().unwrap().to_pem();
    let credentials = rpc::Credentials::from_pem(&leaf.pem, key.to_pem(), &roots).unwrap();

    let kept = Arc::new(Mutex::new(Kept::default()));
    let router = Router::new()
        .route("/api/v1/namespaces/lab/secrets", post(create))
        .route("/api/v1/namespaces/lab/secrets/{name}", get(read).put(replace))
        .with_state(kept.clone());
    let listener = rpc::Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().to_string();
    tokio::spawn(rpc::serve_tls(
        listener,
        credentials,
        router,
        rpc::Limits::default(),
        std::future::pending(),
    ));

    let account = tempfile::tempdir().unwrap();
    for (name, text) in [("ca.crt", roots.as_str()), ("token", "t0ken\n"), ("namespace", "lab")] {
        std::fs::write(account.path().join(name), text).unwrap();
    }
    let cluster = Cluster::of(&address, account.path(), "twin").unwrap();
    Api { kept, cluster, _account: account }
}

fn make() -> Result<Authority, Failure> {
    Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).map_err(refused)
}

fn files(certificate: &str) -> Files {
    Files { certificate: certificate.into(), key: "key".into(), roots: "roots".into() }
}

#[tokio::test]
async fn the_authority_is_made_once() {
    let api = api().await;
    let first = api.cluster.authority(make).await.unwrap();
    let again = api.cluster.authority(|| panic!("made twice")).await.unwrap();
    assert_eq!(first.info().fingerprint, again.info().fingerprint);
    assert_eq!(again.site(), "lab");
}

#[tokio::test]
async fn secrets_are_created_then_replaced() {
    let api = api().await;
    assert!(api.cluster.read("relay.0").await.unwrap().is_none());
    api.cluster.write("relay.0", &files("one")).await.unwrap();
    api.cluster.write("relay.0", &files("two")).await.unwrap();
    assert_eq!(api.cluster.read("relay.0").await.unwrap().unwrap().certificate, "two");
    assert_eq!(api.kept.lock().unwrap().secrets.keys().collect::<Vec<_>>(), ["twin-relay-0"]);
}

#[tokio::test]
async fn missing_rights_are_told_in_the_clusters_words() {
    let api = api().await;
    api.kept.lock().unwrap().forbidden = true;
    let failure = api.cluster.write("relay.0", &files("one")).await.unwrap_err();
    assert_eq!(failure.code, Code::Denied);
    assert!(failure.message.contains("secrets is forbidden"), "{failure}");
}

#[tokio::test]
async fn who_was_slower_is_told_to_try_again() {
    let api = api().await;
    api.cluster.put("twin-authority", &files("of another"), None).await.unwrap();
    let failure = api.cluster.put("twin-authority", &files("mine"), None).await.unwrap_err();
    assert_eq!(failure.code, Code::Busy);
}
