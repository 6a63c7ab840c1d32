//! The methods of the contract.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::v1::logger_server::{Logger, LoggerServer};
use api::v1::{
    AppendRequest, Empty, LogQuery, LogRecord, LogReply, ServiceInfo, ServiceState, ServicesReply,
};
use api::{Code, Failure};
use async_trait::async_trait;
use runtime::caller::now_ms;
use runtime::{Context, Vitals};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::filter::Filter;
use crate::journal::Journal;
use crate::presence::Presence;
use crate::record;
use crate::sight::Sights;
use crate::tail::{Tail, WAITING};

/// Records of one call.
const BATCH: usize = 500;

/// Records of one answer, and what is meant where nobody says.
const MOST: u32 = 1_000;
const USUAL: u32 = 200;

/// Live readers at once.
const READERS: usize = 256;

/// Between two syncs.
const SYNC: Duration = Duration::from_secs(1);

pub(crate) struct Server {
    context: Context,
    journal: Arc<Journal>,
    sights: Arc<Sights>,
    readers: Arc<Semaphore>,
    presence: Presence,
    /// How this service is, which tells nobody of itself.
    vitals: Vitals,
}

impl Server {
    pub(crate) fn new(context: Context, journal: Journal) -> Self {
        let sights = Arc::new(Sights::new(context.peers.clone()));
        Self {
            vitals: Vitals::new(&context),
            context,
            journal: Arc::new(journal),
            sights,
            readers: Arc::new(Semaphore::new(READERS)),
            presence: Presence::default(),
        }
    }
}

#[async_trait]
impl runtime::Service for Server {
    fn routes(self: Arc<Self>) -> axum::Router {
        let server = LoggerServer::from_arc(self).max_decoding_message_size(rpc::MAX_MESSAGE);
        tonic::service::Routes::new(server).into_axum_router()
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        loop {
            let end = tokio::select! {
                () = shutdown.cancelled() => true,
                () = tokio::time::sleep(SYNC) => false,
            };
            let synced = self.journal.sync().await;
            if end {
                return synced;
            }
        }
    }
}

#[tonic::async_trait]
impl Logger for Server {
    async fn append(&self, request: Request<AppendRequest>) -> Result<Response<Empty>, Status> {
        let peer = request.extensions().get::<rpc::Peer>().map(|peer| peer.0.clone());
        let peer =
            peer.ok_or_else(|| Failure::new(Code::Certificate, "the call comes without a certificate"))?;
        let AppendRequest { mut records, mut dropped, status } = request.into_inner();
        // The last ones tell most; a sender that is refused would try the same again for ever.
        let surplus = records.len().saturating_sub(BATCH);
        records.drain(..surplus);
        dropped = dropped.saturating_add(surplus as u64);

        let now = now_ms();
        if let Some(status) = status {
            self.presence.heard(&peer, status, Instant::now(), now);
        }
        let mut kept = Vec::with_capacity(records.len() + 1);
        if dropped > 0 {
            self.journal.count_dropped(dropped);
            kept.push(record::accept(lost(dropped), &peer, now));
        }
        kept.extend(records.into_iter().map(|record| record::accept(record, &peer, now)));
        if !kept.is_empty() {
            self.journal.append(kept).await?;
        }
        Ok(Response::new(Empty {}))
    }

    async fn query(&self, request: Request<LogQuery>) -> Result<Response<LogReply>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let sight = self.sights.of(&caller).await?;
        let query = request.into_inner();
        let limit = if query.limit == 0 { USUAL } else { query.limit.min(MOST) };
        let filter = Arc::new(Filter::new(query)?);
        // Before the look: what comes meanwhile is told twice rather than not at all.
        let latest = self.journal.latest().await;
        let records = self.journal.query(filter, sight, limit as usize).await?;
        Ok(Response::new(LogReply { records, dropped: self.journal.dropped(), latest }))
    }

    type TailStream = ReceiverStream<Result<LogRecord, Status>>;

    async fn tail(&self, request: Request<LogQuery>) -> Result<Response<Self::TailStream>, Status> {
        let caller = self.context.caller(request.metadata()).await?;
        let query = request.into_inner();
        Filter::new(query.clone())?;
        self.sights.of(&caller).await?;
        let place = self.readers.clone().try_acquire_owned().map_err(|_| {
            Code::Full.because(format!("{READERS} people follow the log already")).retry_after(30)
        })?;
        let limit = query.limit.min(MOST);
        let (to, stream) = mpsc::channel(WAITING);
        let tail = Tail {
            journal: self.journal.clone(),
            sights: self.sights.clone(),
            caller,
            to,
            shutdown: self.context.shutdown.clone(),
        };
        tokio::spawn(async move {
            let _place = place;
            tail.run(query, limit as usize).await;
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn services(&self, request: Request<Empty>) -> Result<Response<ServicesReply>, Status> {
        self.context.caller(request.metadata()).await?.demand_administrator()?;
        let mut services = self.presence.all(Instant::now());
        let own = &self.context.identity;
        services.push(ServiceInfo {
            service: own.role.to_string(),
            instance: own.instance.clone(),
            state: ServiceState::Running.into(),
            status: Some(self.vitals.now()),
            seen_ms: now_ms(),
        });
        Ok(Response::new(ServicesReply { services }))
    }
}

/// Stands where records are missing.
fn lost(count: u64) -> LogRecord {
    LogRecord {
        level: "WARN".to_owned(),
        message: format!("{count} records were lost here: the logger could not take them in time"),
        target: "logger".to_owned(),
        ..LogRecord::default()
    }
}
