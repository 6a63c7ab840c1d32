//! The way of one run: through the queue, step by step through its plan, over the ends of services, to its own end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use api::v1::compute_client::ComputeClient;
use api::v1::compute_event::What;
use api::v1::{Advance, Checkpoint, ComputeRequest, EntitiesRequest, Entity, Run, RunRequestById, RunState};
use api::{Code, Failure};
use runtime::caller::{now_ms, speak_for};
use serde_json::Value;

use crate::inputs::computed_kinds;
use crate::instances::{InUse, worth_another};
use crate::patience::patiently;
use crate::plan::{self, Step};
use crate::runs::{Live, STORE, end};
use crate::service::Inner;

/// How often the steps are gone through anew because somebody changed results in between.
const ROUNDS: u32 = 3;

/// How long a service may take to stop a run that was cancelled.
const CANCEL: Duration = Duration::from_secs(20);

/// Why a run left its way.
enum Off {
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

async fn go(host: &Arc<Inner>, live: &Arc<Live>) -> Result<(String, bool), Off> {
    let told = live.clone();
    let place = Arc::new(AtomicU32::new(0));
    let queue = host.slots.take(move |position| {
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

/// A run with its plan.
struct Journey<'a> {
    host: &'a Arc<Inner>,
    live: &'a Arc<Live>,
    run: Run,
    steps: Vec<Step>,
    inputs: Vec<String>,
}

impl<'a> Journey<'a> {
    async fn prepare(host: &'a Arc<Inner>, live: &'a Arc<Live>) -> Result<Self, Off> {
        let run = live.run();
        let services = ask(host, live, || host.services()).await?;
        let steps = plan::steps(&services, &run.action, &run.target, &run.arguments)?;
        let computed = computed_kinds(&services);
        let target = if run.target.is_empty() { vec![] } else { vec![run.target.clone()] };
        let kinds = plan::kinds(&steps);
        let read = || entities(host, &run, &run.version, kinds.clone(), target.clone());
        let (_, mut entities) = ask(host, live, read).await?;
        // A result must not make itself stale.
        entities.retain(|entity| !computed.contains(&entity.kind));
        if !run.target.is_empty() && !entities.iter().any(|entity| entity.path == run.target) {
            return Err(Code::NotFound.because(format!("`{}` is not in this version", run.target)).into());
        }
        let inputs = plan::inputs(&steps, &entities);
        live.advance(|run| run.steps = steps.iter().map(|s| s.action.name.clone()).collect()).await;
        Ok(Self { host, live, run, steps, inputs })
    }

    /// Goes through all steps; `None` if results were changed by others in between.
    async fn steps_through(&self) -> Result<Option<(String, bool)>, Off> {
        let mut version = self.run.version.clone();
        let mut cached = true;
        for (index, step) in self.steps.iter().enumerate() {
            let label = step.action.label.clone();
            let done = index as f64 / self.steps.len() as f64;
            self.live.advance(|run| (run.step, run.progress, run.eta_s) = (label, done, -1.0)).await;
            if let Some(found) = self.find(index, &version).await? {
                self.live.log("INFO", &format!("{}: up to date", step.action.label));
                version = found;
                continue;
            }
            if !self.requirements_hold(index, &version).await? {
                return Ok(None);
            }
            cached = false;
            version = self.compute(index, &version).await?;
        }
        Ok(Some((version, cached)))
    }

    /// A version in which the result of a step is up to date: where the run is by now, or the branch's head.
    async fn find(&self, index: usize, version: &str) -> Result<Option<String>, Off> {
        let path = self.steps[index].result();
        if path.is_empty() {
            return Ok(None);
        }
        for place in [version, self.run.branch.as_str()] {
            let (at, found) = self.read(place, &path).await?;
            if found.iter().any(|entity| inputs_of(entity) == self.inputs[index]) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The entity of a path, and the hash of the version.
    async fn read(&self, version: &str, path: &str) -> Result<(String, Vec<Entity>), Off> {
        let read = || entities(self.host, &self.run, version, vec![], vec![path.to_owned()]);
        ask(self.host, self.live, read).await
    }

    async fn requirements_hold(&self, index: usize, version: &str) -> Result<bool, Off> {
        for (required, inputs) in self.steps.iter().zip(&self.inputs) {
            let path = required.result();
            if path.is_empty() || !self.steps[index].action.requires.contains(&required.action.name) {
                continue;
            }
            let (_, found) = self.read(version, &path).await?;
            if !found.iter().any(|entity| inputs_of(entity) == *inputs) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Computes a step, over the ends of its service; the version with its results.
    async fn compute(&self, index: usize, results_version: &str) -> Result<String, Off> {
        let service = &self.steps[index].service;
        loop {
            let instance = match self.instance(service).await {
                Ok(instance) => instance,
                Err(Off::Failed(failure)) if failure.code == Code::Crashed => {
                    self.restart(service, failure, None).await?;
                    continue;
                }
                Err(off) => return Err(off),
            };
            let failure = match self.attempt(index, results_version, &instance).await {
                Ok(version) => return Ok(version),
                Err(failure) if !failure.code.row().retryable => return Err(failure.into()),
                Err(failure) => failure,
            };
            // Also the pause before the next try, where the service lives on.
            let end = tokio::select! {
                end = instance.0.ended_within(Duration::from_secs(3)) => end,
                off = called_off(self.host, self.live) => return Err(off),
            };
            if let Some(end) = &end {
                self.host.instances.lost(&instance.0, end.clone());
            }
            self.restart(service, failure, end.as_ref()).await?;
        }
    }

    async fn instance(&self, service: &str) -> Result<InUse, Off> {
        tokio::select! {
            biased;
            off = called_off(self.host, self.live) => Err(off),
            instance = self.host.instances.get(&self.run.session, service) => Ok(instance?),
        }
    }

    /// Counts a restart, tells it, or refuses it.
    async fn restart(&self, service: &str, failure: Failure, end: Option<&spawn::End>) -> Result<(), Off> {
        worth_another(&failure, end, &self.live.run())?;
        let why = end.map_or(failure.message, spawn::End::describe);
        let wait = self.host.instances.wait(&self.run.session, service).as_secs();
        let when = if wait == 0 { "now".to_owned() } else { format!("in {wait} s") };
        self.live.log("WARN", &format!("`{service}` was lost ({why}); it is started again {when}"));
        tracing::warn!(run = self.run.id, why, wait, "service lost; the run goes on with another instance");
        self.live.record(|run| run.restarts += 1).await?;
        Ok(())
    }

    async fn attempt(
        &self,
        index: usize,
        results_version: &str,
        instance: &InUse,
    ) -> Result<String, Failure> {
        let step = &self.steps[index];
        let run = self.live.run();
        let mut client = ComputeClient::new(instance.0.channel.clone());
        let request = ComputeRequest {
            run: run.id.clone(),
            project: run.project.clone(),
            branch: run.branch.clone(),
            version: run.version.clone(),
            results_version: results_version.to_owned(),
            action: step.action.name.clone(),
            target: step.target.clone(),
            arguments: step.arguments.clone(),
            inputs: self.inputs[index].clone(),
            assertion: run.assertion.clone(),
            checkpoints: run.checkpoints.clone(),
            cores: self.host.options.run_cores.unwrap_or(0),
            memory_bytes: self.host.options.memory_bytes(),
        };
        let mut events = tokio::select! {
            events = client.compute(request) => events.map_err(transport)?.into_inner(),
            () = self.live.cancel.cancelled() => return Err(cancelled()),
        };
        let mut pace = Pace::default();
        let mut stop = None;
        loop {
            let event = tokio::select! {
                event = events.message() => match event {
                    // What was to be stopped has ended, one way or another.
                    Err(status) if stop.is_some() => {
                        let failure = transport(status);
                        return Err(if failure.code.row().retryable { cancelled() } else { failure });
                    }
                    event => event.map_err(transport)?,
                },
                () = self.live.cancel.cancelled(), if stop.is_none() => {
                    stop = Some(Instant::now() + CANCEL);
                    // One that does not hear is ended below.
                    let asked = client.cancel(RunRequestById { run: run.id.clone() });
                    let _ = tokio::time::timeout(CANCEL / 4, asked).await;
                    continue;
                }
                () = until(stop), if stop.is_some() => {
                    instance.0.kill().await;
                    return Err(cancelled());
                }
            };
            let Some(what) = event.and_then(|event| event.what) else {
                if stop.is_some() {
                    return Err(cancelled());
                }
                return Err(Code::Unavailable.because("the service ended the computation without a result"));
            };
            match what {
                What::Done(version) => return Ok(version.id),
                What::Log(line) => self.live.log(&line.level, &line.text),
                What::Point(point) => self.live.point(point),
                What::Progress(advance) => self.advance(index, &advance, &mut pace).await,
                What::Checkpoint(checkpoint) => self.keep(checkpoint).await,
            }
        }
    }

    async fn keep(&self, checkpoint: Checkpoint) {
        let kept = self.live.record(|run| {
            run.checkpoints.insert(0, checkpoint);
            // The newest, and one to fall back to.
            run.checkpoints.truncate(2);
        });
        if let Err(failure) = kept.await {
            // The computation need not end for that: the next record that is written names it too.
            tracing::warn!(run = self.run.id, %failure, "a checkpoint cannot be recorded now");
        }
    }

    async fn advance(&self, index: usize, advance: &Advance, pace: &mut Pace) {
        let eta = pace.eta(advance.fraction);
        let step = format!("{}: {}", self.steps[index].action.label, advance.what);
        let done = (index as f64 + advance.fraction) / self.steps.len() as f64;
        self.live.advance(|run| (run.step, run.progress, run.eta_s) = (step, done, eta)).await;
    }
}

/// How fast a step goes, to tell when it will be done.
#[derive(Default)]
struct Pace {
    first: Option<(Instant, f64)>,
}

impl Pace {
    /// Seconds to the end of the step; negative while that cannot be told.
    fn eta(&mut self, fraction: f64) -> f64 {
        let (since, from) = *self.first.get_or_insert((Instant::now(), fraction));
        let gained = fraction - from;
        if gained <= 0.0 {
            return -1.0;
        }
        since.elapsed().as_secs_f64() * (1.0 - fraction) / gained
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// Comes when the user cancels the run, or when this process shall end: then the next owner goes on with it.
async fn called_off(host: &Inner, live: &Live) -> Off {
    tokio::select! {
        () = live.cancel.cancelled() => cancelled().into(),
        () = host.context.shutdown.cancelled() => Off::LetGo,
    }
}

/// Asks the store, over its restarts.
async fn ask<T, F>(host: &Inner, live: &Live, question: impl FnMut() -> F) -> Result<T, Off>
where
    F: Future<Output = Result<T, Failure>>,
{
    tokio::select! {
        biased;
        off = called_off(host, live) => Err(off),
        answer = patiently(STORE, question) => Ok(answer?),
    }
}

fn cancelled() -> Failure {
    Code::Cancelled.because("the run was cancelled")
}

/// A failure of a call to a service: its own, or, where there is none of its own, the loss of the service.
fn transport(status: tonic::Status) -> Failure {
    if status.details().is_empty() {
        return Code::Unavailable
            .because(format!("the connection to the service was lost: {}", status.message()));
    }
    status.into()
}

fn inputs_of(entity: &Entity) -> String {
    serde_json::from_str::<Value>(&entity.properties)
        .ok()
        .and_then(|properties| Some(properties.get("inputs")?.as_str()?.to_owned()))
        .unwrap_or_default()
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
