use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Code;
use api::v1::{Run, RunState};

use super::stage::{PATIENCE, Stage, assertion, gone, run};
use crate::record::{end, ended};

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
async fn an_instance_that_lives_and_does_not_answer_is_replaced() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.mute.store(1, Ordering::SeqCst);
    stage.host.take_in(run("r1")).await.unwrap();
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.restarts), (RunState::Succeeded, 1), "{:?}", done.failure);
    assert_eq!(*stage.world.spawned.borrow(), 2);
    let mut killed = stage.world.ended.subscribe();
    tokio::time::timeout(PATIENCE, killed.wait_for(|&n| n == 1)).await.unwrap().unwrap();
    // The next run is not given it either.
    stage.host.take_in(run("r2")).await.unwrap();
    assert_eq!(stage.stored("r2", ended).await.state(), RunState::Succeeded);
    assert_eq!((*stage.world.spawned.borrow(), stage.host.instances.list("s").len()), (2, 1));
}

#[tokio::test]
async fn a_service_that_still_computes_for_a_lost_connection_is_waited_for() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.underway.store(1, Ordering::SeqCst);
    stage.host.take_in(run("r1")).await.unwrap();
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.restarts), (RunState::Succeeded, 0), "{:?}", done.failure);
    assert_eq!(*stage.world.spawned.borrow(), 1);
}

#[tokio::test]
async fn a_step_that_is_committed_is_not_computed_again_because_its_answer_was_lost() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.unheard.store(1, Ordering::SeqCst);
    stage.host.take_in(run("r1")).await.unwrap();
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.result_version.as_str()), (RunState::Succeeded, "v2"));
    assert_eq!(stage.world.voices.borrow().len(), 1, "it was computed once");
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
async fn a_run_whose_record_has_grown_too_large_ends_without_its_details() {
    let stage = Stage::new().await;
    let large = Run { revision: 1, arguments: "x".repeat(2 << 20), ..run("r1") };
    stage.world.runs.lock().unwrap().insert("r1".into(), large.clone());
    let live = stage.host.runs.add(&stage.host.context, large).unwrap();
    live.warn(&"ä".repeat(5000));
    assert!(live.run().warnings[0].len() < 1100);
    let failure = Code::Internal.because("y".repeat(2 << 20));
    live.finish(|run| end(run, RunState::Failed, Some(&failure))).await;
    let ended = stage.world.runs.lock().unwrap()["r1"].clone();
    assert_eq!((ended.state(), ended.arguments.as_str()), (RunState::Failed, ""));
    assert!(ended.failure.unwrap().message.starts_with("yyy"));
}

#[tokio::test]
async fn that_a_run_shall_end_outlives_its_owner() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.finish.forget_permits(100);
    let live = stage.host.runs.add(&stage.host.context, run("r1")).unwrap();
    live.call_off().await.unwrap();
    assert!(live.cancel.is_cancelled() && stage.world.runs.lock().unwrap()["r1"].cancelling);

    let left = Run { cancelling: true, revision: 1, local_session: "former".into(), ..run("left") };
    let next = Stage::new().await;
    next.world.runs.lock().unwrap().insert("left".into(), left);
    next.start_session();
    assert_eq!(next.stored("left", ended).await.state(), RunState::Cancelled);
    assert_eq!(*next.world.spawned.borrow(), 0);
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
