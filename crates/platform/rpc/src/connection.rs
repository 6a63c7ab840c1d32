//! One connection, from its handshake to its end.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::activity::{Activity, Answer};
use crate::server::{Server, Side};
use crate::verify::reason;
use crate::{CHUNK, Credentials, Peer, PeerHosts};

/// The longest wait before the clock is read again, so that a clock that was set is noticed.
const CLOCK_CHECK: Duration = Duration::from_secs(60);

/// Request headers beyond this are refused.
const MAX_HEADERS: u32 = 64 * 1024;

/// One connection.
pub(crate) struct Connection {
    server: Arc<Server>,
    address: SocketAddr,
    peer: Option<(Peer, PeerHosts)>,
    chain: Vec<CertificateDer<'static>>,
    http2: bool,
}

/// Runs what a connection starts, within the listener's shutdown.
#[derive(Clone)]
struct Tasks(Arc<Server>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        let cut = self.0.cut.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = cut.cancelled() => {}
                _ = future => {}
            }
        });
    }
}

impl Connection {
    /// Takes from the handshake who the peer is; `None` when a client certificate names nobody, which
    /// the handshake has excluded.
    pub(crate) fn new(server: Arc<Server>, tls: &TlsStream<TcpStream>, address: SocketAddr) -> Option<Self> {
        let session = tls.get_ref().1;
        let chain: Vec<_> = session
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|der| der.clone().into_owned())
            .collect();
        let peer = match &server.side {
            Side::OneWay(_) => None,
            Side::Mutual(_) => {
                let info = pki::inspect_der(chain.first()?).ok()?;
                Some((Peer(info.identity?), PeerHosts(info.hosts.into())))
            }
        };
        Some(Self { http2: session.alpn_protocol() == Some(b"h2"), server, address, peer, chain })
    }

    /// Serves requests until the peer leaves, is no longer trusted, or the listener shuts down.
    pub(crate) async fn run(self, tls: TlsStream<TcpStream>) {
        let activity = Arc::new(Activity::default());
        let service = {
            let (router, peer, address) = (self.server.router.clone(), self.peer.clone(), self.address);
            let activity = activity.clone();
            service_fn(move |request: Request<Incoming>| {
                let open = activity.begin();
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(address));
                if let Some((peer, hosts)) = &peer {
                    request.extensions_mut().insert(peer.clone());
                    request.extensions_mut().insert(hosts.clone());
                }
                let answer = router.clone().oneshot(request);
                async move { answer.await.map(|answer| answer.map(|body| Answer::new(body, open))) }
            })
        };
        // The handshake has settled the protocol. Guessing it from the client's first bytes instead would
        // keep the server silent until they come, and its greeting is what a client waits for.
        let io = TokioIo::new(tls);
        if self.http2 {
            let connection = self.http2().serve_connection(io, service);
            self.drive(connection, &activity, http2::Connection::graceful_shutdown).await;
        } else {
            let connection = self.http1().serve_connection(io, service).with_upgrades();
            self.drive(connection, &activity, http1::UpgradeableConnection::graceful_shutdown).await;
        }
    }

    async fn drive<C>(&self, connection: C, activity: &Activity, finish: impl FnOnce(Pin<&mut C>))
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut distrust = pin!(self.distrust());
        let mut silence = pin!(self.silence(activity));
        tokio::select! {
            result = connection.as_mut() => return self.ended(result),
            () = self.server.drain.cancelled() => {}
            reason = distrust.as_mut() => {
                warn!(peer = %self.address, %reason, "connection drained: its peer is no longer trusted");
            }
            () = silence.as_mut() => {
                debug!(peer = %self.address, "connection closed: no request came");
                if activity.begun() == 0 {
                    return;
                }
            }
        }
        finish(connection.as_mut());
        tokio::select! {
            result = connection.as_mut() => self.ended(result),
            () = sleep(self.server.limits.drain) => {
                debug!(peer = %self.address, "connection cut: the time to drain is over");
            }
        }
    }

    fn http1(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.server.limits.request_head)
            .max_buf_size(MAX_HEADERS as usize);
        builder
    }

    fn http2(&self) -> http2::Builder<Tasks> {
        let limits = &self.server.limits;
        let mut builder = http2::Builder::new(Tasks(self.server.clone()));
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(limits.ping)
            .keep_alive_timeout(limits.pong)
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(MAX_HEADERS)
            // Two chunks in flight a stream, sixteen a connection: what a slow reader can hold here.
            .initial_stream_window_size(2 * CHUNK as u32)
            .initial_connection_window_size(16 * CHUNK as u32);
        builder
    }

    /// Completes with the reason when the peer's certificate has run out, or the roots trusted now do
    /// not vouch for it.
    async fn distrust(&self) -> String {
        let Side::Mutual(credentials) = &self.server.side else {
            return std::future::pending().await;
        };
        self.distrusted_by(credentials).await
    }

    async fn distrusted_by(&self, credentials: &Credentials) -> String {
        let mut changes = credentials.changes();
        let end = self
            .chain
            .iter()
            .filter_map(|der| pki::inspect_der(der).ok())
            .map(|info| info.validity.not_after())
            .min();
        loop {
            let material = changes.borrow_and_update().clone();
            if let Err(error) = material.judge(&self.chain) {
                return reason(&error);
            }
            let left = end.map_or(CLOCK_CHECK, |end| {
                let left = end.duration_since(Timestamp::now());
                // One second more: the last second of a certificate is a good one.
                Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1)
            });
            tokio::select! {
                changed = changes.changed() => if changed.is_err() {
                    return std::future::pending().await;
                },
                () = sleep(left.min(CLOCK_CHECK)) => {}
            }
        }
    }

    /// Completes when a stranger asks for nothing, at first or any more: places are few, and pings cost it nothing.
    async fn silence(&self, activity: &Activity) {
        let limits = &self.server.limits;
        if matches!(self.server.side, Side::Mutual(_)) {
            return std::future::pending().await;
        }
        let (mut seen, mut since) = (activity.begun(), Instant::now());
        loop {
            sleep(limits.idle.min(limits.request_head) / 2).await;
            let begun = activity.begun();
            if begun != seen || activity.is_open() {
                (seen, since) = (begun, Instant::now());
                continue;
            }
            if since.elapsed() >= if begun == 0 { limits.request_head } else { limits.idle } {
                return;
            }
        }
    }

    fn ended(&self, result: hyper::Result<()>) {
        if let Err(error) = result {
            debug!(peer = %self.address, %error, "connection broken off");
        }
    }
}
