//! A site, its instances, a server over real sockets, and what is logged.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use base::identity::{Identity, Role};
use bytes::{Buf, BufMut};
use jiff::{SignedDuration, Timestamp};
use pki::{Algorithm, Authority, Key, Request, Trust, Validity};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};

use crate::*;

pub(super) const SAY: &str = "/test.Echo/Say";

/// Any await of a test that could hang is bounded by this.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn authority() -> Authority {
    Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap()
}

/// The same root and key, issuing for another site.
pub(super) fn other_site(authority: &Authority) -> Authority {
    let folder = tempfile::tempdir().unwrap();
    authority.save(folder.path()).unwrap();
    let key = std::fs::read_to_string(folder.path().join(pki::KEY_FILE)).unwrap();
    Authority::from_pem(Some("other"), &authority.to_pem(), &key).unwrap()
}

/// From and to, in seconds from now.
pub(super) fn validity(from: i64, to: i64) -> Validity {
    let now = Timestamp::now();
    let at = |seconds| now + SignedDuration::from_secs(seconds);
    Validity::between(at(from), at(to)).unwrap()
}

pub(super) fn good() -> Validity {
    validity(-60, 3600)
}

/// Chain and key of a new instance.
pub(super) fn leaf(by: &Authority, role: Role, host: &str, validity: Validity) -> (String, String) {
    let identity = Identity::new(by.site(), role, "i1").unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let csr = key.request(&identity, &[]).unwrap();
    let request = Request::parse(csr.as_bytes()).unwrap();
    let hosts = [host.parse().unwrap()];
    let leaf = by.issue(&request, &identity, &hosts, validity).unwrap();
    (leaf.pem, key.to_pem().to_owned())
}

pub(super) fn credentials_of((chain, key): &(String, String), trust: &Trust) -> Credentials {
    Credentials::from_pem(chain, key, &trust.to_pem()).unwrap()
}

pub(super) fn credentials(by: &Authority, role: Role) -> Credentials {
    credentials_of(&leaf(by, role, "127.0.0.1", good()), &by.trust().unwrap())
}

/// A server that is running; it shuts down when this is dropped.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    /// Requests that reached the application.
    pub(super) requests: Arc<AtomicUsize>,
    pub(super) shutdown: CancellationToken,
    pub(super) task: tokio::task::JoinHandle<()>,
    _guard: DropGuard,
}

impl Running {
    pub(super) fn at(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

pub(super) async fn mutual(credentials: &Credentials, limits: Limits) -> Running {
    let credentials = credentials.clone();
    start(limits, |listener, router, limits, shutdown| {
        serve_mtls(listener, credentials, router, limits, shutdown)
    })
    .await
}

pub(super) async fn one_way(certificate: ServerCertificate, limits: Limits) -> Running {
    start(limits, |listener, router, limits, shutdown| {
        serve_tls(listener, certificate, router, limits, shutdown)
    })
    .await
}

pub(super) async fn start<F>(
    limits: Limits,
    serve: impl FnOnce(Listener, Router, Limits, tokio_util::sync::WaitForCancellationFutureOwned) -> F,
) -> Running
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let requests = Arc::new(AtomicUsize::new(0));
    let shutdown = CancellationToken::new();
    let router = router(requests.clone());
    let task = tokio::spawn(serve(listener, router, limits, shutdown.clone().cancelled_owned()));
    Running { address, requests, task, _guard: shutdown.clone().drop_guard(), shutdown }
}

/// `Say` answers with the peer's name and the message; `/hello` does over plain HTTP.
pub(super) fn router(requests: Arc<AtomicUsize>) -> Router {
    let counted = requests.clone();
    let say = move |request: http::Request<axum::body::Body>| {
        counted.fetch_add(1, Ordering::SeqCst);
        let mut grpc = tonic::server::Grpc::new(Plain).max_decoding_message_size(MAX_MESSAGE);
        let echo = tower::service_fn(|request: tonic::Request<Vec<u8>>| async move {
            let peer = request.extensions().get::<Peer>();
            let name = peer.map_or("nobody".to_owned(), |peer| peer.0.to_string());
            let answer = [name.as_bytes(), b" ", request.get_ref()].concat();
            Ok::<_, Status>(tonic::Response::new(answer))
        });
        async move { grpc.unary(echo, request).await.map(axum::body::Body::new) }
    };
    let hello = move || {
        requests.fetch_add(1, Ordering::SeqCst);
        async { "hello" }
    };
    Router::new().route(SAY, post(say)).route("/hello", get(hello)).route("/endless", get(endless))
}

/// An answer that begins and does not end.
async fn endless() -> axum::body::Body {
    let begin = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"begin"))]);
    axum::body::Body::from_stream(futures::StreamExt::chain(begin, futures::stream::pending()))
}

/// Messages as they are.
#[derive(Clone, Default)]
pub(super) struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; from.remaining()];
        from.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}

pub(super) async fn call(channel: &Channel, path: &'static str, text: &[u8]) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|e| Status::new(Code::Unavailable, e.to_string()))?;
    let path = http::uri::PathAndQuery::from_static(path);
    let request = tonic::Request::new(text.to_vec());
    Ok(client.unary(request, path, Plain).await?.into_inner())
}

pub(super) async fn say(channel: &Channel) -> Result<Vec<u8>, Status> {
    tokio::time::timeout(PATIENCE, call(channel, SAY, b"hi")).await.expect("an answer")
}

/// A bare TLS connection.
pub(super) async fn tls(
    address: SocketAddr,
    config: Arc<rustls::ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    let name = rustls_pki_types::ServerName::IpAddress(address.ip().into());
    TlsConnector::from(config).connect(name, tcp).await
}

/// What is logged on this thread while it lives.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone())
            .unwrap()
            .lines()
            .filter(|line| line.contains("WARN"))
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
