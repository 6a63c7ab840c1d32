//! One call over the one-way channel: a service that has no certificate yet asks for one.

use std::time::Duration;

use api::{Code, Failure};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rpc::TrustRoots;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::renewal::{Enrolled, Enrolment};

const DEADLINE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 256 * 1024;

/// Sends an enrolment to `address`, which must show a certificate of one of the roots.
pub(crate) async fn post(address: &str, roots: &str, enrolment: &Enrolment) -> Result<Enrolled, Failure> {
    tokio::time::timeout(DEADLINE, exchange(address, roots, enrolment)).await.unwrap_or_else(|_| {
        Err(Code::Timeout.because(format!("the local-session at {address} did not answer the enrolment")))
    })
}

/// A host that nobody here knows. Names are told by whoever runs the site, so what to check is said with it.
fn unnamed(host: &str, error: &std::io::Error) -> Failure {
    Code::Unavailable
        .because(format!("the name `{host}` of the local-session cannot be resolved where this instance runs: {error}"))
        .remedy(format!(
            "check that the DNS answers there and knows `{host}` (the local-session's `advertise`), and that no \
             NetworkPolicy keeps the instance from the DNS"
        ))
}

async fn exchange(address: &str, roots: &str, enrolment: &Enrolment) -> Result<Enrolled, Failure> {
    let unreachable =
        |e: &dyn std::fmt::Display| Code::Unavailable.because(format!("cannot enrol at {address}: {e}"));
    let trust = TrustRoots::from_pem(roots)
        .map_err(|e| Code::Certificate.because(format!("the roots of the ticket cannot be used: {e}")))?;
    let config = trust.client_config(&["http/1.1"]).map_err(|e| unreachable(&e))?;
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|e| unreachable(&e))?;
    let places: Vec<_> = tokio::net::lookup_host(address).await.map_err(|e| unnamed(&host, &e))?.collect();
    let tcp = TcpStream::connect(places.as_slice()).await.map_err(|e| unreachable(&e))?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(|e| unreachable(&e))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(tls)).await.map_err(|e| unreachable(&e))?;
    tokio::spawn(connection);

    let body = serde_json::to_vec(enrolment)
        .map_err(|e| Code::Internal.because(format!("cannot write the enrolment: {e}")))?;
    let request = hyper::Request::post("/enrol")
        .header("host", host)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| unreachable(&e))?;
    let answer = sender.send_request(request).await.map_err(|e| unreachable(&e))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LARGEST_ANSWER)
        .collect()
        .await
        .map_err(|e| unreachable(&e))?
        .to_bytes();
    if !status.is_success() {
        // Where authorization could not be reached another start may succeed; a refusal is for good.
        let code = if status.is_server_error() { Code::Unavailable } else { Code::Certificate };
        return Err(code.because(format!(
            "the local-session at {address} refused the enrolment: {}",
            String::from_utf8_lossy(&body).trim()
        )));
    }
    serde_json::from_slice(&body).map_err(|e| unreachable(&e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_name_that_is_not_known_is_told_with_what_to_check() {
        let enrolment = Enrolment { token: String::new(), request: String::new(), address: String::new() };
        let authority =
            pki::Authority::create("lab", pki::Algorithm::EcdsaP256, pki::Validity::days(1).unwrap());
        let roots = authority.unwrap().trust().unwrap().to_pem();
        // Reserved: no DNS has a name below it.
        let failure = post("local-session-0.invalid:7401", &roots, &enrolment).await.err().unwrap();
        assert_eq!(failure.code, Code::Unavailable);
        for text in [&failure.message, failure.what_to_do()] {
            assert!(text.contains("`local-session-0.invalid`"), "{text}");
        }
    }
}
