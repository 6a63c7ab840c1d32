//! What each role may call.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::IntoResponse;
use base::identity::Identity;
use futures::future::{Either, Ready, ready};
use http::{Request, Response, StatusCode, header};
use tower::{Layer, Service};
use tracing::warn;

use crate::Peer;

type Table = dyn Fn(&Identity, &str) -> bool + Send + Sync;

/// Refuses every call that a table does not allow, and every call without a [`Peer`]. As a layer of the
/// whole router it also covers paths that nobody serves.
#[derive(Clone)]
pub struct Access {
    table: Arc<Table>,
}

impl Access {
    /// A layer that asks `table` whether an instance may call a path such as
    /// `/opentwin.v1.Compute/Run`.
    pub fn new(table: impl Fn(&Identity, &str) -> bool + Send + Sync + 'static) -> Self {
        Self { table: Arc::new(table) }
    }

    /// `None` when the call is allowed, else why it is not.
    fn objection<B>(&self, request: &Request<B>) -> Option<String> {
        let path = request.uri().path();
        match request.extensions().get::<Peer>() {
            None => Some(format!("nobody may call {path} without a certificate of the site")),
            Some(Peer(peer)) if (self.table)(peer, path) => None,
            Some(Peer(peer)) => {
                warn!(%peer, path, "call refused: not in the table of access");
                Some(format!("role {} may not call {path}", peer.role))
            }
        }
    }
}

impl<S> Layer<S> for Access {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { access: self.clone(), inner }
    }
}

/// A service behind [`Access`].
#[derive(Clone)]
pub struct Guarded<S> {
    access: Access,
    inner: S,
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response<Body>, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.access.objection(&request) {
            None => Either::Left(self.inner.call(request)),
            Some(why) => Either::Right(ready(Ok(refusal(&request, why)))),
        }
    }
}

fn refusal<B>(request: &Request<B>, why: String) -> Response<Body> {
    let grpc = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    if grpc {
        tonic::Status::permission_denied(why).into_http()
    } else {
        (StatusCode::FORBIDDEN, why).into_response()
    }
}
