//! Deny by default.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use base::identity::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;

use super::stage::*;
use crate::*;

#[tokio::test]
async fn what_the_table_does_not_allow_is_denied() {
    let site = authority();
    let requests = Arc::new(AtomicUsize::new(0));
    let app =
        router(requests.clone()).layer(Access::new(|peer, path| peer.role == Role::Relay && path == SAY));
    let credentials_of_server = credentials(&site, Role::Project);
    let server = start(Limits::default(), move |listener, _, limits, shutdown| {
        serve_mtls(listener, credentials_of_server, app, limits, shutdown)
    })
    .await;
    let relay = credentials(&site, Role::Relay);
    let logger = credentials(&site, Role::Logger);
    for (client, path, allowed) in [
        (&relay, SAY, true),
        (&relay, "/test.Echo/Nope", false),
        (&relay, "/test.Echo/Say/", false),
        (&relay, "/test.Echo/say", false),
        (&relay, "/hello", false),
        (&logger, SAY, false),
        (&logger, "/", false),
    ] {
        let channel = connect(&server.at(), client, Role::Project).unwrap();
        match call(&channel, path, b"hi").await {
            Ok(_) => assert!(allowed, "{path}"),
            Err(status) => {
                assert!(!allowed, "{path}: {status:?}");
                assert_eq!(status.code(), Code::PermissionDenied, "{path}");
                let role = client.identity().role.to_string();
                assert!(status.message().contains(&role), "{status:?}");
                assert!(status.message().contains(path), "{status:?}");
            }
        }
    }
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1);
    let mut config = logger.material().client(&Role::Project.into()).unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut stream = tls(server.address, Arc::new(config)).await.unwrap();
    let request = b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("role logger may not call /hello"), "{answer}");
}

#[tokio::test]
async fn without_a_peer_nothing_is_allowed() {
    let site = authority();
    let app = router(Arc::default()).layer(Access::new(|_, _| true));
    let certificate = credentials(&site, Role::Relay);
    let server = start(Limits::default(), move |listener, _, limits, shutdown| {
        serve_tls(listener, certificate, app, limits, shutdown)
    })
    .await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    let channel = connect_public(&server.at(), &trust).unwrap();
    let status = say(&channel).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
