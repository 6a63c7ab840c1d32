//! Headers that tell browsers what not to do with an answer.

use axum::body::Body;
use axum::extract::State;
use http::header::{self, HeaderName};
use http::{HeaderValue, Response};

/// For what is no page: should a browser show it all the same, it can do nothing.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// Whether browsers shall come by HTTPS only from now on. Not where the certificate is the site's own:
/// whoever has to accept that by hand could not any more.
#[derive(Clone, Copy)]
pub(crate) struct Strict(pub(crate) bool);

/// Adds what is missing.
pub(crate) async fn add(State(strict): State<Strict>, mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if kind.starts_with(b"application/grpc") {
        return response;
    }
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if strict.0 {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
