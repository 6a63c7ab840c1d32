use api::Code;
use api::v1::*;

use super::stage::{Host, PATIENCE, Stage};
use crate::Options;

/// Waits until something holds that the service sees to by itself.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "in vain: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_the_same_whoever_asks_and_after_a_restart() {
    let mut stage = Stage::new(Options::default()).await;
    stage.beat("a", &[]).await;
    let first = stage.open("p").await.unwrap();
    assert_eq!((first.local_session.as_str(), first.project.as_str()), ("a", "p"));
    assert_eq!(stage.open("p").await.unwrap().id, first.id);
    assert_eq!(*stage.world.started.lock().unwrap(), std::slice::from_ref(&first.id));
    stage.restart().await;
    // The host is told that the session lives there before anybody asks for it.
    assert_eq!(stage.beat("a", &[]).await, std::slice::from_ref(&first.id));
    assert_eq!(stage.open("p").await.unwrap().id, first.id);
    // A placement whose answer was lost is on record, and holds.
    let at_once = tokio::join!(stage.open("q"), stage.open("q"), stage.open("q"));
    let ids = [at_once.0, at_once.1, at_once.2].map(|session| session.unwrap().id);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_ends_only_if_its_host_agrees() {
    let stage = Stage::new(Options { session_idle: Some(0), ..Options::default() }).await;
    *stage.world.host.lock().unwrap() = Host::Refuses;
    stage.beat("a", &[]).await;
    let session = stage.open("p").await.unwrap().id;
    until("it asks", || !stage.world.ended.lock().unwrap().is_empty()).await;
    assert_eq!(stage.world.ended.lock().unwrap()[0], (session.clone(), true));
    assert_eq!(
        stage.beat("a", &[(&session, 1)]).await,
        std::slice::from_ref(&session),
        "something was begun in it"
    );
    assert_eq!(stage.recorded(), ["p"]);
    *stage.world.host.lock().unwrap() = Host::Consents;
    stage.beat("a", &[(&session, 0)]).await;
    until("it ends", || stage.recorded().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_opened_again_while_it_closes_stays() {
    let stage = Stage::new(Options::default()).await;
    stage.beat("a", &[]).await;
    let session = stage.open("p").await.unwrap().id;
    *stage.world.host.lock().unwrap() = Host::IsOvertaken;
    stage.close(&session).await.unwrap();
    assert_eq!(stage.recorded(), ["p"]);
    assert_eq!(stage.open("p").await.unwrap().id, session);
    *stage.world.host.lock().unwrap() = Host::Consents;
    stage.close(&session).await.unwrap();
    assert!(stage.recorded().is_empty());
    assert_eq!(stage.close(&session).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so() {
    let stage = Stage::new(Options::default()).await;
    stage.beat("a", &[]).await;
    let session = stage.open("p").await.unwrap().id;
    // A host speaks for itself only, and a compute service for none.
    let info = LocalSessionInfo { instance: "a".into(), ..LocalSessionInfo::default() };
    let other = stage.client("local-session/b").heartbeat(info.clone()).await.unwrap_err();
    assert_eq!(other.code(), tonic::Code::PermissionDenied);
    let solver = stage.client("compute/fit-td/a").heartbeat(info).await.unwrap_err();
    assert_eq!(solver.code(), tonic::Code::PermissionDenied);
    // With runs going on only an owner closes.
    stage.beat("a", &[(&session, 2)]).await;
    assert_eq!(stage.close(&session).await.unwrap_err().code, Code::Precondition);
    *stage.world.right.lock().unwrap() = Right::Viewer;
    assert_eq!(stage.close(&session).await.unwrap_err().code, Code::Denied);
    *stage.world.right.lock().unwrap() = Right::None;
    assert_eq!(stage.open("p").await.unwrap_err().code, Code::NotFound);
    assert!(stage.world.ended.lock().unwrap().is_empty());
    *stage.world.right.lock().unwrap() = Right::Owner;
    stage.close(&session).await.unwrap();
    assert_eq!(*stage.world.ended.lock().unwrap(), [(session, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_host_that_leaves_go_to_another_one() {
    let stage = Stage::new(Options::default()).await;
    stage.beat("a", &[]).await;
    let session = stage.open("p").await.unwrap().id;
    stage.beat("b", &[]).await;
    let leaving = LocalSessionInfo {
        instance: "a".into(),
        address: stage.hosts.clone(),
        ..LocalSessionInfo::default()
    };
    // The answer to the first write is lost: the record says more than is known here.
    stage.world.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    stage.client("local-session/a").leave(leaving).await.unwrap();
    let moved = async {
        while stage.beat("b", &[]).await != [session.clone()] {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, moved).await.expect("the session moves");
    let now = stage.open("p").await.unwrap();
    assert_eq!((now.id, now.local_session.as_str()), (session, "b"));
}
