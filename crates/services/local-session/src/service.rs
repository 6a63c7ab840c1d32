//! The service itself: what callers ask for, and what goes on in the background.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::v1::local_session_server::{LocalSession as Rpc, LocalSessionServer};
use api::v1::{
    ActRequest, Empty, EndSessionRequest, InputsReply, InputsRequest, InstancesReply, Right, Run,
    RunRequestById, RunUpdate, ServiceDescription, Session, SessionRequest,
};
use api::{Code, Failure};
use async_trait::async_trait;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures::Stream;
use runtime::{Context, Enrolled, Enrolment};
use spawn::Spawner;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::instances::Instances;
use crate::options::Options;
use crate::record::{ended, told};
use crate::runs::Runs;
use crate::slots::Slots;
use crate::{catalog, heartbeat};

/// What of the grace period is kept for all that comes after the ends of the instances.
const MARGIN: Duration = Duration::from_secs(6);

/// How often an instance on another machine hears that this local-session lives.
const SIGN: Duration = Duration::from_secs(5);

/// The service.
pub(crate) struct LocalSession(pub(crate) Arc<Inner>);

/// What all its tasks share.
pub(crate) struct Inner {
    pub(crate) context: Context,
    pub(crate) options: Options,
    pub(crate) instances: Arc<Instances>,
    pub(crate) runs: Runs,
    /// For actions that take long.
    pub(crate) slots: Slots,
    /// For those that do not.
    pub(crate) quick: Slots,
    /// Told when the global-session should hear of something at once.
    pub(crate) changed: Notify,
    /// Held while a run is recorded and set going, so that none is taken twice.
    pub(crate) taking: tokio::sync::Mutex<()>,
    /// Sessions that live here, with their projects.
    pub(crate) sessions: Mutex<HashMap<String, String>>,
    pub(crate) used: Mutex<HashSet<String>>,
    /// Sessions of which it is not known yet what goes on in them; one may stand here twice.
    pub(crate) adopting: watch::Sender<Vec<String>>,
    pub(crate) offered: Mutex<Vec<String>>,
    /// Services that cannot be offered, with the reason.
    pub(crate) troubles: Mutex<BTreeMap<String, String>>,
    pub(crate) load: system::host::Load,
}

impl LocalSession {
    pub(crate) async fn create(
        context: Context,
        options: Options,
        spawner: Arc<dyn Spawner>,
    ) -> Result<Self, Failure> {
        let instances = Arc::new(Instances::new(context.clone(), spawner, options.warm()?));
        instances.starter.enrol_at(&context.one_way);
        Ok(Self(Arc::new(Inner {
            slots: Slots::new(options.slots()),
            quick: Slots::new(options.slots().max(2)),
            context,
            options,
            instances,
            runs: Runs::default(),
            changed: Notify::new(),
            taking: tokio::sync::Mutex::default(),
            sessions: Mutex::default(),
            used: Mutex::default(),
            adopting: watch::Sender::default(),
            offered: Mutex::default(),
            troubles: Mutex::default(),
            load: system::host::Load::default(),
        })))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    pub(crate) fn sessions(&self) -> HashMap<String, String> {
        lock(&self.sessions).clone()
    }

    pub(crate) fn offered(&self) -> Vec<String> {
        lock(&self.offered).clone()
    }

    /// Sessions used since the last call.
    pub(crate) fn take_used(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.used)).into_iter().collect()
    }

    /// Sessions of which the global-session could not be told that they are in use.
    pub(crate) fn used_again(&self, sessions: Vec<String>) {
        lock(&self.used).extend(sessions);
    }

    /// What the services of the site declare.
    pub(crate) async fn services(&self) -> Result<Vec<ServiceDescription>, Failure> {
        Ok(self.context.peers.project()?.describe(Empty {}).await?.into_inner().services)
    }
}

#[async_trait]
impl runtime::Service for LocalSession {
    fn routes(self: Arc<Self>) -> axum::Router {
        let server = LocalSessionServer::from_arc(self).max_decoding_message_size(rpc::MAX_MESSAGE);
        tonic::service::Routes::new(server).into_axum_router()
    }

    fn one_way(self: Arc<Self>) -> axum::Router {
        axum::Router::new()
            .route("/enrol", post(enrol))
            .layer(DefaultBodyLimit::max(64 << 10))
            .with_state(self.0.clone())
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        let host = self.0.clone();
        tokio::spawn(catalog::register(host.clone()));
        tokio::spawn(host.instances.clone().keep_ready());
        let beating = tokio::spawn(heartbeat::beat(host.clone()));
        let idle = host.options.idle();
        let mut sweep =
            tokio::time::interval((idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(5)));
        loop {
            tokio::select! {
                _ = sweep.tick() => host.instances.let_go_idle(idle),
                () = shutdown.cancelled() => break,
            }
        }
        // Solvers save checkpoints while they are asked to end, and their runs record them; only then the next owner
        // may take the runs over. What waits in the queue leaves by itself.
        host.instances.end_all(host.context.options.grace().saturating_sub(MARGIN)).await;
        if tokio::time::timeout(MARGIN / 2, host.runs.all_gone()).await.is_err() {
            host.runs.all().iter().for_each(|live| live.let_go.cancel());
        }
        let _ = beating.await;
        if let Ok(Err(failure)) = tokio::time::timeout(MARGIN / 4, heartbeat::leave(&host)).await {
            tracing::debug!(%failure, "could not say goodbye to global-session");
        }
        Ok(())
    }
}

async fn enrol(
    State(host): State<Arc<Inner>>,
    Json(enrolment): Json<Enrolment>,
) -> Result<Json<Enrolled>, (StatusCode, String)> {
    host.instances.starter.tickets.enrol(&host.context, enrolment).await.map(Json).map_err(|failure| {
        tracing::warn!(%failure, "an enrolment was refused");
        let status = StatusCode::from_u16(failure.code.row().http).unwrap_or(StatusCode::BAD_REQUEST);
        (status, failure.message)
    })
}

#[tonic::async_trait]
impl Rpc for LocalSession {
    async fn act(&self, request: Request<ActRequest>) -> Result<Response<Run>, Status> {
        let caller = self.0.context.caller(request.metadata()).await?;
        let session = self.0.session(request.metadata(), Some(&request.get_ref().project))?;
        let asked = self.0.complete(&caller, request.into_inner()).await?;
        Ok(Response::new(self.0.act(caller, session, asked).await?))
    }

    type FollowRunStream = Pin<Box<dyn Stream<Item = Result<RunUpdate, Status>> + Send>>;

    async fn follow_run(
        &self,
        request: Request<RunRequestById>,
    ) -> Result<Response<Self::FollowRunStream>, Status> {
        let caller = self.0.context.caller(request.metadata()).await?;
        self.0.session(request.metadata(), None)?;
        let id = request.into_inner().run;
        let Some(live) = self.0.live(&caller, &id, Right::Viewer).await? else {
            let run = self.0.stored(&caller, &id).await?;
            let update = RunUpdate { run: Some(run), ..RunUpdate::default() };
            return Ok(Response::new(Box::pin(futures::stream::iter([Ok(update)]))));
        };
        let (run, updates) = live.follow();
        let first = RunUpdate { run: Some(told(&run)), ..RunUpdate::default() };
        let (host, project) = (self.0.clone(), run.project.clone());
        let lost = Box::pin(async move { host.right_lost(&caller, &project).await });
        let begin = (!ended(&run)).then_some((updates, live, lost));
        let rest = futures::stream::unfold(begin, |state| async move {
            let (mut updates, live, mut lost) = state?;
            let update = tokio::select! {
                biased;
                update = next(&mut updates) => update?,
                // Whoever follows asks again, and finds the run where it lives by then.
                () = live.let_go.cancelled() => return None,
                why = &mut lost => return Some((Err(why.into()), None)),
            };
            let over = update.run.as_ref().is_some_and(ended);
            Some((Ok(update), (!over).then_some((updates, live, lost))))
        });
        let first = futures::stream::iter([Ok(first)]);
        Ok(Response::new(Box::pin(futures::StreamExt::chain(first, rest))))
    }

    async fn cancel_run(&self, request: Request<RunRequestById>) -> Result<Response<Run>, Status> {
        let caller = self.0.context.caller(request.metadata()).await?;
        self.0.session(request.metadata(), None)?;
        let id = request.into_inner().run;
        match self.0.live(&caller, &id, Right::Editor).await? {
            Some(live) => {
                live.call_off().await?;
                Ok(Response::new(told(&live.run())))
            }
            None => {
                let run = self.0.stored(&caller, &id).await?;
                if !ended(&run) {
                    let why = format!("the run {id} is on its way to another local-session");
                    return Err(Code::Unavailable.because(why).retry_after(1).into());
                }
                Ok(Response::new(run))
            }
        }
    }

    async fn inputs(&self, request: Request<InputsRequest>) -> Result<Response<InputsReply>, Status> {
        let caller = self.0.context.caller(request.metadata()).await?;
        self.0.session(request.metadata(), Some(&request.get_ref().project))?;
        Ok(Response::new(self.0.inputs(&caller, request.into_inner()).await?))
    }

    async fn instances(&self, request: Request<SessionRequest>) -> Result<Response<InstancesReply>, Status> {
        let caller = self.0.context.caller(request.metadata()).await?;
        let session = self.0.session(request.metadata(), None)?;
        let project = self.0.sessions().remove(&session).unwrap_or_default();
        self.0.demand(&caller, &project, Right::Viewer).await?;
        Ok(Response::new(InstancesReply { instances: self.0.instances.list(&session) }))
    }

    async fn start_session(&self, request: Request<Session>) -> Result<Response<Session>, Status> {
        let session = request.into_inner();
        self.0.start_session(&session);
        Ok(Response::new(session))
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Result<Response<Empty>, Status> {
        let EndSessionRequest { session, if_idle } = request.into_inner();
        self.0.close_session(&session, if_idle).await?;
        Ok(Response::new(Empty {}))
    }

    type AccompanyStream = Pin<Box<dyn Stream<Item = Result<Empty, Status>> + Send>>;

    async fn accompany(&self, request: Request<Empty>) -> Result<Response<Self::AccompanyStream>, Status> {
        let instance = match request.extensions().get::<rpc::Peer>() {
            Some(rpc::Peer(peer)) => peer.instance.clone(),
            None => return Err(Code::Denied.because("only an instance itself may ask for that").into()),
        };
        let starter = self.0.instances.starter.clone();
        if !starter.knows(&instance) {
            let why = format!("the instance {instance} does not belong to this local-session");
            return Err(Code::NotFound.because(why).into());
        }
        let signs = futures::stream::unfold(tokio::time::interval(SIGN), move |mut every| {
            let (starter, instance) = (starter.clone(), instance.clone());
            async move {
                every.tick().await;
                starter.knows(&instance).then_some((Ok(Empty {}), every))
            }
        });
        Ok(Response::new(Box::pin(signs)))
    }
}

/// The next update; those that a slow follower missed are passed over.
async fn next(updates: &mut broadcast::Receiver<RunUpdate>) -> Option<RunUpdate> {
    loop {
        match updates.recv().await {
            Ok(update) => return Some(update),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}
