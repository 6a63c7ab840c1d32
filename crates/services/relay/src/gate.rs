//! The way of one call: admitted, addressed, passed on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::access::Public;
use api::{Code, Failure};
use base::identity::Role;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version, header};
use http_body_util::{BodyExt as _, Full, Limited};
use rpc::Seats;
use runtime::Context;
use runtime::caller::{METADATA, PEER, SESSION};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::contract::{Contract, Destination, Method};
use crate::logins::{Login, Logins};
use crate::options::Options;
use crate::places::Places;

/// How often the login of a stream under way is looked at again.
const RECHECK: Duration = Duration::from_secs(30);

/// Sockets of one person at once: each page of a browser has one.
pub(crate) const MOST_SOCKETS: usize = 64;

/// Requests to a local-session are kept whole, so that they can follow a session that moved.
const LARGEST_ACT: usize = 4 << 20;

/// What a stranger may say, in bytes: enough to log in. Parsed JSON takes many times the memory of its text.
pub(crate) const LARGEST_OF_STRANGERS: usize = 64 << 10;

/// What a client's metadata may say to a service; all else is left out, above all who the user is.
const PASSED: [&str; 6] =
    ["grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "user-agent", "traceparent", "tracestate"];

/// What all calls share.
pub(crate) struct Gate {
    pub(crate) context: Context,
    pub(crate) options: Options,
    pub(crate) logins: Logins,
    pub(crate) places: Places,
    /// Sockets that are open: they belong to no listener any more.
    pub(crate) sockets: TaskTracker,
    /// By the id of the user.
    pub(crate) sockets_of: Arc<Seats<String>>,
    contract: Contract,
}

/// A call that is admitted.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) caller: Caller,
    /// Who calls, where somebody logged in has to.
    pub(crate) login: Option<Arc<Login>>,
}

impl Call<'_> {
    /// The largest request, in bytes.
    pub(crate) fn largest(&self) -> usize {
        if self.login.is_some() { rpc::MAX_MESSAGE } else { LARGEST_OF_STRANGERS }
    }
}

/// Where a call comes from.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) token: Option<Arc<str>>,
    pub(crate) address: IpAddr,
    /// The session that it names.
    pub(crate) session: Option<String>,
}

impl Gate {
    pub(crate) fn new(context: Context, options: Options) -> Self {
        let places = Places::new(context.clone());
        Self {
            context,
            options,
            logins: Logins::default(),
            places,
            sockets: TaskTracker::new(),
            sockets_of: Seats::new(MOST_SOCKETS),
            contract: Contract::new(),
        }
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.context.shutdown
    }

    /// The method of a path, if people may reach it.
    pub(crate) fn method(&self, path: &str) -> Result<&Method, Failure> {
        self.contract.find(path).ok_or_else(|| match api::access::method(path) {
            Some(_) => Code::Denied
                .because(format!("{path} is between services"))
                .remedy("see the contract's reference in the documentation"),
            None => Code::NotFound
                .because(format!("{path} is no method of the contract"))
                .remedy("see the contract's reference in the documentation"),
        })
    }

    /// Lets a caller in to a method, or says why not.
    pub(crate) async fn admit<'a>(&'a self, path: &str, caller: Caller) -> Result<Call<'a>, Failure> {
        let method = self.method(path)?;
        let login = match method.people {
            Public::Anybody => None,
            _ => Some(self.login(caller.token.as_deref()).await?),
        };
        if let (Public::Administrator, Some(login)) = (method.people, &login) {
            self.context.verify(login.signed.clone()).await?.demand_administrator()?;
        }
        Ok(Call { method, caller, login })
    }

    /// The login of a token.
    pub(crate) async fn login(&self, token: Option<&str>) -> Result<Arc<Login>, Failure> {
        let token = token.ok_or_else(|| Code::Unauthenticated.because("nobody is logged in"))?;
        self.logins.of(&self.context, token).await
    }

    /// Completes when a stream under way has to end, with the reason.
    pub(crate) fn end(self: &Arc<Self>, token: Option<Arc<str>>) -> BoxFuture<'static, Failure> {
        let gate = self.clone();
        async move {
            loop {
                tokio::select! {
                    () = gate.shutdown().cancelled() => {
                        return Code::Unavailable
                            .because("this relay is going down")
                            .remedy("connect again")
                            .retry_after(1);
                    }
                    () = tokio::time::sleep(RECHECK) => {}
                }
                let Some(token) = &token else { continue };
                // While `authorization` is away, nobody is thrown out.
                match gate.logins.of(&gate.context, token).await {
                    Err(failure) if matches!(failure.code, Code::Unauthenticated | Code::Expired) => {
                        return failure;
                    }
                    _ => {}
                }
            }
        }
        .boxed()
    }

    /// Passes a request on to the service that answers it.
    pub(crate) async fn forward(
        &self,
        call: &Call<'_>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, Status> {
        let headers = metadata(call, headers)?;
        let lane = call.method.streams().then(|| call.login.as_ref().map_or("", |login| &login.user));
        let answer = match &call.method.destination {
            Destination::Role(role) => {
                let channel = self.places.channel(self.places.address(role)?, role, lane)?;
                channel.oneshot(request(call.method.path, headers, body)?).await
            }
            Destination::Session => self.to_session(call, headers, body, lane).await,
        }?;
        self.after(call);
        Ok(answer)
    }

    /// To the local-session that the session lives on; once more where it turns out to have moved.
    async fn to_session(
        &self,
        call: &Call<'_>,
        headers: HeaderMap,
        body: Body,
        lane: Option<&str>,
    ) -> Result<Response<Body>, Status> {
        let login =
            call.login.as_ref().ok_or_else(|| Code::Unauthenticated.because("nobody is logged in"))?;
        let session = call.caller.session.as_deref().unwrap_or_default();
        let (address, fresh) = self.places.locate(session, login).await?;
        let body = Limited::new(body, LARGEST_ACT).collect().await.map_err(|e| {
            Code::TooLarge.because(format!("the request cannot be read: {e} (limit {LARGEST_ACT} bytes)"))
        })?;
        let body = body.to_bytes();
        let first = self.send(&address, call, headers.clone(), body.clone(), lane).await;
        if fresh && !unreachable(&first) || !gone(&first) {
            return first;
        }
        self.places.forget(session);
        self.context.peers.forget(&address);
        let (now, _) = self.places.locate(session, login).await?;
        // The same place again: whether a run was started before the connection broke is not known.
        if now == address && call.method.path.ends_with("/Act") {
            return first;
        }
        self.send(&now, call, headers, body, lane).await
    }

    async fn send(
        &self,
        address: &str,
        call: &Call<'_>,
        headers: HeaderMap,
        body: Bytes,
        lane: Option<&str>,
    ) -> Result<Response<Body>, Status> {
        let channel = self.places.channel(address, &Role::LocalSession, lane)?;
        channel.oneshot(request(call.method.path, headers, Body::new(Full::new(body)))?).await
    }

    /// Forgets what a call has made untrue.
    fn after(&self, call: &Call<'_>) {
        let Some(name) = call.method.path.strip_prefix("/opentwin.v1.Authorization/") else { return };
        match name {
            "Logout" | "ChangePassword" => {
                if let Some(token) = &call.caller.token {
                    self.logins.forget(token);
                }
            }
            "UpdateUser" | "DeleteUser" | "ResetPassword" | "SetGroupMembers" | "DeleteGroup" => {
                self.logins.forget_all();
            }
            _ => {}
        }
    }
}

/// The service's side of the metadata: what the client may say, and what the relay vouches for.
fn metadata(call: &Call<'_>, client: &HeaderMap) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(12);
    for name in PASSED {
        if let Some(value) = client.get(name) {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|_| Code::Invalid.because("the name of the session is malformed"))
    };
    headers.insert(HeaderName::from_static(PEER), value(&call.caller.address.to_string())?);
    if let Some(session) = &call.caller.session {
        headers.insert(HeaderName::from_static(SESSION), value(session)?);
    }
    if let Some(login) = &call.login {
        headers.insert(HeaderName::from_static(METADATA), login.metadata.clone());
    }
    Ok(headers)
}

fn request(path: &'static str, headers: HeaderMap, body: Body) -> Result<Request<Body>, Failure> {
    let mut request = Request::post(path)
        .version(Version::HTTP_2)
        .body(body)
        .map_err(|e| Code::Internal.because(format!("a request cannot be made: {e}")))?;
    *request.headers_mut() = headers;
    Ok(request)
}

fn unreachable(answer: &Result<Response<Body>, Status>) -> bool {
    matches!(answer, Err(status) if status.code() == tonic::Code::Unavailable)
}

/// True where the session is not at the address any more. An answer that is a refusal alone has its status
/// in the head.
fn gone(answer: &Result<Response<Body>, Status>) -> bool {
    let code = match answer {
        Err(status) => status.code(),
        Ok(response) => match Status::from_header_map(response.headers()) {
            Some(status) => status.code(),
            None => return false,
        },
    };
    matches!(code, tonic::Code::Unavailable | tonic::Code::NotFound)
}
