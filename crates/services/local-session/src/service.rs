//! The service itself: what callers ask for, and what goes on in the background.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::v1::AssertRunRequest;
use api::v1::local_session_server::{LocalSession as Rpc, LocalSessionServer};
use api::v1::{
    ActRequest, Empty, InstancesReply, ListRunsRequest, ProjectRequest, Right, Run, RunRequestById, RunState,
    RunUpdate, ServiceDescription, Session, SessionRequest, VersionsRequest,
};
use api::{Code, Failure};
use async_trait::async_trait;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures::Stream;
use runtime::caller::{SESSION, now_ms, speak_for};
use runtime::{Caller, Context, Enrolled, Enrolment};
use spawn::Spawner;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::instances::Instances;
use crate::options::Options;
use crate::runs::{Live, Runs, ended, told};
use crate::slots::Slots;
use crate::{catalog, execute, heartbeat, plan};

/// The service.
pub(crate) struct LocalSession(Arc<Inner>);

/// What all its tasks share.
pub(crate) struct Inner {
    pub(crate) context: Context,
    pub(crate) options: Options,
    pub(crate) instances: Arc<Instances>,
    pub(crate) runs: Runs,
    pub(crate) slots: Slots,
    /// Told when the global-session should hear of something at once.
    pub(crate) changed: Notify,
    spawner: Arc<dyn Spawner>,
    /// Sessions that live here, with their projects.
    sessions: Mutex<HashMap<String, String>>,
    used: Mutex<HashSet<String>>,
    offered: Mutex<Vec<String>>,
}

impl LocalSession {
    pub(crate) async fn create(
        context: Context,
        options: Options,
        spawner: Arc<dyn Spawner>,
    ) -> Result<Self, Failure> {
        let instances = Arc::new(Instances::new(context.clone(), spawner.clone()));
        instances.enrol_at(&context.one_way);
        Ok(Self(Arc::new(Inner {
            slots: Slots::new(options.slots()),
            context,
            options,
            instances,
            spawner,
            runs: Runs::default(),
            changed: Notify::new(),
            sessions: Mutex::default(),
            used: Mutex::default(),
            offered: Mutex::default(),
        })))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
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

    /// Takes a session in, with the runs of it that have not ended.
    pub(crate) fn start_session(self: &Arc<Self>, session: &Session) {
        if lock(&self.sessions).insert(session.id.clone(), session.project.clone()).is_some() {
            return;
        }
        tracing::info!(session = session.id, project = session.project, "session lives here");
        let (host, id) = (self.clone(), session.id.clone());
        tokio::spawn(async move {
            let mut wait = Duration::from_millis(200);
            while let Err(failure) = host.adopt(&id).await {
                tracing::warn!(session = id, %failure, "unfinished runs cannot be taken over yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(10));
            }
        });
    }

    pub(crate) fn end_session(&self, id: &str) {
        if lock(&self.sessions).remove(id).is_none() {
            return;
        }
        tracing::info!(session = id, "session ended");
        for live in self.runs.all().into_iter().filter(|live| live.run().session == id) {
            live.let_go.cancel();
        }
        self.instances.end_session(id);
    }

    /// Goes on with the runs of a session that a former owner left.
    async fn adopt(self: &Arc<Self>, session: &str) -> Result<(), Failure> {
        let request = ListRunsRequest { active: true, session: session.to_owned(), ..Default::default() };
        let runs = self.context.peers.project()?.list_runs(request).await?.into_inner().runs;
        for mut run in runs {
            if ended(&run) || self.runs.get(&run.id).is_some() {
                continue;
            }
            run.fence += 1;
            run.local_session.clone_from(&self.context.identity.instance);
            run.set_state(RunState::Queued);
            let run = self.context.peers.project()?.put_run(run).await?.into_inner();
            tracing::info!(session, run = run.id, "going on with a run that was left");
            self.begin(run);
        }
        Ok(())
    }

    fn begin(self: &Arc<Self>, run: Run) {
        if let Some(live) = self.runs.add(&self.context, run) {
            tokio::spawn(execute::execute(self.clone(), live));
        }
    }

    /// What the services of the site declare.
    pub(crate) async fn services(&self) -> Result<Vec<ServiceDescription>, Failure> {
        Ok(self.context.peers.project()?.describe(Empty {}).await?.into_inner().services)
    }

    /// The session that a call names, if it lives here and is of the project.
    fn session(&self, metadata: &MetadataMap, project: Option<&str>) -> Result<String, Failure> {
        let id = metadata
            .get(SESSION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| Code::Invalid.because("the call names no session"))?;
        let of = lock(&self.sessions).get(id).cloned().ok_or_else(|| {
            Code::NotFound
                .because(format!("the session {id} does not live here"))
                .remedy("open the project again")
        })?;
        if project.is_some_and(|project| project != of) {
            return Err(Code::Invalid.because(format!("the session {id} is of another project")));
        }
        lock(&self.used).insert(id.to_owned());
        Ok(id.to_owned())
    }

    async fn demand(&self, caller: &Caller, project: &str, least: Right) -> Result<(), Failure> {
        let request = caller.request(ProjectRequest { project: project.to_owned() });
        let right = self.context.peers.authorization()?.right_on(request).await?.into_inner().right();
        if right >= least {
            return Ok(());
        }
        let what = if least >= Right::Editor { "change or run" } else { "see" };
        Err(Code::Denied.because(format!("`{}` may not {what} the project {project}", caller.name())))
    }

    async fn act(
        self: &Arc<Self>,
        caller: Caller,
        session: String,
        asked: ActRequest,
    ) -> Result<Run, Failure> {
        self.demand(&caller, &asked.project, Right::Editor).await?;
        let id = run_id(&caller, &asked);
        if let Some(live) = self.runs.get(&id) {
            return Ok(told(&live.run()));
        }
        let assertion = caller.request(AssertRunRequest { project: asked.project.clone(), run: id.clone() });
        let assertion = self.context.peers.authorization()?.assert_run(assertion).await?.into_inner();
        let branch = if asked.branch.is_empty() { "main".to_owned() } else { asked.branch.clone() };
        let from = if asked.version.is_empty() { branch.clone() } else { asked.version.clone() };
        let query = VersionsRequest { project: asked.project.clone(), from, limit: 1 };
        let versions =
            self.context.peers.project()?.versions(speak_for(&assertion, query)).await?.into_inner().versions;
        let version = versions
            .into_iter()
            .next()
            .ok_or_else(|| Code::Precondition.because("the project is empty: there is nothing to compute"))?;
        // Told now rather than from the queue.
        let services = self.services().await?;
        plan::steps(&services, &asked.action, &asked.target, &asked.arguments)?;
        let run = Run {
            id,
            project: asked.project,
            target: asked.target,
            action: asked.action,
            arguments: asked.arguments,
            branch,
            version: version.id,
            user: caller.name().to_owned(),
            session,
            local_session: self.context.identity.instance.clone(),
            state: RunState::Queued.into(),
            eta_s: -1.0,
            created_ms: now_ms(),
            fence: 1,
            assertion: Some(assertion),
            ..Run::default()
        };
        let run = self.context.peers.project()?.put_run(run).await?.into_inner();
        self.begin(run.clone());
        self.changed.notify_one();
        Ok(told(&run))
    }

    /// The action that runs a target, where none was named.
    async fn complete(&self, caller: &Caller, mut asked: ActRequest) -> Result<ActRequest, Failure> {
        if !asked.action.is_empty() {
            return Ok(asked);
        }
        let version = if asked.version.is_empty() { asked.branch.clone() } else { asked.version.clone() };
        let query = api::v1::EntitiesRequest {
            project: asked.project.clone(),
            version,
            paths: vec![asked.target.clone()],
            kinds: vec![],
        };
        let mut stream = self.context.peers.project()?.entities(caller.request(query)).await?.into_inner();
        let mut found = None;
        while let Some(part) = stream.message().await? {
            found = found.or(part.entities.into_iter().next());
        }
        let entity = found.ok_or_else(|| {
            Code::NotFound.because(format!("`{}` is not in this version of the project", asked.target))
        })?;
        let services = self.services().await?;
        let action = plan::action_for(&services, &entity.kind).ok_or_else(|| {
            Code::Invalid.because(format!("`{}` ({}) is nothing that can be run", asked.target, entity.kind))
        })?;
        asked.action.clone_from(&action.name);
        Ok(asked)
    }

    /// A run that lives here, if the caller may have it so.
    async fn live(&self, caller: &Caller, id: &str, least: Right) -> Result<Option<Arc<Live>>, Failure> {
        let Some(live) = self.runs.get(id) else { return Ok(None) };
        self.demand(caller, &live.run().project, least).await?;
        Ok(Some(live))
    }

    async fn stored(&self, caller: &Caller, id: &str) -> Result<Run, Failure> {
        let request = caller.request(RunRequestById { run: id.to_owned() });
        Ok(self.context.peers.project()?.get_run(request).await?.into_inner())
    }
}

/// The same request gives the same run: its id comes from the name that the caller gave the request.
fn run_id(caller: &Caller, asked: &ActRequest) -> String {
    if asked.request_id.is_empty() {
        return uuid::Uuid::now_v7().to_string();
    }
    let mut hasher = blake3::Hasher::new();
    for part in [&caller.assertion.user_id, &asked.project, &asked.request_id] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
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
        let registering = host.clone();
        tokio::spawn(async move {
            let mut wait = Duration::from_millis(100);
            loop {
                let offered = catalog::register(&registering.context, &registering.spawner).await;
                let all = offered.len() == registering.spawner.services().len();
                *lock(&registering.offered) = offered;
                registering.changed.notify_one();
                if all {
                    return;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(60));
            }
        });
        tokio::spawn(heartbeat::beat(host.clone()));
        let idle = host.options.idle();
        let mut sweep =
            tokio::time::interval((idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(5)));
        loop {
            tokio::select! {
                _ = sweep.tick() => host.instances.let_go_idle(idle).await,
                () = shutdown.cancelled() => break,
            }
        }
        // Solvers save checkpoints while they are asked to end; then their runs are left to the next owner.
        if let Err(failure) = heartbeat::leave(&host).await {
            tracing::debug!(%failure, "could not say goodbye to global-session");
        }
        host.instances.end_all().await;
        host.runs.all().iter().for_each(|live| live.let_go.cancel());
        Ok(())
    }
}

async fn enrol(
    State(host): State<Arc<Inner>>,
    Json(enrolment): Json<Enrolment>,
) -> Result<Json<Enrolled>, (StatusCode, String)> {
    host.instances.tickets.enrol(&host.context, enrolment).await.map(Json).map_err(|failure| {
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
        let over = ended(&run);
        let rest = futures::stream::unfold((updates, over, live), |(mut updates, over, live)| async move {
            if over {
                return None;
            }
            let update = tokio::select! {
                update = next(&mut updates) => update?,
                // Whoever follows asks again, and finds the run where it lives by then.
                () = live.let_go.cancelled() => return None,
            };
            let over = update.run.as_ref().is_some_and(ended);
            Some((Ok(update), (updates, over, live)))
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
                live.cancel.cancel();
                Ok(Response::new(told(&live.run())))
            }
            None => Ok(Response::new(self.0.stored(&caller, &id).await?)),
        }
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

    async fn end_session(&self, request: Request<SessionRequest>) -> Result<Response<Empty>, Status> {
        self.0.end_session(&request.into_inner().session);
        Ok(Response::new(Empty {}))
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
