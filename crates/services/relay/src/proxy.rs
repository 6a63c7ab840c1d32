//! gRPC passed through as it is: messages are not decoded, so they cost their bytes only, and flow control,
//! trailers and cancellation reach from end to end.

use std::net::SocketAddr;
use std::sync::Arc;

use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use http::{HeaderMap, Request, Response, Version, header};
use http_body_util::Limited;
use runtime::caller::SESSION;
use tonic::Status;

use crate::bodies::{Ended, Patient};
use crate::gate::{Caller, Gate};

/// Answers a call of gRPC.
pub(crate) async fn pass(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    passed(&gate, address, request).await.unwrap_or_else(|status| status.into_http())
}

async fn passed(
    gate: &Arc<Gate>,
    address: SocketAddr,
    request: Request<Body>,
) -> Result<Response<Body>, Status> {
    let (parts, body) = request.into_parts();
    demand_grpc(parts.version, &parts.headers)?;
    let caller = Caller {
        token: bearer(&parts.headers).map(Into::into),
        address: address.ip().to_canonical(),
        session: parts.headers.get(SESSION).and_then(|v| v.to_str().ok()).map(str::to_owned),
    };
    let call = gate.admit(parts.uri.path(), caller).await?;
    let body = Patient::new(body);
    let body = match call.login {
        Some(_) => tonic::body::Body::new(body),
        None => tonic::body::Body::new(Limited::new(body, call.largest())),
    };
    let answer = gate.forward(&call, &parts.headers, body).await?;
    if call.method.descriptor.is_server_streaming() {
        let end = gate.end(call.caller.token.clone());
        return Ok(answer.map(|body| Body::new(Ended::new(body, end))));
    }
    Ok(answer.map(Body::new))
}

fn demand_grpc(version: Version, headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let native = kind == b"application/grpc" || kind == b"application/grpc+proto";
    if native && version == Version::HTTP_2 {
        return Ok(());
    }
    Err(Code::Invalid
        .because("this path takes gRPC over HTTP/2 only")
        .remedy("use /api/v1/<Service>/<Method> for JSON"))
}

/// The token of `authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
