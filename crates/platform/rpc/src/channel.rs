//! A channel to a service.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::Map;
use http::{Request, Response};
use http_body_util::BodyExt;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::channel::ResponseFuture;
use tower::Service;

use crate::Credentials;
use crate::credentials::Material;

type Transport = tonic::transport::Channel;

type Answer = Result<Response<Body>, Status>;

/// A channel to a service: what generated clients are given. Clones share a connection.
///
/// When its credentials are exchanged, calls from then on go over a new connection, made with the new
/// ones, while calls under way finish on the old one. So a server that drops the old root has no call to
/// break. A connection that is lost fails its calls with `Unavailable`, the code that callers retry.
#[derive(Clone)]
pub struct Channel {
    shared: Arc<Shared>,
    used: Generation,
}

struct Shared {
    credentials: Option<Credentials>,
    make: Box<dyn Fn() -> Transport + Send + Sync>,
    newest: Mutex<Generation>,
}

/// A transport and the credentials that it was made with.
#[derive(Clone)]
struct Generation {
    material: Option<Arc<Material>>,
    transport: Transport,
}

impl Generation {
    fn is_of(&self, material: &Arc<Material>) -> bool {
        self.material.as_ref().is_some_and(|own| Arc::ptr_eq(own, material))
    }
}

impl Channel {
    pub(crate) fn new(
        credentials: Option<Credentials>,
        make: impl Fn() -> Transport + Send + Sync + 'static,
    ) -> Self {
        let first =
            Generation { material: credentials.as_ref().map(Credentials::material), transport: make() };
        Self {
            shared: Arc::new(Shared { credentials, make: Box::new(make), newest: Mutex::new(first.clone()) }),
            used: first,
        }
    }

    /// Goes over to the connection of the credentials in use; the first clone to notice makes it.
    fn follow(&mut self) {
        let Some(credentials) = &self.shared.credentials else {
            return;
        };
        if self.used.is_of(&credentials.material()) {
            return;
        }
        // Held for no await, and nothing under it leaves a generation half made.
        let mut newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner);
        // Read again behind the lock, so that no clone goes back to an older set.
        let material = credentials.material();
        if !newest.is_of(&material) {
            *newest = Generation { material: Some(material), transport: (self.shared.make)() };
        }
        self.used = newest.clone();
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Map<ResponseFuture, fn(Result<Response<Body>, tonic::transport::Error>) -> Answer>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.follow();
        self.used.transport.poll_ready(cx).map_err(status)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.used.transport.call(request).map(answer)
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Channel({:?})", self.shared.credentials)
    }
}

/// The answer, whose stream tells a lost connection as its beginning does.
fn answer(result: Result<Response<Body>, tonic::transport::Error>) -> Answer {
    let told = |body: Body| Body::new(body.map_err(torn));
    result.map(|response| response.map(told)).map_err(status)
}

/// tonic gives a connection that closed under a call the codes `Cancelled`, `Internal` and `Unknown`, which callers
/// must not retry; it is neither the caller's wish nor anybody's bug.
fn status(error: tonic::transport::Error) -> Status {
    if lost(&error) { unavailable(&error) } else { Status::from_error(Box::new(error)) }
}

/// The same for an answer that broke off. What the other side said itself has no cause on this side.
fn torn(status: Status) -> Status {
    match status.source() {
        Some(cause) if lost(cause) => unavailable(cause),
        _ => status,
    }
}

fn unavailable(error: &dyn Error) -> Status {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Status::unavailable(format!("the connection was lost: {text}"))
}

/// True where the connection ended, other than by a peer that breaks the protocol or is refused.
fn lost(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<crate::Error>() {
            // It was never there: tonic has a code for that, and the error tells more.
            return false;
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>()
            && (hyper.is_canceled()
                || hyper.is_closed()
                || hyper.is_incomplete_message()
                || hyper.is_timeout())
        {
            return true;
        }
        if let Some(h2) = error.downcast_ref::<h2::Error>() {
            let bye = h2.is_go_away() && h2.reason() == Some(h2::Reason::NO_ERROR);
            return bye || h2.is_io();
        }
        if error.is::<io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}
