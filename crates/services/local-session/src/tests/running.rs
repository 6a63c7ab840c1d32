use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Code;
use api::v1::{Run, RunState};

use super::stage::{PATIENCE, Stage, assertion, run};
use crate::runs::ended;

async fn gone(stage: &Stage) {
    tokio::time::timeout(PATIENCE, stage.host.runs.all_gone()).await.expect("all runs leave");
}

#[tokio::test]
async fn a_run_outlives_an_outage_of_the_store_and_a_crash_of_its_service() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.crashes.store(1, Ordering::SeqCst);
    let taken = stage.host.take_in(run("r1")).await.unwrap();
    stage.world.outage.store(3, Ordering::SeqCst);
    let done = stage.stored(&taken.id, ended).await;
    assert_eq!((done.state(), done.result_version.as_str(), done.restarts), (RunState::Succeeded, "v2", 1));
    gone(&stage).await;
    assert_eq!((stage.host.slots.used(), stage.host.slots.queued()), (0, 0));
    assert_eq!(*stage.world.spawned.borrow(), 2);
    // The same request once more is the same run, also when it has ended.
    assert_eq!(stage.host.take_in(run("r1")).await.unwrap().state(), RunState::Succeeded);
}

#[tokio::test]
async fn the_assertion_of_a_long_run_is_renewed_and_its_service_told() {
    let stage = Stage::new().await;
    stage.start_session();
    let (world, day) = (&stage.world, 86_400);
    world.finish.forget_permits(100);
    world.vouch.forget_permits(100);
    let old = assertion(4 * day, 7 * day);
    stage.host.take_in(Run { assertion: Some(old.clone()), ..run("r1") }).await.unwrap();
    let mut voices = world.voices.subscribe();
    let began = voices.wait_for(|voices| !voices.is_empty());
    assert_eq!(tokio::time::timeout(PATIENCE, began).await.unwrap().unwrap().first(), Some(&old));
    world.vouch.add_permits(1);
    let told = voices.wait_for(|voices| voices.len() > 1);
    let new = tokio::time::timeout(PATIENCE, told).await.unwrap().unwrap()[1].clone();
    assert_ne!(new, old);
    world.finish.add_permits(1);
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.assertion), (RunState::Succeeded, Some(new)));
}

#[tokio::test]
async fn only_another_owner_makes_a_run_let_go() {
    let stage = Stage::new().await;
    stage.world.runs.lock().unwrap().insert("r1".into(), Run { revision: 5, ..run("r1") });
    // As after a write whose answer was lost.
    let live = stage.host.runs.add(&stage.host.context, Run { revision: 4, ..run("r1") }).unwrap();
    live.record(|run| run.restarts = 1).await.unwrap();
    assert!(!live.let_go.is_cancelled());
    assert_eq!(stage.world.runs.lock().unwrap()["r1"].restarts, 1);

    stage.world.runs.lock().unwrap().get_mut("r1").unwrap().fence = 2;
    assert!(live.record(|run| run.restarts = 2).await.is_err());
    assert!(live.let_go.is_cancelled());
    assert_eq!(stage.world.runs.lock().unwrap()["r1"].restarts, 1);
}

#[tokio::test]
async fn one_run_that_cannot_be_taken_over_does_not_hold_up_the_others() {
    let stage = Stage::new().await;
    for id in ["bad", "left"] {
        let left = Run { revision: 1, local_session: "former".into(), ..run(id) };
        stage.world.runs.lock().unwrap().insert(id.into(), left);
    }
    stage.start_session();
    let done = stage.stored("left", ended).await;
    assert_eq!((done.state(), done.fence, done.local_session.as_str()), (RunState::Succeeded, 2, "0"));
}

#[tokio::test]
async fn a_run_is_cancelled_in_the_queue_and_while_its_service_starts() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.enrol.forget_permits(100);
    stage.host.take_in(run("first")).await.unwrap();
    stage.stored("first", |run| run.state() == RunState::Running).await;
    stage.host.take_in(run("second")).await.unwrap();
    for id in ["second", "first"] {
        stage.host.runs.get(id).unwrap().cancel.cancel();
        assert_eq!(stage.stored(id, ended).await.state(), RunState::Cancelled);
    }
    gone(&stage).await;
    assert_eq!(stage.host.slots.used(), 0);
}

#[tokio::test]
async fn an_instance_whose_session_ends_while_it_starts_is_ended() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.enrol.forget_permits(100);
    stage.host.take_in(run("r1")).await.unwrap();
    let mut spawned = stage.world.spawned.subscribe();
    tokio::time::timeout(PATIENCE, spawned.wait_for(|&n| n == 1)).await.unwrap().unwrap();
    stage.host.end_session("s");
    gone(&stage).await;
    stage.world.enrol.add_permits(1);
    let mut ended = stage.world.ended.subscribe();
    tokio::time::timeout(PATIENCE, ended.wait_for(|&n| n == 1)).await.unwrap().unwrap();
    assert!(stage.host.instances.list("s").is_empty());
    // Its run is left to the next owner.
    assert_eq!(stage.world.runs.lock().unwrap()["r1"].state(), RunState::Running);
}

#[tokio::test]
async fn who_shall_end_lets_all_runs_go_and_starts_nothing_more() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.finish.forget_permits(100);
    stage.host.take_in(run("computing")).await.unwrap();
    stage.stored("computing", |run| run.state() == RunState::Running).await;
    stage.host.take_in(run("queued")).await.unwrap();
    stage.host.context.shutdown.cancel();
    gone(&stage).await;
    let states = ["computing", "queued"].map(|id| stage.world.runs.lock().unwrap()[id].state());
    assert_eq!(states, [RunState::Running, RunState::Queued]);
    assert!(*stage.world.spawned.borrow() <= 1);
    assert!(stage.host.take_in(run("late")).await.is_err());
}

#[tokio::test]
async fn a_session_in_use_does_not_end_as_idle() {
    let stage = Stage::new().await;
    stage.start_session();
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

/// Services are let go again and again as soon as they have nothing to do, while runs begin and end.
#[tokio::test]
async fn a_service_that_is_let_go_as_idle_costs_no_run() {
    let stage = Stage::new().await;
    stage.start_session();
    let host = stage.host.clone();
    let sweeping = tokio::spawn(async move {
        loop {
            host.instances.let_go_idle(Duration::ZERO);
            tokio::task::yield_now().await;
        }
    });
    for n in 0..40 {
        let id = format!("r{n}");
        stage.host.take_in(run(&id)).await.unwrap();
        let done = stage.stored(&id, ended).await;
        assert_eq!((done.state(), done.restarts), (RunState::Succeeded, 0), "{:?}", done.failure);
    }
    sweeping.abort();
    assert!(*stage.world.spawned.borrow() > 1, "no service was let go in between");
}
