//! Who is let in, and that each who is not is refused before the application sees a byte.

use std::sync::Arc;

use base::identity::Role;
use tokio::io::AsyncReadExt;

use super::stage::*;
use crate::*;

#[tokio::test]
async fn instances_of_the_site_talk_and_know_each_other() {
    let site = authority();
    let server = mutual(&credentials(&site, Role::Project), Limits::default()).await;
    let client = credentials(&site, Role::Compute("fit-td".to_owned()));
    for expected in [
        Expected::Role(Role::Project),
        Expected::AnyOf(vec![Role::Logger, Role::Project]),
        "spiffe://lab/project/i1".parse::<base::identity::Identity>().unwrap().into(),
    ] {
        let channel = connect(&server.at(), &client, expected).unwrap();
        let answer = say(&channel).await.unwrap();
        assert_eq!(answer, b"spiffe://lab/compute/fit-td/i1 hi");
    }
    assert_eq!(server.requests(), 3);
}

/// One row of the matrix: the credentials of both sides, and what both texts have to name.
struct Row {
    case: &'static str,
    server: Credentials,
    client: Credentials,
    told: &'static [&'static str],
    logged: &'static str,
}

fn rows() -> Vec<Row> {
    let site = authority();
    let (foreign, other) = (authority(), other_site(&site));
    let trust = site.trust().unwrap();
    let of =
        |by: &pki::Authority, role, host, validity| credentials_of(&leaf(by, role, host, validity), &trust);
    let server = || of(&site, Role::Project, "127.0.0.1", good());
    let client = || of(&site, Role::Relay, "127.0.0.1", good());
    let (past, future) = (|| validity(-7200, -3600), || validity(3600, 7200));
    let bad_client = |case, client, told, logged| Row { case, server: server(), client, told, logged };
    let bad_server = |case, server, told, logged| Row { case, server, client: client(), told, logged };
    let relay = |by, validity| of(by, Role::Relay, "127.0.0.1", validity);
    let project = |by, validity| of(by, Role::Project, "127.0.0.1", validity);
    let refused = "peer refused this instance";
    vec![
        bad_client("client of a wrong root", relay(&foreign, good()), &["UnknownCA"], "UnknownIssuer"),
        bad_client("expired client", relay(&site, past()), &["CertificateExpired"], "expired"),
        bad_client("client not yet valid", relay(&site, future()), &["CertificateExpired"], "not valid yet"),
        bad_server("server of a wrong root", project(&foreign, good()), &["UnknownIssuer"], refused),
        bad_server("expired server", project(&site, past()), &["expired"], refused),
        bad_server("server not yet valid", project(&site, future()), &["not valid yet"], refused),
        bad_server(
            "server of another site",
            project(&other, good()),
            &["spiffe://other/project/i1", "`lab`"],
            refused,
        ),
        bad_server(
            "server of a wrong role",
            of(&site, Role::Logger, "127.0.0.1", good()),
            &["found spiffe://lab/logger/i1", "expected role project"],
            refused,
        ),
        bad_server(
            "server of a wrong name",
            of(&site, Role::Project, "elsewhere.example", good()),
            &["127.0.0.1", "elsewhere.example"],
            refused,
        ),
    ]
}

#[tokio::test]
async fn everybody_else_is_refused_and_the_reason_is_named() {
    for row in rows() {
        let (log, _guard) = Log::start();
        let server = mutual(&row.server, Limits::default()).await;
        let channel = connect(&server.at(), &row.client, Role::Project).unwrap();
        let error = say(&channel).await.expect_err(row.case);
        assert_eq!(error.code(), tonic::Code::Unavailable, "{}", row.case);
        for part in row.told {
            assert!(error.message().contains(part), "{}: {error:?}", row.case);
        }
        assert!(error.message().contains(&server.at()), "{error:?}");
        assert_eq!(server.requests(), 0, "{}", row.case);
        // The server may hear of it a little after the client.
        server.shutdown.cancel();
        tokio::time::timeout(PATIENCE, server.task).await.unwrap().unwrap();
        let warnings = log.warnings();
        assert_eq!(warnings.len(), 1, "{}: {warnings:?}", row.case);
        for part in [row.logged, "peer=127.0.0.1:"] {
            assert!(warnings[0].contains(part), "{}: {warnings:?}", row.case);
        }
    }
}

#[tokio::test]
async fn nobody_without_a_certificate_is_let_in() {
    let (log, _guard) = Log::start();
    let site = authority();
    let server = mutual(&credentials(&site, Role::Relay), Limits::default()).await;
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    for protocol in ["h2", "http/1.1"] {
        let config = trust.client_config(&[protocol]).unwrap();
        let mut stream = tls(server.address, config).await.unwrap();
        let error = stream.read_u8().await.unwrap_err();
        assert!(error.to_string().contains("CertificateRequired"), "{error}");
    }
    let channel = connect_public(&server.at(), &trust).unwrap();
    say(&channel).await.unwrap_err();
    assert_eq!(server.requests(), 0);
    let warnings = log.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("no certificates"), "{warnings:?}");
}

/// A client that does not look at the server's site, so that the server's own look is seen.
#[tokio::test]
async fn a_client_of_another_site_with_a_good_chain_is_refused() {
    let (log, _guard) = Log::start();
    let site = authority();
    let server = mutual(&credentials(&site, Role::Project), Limits::default()).await;
    let (chain, key) = leaf(&other_site(&site), Role::Relay, "127.0.0.1", good());
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    let mut config = (*trust.client_config(&["h2"]).unwrap()).clone();
    let shown = crate::credentials::certified(&chain, &key).unwrap();
    config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(shown));
    let mut stream = tls(server.address, Arc::new(config)).await.unwrap();
    let error = stream.read_u8().await.unwrap_err();
    assert!(error.to_string().contains("CertificateUnknown"), "{error}");
    assert_eq!(server.requests(), 0);
    let warnings = log.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("found spiffe://other/relay/i1"), "{warnings:?}");
}
