//! The contract as JSON over HTTP: `POST /api/v1/<Service>/<Method>`.

use std::net::SocketAddr;
use std::sync::Arc;

use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{Stream, stream};
use http::{HeaderValue, Request, Response, StatusCode, header};
use prost_reflect::MessageDescriptor;
use serde_json::json;

use crate::browser::{caller, json_of};
use crate::gate::Gate;
use crate::messages::{Messages, only};
use crate::reply::{failed, failure_value, json_body};

/// Answers a call in JSON.
pub(crate) async fn call(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((service, method)): Path<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let path = format!("/opentwin.v1.{service}/{method}");
    called(&gate, address, &path, request).await.unwrap_or_else(|failure| failed(&failure))
}

async fn called(
    gate: &Arc<Gate>,
    address: SocketAddr,
    path: &str,
    request: Request<Body>,
) -> Result<Response<Body>, Failure> {
    let (parts, body) = request.into_parts();
    let caller = caller(&parts.headers, &parts.method, address.ip())?;
    // Before the body is read: strangers are not listened to.
    let call = gate.admit(path, caller.clone()).await?;
    let descriptor = &call.method.descriptor;
    demand_one_request(descriptor)?;
    let value = json_of(&parts.headers, body, call.largest()).await?;
    let message = api::json::value_to_bytes(&descriptor.input(), &value)?;
    let messages = gate.ask(path, caller.clone(), message.into()).await?;
    if !descriptor.is_server_streaming() {
        let answer = only(messages).await?;
        return Ok(json_body(StatusCode::OK, &api::json::bytes_to_value(&descriptor.output(), &answer)?));
    }
    let lines = lines(messages, descriptor.output(), gate.end(caller.token));
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Files are not sent as JSON.
pub(crate) fn demand_one_request(method: &prost_reflect::MethodDescriptor) -> Result<(), Failure> {
    if !method.is_client_streaming() {
        return Ok(());
    }
    Err(Code::Invalid
        .because(format!("`{}` takes a stream of bytes", method.full_name()))
        .remedy("send files to /api/v1/projects/<project>/blobs and /api/v1/archive"))
}

/// One object a line; what goes wrong on the way is the last line, `{"error": …}`.
fn lines(
    messages: Messages,
    kind: MessageDescriptor,
    end: BoxFuture<'static, Failure>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::unfold(Some((messages, kind, end)), |state| async {
        let (mut messages, kind, mut end) = state?;
        let next = tokio::select! {
            message = messages.message() => message.map_err(Failure::from),
            failure = &mut end => Err(failure),
        };
        let value = match next {
            Ok(None) => return None,
            Ok(Some(message)) => api::json::bytes_to_value(&kind, &message),
            Err(failure) => Err(failure),
        };
        match value {
            Ok(value) => Some((Ok(format!("{value}\n").into()), Some((messages, kind, end)))),
            Err(failure) => {
                let last = json!({"error": failure_value(&failure)});
                Some((Ok(format!("{last}\n").into()), None))
            }
        }
    })
}
