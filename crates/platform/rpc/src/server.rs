//! The accept loop.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::identity::Identity;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::connection::Connection;
use crate::handshakes::Handshakes;
use crate::seats::{Seats, network};
use crate::verify::reason;
use crate::{Credentials, Limits, Listener, ServerCertificate};

/// Who sent a request: an extension of every request that came over mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(pub Identity);

/// What the certificate of the sender is good for: an extension beside [`Peer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerHosts(pub Arc<[pki::Host]>);

/// Serves `router` to instances of the site until `shutdown` completes, then lets requests under way go
/// on for `limits.drain` and returns.
///
/// Each client has to show a certificate of the site; who it is stands in each request's [`Peer`], its
/// address in axum's `ConnectInfo<SocketAddr>`. Connections that are upgraded (WebSocket) belong to their
/// handler from then on, also at shutdown.
pub async fn serve_mtls(
    listener: Listener,
    credentials: Credentials,
    router: axum::Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    Server::new(Side::Mutual(credentials), router, limits).run(listener, shutdown).await;
}

/// As [`serve_mtls`], without asking for client certificates: for probes and for the public port.
pub async fn serve_tls(
    listener: Listener,
    certificate: impl Into<ServerCertificate>,
    router: axum::Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    Server::new(Side::OneWay(certificate.into()), router, limits).run(listener, shutdown).await;
}

/// Whether clients show certificates.
pub(crate) enum Side {
    Mutual(Credentials),
    OneWay(ServerCertificate),
}

/// What all connections of a listener share.
pub(crate) struct Server {
    pub(crate) side: Side,
    pub(crate) router: axum::Router,
    pub(crate) limits: Limits,
    /// Asks connections to finish.
    pub(crate) drain: CancellationToken,
    /// Ends them.
    pub(crate) cut: CancellationToken,
    pub(crate) tasks: TaskTracker,
    handshakes: Arc<Handshakes>,
    connections: Arc<Semaphore>,
    addresses: Arc<Seats<IpAddr>>,
}

impl Server {
    fn new(side: Side, router: axum::Router, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            side,
            router,
            drain: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
            handshakes: Handshakes::new(limits.handshakes),
            connections: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            addresses: Seats::new(limits.per_address),
            limits,
        })
    }

    async fn run(self: Arc<Self>, listener: Listener, shutdown: impl Future<Output = ()>) {
        // Whoever drops this future ends what it started.
        let _cut = self.cut.clone().drop_guard();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer),
                    // A connection that was gone before it was taken, or no file descriptors left: the
                    // listener itself is fine, and hurrying would only burn the processor.
                    Err(error) => {
                        warn!(%error, "cannot accept a connection");
                        self.handshakes.give_up_oldest();
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
            }
        }
        drop(listener);
        self.drain.cancel();
        self.tasks.close();
        if timeout(self.limits.drain, self.tasks.wait()).await.is_err() {
            warn!(requests = self.tasks.len(), "requests under way are cut off: the time to drain is over");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let server = self.clone();
        let cut = self.cut.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = cut.cancelled() => {}
                () = server.attend(stream, peer) => {}
            }
        });
    }

    async fn attend(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let crowd = self.limits.crowds.have(peer.ip());
        let seat = if crowd { None } else { self.addresses.take(network(peer.ip())) };
        if seat.is_none() && !crowd {
            warn!(%peer, limit = self.limits.per_address, "connection refused: its address has as many as one may have");
            return;
        }
        let Some(tls) = self.handshake(stream, peer).await else {
            return;
        };
        let Ok(_permit) = self.connections.clone().try_acquire_owned() else {
            warn!(%peer, limit = self.limits.connections, "connection refused: all are taken");
            return;
        };
        if let Some(connection) = Connection::new(self, &tls, peer) {
            connection.run(tls).await;
        }
    }

    async fn handshake(&self, stream: TcpStream, peer: SocketAddr) -> Option<TlsStream<TcpStream>> {
        let place = self.handshakes.enter();
        let config = match &self.side {
            Side::Mutual(credentials) => credentials.material().mutual.clone(),
            Side::OneWay(certificate) => certificate.config(),
        };
        let accept = TlsAcceptor::from(config).accept(stream).into_fallible();
        tokio::select! {
            biased;
            () = self.drain.cancelled() => None,
            () = place.given_up() => {
                debug!(%peer, "handshake given up for a newer one");
                None
            }
            result = timeout(self.limits.handshake, accept) => match result {
                Ok(Ok(tls)) => Some(tls),
                Ok(Err((error, stream))) => {
                    self.refuse(&error, stream, peer).await;
                    None
                }
                Err(_) => {
                    debug!(%peer, limit = ?self.limits.handshake, "handshake timed out");
                    None
                }
            },
        }
    }

    /// Names the reason once, and sees that the peer gets the alert that was sent to it.
    async fn refuse(&self, error: &std::io::Error, mut stream: TcpStream, peer: SocketAddr) {
        match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(alert @ rustls::Error::AlertReceived(_)) => {
                warn!(%peer, reason = %alert, "peer refused this instance");
                return;
            }
            Some(found) => warn!(%peer, reason = reason(found), "peer refused"),
            None => {
                // The peer went away, as probes of a port do.
                debug!(%peer, %error, "handshake broken off");
                return;
            }
        }
        // Closing with unread bytes would reset the connection and could destroy the alert on its way.
        let farewell = async {
            stream.shutdown().await?;
            let mut rest = [0u8; 1024];
            for _ in 0..64 {
                if stream.read(&mut rest).await? == 0 {
                    break;
                }
            }
            std::io::Result::Ok(())
        };
        // What goes wrong now concerns a connection that is refused anyway.
        let _ = timeout(self.limits.handshake, farewell).await;
    }
}
