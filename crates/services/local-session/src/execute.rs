//! The way of one run: through the queue, step by step through its plan, over the ends of services, to its own end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::v1::{EntitiesRequest, Entity, Run, RunState};
use api::{Code, Failure};
use runtime::caller::{now_ms, speak_for};

use crate::journey::Journey;
use crate::patience::patiently;
use crate::record::end;
use crate::renewal;
use crate::runs::{Live, STORE};
use crate::service::Inner;

/// How often the steps are gone through anew because somebody changed results in between.
const ROUNDS: u32 = 3;

/// Why a run left its way.
pub(crate) enum Off {
    /// It failed, for good.
    Failed(Failure),
    /// Somebody else goes on with it, or this process does after its restart.
    LetGo,
}

impl From<Failure> for Off {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Takes a run to its end and records that.
pub(crate) async fn execute(host: Arc<Inner>, live: Arc<Live>) {
    let id = live.run().id;
    let result = tokio::select! {
        // First: what fails because somebody else owns the run by now is no failure of the run.
        biased;
        () = live.let_go.cancelled() => Err(Off::LetGo),
        result = go(&host, &live) => result,
        // A run may wait in the queue and compute for longer than its assertion is good.
        never = renewal::keep(&host, &live) => match never {},
    };
    let ending = async {
        match result {
            _ if live.let_go.is_cancelled() => {}
            Err(Off::LetGo) => {}
            Ok((version, cached)) => {
                live.finish(|run| {
                    end(run, RunState::Succeeded, None);
                    (run.progress, run.result_version, run.cached) = (1.0, version, cached);
                })
                .await;
            }
            Err(Off::Failed(failure)) => {
                let state = match failure.code {
                    Code::Cancelled => RunState::Cancelled,
                    _ => RunState::Failed,
                };
                tracing::info!(run = id, %failure, "run ended without results");
                live.finish(|run| end(run, state, Some(&failure))).await;
            }
        }
    };
    tokio::select! {
        () = ending => {}
        () = live.let_go.cancelled() => {}
    }
    host.runs.remove(&id);
    // Whoever still follows has seen all that there is to see here.
    live.let_go.cancel();
}

/// True where a run takes one of the slots that a host has for long computations: a geometry that is built in a second
/// shall not wait for hours behind them.
async fn lasting(host: &Arc<Inner>, live: &Arc<Live>) -> Result<bool, Off> {
    let action = live.run().action;
    let services = ask(host, live, || host.services()).await?;
    let mut actions = services.iter().flat_map(|service| &service.actions);
    Ok(actions.find(|known| known.name == action).is_none_or(|known| known.resumable))
}

async fn go(host: &Arc<Inner>, live: &Arc<Live>) -> Result<(String, bool), Off> {
    let told = live.clone();
    let place = Arc::new(AtomicU32::new(0));
    let slots = if lasting(host, live).await? { &host.slots } else { &host.quick };
    let queue = slots.take(move |position| {
        let (live, place) = (told.clone(), place.clone());
        place.store(position, Ordering::SeqCst);
        tokio::spawn(async move {
            // Recorded whenever it moves, as nothing may come after it for a long time. Always the newest place, in
            // whatever order these tasks go; the run may have left the queue in the meantime.
            let moved = live.record(|run| {
                if run.state() == RunState::Queued {
                    run.queue_position = place.load(Ordering::SeqCst);
                }
            });
            if let Err(failure) = moved.await {
                tracing::warn!(%failure, run = live.run().id, "the place in the queue cannot be recorded");
            }
        });
    });
    let _slot = tokio::select! {
        biased;
        off = called_off(host, live) => return Err(off),
        slot = queue => slot,
    };
    live.record(|run| {
        run.set_state(RunState::Running);
        run.queue_position = 0;
        run.local_session.clone_from(&host.context.identity.instance);
        if run.started_ms == 0 {
            run.started_ms = now_ms();
        }
    })
    .await?;
    let journey = Journey::prepare(host, live).await?;
    for _ in 0..ROUNDS {
        if let Some(outcome) = journey.steps_through().await? {
            return Ok(outcome);
        }
    }
    Err(Code::Busy.because("the results that this run needs were changed by others again and again").into())
}

/// Comes when the user cancels the run, or when this process shall end: then the next owner goes on with it.
pub(crate) async fn called_off(host: &Inner, live: &Live) -> Off {
    tokio::select! {
        () = live.cancel.cancelled() => cancelled().into(),
        () = host.context.shutdown.cancelled() => Off::LetGo,
    }
}

/// Asks the store, over its restarts.
pub(crate) async fn ask<T, F>(host: &Inner, live: &Live, question: impl FnMut() -> F) -> Result<T, Off>
where
    F: Future<Output = Result<T, Failure>>,
{
    tokio::select! {
        biased;
        off = called_off(host, live) => Err(off),
        answer = patiently(STORE, question) => Ok(answer?),
    }
}

pub(crate) fn cancelled() -> Failure {
    Code::Cancelled.because("the run was cancelled")
}

/// Reads entities of a version in the name of the run's user; also the hash of the version.
pub(crate) async fn entities(
    host: &Inner,
    run: &Run,
    version: &str,
    kinds: Vec<String>,
    paths: Vec<String>,
) -> Result<(String, Vec<Entity>), Failure> {
    let assertion =
        run.assertion.as_ref().ok_or_else(|| Code::Unauthenticated.because("the run names no user"))?;
    let query = EntitiesRequest { project: run.project.clone(), version: version.to_owned(), kinds, paths };
    let mut project = host.context.peers.project()?;
    let mut stream = project.entities(speak_for(assertion, query)).await?.into_inner();
    let (mut at, mut entities) = (String::new(), Vec::new());
    while let Some(part) = stream.message().await? {
        at = part.version;
        entities.extend(part.entities);
    }
    Ok((at, entities))
}
