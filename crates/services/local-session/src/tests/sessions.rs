//! Sessions that end, and those that come back with their runs.

use api::Code;
use api::v1::{Run, RunState};

use super::stage::{PATIENCE, Stage, gone, run};
use crate::record::ended;

/// Waits until it is known what goes on in the session.
async fn adopted(stage: &Stage) {
    let mut adopting = stage.host.adopting.subscribe();
    tokio::time::timeout(PATIENCE, adopting.wait_for(Vec::is_empty)).await.unwrap().unwrap();
}

/// A local-session that has come back and does not know yet what goes on in its session.
async fn come_back() -> Stage {
    let stage = Stage::new().await;
    stage.world.finish.forget_permits(100);
    stage.world.list.forget_permits(100);
    let left = Run { revision: 1, local_session: "former".into(), ..run("left") };
    stage.world.runs.lock().unwrap().insert("left".into(), left);
    // Before it has heard of the session nothing is known of it either.
    let unknown = stage.host.close_session("s", true).await.unwrap_err();
    assert_eq!(unknown.code, Code::Precondition);
    stage.start_session();
    stage.host.take_used();
    stage
}

#[tokio::test]
async fn a_session_does_not_end_as_idle_before_its_runs_are_known() {
    let stage = come_back().await;
    for _ in 0..2 {
        let refused = stage.host.close_session("s", true).await.unwrap_err();
        assert_eq!(refused.code, Code::Precondition);
        assert!(stage.host.sessions().contains_key("s"));
        stage.world.list.add_permits(1);
        stage.stored("left", |run| run.fence == 2).await;
        adopted(&stage).await;
    }
    stage.world.finish.add_permits(1);
    assert_eq!(stage.stored("left", ended).await.state(), RunState::Succeeded);
}

#[tokio::test]
async fn a_session_that_is_closed_while_its_runs_are_taken_over_cancels_them_too() {
    let stage = come_back().await;
    let (closed, ()) = tokio::join!(stage.host.close_session("s", false), async {
        stage.world.list.add_permits(1);
    });
    closed.unwrap();
    assert_eq!(stage.world.runs.lock().unwrap()["left"].state(), RunState::Cancelled);
    assert!(stage.host.sessions().is_empty());
}

#[tokio::test]
async fn a_session_in_use_does_not_end_as_idle() {
    let stage = Stage::new().await;
    stage.start_session();
    adopted(&stage).await;
    let opened = stage.host.close_session("s", true).await.unwrap_err();
    assert!(opened.message.contains("in use"), "{opened}");
    stage.host.take_used();
    stage.world.finish.forget_permits(100);
    stage.host.take_in(run("r1")).await.unwrap();
    let refused = stage.host.close_session("s", true).await.unwrap_err();
    assert_eq!(refused.code, Code::Precondition);
    stage.world.finish.add_permits(1);
    stage.stored("r1", ended).await;
    gone(&stage).await;
    stage.host.close_session("s", true).await.unwrap();
    // Who had looked it up just before is told to open the project again, and no run is left behind.
    let late = stage.host.take_in(run("late")).await.unwrap_err();
    assert_eq!(late.code, Code::NotFound);
    assert!(!stage.world.runs.lock().unwrap().contains_key("late"));
}

#[tokio::test]
async fn a_session_that_is_closed_cancels_its_runs_and_leaves_none_behind() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.finish.forget_permits(100);
    for id in ["computing", "queued"] {
        stage.host.take_in(run(id)).await.unwrap();
    }
    stage.stored("computing", |run| run.state() == RunState::Running).await;
    stage.host.close_session("s", false).await.unwrap();
    let states = ["computing", "queued"].map(|id| stage.world.runs.lock().unwrap()[id].state());
    assert_eq!(states, [RunState::Cancelled; 2]);
    assert!(stage.host.sessions().is_empty() && stage.host.instances.list("s").is_empty());
}
