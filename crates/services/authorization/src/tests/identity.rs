use api::Code;
use api::v1::*;
use base::identity::Role;
use pki::{Algorithm, Key};

use super::stage::{Site, failure};

fn request(role: &str, instance: &str) -> (Key, IssueCertificateRequest) {
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let identity = format!("spiffe://lab/{role}/{instance}").parse().unwrap();
    let request_pem = key.request(&identity, &[]).unwrap();
    let hosts = vec!["127.0.0.1".to_owned()];
    (key, IssueCertificateRequest { request_pem, role: role.into(), instance: instance.into(), hosts })
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_go_to_whom_they_belong() {
    let site = Site::start().await;
    for (peer, role, instance, allowed) in [
        ("relay/0", "relay", "0", true),
        ("relay/0", "relay", "1", false),
        ("relay/0", "authorization", "0", false),
        ("relay/0", "compute/fit-td", "x", false),
        ("local-session/0", "compute/fit-td", "x", true),
        ("local-session/0", "local-session", "1", false),
        ("local-session/0", "project", "0", false),
        ("compute/fit-td/x", "compute/fit-td", "x", true),
        ("compute/fit-td/x", "compute/fit-td", "y", false),
        ("compute/fit-td/x", "compute/modeling", "x", false),
        ("compute/fit-td/x", "project", "0", false),
    ] {
        let (key, request) = request(role, instance);
        match site.client(peer).issue_certificate(request).await {
            Ok(reply) => {
                let reply = reply.into_inner();
                let issued =
                    rpc::Credentials::from_pem(&reply.chain_pem, key.to_pem(), &reply.roots_pem).unwrap();
                assert!(allowed, "{peer} got {role}/{instance}");
                assert_eq!(issued.identity().to_string(), format!("spiffe://lab/{role}/{instance}"));
                // It opens the door that it is for.
                let channel = rpc::connect(site.address(), &issued, Role::Authorization).unwrap();
                let mut client = authorization_client::AuthorizationClient::new(channel);
                assert_eq!(client.assertion_keys(Empty {}).await.unwrap().into_inner().keys.len(), 1);
            }
            Err(status) => {
                assert!(!allowed, "{peer} {role}/{instance}: {status}");
                assert_eq!(api::Failure::from(status).code, Code::Denied);
            }
        }
    }
    let mut admin = site.administrator().await;
    let audit = admin.client.audit(admin.call(AuditRequest { limit: 0 })).await.unwrap().into_inner().entries;
    let tried = audit.iter().filter(|e| e.action == "issue-certificate" && !e.allowed).count();
    assert_eq!(tried, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compute_service_keeps_the_hosts_of_its_certificate() {
    let site = Site::start().await;
    for (peer, expected) in
        [("compute/fit-td/x", &["127.0.0.1"][..]), ("local-session/0", &["127.0.0.1", "relay.lab"][..])]
    {
        let (_, mut request) = request("compute/fit-td", "x");
        request.hosts.push("relay.lab".into());
        let issued = site.client(peer).issue_certificate(request).await.unwrap().into_inner();
        let mut hosts: Vec<String> =
            pki::inspect(&issued.chain_pem).unwrap().hosts.iter().map(ToString::to_string).collect();
        hosts.sort();
        assert_eq!(hosts, expected, "{peer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_reaches_itself_for_its_own_renewal() {
    let site = Site::start().await;
    let (_, request) = request("authorization", "0");
    let mut own = site.context().peers.authorization().unwrap();
    own.issue_certificate(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_reach_their_methods_only_and_forged_assertions_nothing() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let denied = site.client("compute/fit-td/x").list_users(admin.call(Empty {})).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
    let request = admin.call(ProjectRequest { project: "p".into() });
    let denied = site.client("relay/0").grant_owner(request).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);

    let (forger, _) = runtime::Signer::generate().unwrap();
    let caller = runtime::Verifier::default();
    assert!(caller.lacks_key_of(&admin.signed));
    admin.signed = forger.sign(&Assertion {
        user_name: "admin".into(),
        administrator: true,
        issued_s: 0,
        expires_s: i64::MAX / 2,
        ..Assertion::default()
    });
    assert_eq!(failure(admin.client.list_users(admin.call(Empty {})).await).code, Code::Unauthenticated);
    assert_eq!(failure(admin.client.list_users(Empty {}).await).code, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn assertions_outlive_a_change_of_the_key_that_signs_them() {
    let mut site = Site::start().await;
    let admin = site.administrator().await;
    let keys = async |site: &Site| {
        site.client("project/0").assertion_keys(Empty {}).await.unwrap().into_inner().keys
    };
    let before = keys(&site).await;
    site.later(std::time::Duration::from_secs(31 * 86_400));
    site.restart().await;
    let after = keys(&site).await;
    assert_eq!((after.len(), &after[1]), (2, &before[0]));
    // As the run of somebody who logged in before.
    let mut client = site.client("relay/0");
    client.list_users(admin.call(Empty {})).await.unwrap();
}
