//! One step on one instance: its events, its checkpoints, its end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use api::v1::compute_client::ComputeClient;
use api::v1::compute_event::What;
use api::v1::{Advance, Checkpoint, ComputeRequest, RenewRequest, RunRequestById};
use api::{Code, Failure};

use crate::demand;
use crate::execute::cancelled;
use crate::journey::Journey;
use crate::loss::Missed;
use crate::pace::Pace;
use crate::serving::InUse;

/// How long a service may take to stop a run that was cancelled.
const CANCEL: Duration = Duration::from_secs(20);

impl Journey<'_> {
    /// Computes a step on an instance; the version with its results.
    pub(crate) async fn attempt(
        &self,
        index: usize,
        results_version: &str,
        instance: &InUse,
    ) -> Result<String, Missed> {
        let step = &self.steps[index];
        // Before the run is read: what is renewed from here on is told to the service.
        let mut renewed = self.live.renewed.subscribe();
        let run = self.live.run();
        let mut client = ComputeClient::new(instance.0.channel.clone());
        let options = &self.host.options;
        let (cores, memory_bytes) = match &instance.0.size {
            // An instance of its own may use all that it was given.
            Some(size) => (size.cores.ceil().max(1.0) as u32, demand::budget(size)),
            None => (options.run_cores.unwrap_or(0), options.memory_bytes()),
        };
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
            cores,
            memory_bytes,
            fence: run.fence,
        };
        let mut events = tokio::select! {
            events = client.compute(request) => events.map_err(refused)?.into_inner(),
            () = self.live.cancel.cancelled() => return Err(cancelled().into()),
        };
        let mut pace = Pace::default();
        let mut stop = None;
        loop {
            let event = tokio::select! {
                event = events.message() => match event {
                    // What was to be stopped has ended, one way or another.
                    Err(status) if stop.is_some() => {
                        return Err(match transport(status) {
                            Missed::Told(failure) if !failure.code.row().retryable => failure.into(),
                            _ => cancelled().into(),
                        });
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
                Ok(()) = renewed.changed() => {
                    let news = RenewRequest { run: run.id.clone(), assertion: self.live.run().assertion };
                    if let Err(status) = client.renew(news).await {
                        tracing::warn!(%status, run = run.id, "the service was not told the renewed assertion");
                    }
                    continue;
                }
                () = until(stop), if stop.is_some() => {
                    self.host.instances.give_up(&instance.0);
                    return Err(cancelled().into());
                }
            };
            let Some(what) = event.and_then(|event| event.what) else {
                if stop.is_some() {
                    return Err(cancelled().into());
                }
                let failure = Code::Unavailable.because("the service ended the computation without a result");
                return Err(Missed::Silent(failure));
            };
            match what {
                What::Done(version) => return Ok(version.id),
                What::Log(line) if line.level == "WARN" => self.live.warn(&line.text),
                What::Log(line) => self.live.log(&line.level, &line.text),
                What::Point(point) => self.live.point(point),
                What::Progress(advance) => self.advance(index, &advance, &mut pace).await,
                What::Checkpoint(checkpoint) => self.keep(checkpoint).await,
            }
        }
    }

    async fn keep(&self, checkpoint: Checkpoint) {
        self.losses.store(0, Ordering::Relaxed);
        self.live
            .note(|run| {
                run.checkpoints.insert(0, checkpoint);
                // The newest, and one to fall back to.
                run.checkpoints.truncate(2);
            })
            .await;
    }

    async fn advance(&self, index: usize, advance: &Advance, pace: &mut Pace) {
        let step = format!("{}: {}", self.steps[index].action.label, advance.what);
        let done = self.course.done(index, advance.fraction);
        let left = pace.left(done, Instant::now());
        let eta = if self.course.tells(index) { left } else { -1.0 };
        self.live.advance(|run| (run.step, run.progress, run.eta_s) = (step, done, eta)).await;
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// A failure of a call to a service: its own, or, where there is none of its own, the loss of the service.
fn transport(status: tonic::Status) -> Missed {
    if status.details().is_empty() {
        let why = format!("the connection to the service was lost: {}", status.message());
        return Missed::Silent(Code::Unavailable.because(why));
    }
    Failure::from(status).into()
}

/// The same where the computation did not begin.
fn refused(status: tonic::Status) -> Missed {
    match transport(status) {
        Missed::Told(failure) if failure.code == Code::Busy => Missed::Underway(failure),
        missed => missed,
    }
}
