//! A site: fake services behind mutual TLS, and a real relay in front of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::identity::{Identity, Role};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use pki::{Algorithm, Authority, Key, Validity};
use rpc::{Channel, Credentials, Limits, Listener, TrustRoots};
use runtime::Common;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::backend::Backend;
use crate::gate::Gate;
use crate::options::Options;
use crate::service::Relay;

/// Any await of a test that could hang is bounded by this.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Stage {
    pub(super) backend: Arc<Backend>,
    pub(super) public: SocketAddr,
    pub(super) gate: Arc<Gate>,
    /// Two local-sessions.
    pub(super) hosts: [String; 2],
    pub(super) trust: TrustRoots,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    common: Common,
    _folder: tempfile::TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Chain and key.
fn leaf(by: &Authority, role: Role) -> (String, String) {
    let identity = Identity::new(by.site(), role, "0").unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = key.request(&identity, &[]).unwrap();
    let request = pki::Request::parse(request.as_bytes()).unwrap();
    let leaf =
        by.issue(&request, &identity, &["127.0.0.1".parse().unwrap()], Validity::days(1).unwrap()).unwrap();
    (leaf.pem, key.to_pem().to_owned())
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(super) async fn with(options: Options) -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let authority =
            Authority::create("opentwin", Algorithm::EcdsaP256, Validity::days(2).unwrap()).unwrap();
        let roots = authority.trust().unwrap().to_pem();
        let (relay_chain, relay_key) = leaf(&authority, Role::Relay);
        let roles = [
            (Role::Authorization, "authorization"),
            (Role::Project, "project"),
            (Role::GlobalSession, "global-session"),
            (Role::LocalSession, "one"),
            (Role::LocalSession, "two"),
        ]
        .map(|(role, tag)| (leaf(&authority, role), tag));
        let backend = Backend::new(authority);
        let mut tasks = Vec::new();
        let mut addresses = Vec::new();
        for ((chain, key), tag) in roles {
            let credentials = Credentials::from_pem(&chain, &key, &roots).unwrap();
            let listener = Listener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().to_string());
            let router = backend.router(tag);
            let access = rpc::Access::new(|peer, path| api::access::allows(&peer.role, path));
            let serving = rpc::serve_mtls(
                listener,
                credentials,
                router.layer(access),
                Limits::default(),
                std::future::pending(),
            );
            tasks.push(tokio::spawn(serving));
        }
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let key_path = folder.path().join("key.pem");
        Key::from_pem(&relay_key).unwrap().save(&key_path).unwrap();
        let common = Common {
            certificate: Some(file("chain.pem", &relay_chain)),
            key: Some(key_path),
            roots: Some(file("roots.pem", &roots)),
            authorization: Some(addresses[0].clone()),
            project: Some(addresses[1].clone()),
            global_session: Some(addresses[2].clone()),
            log: Some("warn".into()),
            ..Common::default()
        };
        let options = Options { public: options.public.or(Some("127.0.0.1:0".into())), ..options };
        let (told, public) = tokio::sync::oneshot::channel();
        let kept = common.clone();
        tasks.push(tokio::spawn(async move {
            let hosted = runtime::host(Role::Relay, common, |context| async move {
                let relay = Relay::create(context, options).await?;
                let _ = told.send((relay.public().unwrap(), relay.gate().clone()));
                Ok(relay)
            });
            hosted.await.unwrap();
        }));
        let (public, gate) = tokio::time::timeout(PATIENCE, public).await.unwrap().unwrap();
        let trust = TrustRoots::from_pem(&roots).unwrap();
        let hosts = [addresses[3].clone(), addresses[4].clone()];
        Self { backend, public, gate, hosts, trust, tasks, common: kept, _folder: folder }
    }

    /// Another relay of the site, which is expected to end by itself.
    pub(super) async fn another(&self, options: Options) -> Result<(), api::Failure> {
        let running = crate::run(self.common.clone(), options);
        tokio::time::timeout(PATIENCE, running).await.expect("an end")
    }

    /// For generated clients.
    pub(super) fn channel(&self) -> Channel {
        rpc::connect_public(&self.public.to_string(), &self.trust).unwrap()
    }

    pub(super) async fn tls(&self) -> TlsStream<TcpStream> {
        self.tls_to("127.0.0.1").await.unwrap()
    }

    /// A connection to the public address by a name that its certificate has to carry.
    pub(super) async fn tls_to(&self, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let config = self.trust.client_config(&["http/1.1"]).unwrap();
        let tcp = TcpStream::connect(self.public).await?;
        let name = rustls_pki_types::ServerName::try_from(name).unwrap();
        TlsConnector::from(config).connect(name, tcp).await
    }

    /// One request over HTTP/1.1.
    pub(super) async fn http(&self, request: Request<Bytes>) -> Answer {
        let exchange = async {
            let tls = TokioIo::new(self.tls().await);
            let (mut sender, connection) = hyper::client::conn::http1::handshake(tls).await.unwrap();
            tokio::spawn(connection);
            let mut request = request.map(Full::new);
            request.headers_mut().insert("host", self.public.to_string().parse().unwrap());
            let answer = sender.send_request(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer { status: parts.status, headers: parts.headers, body }
        };
        tokio::time::timeout(PATIENCE, exchange).await.expect("an answer")
    }

    /// A JSON call as ada, by token.
    pub(super) async fn json(&self, path: &str, body: &str) -> Answer {
        self.http(
            post(path).header("authorization", "Bearer token-ada").body(body.to_owned().into()).unwrap(),
        )
        .await
    }
}

pub(super) fn post(path: &str) -> http::request::Builder {
    Request::post(path).header("content-type", "application/json")
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
