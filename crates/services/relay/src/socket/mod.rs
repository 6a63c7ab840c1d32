//! The WebSocket of browsers: many calls at once on one connection, each with its number.

mod frame;
mod outbox;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use axum::body::Body;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse as _;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, Method, Response};
use rpc::Seat;
use serde_json::Value;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

use crate::browser::{caller, same_origin};
use crate::gate::{Caller, Gate, MOST_SOCKETS};
use crate::json::demand_one_request;
use crate::proxy::bearer;
use crate::reply::failed;
use frame::Asked;
use outbox::Outbox;

/// Larger frames end the socket; files go another way.
const LARGEST_FRAME: usize = 4 << 20;

/// Calls at once on one socket.
const MOST_CALLS: usize = 64;

/// Frames without sense after which the other side is not taken for a client any more.
const MOST_MALFORMED: u32 = 32;

/// Time between two pings, and how long a silent client is taken to be there.
const PING: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(60);

/// How long a client may take to take leave.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why a socket ends: a close code and a reason.
type End = (u16, String);

/// Answers the request for a socket.
pub(crate) async fn open(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let (caller, seat) = match admitted(&gate, address, &headers).await {
        Ok(admitted) => admitted,
        Err(failure) => return failed(&failure),
    };
    let upgrade = upgrade.max_frame_size(LARGEST_FRAME).max_message_size(LARGEST_FRAME);
    let tracker = gate.sockets.clone();
    upgrade.on_upgrade(move |socket| {
        tracker.track_future(async move {
            serve(gate, caller, socket).await;
            drop(seat);
        })
    })
}

async fn admitted(
    gate: &Gate,
    address: SocketAddr,
    headers: &HeaderMap,
) -> Result<(Caller, Seat<String>), Failure> {
    // A page of another origin may open a socket, and the browser would add the cookie to it.
    if bearer(headers).is_none() && !same_origin(headers, &gate.options.origin) {
        return Err(Code::Denied
            .because("a page of another origin asked for a socket")
            .remedy("open this site's own page, or allow the origin with --origin"));
    }
    let caller = caller(headers, &Method::GET, address.ip())?;
    let login = gate.login(caller.token.as_deref()).await?;
    let seat = gate.sockets_of.take(login.user.clone()).ok_or_else(|| {
        Code::Full
            .because(format!("{MOST_SOCKETS} pages or programs of yours are connected already"))
            .remedy("close some of them, then reload")
    })?;
    Ok((caller, seat))
}

async fn serve(gate: Arc<Gate>, caller: Caller, socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let outbox = Arc::new(Outbox::default());
    let patience = gate.options.patience();
    let mut end = gate.end(caller.token.clone());
    let reader =
        Reader { gate, caller, outbox: outbox.clone(), calls: HashMap::new(), tasks: JoinSet::new() };
    let (code, reason) = tokio::select! {
        end = reader.read(&mut stream) => end,
        end = write(&mut sink, &outbox, patience) => end,
        failure = &mut end => match failure.code {
            Code::Unavailable => (close_code::AWAY, failure.message),
            _ => (close_code::POLICY, failure.message),
        },
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::from(reason) };
    let farewell = async {
        sink.send(Message::Close(Some(frame))).await.ok()?;
        // Going away with unread bytes would reset the connection, and with it what is on its way.
        while let Some(Ok(_)) = stream.next().await {}
        Some(())
    };
    // Whoever is gone or does not read is not told.
    let _ = timeout(patience.min(FAREWELL), farewell).await;
}

/// Sends what waits until the client does not read any more.
async fn write(sink: &mut SplitSink<WebSocket, Message>, outbox: &Outbox, patience: Duration) -> End {
    let mut ping = tokio::time::interval(PING);
    loop {
        let message = tokio::select! {
            text = outbox.next() => Message::Text(text.into()),
            _ = ping.tick() => Message::Ping(bytes::Bytes::new()),
        };
        match timeout(patience, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return (close_code::AWAY, "the connection broke".into()),
            Err(_) => {
                tracing::debug!("a client that does not read is cut off");
                return (close_code::AGAIN, "this client does not read fast enough".into());
            }
        }
    }
}

/// The incoming side of a socket, with the calls that it began.
struct Reader {
    gate: Arc<Gate>,
    caller: Caller,
    outbox: Arc<Outbox>,
    calls: HashMap<u64, AbortHandle>,
    tasks: JoinSet<u64>,
}

impl Reader {
    async fn read(mut self, stream: &mut SplitStream<WebSocket>) -> End {
        let mut malformed = 0;
        loop {
            let message = tokio::select! {
                message = timeout(SILENCE, stream.next()) => message,
                Some(ended) = self.tasks.join_next() => {
                    if let Ok(id) = ended {
                        self.calls.remove(&id);
                    }
                    continue;
                }
            };
            let text = match message {
                Err(_) => return (close_code::AWAY, "this client does not answer".into()),
                Ok(None | Some(Ok(Message::Close(_)))) => return (close_code::NORMAL, String::new()),
                Ok(Some(Err(error))) => return broken(error),
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
                Ok(Some(Ok(Message::Binary(_)))) => {
                    return (close_code::UNSUPPORTED, "frames are JSON texts".into());
                }
                Ok(Some(Ok(Message::Text(text)))) => text,
            };
            match frame::read(&text) {
                Ok(Asked::Cancel { id }) => {
                    // Dropping a call cancels it all the way to the service.
                    if let Some(call) = self.calls.remove(&id) {
                        call.abort();
                    }
                }
                Ok(Asked::Call { id, path, body, session }) => self.begin(id, path, body, session).await,
                Err(_) if malformed >= MOST_MALFORMED => {
                    return (close_code::UNSUPPORTED, "too many frames make no sense".into());
                }
                Err(error) => {
                    malformed += 1;
                    self.outbox.push(frame::error(error.id, &error.failure)).await;
                }
            }
        }
    }

    async fn begin(&mut self, id: u64, path: String, body: Value, session: Option<String>) {
        let refused = if self.calls.contains_key(&id) {
            Code::Invalid.because(format!("the number {id} is that of a call under way"))
        } else if self.calls.len() >= MOST_CALLS {
            Code::Full
                .because(format!("{MOST_CALLS} calls are under way on this socket"))
                .remedy("wait for one of them to end")
                .retry_after(1)
        } else {
            let caller = Caller { session, ..self.caller.clone() };
            let (gate, outbox) = (self.gate.clone(), self.outbox.clone());
            let call = self.tasks.spawn(async move {
                let last = match answer(&gate, &outbox, id, &path, &body, caller).await {
                    Ok(()) => frame::end(id),
                    Err(failure) => frame::error(Some(id), &failure),
                };
                outbox.push(last).await;
                id
            });
            self.calls.insert(id, call);
            return;
        };
        self.outbox.push(frame::error(Some(id), &refused)).await;
    }
}

/// Calls, and puts every item into the outbox.
async fn answer(
    gate: &Arc<Gate>,
    outbox: &Outbox,
    id: u64,
    path: &str,
    body: &Value,
    caller: Caller,
) -> Result<(), Failure> {
    let descriptor = &gate.method(path)?.descriptor;
    demand_one_request(descriptor)?;
    let message = api::json::value_to_bytes(&descriptor.input(), body)?;
    let mut messages = gate.ask(path, caller, message.into()).await?;
    let kind = descriptor.output();
    while let Some(message) = messages.message().await? {
        let item = api::json::bytes_to_value(&kind, &message)?;
        let text = frame::item(id, &item);
        match frame::superseded_by_next(path, &item) {
            Some(key) => outbox.push_newest(id, key, text).await,
            None => outbox.push(text).await,
        }
    }
    Ok(())
}

/// What the socket's own rules say of a frame that broke them.
fn broken(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => {
            (close_code::SIZE, format!("a frame is larger than {LARGEST_FRAME} bytes"))
        }
        Some(tungstenite::Error::Utf8(_)) => (close_code::INVALID, "a text is not UTF-8".into()),
        _ => (close_code::PROTOCOL, "the connection broke the rules of WebSocket".into()),
    }
}
