//! The service itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::global_session_server::{GlobalSession as Rpc, GlobalSessionServer};
use api::v1::{
    Empty, HeartbeatReply, ListSessionsReply, LocalSessionInfo, ProjectRequest, Right, Session,
    SessionRequest, Site,
};
use api::{Code, Failure};
use async_trait::async_trait;
use runtime::caller::now_ms;
use runtime::{Caller, Context};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::Options;
use crate::directory::{Directory, Entry};
use crate::gauges;
use crate::hosts::Hosts;
use crate::waiting::Waiting;

/// How often local-sessions beat.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The service.
pub(crate) struct GlobalSession {
    pub(crate) context: Context,
    pub(crate) directory: Directory,
    state: Mutex<State>,
    /// Told when a host is heard of.
    pub(crate) heard: tokio::sync::Notify,
    /// True once the directory has been read: before, no host may be told what it hosts.
    loaded: AtomicBool,
    pub(crate) started: Instant,
    pub(crate) per_host: u32,
    pub(crate) free_slots: u32,
    pub(crate) idle: Duration,
    pub(crate) lost_after: Duration,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) hosts: Hosts,
    pub(crate) waiting: Waiting,
    /// When sessions were last used, by id.
    pub(crate) used: HashMap<String, Instant>,
}

impl GlobalSession {
    pub(crate) fn new(context: Context, options: &Options) -> Self {
        Self {
            directory: Directory::new(context.clone()),
            context,
            state: Mutex::default(),
            heard: tokio::sync::Notify::new(),
            loaded: AtomicBool::new(false),
            started: Instant::now(),
            free_slots: options.free_slots(),
            per_host: options.sessions_per_host(),
            idle: options.session_idle(),
            lost_after: options.lost_after(),
        }
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn right(&self, caller: &Caller, project: &str) -> Result<Right, Failure> {
        let request = caller.request(ProjectRequest { project: project.to_owned() });
        Ok(self.context.peers.authorization()?.right_on(request).await?.into_inner().right())
    }
}

#[async_trait]
impl runtime::Service for GlobalSession {
    fn routes(self: Arc<Self>) -> axum::Router {
        let server = GlobalSessionServer::from_arc(self).max_decoding_message_size(rpc::MAX_MESSAGE);
        tonic::service::Routes::new(server).into_axum_router()
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        let mut every = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = shutdown.cancelled() => return Ok(()),
            }
            let result = if self.loaded.load(Ordering::Acquire) {
                self.tidy().await
            } else {
                self.directory.load().await.map(|()| self.loaded.store(true, Ordering::Release))
            };
            gauges::set(&self);
            if let Err(failure) = result {
                tracing::warn!(%failure, "the directory of sessions cannot be kept in order now");
            }
        }
    }

    async fn ready(&self) -> Result<(), Failure> {
        self.context.peers.authorization()?.assertion_keys(Empty {}).await?;
        Ok(())
    }
}

/// The certificate must be that of the host that a call speaks of.
fn demand_own<T>(request: &Request<T>, instance: &str) -> Result<(), Failure> {
    match request.extensions().get::<rpc::Peer>() {
        Some(rpc::Peer(peer)) if peer.instance == instance => Ok(()),
        _ => Err(Code::Denied.because(format!("only `{instance}` itself may speak for it"))),
    }
}

#[tonic::async_trait]
impl Rpc for GlobalSession {
    async fn open_session(&self, request: Request<ProjectRequest>) -> Result<Response<Session>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let project = request.into_inner().project;
        if self.right(&caller, &project).await? < Right::Viewer {
            return Err(Code::NotFound
                .because(format!("there is no project `{project}` that you may see"))
                .into());
        }
        let session = self.open(&project, caller.name()).await?;
        self.lock().used.insert(session.id.clone(), Instant::now());
        Ok(Response::new(self.described(session)))
    }

    async fn close_session(&self, request: Request<SessionRequest>) -> Result<Response<Empty>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let Entry { session, revision } = self.directory.find(&request.into_inner().session).await?;
        let right = self.right(&caller, &session.project).await?;
        if right < Right::Editor {
            return Err(Code::Denied.because("closing a session takes the right to edit its project").into());
        }
        let active = self.described(session.clone()).active_runs;
        if active > 0 && right < Right::Owner {
            return Err(Code::Precondition.because(format!("{active} runs go on in this session")).into());
        }
        self.close(&session, revision, false).await?;
        Ok(Response::new(Empty {}))
    }

    async fn list_sessions(&self, request: Request<Empty>) -> Result<Response<ListSessionsReply>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let rights = self
            .context
            .peers
            .authorization()?
            .rights_of(caller.request(Empty {}))
            .await?
            .into_inner()
            .projects;
        let mut sessions: Vec<Session> = self
            .directory
            .all()
            .into_iter()
            .filter(|e| caller.assertion.administrator || rights.contains_key(&e.session.project))
            .map(|entry| self.described(entry.session))
            .collect();
        sessions.sort_by_key(|session| session.opened_ms);
        Ok(Response::new(ListSessionsReply { sessions }))
    }

    async fn get_site(&self, request: Request<Empty>) -> Result<Response<Site>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let mut local_sessions: Vec<LocalSessionInfo> = self
            .lock()
            .hosts
            .all()
            .map(|host| LocalSessionInfo {
                last_seen_ms: now_ms() - host.heard.elapsed().as_millis() as i64,
                ..host.info.clone()
            })
            .collect();
        if !caller.assertion.administrator {
            for info in &mut local_sessions {
                info.sessions.clear();
                info.address.clear();
            }
        }
        local_sessions.sort_by(|a, b| a.instance.cmp(&b.instance));
        Ok(Response::new(Site {
            name: self.context.identity.site.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            local_sessions,
            sessions: self.directory.count() as u32,
        }))
    }

    async fn locate(&self, request: Request<SessionRequest>) -> Result<Response<Session>, Status> {
        let session = self.directory.find(&request.into_inner().session).await?.session;
        self.lock().used.insert(session.id.clone(), Instant::now());
        Ok(Response::new(session))
    }

    async fn heartbeat(
        &self,
        request: Request<LocalSessionInfo>,
    ) -> Result<Response<HeartbeatReply>, Status> {
        demand_own(&request, &request.get_ref().instance)?;
        if !self.loaded.load(Ordering::Acquire) {
            return Err(Code::Unavailable.because("the directory of sessions has not been read yet").into());
        }
        let info = request.into_inner();
        let instance = info.instance.clone();
        let address = info.address.clone();
        {
            let now = Instant::now();
            let mut state = self.lock();
            for session in &info.used_sessions {
                state.used.insert(session.clone(), now);
            }
            state.hosts.heard(info, now);
        }
        self.heard.notify_waiters();
        Ok(Response::new(HeartbeatReply {
            sessions: self.directory.on(&instance, &address),
            interval_ms: HEARTBEAT.as_millis() as u32,
        }))
    }

    async fn leave(&self, request: Request<LocalSessionInfo>) -> Result<Response<Empty>, Status> {
        demand_own(&request, &request.get_ref().instance)?;
        let info = LocalSessionInfo { draining: true, ..request.into_inner() };
        tracing::info!(instance = info.instance, "a local-session leaves");
        self.lock().hosts.heard(info, Instant::now());
        Ok(Response::new(Empty {}))
    }
}
