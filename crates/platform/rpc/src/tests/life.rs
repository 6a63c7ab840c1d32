//! Shutdown, and servers that come and go.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use base::identity::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::stage::*;
use crate::*;

/// A server with one request under way that waits to be let go.
async fn with_request(drain: Duration) -> (Running, Arc<Notify>, tokio::task::JoinHandle<String>) {
    let site = authority();
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, left) = (entered.clone(), leave.clone());
    let handler = move || async move {
        enter.notify_one();
        left.notified().await;
        "done"
    };
    let app = Router::new().route("/wait", get(handler));
    let limits = Limits { drain, ..Limits::default() };
    let certificate = credentials(&site, Role::Relay);
    let server = start(limits, move |listener, _, limits, shutdown| {
        serve_tls(listener, certificate, app, limits, shutdown)
    })
    .await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    let config = trust.client_config(&["http/1.1"]).unwrap();
    let mut stream = tls(server.address, config).await.unwrap();
    let request = tokio::spawn(async move {
        let request = b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // Ends in an error when the connection is cut.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    });
    timeout(PATIENCE, entered.notified()).await.unwrap();
    (server, leave, request)
}

#[tokio::test]
async fn requests_under_way_finish_after_shutdown() {
    let (server, leave, request) = with_request(PATIENCE).await;
    server.shutdown.cancel();
    // Nobody new is let in: the port is closed.
    let closed = async {
        while tokio::net::TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.unwrap();
    assert!(!server.task.is_finished());
    leave.notify_one();
    let answer = timeout(PATIENCE, request).await.unwrap().unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_time_to_drain_is_bounded() {
    let (server, _leave, request) = with_request(Duration::from_millis(50)).await;
    server.shutdown.cancel();
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
    assert_eq!(timeout(PATIENCE, request).await.unwrap().unwrap(), "");
}

#[tokio::test]
async fn a_channel_outlives_its_server() {
    let site = authority();
    let own = credentials(&site, Role::Project);
    let client = credentials(&site, Role::Relay);
    let first = mutual(&own, Limits::default()).await;
    let (address, at) = (first.address, first.at());
    let channel = connect(&at, &client, Role::Project).unwrap();
    say(&channel).await.unwrap();
    first.shutdown.cancel();
    timeout(PATIENCE, first.task).await.unwrap().unwrap();
    let error = say(&channel).await.unwrap_err();
    assert_eq!(error.code(), tonic::Code::Unavailable);
    assert!(error.message().contains(&at), "{error:?}");
    let listener = Listener::bind(&address.to_string()).await.unwrap();
    let app = router(Arc::default());
    tokio::spawn(serve_mtls(listener, own, app, Limits::default(), std::future::pending()));
    say(&channel).await.unwrap();
}

#[test]
fn the_provider_can_be_installed_twice() {
    install_crypto_provider();
    install_crypto_provider();
}
