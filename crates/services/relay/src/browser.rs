//! Browsers: the token lies in a cookie that scripts cannot read, and calls with it carry a header that a page
//! of another origin cannot send.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::v1::{Empty, LoginReply, LoginRequest, User, WelcomeReply};
use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use prost::Message as _;
use runtime::caller::{SESSION, now_ms};
use serde_json::{Value, json};

use crate::bodies::Patient;
use crate::gate::{Caller, Gate, LARGEST_OF_STRANGERS};
use crate::proxy::bearer;
use crate::reply::{failed, json_body};

/// The prefix makes browsers refuse the cookie unless it is of this very host, over TLS, for all paths.
pub(crate) const COOKIE: &str = "__Host-opentwin";

/// A page of another origin cannot send this.
const PROOF: &str = "x-opentwin";

/// Who calls one of the paths for browsers and scripts.
pub(crate) fn caller(headers: &HeaderMap, method: &Method, address: IpAddr) -> Result<Caller, Failure> {
    let token = match (bearer(headers), cookie(headers)) {
        (Some(token), _) => Some(token.into()),
        (None, Some(token)) => {
            if !method.is_safe() {
                demand_proof(headers)?;
            }
            Some(token.into())
        }
        (None, None) => None,
    };
    let session = headers.get(SESSION).and_then(|v| v.to_str().ok()).map(str::to_owned);
    Ok(Caller { token, address: address.to_canonical(), session })
}

fn demand_proof(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.get(PROOF).is_some_and(|value| value == "1") {
        return Ok(());
    }
    Err(Code::Denied
        .because("a call with the cookie of a login came without the header `x-opentwin: 1`")
        .remedy("send the header, or `authorization: Bearer` instead of the cookie"))
}

/// The token in the cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .filter(|token| !token.is_empty())
}

/// The whole body of a request, at most `limit` bytes.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<bytes::Bytes, Failure> {
    match Limited::new(Patient::new(body), limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => {
            Err(Code::TooLarge.because(format!("the request is larger than {limit} bytes")))
        }
        Err(e) => match e.downcast::<tonic::Status>() {
            Ok(status) => Err((*status).into()),
            Err(e) => Err(Code::Invalid.because(format!("the request cannot be read: {e}"))),
        },
    }
}

/// The body of a request as JSON; nothing at all stands for an empty object.
pub(crate) async fn json_of(headers: &HeaderMap, body: Body, limit: usize) -> Result<Value, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // Not a kind that a form of another origin's page can send.
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Code::Invalid
            .because("the request is not JSON")
            .remedy("send it with `content-type: application/json`"));
    }
    let bytes = whole(body, limit).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(json!({}));
    }
    serde_json::from_slice(&bytes).map_err(|e| Code::Invalid.because(format!("the request is no JSON: {e}")))
}

/// `GET /api/v1/welcome`: what a page may know before anybody is logged in.
pub(crate) async fn welcome(State(gate): State<Arc<Gate>>) -> Response<Body> {
    let known = async { Ok::<_, Failure>(gate.context.peers.authorization()?.welcome(Empty {}).await?) };
    let reply = match known.await {
        Ok(reply) => reply.into_inner(),
        Err(failure) => return failed(&failure),
    };
    let reply = WelcomeReply { upload_limit: gate.options.upload_limit(), ..reply };
    match api::json::to_value(&reply) {
        Ok(value) => json_body(StatusCode::OK, &value),
        Err(failure) => failed(&failure),
    }
}

/// `POST /api/v1/login`: as `Authorization/Login`, but the token goes into the cookie.
pub(crate) async fn login(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    logged_in(&gate, address, request).await.unwrap_or_else(|failure| failed(&failure))
}

async fn logged_in(
    gate: &Arc<Gate>,
    address: SocketAddr,
    request: Request<Body>,
) -> Result<Response<Body>, Failure> {
    let (parts, body) = request.into_parts();
    // Else another origin's page could log a person in as somebody else.
    demand_proof(&parts.headers)?;
    let asked: LoginRequest =
        api::json::from_value(&json_of(&parts.headers, body, LARGEST_OF_STRANGERS).await?)?;
    let caller = Caller { token: None, address: address.ip().to_canonical(), session: None };
    let message = asked.encode_to_vec().into();
    let reply = gate.ask_one("/opentwin.v1.Authorization/Login", caller, message).await?;
    let reply = LoginReply::decode(reply)
        .map_err(|e| Code::Internal.because(format!("authorization's answer cannot be read: {e}")))?;
    let user: User = reply.user.unwrap_or_default();
    let mut response = json_body(StatusCode::OK, &json!({"user": api::json::to_value(&user)?}));
    let seconds = (reply.expires_ms - now_ms()).max(0) / 1000;
    response.headers_mut().insert(header::SET_COOKIE, set(&reply.token, seconds)?);
    Ok(response)
}

/// `POST /api/v1/logout`: ends the login and takes the cookie back, also where the login had ended before.
pub(crate) async fn logout(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let caller = caller(request.headers(), request.method(), address.ip());
    let ended = async {
        let message = Empty {}.encode_to_vec().into();
        match gate.ask_one("/opentwin.v1.Authorization/Logout", caller?, message).await {
            Err(failure) if !matches!(failure.code, Code::Unauthenticated | Code::Expired) => Err(failure),
            _ => set("", 0),
        }
    };
    match ended.await {
        Ok(cookie) => {
            let mut response = json_body(StatusCode::OK, &json!({}));
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(failure) => failed(&failure),
    }
}

fn set(token: &str, seconds: i64) -> Result<HeaderValue, Failure> {
    let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(&b));
    let text = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    match HeaderValue::from_str(&text) {
        Ok(value) if plain => Ok(value),
        _ => Err(Code::Internal.because("the token of this login cannot stand in a cookie")),
    }
}

/// Whether a page of this origin may speak for the person whose browser shows it.
pub(crate) fn same_origin(headers: &HeaderMap, others: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let own = host
        .is_some_and(|host| origin.strip_prefix("https://").is_some_and(|o| o.eq_ignore_ascii_case(host)));
    own || others.iter().any(|other| other.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(cookie(&headers(&[("cookie", "a=b; __Host-opentwin=t1"), ("cookie", "c=d")])), Some("t1"));
        assert_eq!(cookie(&headers(&[("cookie", "c=d"), ("cookie", "__Host-opentwin=t2")])), Some("t2"));
        for none in ["x__Host-opentwin=t", "__Host-opentwinx=t", "__Host-opentwin=", "__Host-opentwin"] {
            assert_eq!(cookie(&headers(&[("cookie", none)])), None, "{none}");
        }
    }

    #[test]
    fn a_cookie_needs_the_proof_except_to_look() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        let bare = headers(&[("cookie", "__Host-opentwin=t")]);
        assert_eq!(caller(&bare, &Method::POST, ip).unwrap_err().code, Code::Denied);
        assert!(caller(&bare, &Method::GET, ip).is_ok());
        let proved = headers(&[("cookie", "__Host-opentwin=t"), ("x-opentwin", "1")]);
        assert_eq!(caller(&proved, &Method::POST, ip).unwrap().token.as_deref(), Some("t"));
        let bearer = headers(&[("authorization", "Bearer u")]);
        assert_eq!(caller(&bearer, &Method::POST, ip).unwrap().token.as_deref(), Some("u"));
    }

    #[test]
    fn origins_are_compared_whole() {
        let same = |origin: &'static str| {
            same_origin(&headers(&[("host", "a.example:8443"), ("origin", origin)]), &[])
        };
        assert!(same("https://a.example:8443"));
        for other in ["https://a.example", "http://a.example:8443", "https://a.example:8443.evil", "null", ""]
        {
            assert!(!same(other), "{other}");
        }
        assert!(!same_origin(&headers(&[("host", "a.example")]), &[]));
        let dev = ["http://localhost:5173".to_owned()];
        assert!(same_origin(&headers(&[("host", "a"), ("origin", "http://localhost:5173")]), &dev));
    }

    #[test]
    fn a_token_cannot_add_to_its_cookie() {
        assert!(set("abc; Domain=evil", 1).is_err());
        assert!(set("abc\r\nx: y", 1).is_err());
        let cookie = set("abc", 60).unwrap();
        assert_eq!(cookie, "__Host-opentwin=abc; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60");
    }
}
