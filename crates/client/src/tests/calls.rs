//! Calls: whom is trusted, what is sent along, what is tried again.

use std::time::{Duration, Instant};

use api::Code;
use api::v1::{ActRequest, ProjectRequest};
use tonic::Status;

use super::stage::{Stage, authority};
use crate::{Client, ask, ask_once, present};

fn asked() -> ProjectRequest {
    ProjectRequest { project: "iris".into() }
}

#[tokio::test]
async fn a_call_carries_the_token_and_is_made_again_while_a_service_restarts() {
    let stage = Stage::new().await;
    let client = stage.client();
    assert_eq!(ask!(client, project.get_project(asked())).unwrap().id, "id-1");
    assert!(stage.script().calls[0].contains("Bearer token-1"));
    stage
        .script()
        .failures
        .extend([Status::unavailable("going down"), Code::Busy.because("somebody else was faster").into()]);
    assert_eq!(ask!(client, project.get_project(asked())).unwrap().name, "iris");
    assert_eq!(stage.calls("GetProject"), 4);
}

#[tokio::test]
async fn what_does_not_heal_or_must_not_happen_twice_is_called_once() {
    let stage = Stage::new().await;
    let client = stage.client();
    stage.script().failures.push_back(Code::Denied.because("`ada` may not").into());
    assert_eq!(ask!(client, project.get_project(asked())).unwrap_err().code, Code::Denied);
    stage.script().failures.push_back(Status::unavailable("going down"));
    assert_eq!(ask_once!(client, project.get_project(asked())).unwrap_err().code, Code::Unavailable);
    assert_eq!(stage.calls("GetProject"), 2);
}

#[tokio::test]
async fn an_address_where_nothing_ever_answered_is_given_up_soon() {
    // Bound and dropped: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let stage = Stage::new().await;
    let client = Client::connect(&address, &stage.trust(), None).unwrap();
    let begun = Instant::now();
    let failure = ask!(client, project.get_project(asked())).unwrap_err();
    assert_eq!(failure.code, Code::Unavailable);
    assert!(failure.message.contains(&address), "{failure}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_stranger_is_told_from_a_platform_that_is_not_there() {
    let stage = Stage::new().await;
    let foreign = rpc::TrustRoots::from_pem(&authority().to_pem()).unwrap();
    let client = Client::connect(&stage.address, &foreign, Some("token-1")).unwrap();
    let failure = ask!(client, project.get_project(asked())).unwrap_err();
    assert_eq!(failure.code, Code::Certificate, "{failure:?}");
    assert_eq!(stage.script().calls.len(), 0);
    assert_eq!(Client::connect("nonsense", &foreign, None).unwrap_err().code, Code::Usage);
    assert!(Client::connect(&stage.address, &foreign, Some("a\nb")).is_err());
}

#[tokio::test]
async fn the_first_contact_shows_the_root_and_says_nothing() {
    let stage = Stage::new().await;
    let root = present(&stage.address).await.unwrap();
    assert_eq!(root.fingerprint, stage.root.info().fingerprint);
    let trust = rpc::TrustRoots::from_pem(&root.pem).unwrap();
    let client = Client::connect(&stage.address, &trust, Some("token-1")).unwrap();
    assert!(ask!(client, project.get_project(asked())).is_ok());
    assert_eq!(stage.script().calls.len(), 1);
}

#[tokio::test]
async fn a_session_that_has_moved_is_opened_again_and_the_run_starts_once() {
    let stage = Stage::new().await;
    let client = stage.client();
    let act = || ActRequest { project: "id-1".into(), target: "solvers/s".into(), ..Default::default() };
    client.act(act()).await.unwrap();
    client.act(act()).await.unwrap();
    assert_eq!(stage.calls("OpenSession"), 1);
    stage.script().session = "session-2".into();
    client.act(act()).await.unwrap();
    assert_eq!(stage.calls("OpenSession"), 2);
    assert!(stage.script().calls.iter().any(|call| call.contains("Act") && call.ends_with("session-2")));
    // An answer that is lost: the same request is made again.
    stage.script().failures.push_back(Status::unavailable("lost"));
    client.act(act()).await.unwrap();
    let script = stage.script();
    let ids: Vec<&str> = script.acts.iter().map(|act| act.request_id.as_str()).collect();
    assert!(ids.iter().all(|id| !id.is_empty()) && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn what_is_not_found_in_a_session_is_told_at_once() {
    let stage = Stage::new().await;
    let client = stage.client();
    let missing = || Status::from(Code::NotFound.because("`solvers/x` is not in this version"));
    stage.script().failures.extend([Status::from(Code::Denied.because("no"))]);
    assert_eq!(client.session("id-1").await.unwrap_err().code, Code::Denied);
    client.session("id-1").await.unwrap();
    // First the call, then a call of the session that is asked for anew.
    stage.script().failures.push_back(missing());
    let act = ActRequest { project: "id-1".into(), ..Default::default() };
    assert!(client.act(act.clone()).await.is_ok());
    let begun = Instant::now();
    let failure =
        client.in_session("id-1", |_| async { Err::<tonic::Response<()>, _>(missing()) }).await.unwrap_err();
    assert_eq!(failure.code, Code::NotFound);
    assert!(begun.elapsed() < Duration::from_secs(2));
}
