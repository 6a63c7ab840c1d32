//! A program as a service of the platform.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use api::v1::compute_event::What;
use api::v1::compute_server::{Compute, ComputeServer};
use api::v1::{
    ActionDescription, ComputeEvent, ComputeRequest, DescribeReply, Empty, EntitiesRequest, Entity,
    RenewRequest, RunRequestById, ServiceDescription,
};
use api::{Code, Failure};
use async_trait::async_trait;
use base::identity::Role;
use runtime::{Common, Context};
use system::confine::Reach;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use crate::describe::Description;
use crate::entities::Entities;
use crate::events::Events;
use crate::job::Job;
use crate::results::{Results, Voice, retrying};

/// What a service author writes.
pub trait Program: Send + Sync + 'static {
    /// What the service declares.
    fn describe(&self) -> Description;

    /// Computes one action. What it puts is committed when it returns `Ok`; a pure function of the version.
    fn compute(&self, job: &Job) -> Result<(), Failure>;

    /// Files and folders that it needs besides the system's libraries, such as tables or a licence: on Linux all others
    /// are out of its reach.
    fn reach(&self) -> Reach {
        Reach::default()
    }
}

/// Runs a program as a service to its end. What is `open` to it that should not be is told.
pub(crate) async fn host(
    common: Common,
    program: impl Program,
    open: Option<&'static str>,
) -> Result<(), Failure> {
    let description = program.describe().into_wire();
    let role = Role::Compute(description.name.clone());
    runtime::host(role, common, async |context| {
        // Not before there is a log.
        if let Some(open) = open {
            tracing::warn!(
                "this service is not confined: the kernel of this host leaves {open} within its reach"
            );
        }
        Ok(Host::new(context, description, Arc::new(program)))
    })
    .await
}

/// How a job reaches the rest of the platform.
#[derive(Clone)]
pub(crate) struct Wiring {
    pub(crate) peers: runtime::Peers,
}

struct Host {
    wiring: Wiring,
    description: ServiceDescription,
    program: Arc<dyn Program>,
    jobs: Arc<Mutex<HashMap<String, Underway>>>,
}

/// What can still be said to a job.
struct Underway {
    events: Arc<Events>,
    voice: Arc<Voice>,
}

impl Host {
    fn new(context: Context, description: ServiceDescription, program: Arc<dyn Program>) -> Self {
        Self { wiring: Wiring { peers: context.peers.clone() }, description, program, jobs: Arc::default() }
    }

    fn action(&self, name: &str) -> Result<ActionDescription, Failure> {
        self.description.actions.iter().find(|a| a.name == name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.description.actions.iter().map(|a| a.name.as_str()).collect();
            Code::NotFound
                .because(format!("`{name}` is no action of {}", self.description.name))
                .remedy(format!("use one of: {}", known.join(", ")))
        })
    }
}

#[async_trait]
impl runtime::Service for Host {
    fn routes(self: Arc<Self>) -> axum::Router {
        let server = ComputeServer::from_arc(self).max_decoding_message_size(rpc::MAX_MESSAGE);
        tonic::service::Routes::new(server).into_axum_router()
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        shutdown.cancelled().await;
        for job in self.jobs.lock().unwrap_or_else(PoisonError::into_inner).values() {
            job.events.drain();
        }
        // Jobs take themselves off the list; the grace period of the process bounds the wait.
        while !self.jobs.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl Compute for Host {
    async fn describe(&self, _: Request<Empty>) -> Result<Response<ServiceDescription>, Status> {
        Ok(Response::new(self.description.clone()))
    }

    type ComputeStream = ReceiverStream<Result<ComputeEvent, Status>>;

    async fn compute(
        &self,
        request: Request<ComputeRequest>,
    ) -> Result<Response<Self::ComputeStream>, Status> {
        let request = request.into_inner();
        let action = self.action(&request.action)?;
        let assertion = request
            .assertion
            .clone()
            .ok_or_else(|| Failure::new(Code::Unauthenticated, "the run names no user"))?;
        let voice = Arc::new(Voice::new(assertion));
        let (sender, receiver) = mpsc::channel(64);
        let events = Arc::new(Events::new(sender.clone()));
        let run = request.run.clone();
        match self.jobs.lock().unwrap_or_else(PoisonError::into_inner).entry(run.clone()) {
            // The job that runs keeps its place, or it could not be cancelled any more.
            Entry::Occupied(_) => {
                return Err(Code::Busy.because(format!("the run {run} is being computed already")).into());
            }
            Entry::Vacant(place) => {
                place.insert(Underway { events: events.clone(), voice: voice.clone() });
            }
        }
        let span = tracing::info_span!("run", run, project = request.project);
        let (wiring, program, jobs) = (self.wiring.clone(), self.program.clone(), self.jobs.clone());
        tokio::spawn(
            async move {
                let event = match compute(wiring, program, request, action, events, voice).await {
                    Ok(event) => Ok(event),
                    Err(failure) => Err(Status::from(failure)),
                };
                jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
                // Where nobody listens any more nobody needs the answer: results are committed.
                let _ = sender.send(event).await;
            }
            .instrument(span),
        );
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn cancel(&self, request: Request<RunRequestById>) -> Result<Response<Empty>, Status> {
        if let Some(job) =
            self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&request.get_ref().run)
        {
            job.events.cancel();
        }
        Ok(Response::new(Empty {}))
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<Empty>, Status> {
        let RenewRequest { run, assertion } = request.into_inner();
        if let (Some(job), Some(assertion)) =
            (self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&run), assertion)
        {
            job.voice.renew(assertion);
        }
        Ok(Response::new(Empty {}))
    }
}

async fn compute(
    wiring: Wiring,
    program: Arc<dyn Program>,
    request: ComputeRequest,
    action: ActionDescription,
    events: Arc<Events>,
    voice: Arc<Voice>,
) -> Result<ComputeEvent, Failure> {
    let results = Results {
        wiring,
        project: request.project.clone(),
        run: request.run.clone(),
        voice,
        events: events.clone(),
    };
    let entities = read(&results, &request, &action).await?;
    let handle = tokio::runtime::Handle::current();
    let job = Job { request, action, entities, events, results, handle, put: Mutex::default() };
    let span = tracing::Span::current();
    let version = tokio::task::spawn_blocking(move || {
        let _entered = span.enter();
        program.compute(&job)?;
        // Results of a run that was cancelled in its last moment are not wanted either.
        if job.progress().cancelled() {
            return Err(job.cancelled());
        }
        job.commit()
    })
    .await
    .map_err(|e| Code::Internal.because(format!("the computation broke off: {e}")))??;
    Ok(ComputeEvent { what: Some(What::Done(version)) })
}

/// Reads what the action needs: the kinds that it declares, parameters and units, its target, and the results of
/// the actions that it requires.
async fn read(
    results: &Results,
    request: &ComputeRequest,
    action: &ActionDescription,
) -> Result<Entities, Failure> {
    let described: DescribeReply = retrying(|| async {
        Ok(results.wiring.peers.project()?.describe(results.voice.request(Empty {})).await?.into_inner())
    })
    .await?;
    let mut kinds = api::reads::kinds(&described.services, &action.reads);
    kinds.extend(["project.units".to_owned(), "project.parameter".to_owned()]);
    let mut paths = Vec::new();
    for required in
        described.services.iter().flat_map(|s| &s.actions).filter(|a| action.requires.contains(&a.name))
    {
        let path = required.result_for(&request.target);
        paths.push(format!("{path}/**"));
        paths.push(path);
    }
    let results_version = match request.results_version.as_str() {
        "" => request.version.clone(),
        version => version.to_owned(),
    };
    let target = if request.target.is_empty() { vec![] } else { vec![request.target.clone()] };
    let mut entities = entities_of(results, &request.version, kinds, target).await?;
    if !paths.is_empty() {
        entities.extend(entities_of(results, &results_version, vec![], paths).await?);
    }
    Entities::new(entities, described.services.into_iter().flat_map(|s| s.kinds))
}

async fn entities_of(
    results: &Results,
    version: &str,
    kinds: Vec<String>,
    paths: Vec<String>,
) -> Result<Vec<Entity>, Failure> {
    retrying(|| async {
        let query = EntitiesRequest {
            project: results.project.clone(),
            version: version.to_owned(),
            kinds: kinds.clone(),
            paths: paths.clone(),
        };
        let mut stream =
            results.wiring.peers.project()?.entities(results.voice.request(query)).await?.into_inner();
        let mut entities = Vec::new();
        while let Some(part) = stream.message().await? {
            entities.extend(part.entities);
        }
        Ok(entities)
    })
    .await
}
