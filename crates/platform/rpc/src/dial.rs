//! How a channel reaches its server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::Endpoint;

use crate::address::Address;
use crate::verify::reason;
use crate::{CHUNK, Channel, Credentials, Error, Expected};

/// Times of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// How long the TCP connection may take.
    pub connect: Duration,
    /// How long the TLS handshake may take, and the server's first word after it.
    pub handshake: Duration,
    /// How long the beginning of an answer may take; `None` leaves it to each call
    /// (`tonic::Request::set_timeout`), as calls differ.
    pub answer: Option<Duration>,
    /// After how long without traffic the server is pinged.
    pub ping: Duration,
    /// How long the answer to a ping may take before the connection is given up.
    pub pong: Duration,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            handshake: Duration::from_secs(5),
            answer: None,
            ping: Duration::from_secs(10),
            pong: Duration::from_secs(10),
        }
    }
}

/// A channel to a service of the site at `host:port`, with default times. See [`connect_with`].
pub fn connect(
    address: &str,
    credentials: &Credentials,
    expected: impl Into<Expected>,
) -> Result<Channel, Error> {
    connect_with(address, credentials, expected, &Dial::default())
}

/// A channel to a service of the site at `host:port`.
///
/// It connects when it is first used, again when the connection is lost and when the credentials were
/// exchanged, with the credentials of that moment; to be called within a tokio runtime. The server has to have a good chain, the host among its names, the same site, and to be
/// who is expected; else calls fail with `Unavailable` and a text that says what was found.
pub fn connect_with(
    address: &str,
    credentials: &Credentials,
    expected: impl Into<Expected>,
    dial: &Dial,
) -> Result<Channel, Error> {
    let address = Address::parse(address)?;
    let (expected, times) = (expected.into(), dial.clone());
    let label = expected.to_string();
    let endpoint = endpoint(&address, dial)?;
    let current = credentials.clone();
    let dial_once = move || {
        let config = current.material().client(&expected);
        let (address, times, label) = (address.clone(), times.clone(), label.clone());
        async move {
            let mut stream = shake(&address, Arc::new(config?), &label, &times).await?;
            // A TLS 1.3 client is done before the server has judged it. The server speaks first in
            // HTTP/2; waiting for that turns a refusal into a clear error instead of a broken call.
            let word = timeout(times.handshake, stream.fill_buf()).await;
            let word = word.map_err(|_| Error::Deadline {
                address: address.to_string(),
                what: "greet",
                limit: times.handshake,
            })?;
            match word {
                Ok([_, ..]) => Ok(stream),
                Ok([]) => Err(refused(&address, &"it closed the connection")),
                Err(e) if e.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
                    Err(refused(&address, &e))
                }
                Err(e) => Err(broken(&address, &e)),
            }
        }
    };
    Ok(Channel::new(Some(credentials.clone()), move || lazy(&endpoint, dial_once.clone())))
}

/// Where and how requests go, apart from the connection.
pub(crate) fn endpoint(address: &Address, dial: &Dial) -> Result<Endpoint, Error> {
    let malformed = |_| Error::Address(address.to_string());
    // To the channel the connection is a plain one, as TLS is made here; to the server it is not.
    let plain = Endpoint::from_shared(format!("http://{address}")).map_err(malformed)?;
    let origin = format!("https://{address}").parse().map_err(|_| Error::Address(address.to_string()))?;
    let mut endpoint = plain
        .origin(origin)
        .http2_keep_alive_interval(dial.ping)
        .keep_alive_timeout(dial.pong)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(2 * CHUNK as u32)
        .initial_connection_window_size(16 * CHUNK as u32);
    if let Some(answer) = dial.answer {
        endpoint = endpoint.timeout(answer);
    }
    Ok(endpoint)
}

/// A transport over connections made by `dial_once`, made when they are needed.
pub(crate) fn lazy<D, F>(endpoint: &Endpoint, dial_once: D) -> tonic::transport::Channel
where
    D: Fn() -> F + Send + 'static,
    F: Future<Output = Result<TlsStream<TcpStream>, Error>> + Send + 'static,
{
    endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
        let stream = dial_once();
        async move { stream.await.map(TokioIo::new) }
    }))
}

/// TCP and TLS to the address.
pub(crate) async fn shake(
    address: &Address,
    config: Arc<ClientConfig>,
    expected: &str,
    times: &Dial,
) -> Result<TlsStream<TcpStream>, Error> {
    let late = |what, limit| Error::Deadline { address: address.to_string(), what, limit };
    let tcp = timeout(times.connect, TcpStream::connect((address.host.as_str(), address.port)))
        .await
        .map_err(|_| late("accept the connection", times.connect))?
        .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
        .map_err(|source| Error::Connect { address: address.to_string(), source })?;
    let handshake = TlsConnector::from(config).connect(address.name.clone(), tcp);
    timeout(times.handshake, handshake)
        .await
        .map_err(|_| late("finish the handshake", times.handshake))?
        .map_err(|e| judged(address, expected, &e))
}

/// Which side refused: an alert came from the server, what the TLS layer says itself was found here, and all else is
/// no refusal.
fn judged(address: &Address, expected: &str, error: &io::Error) -> Error {
    match error.get_ref().and_then(|e| e.downcast_ref()) {
        Some(alert @ rustls::Error::AlertReceived(_)) => refused(address, alert),
        Some(found) => {
            let (address, expected) = (address.to_string(), expected.to_owned());
            Error::Server { address, expected, reason: reason(found) }
        }
        None => broken(address, error),
    }
}

/// A connection that ended without a word about certificates: its server may have died in this moment.
fn broken(address: &Address, error: &io::Error) -> Error {
    Error::Connect { address: address.to_string(), source: io::Error::new(error.kind(), error.to_string()) }
}

fn refused(address: &Address, reason: &dyn std::fmt::Display) -> Error {
    Error::Refused { address: address.to_string(), reason: reason.to_string() }
}
