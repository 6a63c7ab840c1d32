//! Failures and messages as HTTP answers.

use api::{Failure, v1};
use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// An answer in JSON.
pub(crate) fn json_body(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A failure in JSON, as the contract has it.
pub(crate) fn failure_value(failure: &Failure) -> Value {
    let wire = v1::Failure::from(failure);
    api::json::to_value(&wire).unwrap_or_else(|_| json!({"code": wire.code, "message": wire.message}))
}

/// A failure as an answer: the status of its row, and when to try again.
pub(crate) fn failed(failure: &Failure) -> Response<Body> {
    let status = StatusCode::from_u16(failure.code.row().http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_body(status, &failure_value(failure));
    if failure.retry_after_s > 0 {
        response.headers_mut().insert(header::RETRY_AFTER, failure.retry_after_s.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Code;

    #[test]
    fn every_code_has_its_http_status() {
        for code in Code::ALL {
            assert_eq!(failed(&code.because("x")).status().as_u16(), code.row().http);
        }
        let throttled = failed(&Code::Throttled.because("too many").retry_after(7));
        assert_eq!(throttled.headers()[header::RETRY_AFTER], "7");
    }
}
