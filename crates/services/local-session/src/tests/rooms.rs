//! Instances of a size, instances that stand ready, instances that ask whether they are still wanted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Code;
use api::v1::{Amount, Checkpoint, Demand, Run, RunState};

use super::stage::{PATIENCE, Stage, run};
use crate::record::ended;
use crate::{Options, Policy};

fn needs(bytes: f64) -> Option<Demand> {
    Some(Demand { memory: Some(Amount { base: bytes, ..Amount::default() }), cores: None })
}

#[tokio::test]
async fn an_instance_is_made_as_large_as_the_work_and_larger_where_that_was_too_little() {
    let stage = Stage::new().await;
    stage.world.sized.store(true, Ordering::SeqCst);
    stage.world.starved.store(2, Ordering::SeqCst);
    *stage.world.demand.lock().unwrap() = needs(100.0 * f64::from(1 << 20));
    stage.start_session();
    stage.host.take_in(run("r1")).await.unwrap();
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.restarts), (RunState::Succeeded, 0));
    assert_eq!(*stage.world.sizes.lock().unwrap(), [100, 200, 400]);
    // The last one serves the next run, which needs less.
    stage.host.take_in(run("r2")).await.unwrap();
    assert_eq!(stage.stored("r2", ended).await.state(), RunState::Succeeded);
    assert_eq!(stage.world.sizes.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_does_not_fit_on_this_machine_is_refused_before_anything_starts() {
    let stage = Stage::with(Options { run_memory: Some(100), ..Options::default() }).await;
    *stage.world.demand.lock().unwrap() = needs(1e9);
    stage.start_session();
    stage.host.take_in(run("r1")).await.unwrap();
    let failure = stage.stored("r1", ended).await.failure.unwrap();
    assert_eq!(failure.code, Code::Memory.row().name);
    assert!(failure.message.contains("954 MiB") && failure.message.contains("100 MiB"), "{failure:?}");
    assert_eq!(*stage.world.spawned.borrow(), 0);
}

fn waits(run: &Run) -> bool {
    run.step.starts_with("waiting: ") && run.step.contains("full")
}

#[tokio::test]
async fn a_run_without_room_says_why_and_computes_as_soon_as_there_is_some() {
    let stage = Stage::new().await;
    stage.start_session();
    *stage.world.refused.lock().unwrap() = vec![Code::NoRoom, Code::ClusterQuota];
    stage.world.finish.forget_permits(100);
    stage.host.take_in(run("r1")).await.unwrap();
    let (_, mut updates) = stage.host.runs.get("r1").unwrap().follow();
    let told = async {
        loop {
            let update = updates.recv().await.unwrap();
            if update.level == "WARN" {
                return update.log;
            }
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.unwrap();
    assert_eq!(told, "`echo` waits: all nodes are full");
    let waiting = stage.stored("r1", waits).await;
    assert_eq!((waiting.state(), waiting.eta_s), (RunState::Running, -1.0));
    stage.world.finish.add_permits(1);
    let done = stage.stored("r1", ended).await;
    assert_eq!((done.state(), done.restarts), (RunState::Succeeded, 0), "{:?}", done.failure);
    assert!(stage.world.refused.lock().unwrap().is_empty());
    // To find no room is no failure of the service, and holds up no later start.
    assert_eq!(stage.host.instances.list("s")[0].restarts, 0);
}

#[tokio::test]
async fn a_run_that_waits_for_room_is_cancelled_at_once() {
    let stage = Stage::new().await;
    stage.start_session();
    *stage.world.refused.lock().unwrap() = vec![Code::ClusterQuota; 1000];
    stage.host.take_in(run("r1")).await.unwrap();
    stage.stored("r1", waits).await;
    stage.host.runs.get("r1").unwrap().cancel.cancel();
    assert_eq!(stage.stored("r1", ended).await.state(), RunState::Cancelled);
    assert_eq!(*stage.world.spawned.borrow(), 0);
}

#[tokio::test]
async fn what_has_no_place_yet_is_given_up_with_its_run() {
    let stage = Stage::new().await;
    stage.start_session();
    stage.world.enrol.forget_permits(100);
    stage.world.awaited.send_replace("all nodes are full".to_owned());
    stage.host.take_in(run("r1")).await.unwrap();
    stage.stored("r1", waits).await;
    stage.host.runs.get("r1").unwrap().cancel.cancel();
    assert_eq!(stage.stored("r1", ended).await.state(), RunState::Cancelled);
    let mut ended = stage.world.ended.subscribe();
    tokio::time::timeout(PATIENCE, ended.wait_for(|&n| n == 1)).await.unwrap().unwrap();
    // The next run need not wait behind it.
    stage.world.awaited.send_replace(String::new());
    stage.world.enrol.add_permits(100);
    stage.host.take_in(run("r2")).await.unwrap();
    assert_eq!(stage.stored("r2", crate::record::ended).await.state(), RunState::Succeeded);
}

#[tokio::test]
async fn a_site_may_set_a_limit_which_ends_no_run_that_has_got_somewhere() {
    let stage = Stage::new().await;
    stage.start_session();
    *stage.world.room_fail.lock().unwrap() = Some(Duration::ZERO);
    *stage.world.refused.lock().unwrap() = vec![Code::NoRoom];
    stage.host.take_in(run("r1")).await.unwrap();
    let failed = stage.stored("r1", ended).await;
    assert_eq!(failed.failure.unwrap().code, Code::NoRoom.row().name);

    *stage.world.refused.lock().unwrap() = vec![Code::NoRoom];
    let moved = Run { checkpoints: vec![Checkpoint::default()], ..run("r2") };
    stage.host.take_in(moved).await.unwrap();
    assert_eq!(stage.stored("r2", ended).await.state(), RunState::Succeeded);
    assert!(stage.world.refused.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_stands_ready_is_taken_and_replaced() {
    let warm = [("echo".to_owned(), Policy { buffer: 1, max: 2 })].into();
    let stage = Stage::with(Options { warm, ..Options::default() }).await;
    let counts = |wanted: &'static [&'static str]| {
        let stage = &stage;
        async move {
            let states = || {
                let mut states: Vec<&str> =
                    stage.host.instances.count().iter().map(|(_, state)| *state).collect();
                states.sort_unstable();
                states
            };
            let come = async {
                while states() != wanted {
                    tokio::task::yield_now().await;
                }
            };
            assert!(
                tokio::time::timeout(PATIENCE, come).await.is_ok(),
                "{:?} instead of {wanted:?}",
                states()
            );
        }
    };
    counts(&["warm"]).await;
    stage.start_session();
    stage.host.take_in(run("r1")).await.unwrap();
    assert_eq!(stage.stored("r1", ended).await.state(), RunState::Succeeded);
    counts(&["idle", "warm"]).await;
    assert_eq!(*stage.world.spawned.borrow(), 2);
    // It ends with its session, the other one stands ready on.
    stage.host.end_session("s");
    counts(&["warm"]).await;
    assert_eq!(*stage.world.spawned.borrow(), 2);
}

#[tokio::test]
async fn an_instance_hears_whether_it_is_still_wanted() {
    let stage = Stage::new().await;
    assert_eq!(stage.accompany("echo-unknown").await.err().unwrap().code, Code::NotFound);
    stage.start_session();
    stage.host.take_in(run("r1")).await.unwrap();
    stage.stored("r1", ended).await;
    let id = stage.host.instances.list("s")[0].id.clone();
    let mut signs = stage.accompany(&id).await.unwrap();
    assert!(signs.message().await.unwrap().is_some());
    // It is asked to end with its session; where that does not reach it, silence does.
    stage.host.end_session("s");
    let silence = async { while let Ok(Some(_)) = signs.message().await {} };
    tokio::time::timeout(PATIENCE, silence).await.unwrap();
}
