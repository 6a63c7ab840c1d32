//! Files on their way in: cut into pieces as they come, never held.

use std::net::SocketAddr;
use std::sync::Arc;

use api::v1::{Chunk, PutBlobRequest};
use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, stream};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use prost::Message as _;
use tokio::sync::oneshot;

use crate::bodies::Patient;
use crate::browser::caller;
use crate::gate::Gate;
use crate::messages::only;
use crate::reply::{failed, json_body};

/// Size of the pieces.
const PIECE: usize = 256 << 10;

/// `POST /api/v1/projects/{project}/blobs`
pub(crate) async fn blob(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(project): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let first = PutBlobRequest { project, ..PutBlobRequest::default() }.encode_to_vec().into();
    let piece = |data| PutBlobRequest { data, ..PutBlobRequest::default() }.encode_to_vec().into();
    let stored = store(&gate, address, "/opentwin.v1.Project/PutBlob", request, Some(first), piece);
    stored.await.unwrap_or_else(|failure| failed(&failure))
}

/// `POST /api/v1/archive`
pub(crate) async fn archive(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let piece = |data| Chunk { data }.encode_to_vec().into();
    let stored = store(&gate, address, "/opentwin.v1.Project/ImportProject", request, None, piece);
    stored.await.unwrap_or_else(|failure| failed(&failure))
}

async fn store(
    gate: &Arc<Gate>,
    address: SocketAddr,
    path: &str,
    request: Request<Body>,
    first: Option<Bytes>,
    piece: impl Fn(Bytes) -> Bytes + Send + 'static,
) -> Result<Response<Body>, Failure> {
    let (parts, body) = request.into_parts();
    let caller = caller(&parts.headers, &parts.method, address.ip())?;
    let kind = gate.method(path)?.descriptor.output();
    let limit = gate.options.upload_limit();
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    if announced.and_then(|text| text.parse::<u64>().ok()).is_some_and(|size| size > limit) {
        return Err(too_large(limit));
    }
    let (tell, broken) = oneshot::channel();
    let messages = stream::iter(first).chain(pieces(body, limit, tell).map(piece));
    let storing = async { only(gate.open(path, caller, messages).await?.messages).await };
    // What ends the body early ends the call, too: the service takes no part for the whole.
    let answer = tokio::select! {
        biased;
        Ok(failure) = broken => return Err(failure),
        answer = storing => answer?,
    };
    Ok(json_body(StatusCode::OK, &api::json::bytes_to_value(&kind, &answer)?))
}

fn too_large(limit: u64) -> Failure {
    Code::TooLarge
        .because(format!("the file is larger than {} MiB", limit >> 20))
        .remedy("send less, or ask an administrator to raise --upload-limit")
}

/// A body in pieces. Where it breaks off the reason is told, and the pieces never end.
fn pieces(body: Body, limit: u64, tell: oneshot::Sender<Failure>) -> impl Stream<Item = Bytes> + Send {
    let state = Some((Patient::new(body), 0, tell));
    stream::unfold(state, move |state| async move {
        let (mut body, mut size, tell) = state?;
        let mut piece = BytesMut::new();
        loop {
            let data = match body.frame().await {
                None if piece.is_empty() => return None,
                None => return Some((piece.freeze(), None)),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(status)) => return stopped(tell, status.into()).await,
            };
            size += data.len() as u64;
            if size > limit {
                return stopped(tell, too_large(limit)).await;
            }
            piece.extend_from_slice(&data);
            if piece.len() >= PIECE {
                return Some((piece.freeze(), Some((body, size, tell))));
            }
        }
    })
}

async fn stopped<T>(tell: oneshot::Sender<Failure>, failure: Failure) -> Option<T> {
    // Nobody listens any more where the call has ended.
    let _ = tell.send(failure);
    std::future::pending().await
}
