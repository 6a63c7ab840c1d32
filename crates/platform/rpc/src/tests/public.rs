//! The public port.

use std::time::Duration;

use base::identity::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::stage::*;
use crate::*;

#[tokio::test]
async fn a_client_trusts_a_root_or_a_pinned_fingerprint() {
    let (site, foreign) = (authority(), authority());
    let server = one_way(credentials(&site, Role::Relay).into(), Limits::default()).await;
    let pinned = |of: &pki::Authority| TrustRoots::pinned(of.info().fingerprint);
    let read = |of: &pki::Authority| TrustRoots::from_pem(&of.to_pem()).unwrap();
    for trust in [read(&site), pinned(&site)] {
        let channel = connect_public(&server.at(), &trust).unwrap();
        assert_eq!(say(&channel).await.unwrap(), b"nobody hi");
    }
    for (trust, reason) in [(read(&foreign), "UnknownIssuer"), (pinned(&foreign), "pinned")] {
        let channel = connect_public(&server.at(), &trust).unwrap();
        let error = say(&channel).await.unwrap_err();
        assert!(error.message().contains(reason), "{error:?}");
    }
    // A service that came by a certificate for this host is still not the relay.
    let other = one_way(credentials(&site, Role::Compute("modeling".into())).into(), Limits::default()).await;
    let error = say(&connect_public(&other.at(), &pinned(&site)).unwrap()).await.unwrap_err();
    assert!(error.message().contains("expected a relay"), "{error:?}");
    // A pinned root does not make another host's certificate good.
    let elsewhere = leaf(&site, Role::Relay, "elsewhere.example", good());
    let elsewhere = credentials_of(&elsewhere, &site.trust().unwrap());
    let server = one_way(elsewhere.into(), Limits::default()).await;
    let channel = connect_public(&server.at(), &pinned(&site)).unwrap();
    let error = say(&channel).await.unwrap_err();
    assert!(error.message().contains("elsewhere.example"), "{error:?}");
}

#[tokio::test]
async fn http_1_1_is_served_with_and_without_negotiation() {
    let site = authority();
    let server = one_way(credentials(&site, Role::Relay).into(), Limits::default()).await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    for protocols in [&["http/1.1"][..], &[]] {
        let config = trust.client_config(protocols).unwrap();
        let mut stream = tls(server.address, config).await.unwrap();
        let request = b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("hello"), "{answer}");
    }
}

#[tokio::test]
async fn a_stranger_who_asks_nothing_is_sent_away() {
    let site = authority();
    let limits = Limits { request_head: Duration::from_millis(100), ..Limits::default() };
    let server = one_way(credentials(&site, Role::Relay).into(), limits).await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    for (protocol, beginning) in [("h2", "PRI * HT"), ("http/1.1", "GET /hello HT"), ("h2", "")] {
        let config = trust.client_config(&[protocol]).unwrap();
        let mut stream = tls(server.address, config).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // A close without TLS's farewell reads as an error; what matters is that it comes.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_stranger_who_asks_no_more_is_sent_away() {
    let site = authority();
    let limits = Limits { idle: Duration::from_millis(100), ..Limits::default() };
    let server = one_way(credentials(&site, Role::Relay).into(), limits).await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    let connect = async || {
        let stream = tls(server.address, trust.client_config(&["h2"]).unwrap()).await.unwrap();
        let (ask, connection) = h2::client::handshake(stream).await.unwrap();
        // Answers pings and reads to the end; nothing else.
        (ask, tokio::spawn(connection))
    };
    let get = |path: &str| http::Request::get(format!("https://x{path}")).body(()).unwrap();
    let (mut idle, idle_end) = connect().await;
    let (mut busy, mut busy_end) = connect().await;
    let (endless, _) = busy.send_request(get("/endless"), true).unwrap();
    let mut endless = endless.await.unwrap().into_body();
    assert_eq!(endless.data().await.unwrap().unwrap(), "begin");
    let (hello, _) = idle.send_request(get("/hello"), true).unwrap();
    assert_eq!(hello.await.unwrap().status(), 200);
    // Held to the end, as one who keeps the place would.
    timeout(PATIENCE, idle_end).await.unwrap().unwrap().unwrap();
    // What is being answered is no idleness, however long it takes.
    assert!(timeout(Duration::from_millis(400), &mut busy_end).await.is_err());
    drop((endless, busy, idle));
}

#[tokio::test]
async fn a_public_certificate_is_exchanged() {
    let (first, second) = (authority(), authority());
    let of = |by: &pki::Authority| leaf(by, Role::Relay, "127.0.0.1", good());
    let (chain, key) = of(&first);
    let web = WebCertificate::from_pem(&chain, &key).unwrap();
    let server = one_way(web.clone().into(), Limits::default()).await;
    let trust = |of: &pki::Authority| TrustRoots::from_pem(&of.to_pem()).unwrap();
    say(&connect_public(&server.at(), &trust(&first)).unwrap()).await.unwrap();
    let (chain, other) = of(&second);
    assert!(web.replace(&chain, &key).is_err());
    web.replace(&chain, &other).unwrap();
    say(&connect_public(&server.at(), &trust(&second)).unwrap()).await.unwrap();
}

#[test]
fn addresses_are_host_and_port() {
    let trust = TrustRoots::pinned(authority().info().fingerprint);
    for bad in ["", "host", "host:", "host:99999", "::1:80", "[::1:80", "a b:1", ":1", "http://x:1"] {
        let error = connect_public(bad, &trust).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Address(_)), "{bad}: {error}");
    }
}
