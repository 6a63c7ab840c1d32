//! One call over HTTPS: to the one-way channel of a service, or to the API of a cluster.

use std::time::Duration;

use api::{Code, Failure};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rpc::TrustRoots;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Far more than any answer that is asked for here.
const LARGEST_ANSWER: usize = 4 << 20;

/// Sends a request to `host:port`, which has to show a certificate of one of the roots for that host.
pub async fn call(
    address: &str,
    roots: &TrustRoots,
    mut request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<(StatusCode, Bytes), Failure> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    let value = address
        .parse()
        .map_err(|_| Code::Usage.because(format!("`{address}` is no address: expected host:port")))?;
    request.headers_mut().insert(hyper::header::HOST, value);
    let exchange = exchange(address, host, roots, request);
    tokio::time::timeout(patience, exchange).await.unwrap_or_else(|_| {
        Err(Code::Timeout.because(format!("{address} did not answer within {} s", patience.as_secs())))
    })
}

async fn exchange(
    address: &str,
    host: &str,
    roots: &TrustRoots,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Failure> {
    let unreachable =
        |e: &dyn std::fmt::Display| Code::Unavailable.because(format!("{address} cannot be reached: {e}"));
    let config = roots.client_config(&["http/1.1"]).map_err(|e| unreachable(&e))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| unreachable(&e))?;
    let tcp = TcpStream::connect(address).await.map_err(|e| unreachable(&e))?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(|e| unreachable(&e))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(tls)).await.map_err(|e| unreachable(&e))?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|e| unreachable(&e))?;
    let status = answer.status();
    let body =
        Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await.map_err(|e| unreachable(&e))?;
    Ok((status, body.to_bytes()))
}
