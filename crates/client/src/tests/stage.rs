//! A platform that does as a test tells it, over real sockets and real certificates.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use api::Code;
use api::v1::*;
use axum::Router;
use axum::body::Body;
use axum::routing::{MethodRouter, post};
use base::identity::{Identity, Role};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use pki::{Algorithm, Authority, Key, Validity};
use rpc::{Credentials, Limits, Listener, TrustRoots};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::Client;

/// What the platform does and has seen.
#[derive(Default)]
pub(super) struct Script {
    /// Failures of the next calls, in this order.
    pub(super) failures: VecDeque<Status>,
    /// The session that stands.
    pub(super) session: String,
    /// Streams of a run, one a call; the last is told again.
    pub(super) updates: VecDeque<Vec<Result<RunUpdate, Status>>>,
    pub(super) run: Run,
    pub(super) blob: Vec<u8>,
    /// A download breaks after this many bytes, once.
    pub(super) breaks_after: Option<usize>,
    /// Paths of calls, with the metadata that matters.
    pub(super) calls: Vec<String>,
    pub(super) acts: Vec<ActRequest>,
}

/// The platform.
pub(super) struct Stage {
    pub(super) address: String,
    pub(super) root: Authority,
    script: Arc<Mutex<Script>>,
    _running: DropGuard,
}

type Shared = Arc<Mutex<Script>>;

impl Stage {
    pub(super) async fn new() -> Self {
        let root = authority();
        let identity = Identity::new("lab", Role::Relay, "r1").unwrap();
        let key = Key::generate(Algorithm::EcdsaP256).unwrap();
        let request = pki::Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
        let hosts = ["127.0.0.1".parse().unwrap()];
        let leaf = root.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
        let trust = root.trust().unwrap();
        let credentials = Credentials::from_pem(&leaf.pem, key.to_pem(), &trust.to_pem()).unwrap();
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().to_string();
        let script = Shared::default();
        script.lock().unwrap().session = "session-1".into();
        let end = CancellationToken::new();
        let served = router(&script);
        tokio::spawn(rpc::serve_tls(
            listener,
            credentials,
            served,
            Limits::default(),
            end.clone().cancelled_owned(),
        ));
        Self { address, root, script, _running: end.drop_guard() }
    }

    pub(super) fn trust(&self) -> TrustRoots {
        TrustRoots::from_pem(&self.root.to_pem()).unwrap()
    }

    pub(super) fn client(&self) -> Client {
        Client::connect(&self.address, &self.trust(), Some("token-1")).unwrap()
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    pub(super) fn calls(&self, method: &str) -> usize {
        self.script().calls.iter().filter(|call| call.contains(method)).count()
    }
}

pub(super) fn authority() -> Authority {
    Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap()
}

fn router(script: &Shared) -> Router {
    let all: [(&str, MethodRouter); 7] = [
        (
            "Project/GetProject",
            unary(script, |_, asked: ProjectRequest| {
                Ok(ProjectInfo { id: "id-1".into(), name: asked.project, ..Default::default() })
            }),
        ),
        ("Project/GetRun", unary(script, |script, _: RunRequestById| Ok(script.run.clone()))),
        (
            "GlobalSession/OpenSession",
            unary(script, |script, asked: ProjectRequest| {
                Ok(Session { id: script.session.clone(), project: asked.project, ..Default::default() })
            }),
        ),
        (
            "LocalSession/Act",
            unary(script, |script, asked: ActRequest| {
                script.acts.push(asked.clone());
                Ok(Run { id: "run-1".into(), project: asked.project, ..Default::default() })
            }),
        ),
        (
            "LocalSession/FollowRun",
            streaming(script, |script, _: RunRequestById| {
                let more = script.updates.len() > 1;
                let next = if more { script.updates.pop_front() } else { script.updates.front().cloned() };
                next.unwrap_or_default()
            }),
        ),
        ("Project/GetBlob", streaming(script, |script, asked: GetBlobRequest| blob(script, asked.offset))),
        ("Project/PutBlob", uploads(script)),
    ];
    all.into_iter()
        .fold(Router::new(), |router, (path, method)| router.route(&format!("/opentwin.v1.{path}"), method))
}

fn blob(script: &mut Script, offset: u64) -> Vec<Result<Chunk, Status>> {
    let rest = &script.blob[offset as usize..];
    let chunk = |bytes: &[u8]| Ok(Chunk { data: Bytes::copy_from_slice(bytes) });
    match script.breaks_after.take() {
        Some(bytes) => vec![chunk(&rest[..bytes]), Err(Status::unavailable("the relay is going down"))],
        None => rest.chunks(1000).map(chunk).collect(),
    }
}

/// Notes a call and lets it fail as the script says.
fn admit<T>(script: &mut Script, method: &str, request: &Request<T>) -> Result<(), Status> {
    let of =
        |key: &str| request.metadata().get(key).and_then(|v| v.to_str().ok()).unwrap_or("none").to_owned();
    let session = of("opentwin-session");
    script.calls.push(format!("{method} {} {session}", of("authorization")));
    if let Some(failure) = script.failures.pop_front() {
        return Err(failure);
    }
    if session != "none" && session != script.session {
        return Err(Code::NotFound.because(format!("the session {session} does not live here")).into());
    }
    Ok(())
}

fn unary<Q, A>(
    script: &Shared,
    answer: impl Fn(&mut Script, Q) -> Result<A, Status> + Clone + Send + Sync + 'static,
) -> MethodRouter
where
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Default + Send + 'static,
{
    let script = script.clone();
    post(move |request: http::Request<Body>| {
        let method = request.uri().path().to_owned();
        let service = tower::service_fn(move |request: Request<Q>| {
            let mut script = script.lock().unwrap();
            let done = admit(&mut script, &method, &request)
                .and_then(|()| answer(&mut script, request.into_inner()));
            std::future::ready(done.map(Response::new))
        });
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<A, Q>::default());
        async move { grpc.unary(service, request).await.map(Body::new) }
    })
}

fn streaming<Q, A>(
    script: &Shared,
    answer: impl Fn(&mut Script, Q) -> Vec<Result<A, Status>> + Clone + Send + Sync + 'static,
) -> MethodRouter
where
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Default + Send + 'static,
{
    let script = script.clone();
    post(move |request: http::Request<Body>| {
        let method = request.uri().path().to_owned();
        let service = tower::service_fn(move |request: Request<Q>| {
            let mut script = script.lock().unwrap();
            let done =
                admit(&mut script, &method, &request).map(|()| answer(&mut script, request.into_inner()));
            let stream =
                |items: Vec<_>| -> BoxStream<'static, Result<A, Status>> { stream::iter(items).boxed() };
            let whole = script.blob.len() as u64;
            std::future::ready(done.map(|items| {
                let mut response = Response::new(stream(items));
                response.metadata_mut().insert(api::BLOB_SIZE, whole.into());
                response
            }))
        });
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<A, Q>::default());
        async move { grpc.server_streaming(service, request).await.map(Body::new) }
    })
}

/// Takes a blob in: the project stands in the first piece and in no other.
fn uploads(script: &Shared) -> MethodRouter {
    let script = script.clone();
    post(move |request: http::Request<Body>| {
        let script = script.clone();
        let service = tower::service_fn(move |request: Request<Streaming<PutBlobRequest>>| {
            let script = script.clone();
            async move {
                admit(&mut script.lock().unwrap(), "PutBlob", &request)?;
                let (mut pieces, mut bytes, mut first) = (request.into_inner(), Vec::new(), true);
                while let Some(piece) = pieces.message().await? {
                    assert_eq!(piece.project, if first { "id-1" } else { "" });
                    first = false;
                    bytes.extend_from_slice(&piece.data);
                }
                assert!(!first, "not even an empty piece came");
                let info =
                    BlobInfo { hash: blake3::hash(&bytes).to_hex().to_string(), size: bytes.len() as u64 };
                script.lock().unwrap().blob = bytes;
                Ok::<_, Status>(Response::new(info))
            }
        });
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<BlobInfo, PutBlobRequest>::default())
            .max_decoding_message_size(rpc::MAX_MESSAGE);
        async move { grpc.client_streaming(service, request).await.map(Body::new) }
    })
}
