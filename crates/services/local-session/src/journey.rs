//! A run with its plan: which steps are up to date, and on what instance each other one is computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use api::v1::{Entity, Run};
use api::{Code, Failure};
use serde_json::Value;
use spawn::{End, Size};

use crate::demand;
use crate::execute::{Off, ask, called_off, entities};
use crate::inputs::computed_kinds;
use crate::loss::{Missed, worth_another};
use crate::pace::Course;
use crate::plan::{self, Step};
use crate::room::{self, Search};
use crate::runs::Live;
use crate::service::Inner;
use crate::serving::InUse;

/// From this size on no larger instance is tried by itself, in bytes.
const MOST_TRIED: u64 = 1 << 40;

/// How long it is seen whether an instance that gave nothing ends by that; also the pause before the next try.
const END: Duration = Duration::from_secs(3);

/// How long a service may go on with a run for a connection that is gone: it has to notice that first.
const FREED: Duration = Duration::from_secs(120);

/// A run with its plan.
pub(crate) struct Journey<'a> {
    pub(crate) host: &'a Arc<Inner>,
    pub(crate) live: &'a Arc<Live>,
    pub(crate) run: Run,
    pub(crate) steps: Vec<Step>,
    pub(crate) course: Course,
    pub(crate) inputs: Vec<String>,
    /// Losses since the last checkpoint: a long run outlives any number of them as long as it gets on in between.
    pub(crate) losses: AtomicU32,
}

impl<'a> Journey<'a> {
    pub(crate) async fn prepare(host: &'a Arc<Inner>, live: &'a Arc<Live>) -> Result<Self, Off> {
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
        let course = Course::of(&steps);
        Ok(Self { host, live, run, steps, course, inputs, losses: AtomicU32::new(0) })
    }

    /// Goes through all steps; `None` if results were changed by others in between.
    pub(crate) async fn steps_through(&self) -> Result<Option<(String, bool)>, Off> {
        let mut version = self.run.version.clone();
        let mut cached = true;
        for (index, step) in self.steps.iter().enumerate() {
            let label = step.action.label.clone();
            let done = self.course.done(index, 0.0);
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
        let mut needed = self.needed(index, results_version).await?;
        let (mut again, mut underway) = (false, None);
        loop {
            // The results may be committed, and only the news of that was lost.
            if std::mem::take(&mut again)
                && let Some(found) = self.find(index, results_version).await?
            {
                return Ok(found);
            }
            let instance = self.instance(service, &needed).await?;
            self.tell_going_on(index).await;
            let missed = match self.attempt(index, results_version, &instance).await {
                Ok(version) => return Ok(version),
                Err(Missed::Told(failure)) if failure.code == Code::Memory => {
                    needed = self.larger(service, &instance).ok_or(failure)?;
                    continue;
                }
                Err(Missed::Told(failure)) if !failure.code.row().retryable => return Err(failure.into()),
                Err(missed) => missed,
            };
            again = true;
            underway = missed.is_underway().then(|| underway.unwrap_or_else(Instant::now));
            let soon_free = underway.is_some_and(|since| since.elapsed() < FREED);
            let end = self.end_of(&instance, !soon_free && !missed.is_told()).await?;
            if soon_free && end.is_none() {
                continue;
            }
            let starved = |words: &spawn::Words| Code::named(&words.code) == Some(Code::Memory);
            if end.as_ref().and_then(|end| end.last_words.as_ref()).is_some_and(starved)
                && let Some(more) = self.larger(service, &instance)
            {
                needed = more;
                continue;
            }
            self.restart(service, missed.failure(), end.as_ref()).await?;
        }
    }

    /// An instance, over starts that find no room or fail.
    async fn instance(&self, service: &str, needed: &Size) -> Result<InUse, Off> {
        let mut search = Search::begin(Instant::now());
        loop {
            match self.try_instance(service, needed).await {
                Err(Off::Failed(failure)) if room::lacking(&failure) => {
                    self.wait_for_room(service, failure, &mut search).await?;
                }
                Err(Off::Failed(failure))
                    if matches!(failure.code, Code::Crashed | Code::ClusterUnreachable) =>
                {
                    self.restart(service, failure, None).await?;
                }
                result => return result,
            }
        }
    }

    /// How an instance that gave nothing ended, if it did; one that lives on without hope is given up.
    async fn end_of(&self, instance: &InUse, hopeless: bool) -> Result<Option<End>, Off> {
        let end = tokio::select! {
            end = instance.0.ended_within(END) => end,
            off = called_off(self.host, self.live) => return Err(off),
        };
        match &end {
            Some(end) => self.host.instances.lost(&instance.0, end.clone()),
            None if hopeless => self.host.instances.give_up(&instance.0),
            None => {}
        }
        Ok(end)
    }

    /// What a step needs, by what its service declares and what stands in the version.
    async fn needed(&self, index: usize, version: &str) -> Result<Size, Off> {
        let step = &self.steps[index];
        let Some(declared) = &step.action.demand else { return Ok(Size::default()) };
        let paths = demand::paths(declared, &step.target);
        let entities = match paths.is_empty() {
            true => Vec::new(),
            false => {
                let read = || entities(self.host, &self.run, version, vec![], paths.clone());
                ask(self.host, self.live, read).await?.1
            }
        };
        let needed = demand::size(declared, &step.target, &entities);
        if self.host.instances.starter.spawner.room(&step.service, &needed).map_err(Failure::from)?.is_none()
        {
            // All share this machine.
            demand::fits(&format!("`{}`", step.service), &needed, self.host.options.memory_bytes())?;
        }
        Ok(needed)
    }

    /// Twice what an instance had, where its work found that too little: what a service declares is a reckoning.
    fn larger(&self, service: &str, instance: &InUse) -> Option<Size> {
        let had = instance.0.size.filter(|size| size.memory < MOST_TRIED)?;
        let more = Size { memory: had.memory.saturating_mul(2), ..had };
        // Refused, or no more than before, where that is the most that one may have.
        let room = self.host.instances.starter.spawner.room(service, &more).ok().flatten()?;
        let (before, now) = (had.memory >> 20, room.memory >> 20);
        if now <= before {
            return None;
        }
        let text = format!("`{service}` needs more than its {before} MiB; started again with {now} MiB");
        self.live.log("WARN", &text);
        tracing::warn!(
            run = self.run.id,
            service,
            before,
            now,
            "more memory than reckoned; a larger instance"
        );
        Some(more)
    }

    async fn try_instance(&self, service: &str, needed: &Size) -> Result<InUse, Off> {
        let mut news = self.host.instances.news(&self.run.session, service);
        let mut getting = std::pin::pin!(self.host.instances.get(&self.run.session, service, needed));
        loop {
            tokio::select! {
                biased;
                off = called_off(self.host, self.live) => return Err(off),
                instance = &mut getting => return Ok(instance?),
                Ok(()) = news.changed() => {
                    let news = news.borrow_and_update().clone();
                    if !news.is_empty() {
                        self.tell_waiting(service, &news).await;
                    }
                }
            }
        }
    }

    /// Counts a restart, tells it, or refuses it.
    async fn restart(&self, service: &str, failure: Failure, end: Option<&End>) -> Result<(), Off> {
        worth_another(&failure, end, self.losses.load(Ordering::Relaxed))?;
        let why = end.map_or(failure.message, End::describe);
        let wait = self.host.instances.wait(&self.run.session, service).as_secs();
        let when = if wait == 0 { "now".to_owned() } else { format!("in {wait} s") };
        self.live.log("WARN", &format!("`{service}` was lost ({why}); it is started again {when}"));
        tracing::warn!(run = self.run.id, why, wait, "service lost; the run goes on with another instance");
        let moved = end.is_some_and(|end| end.moved.is_some());
        self.losses.fetch_add(u32::from(!moved), Ordering::Relaxed);
        self.live.record(|run| run.restarts += u32::from(!moved)).await?;
        Ok(())
    }
}

fn inputs_of(entity: &Entity) -> String {
    serde_json::from_str::<Value>(&entity.properties)
        .ok()
        .and_then(|properties| Some(properties.get("inputs")?.as_str()?.to_owned()))
        .unwrap_or_default()
}
