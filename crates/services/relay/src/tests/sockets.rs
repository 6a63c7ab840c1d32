//! The WebSocket of browsers.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::stage::*;
use crate::options::Options;

struct Socket(WebSocketStream<TlsStream<TcpStream>>);

impl Socket {
    async fn open(stage: &Stage) -> Self {
        let origin = format!("https://{}", stage.public);
        let pairs = [("cookie", "__Host-opentwin=token-ada"), ("origin", &origin)];
        Self::with(stage, &pairs).await.unwrap()
    }

    /// The HTTP status where it is refused.
    async fn with(stage: &Stage, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("wss://{}/api/v1/socket", stage.public).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        // The client sends what it is told to, also what is too large.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let tls = stage.tls().await;
        match tokio_tungstenite::client_async_with_config(request, tls, Some(config)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn send(&mut self, frame: Value) {
        self.text(&frame.to_string()).await;
    }

    async fn text(&mut self, text: &str) {
        self.0.send(Message::Text(text.to_owned().into())).await.unwrap();
    }

    /// The next frame, or the code that the socket was closed with.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(0, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(0),
            }
        }
    }

    async fn frame(&mut self) -> Value {
        self.next().await.expect("a frame")
    }
}

#[tokio::test]
async fn many_calls_share_a_socket() {
    let stage = Stage::new().await;
    stage.backend.sessions.lock().unwrap().insert("s1".into(), stage.hosts[0].clone());
    let mut socket = Socket::open(&stage).await;
    socket.send(json!({"id": 1, "call": "Project/Watch", "body": {"project": "silent"}})).await;
    socket.send(json!({"id": 2, "call": "Project/GetProject", "body": {"project": "p1"}})).await;
    socket.send(json!({"id": 3, "call": "Project/Watch", "body": {"project": "three"}})).await;
    socket.send(json!({"id": 4, "call": "Project/GetProject", "body": {"project": "missing"}})).await;
    socket.send(json!({"id": 5, "call": "LocalSession/Act", "session": "s1"})).await;
    let mut frames: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for _ in 0..1 + 2 + 4 + 1 + 2 {
        let frame = socket.frame().await;
        frames.entry(frame["id"].as_u64().unwrap()).or_default().push(frame);
    }
    assert_eq!(frames[&1][0]["item"]["standing"], "7");
    assert_eq!(frames[&2][0]["item"]["owner"], "ada");
    assert_eq!(frames[&2][1], json!({"id": 2, "end": true}));
    assert_eq!(frames[&3].len(), 4);
    assert_eq!(frames[&4][0]["error"]["code"], "not-found");
    assert_eq!(frames[&5][0]["item"]["id"], "one");
    // Ending one ends it at its service, and leaves the others.
    assert_eq!(stage.backend.open.load(Ordering::SeqCst), 1);
    socket.send(json!({"id": 1, "cancel": true})).await;
    let closed = async {
        while stage.backend.open.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.unwrap();
    socket.send(json!({"id": 1, "call": "Authorization/WhoAmI"})).await;
    assert_eq!(socket.frame().await["item"]["name"], "ada");
}

#[tokio::test]
async fn one_person_does_not_take_all_sockets() {
    let stage = Stage::new().await;
    let as_user = async |token: &str| {
        let bearer = format!("Bearer {token}");
        Socket::with(&stage, &[("authorization", &bearer)]).await
    };
    let mut open = Vec::new();
    for _ in 0..crate::gate::MOST_SOCKETS {
        open.push(as_user("token-ada").await.unwrap());
    }
    assert_eq!(as_user("token-ada").await.err(), Some(429));
    as_user("token-bob").await.unwrap();
    open.pop();
    let again = async {
        while as_user("token-ada").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn frames_without_sense_are_answered_not_obeyed() {
    let stage = Stage::new().await;
    let mut socket = Socket::open(&stage).await;
    for (text, id) in [
        ("", Value::Null),
        ("{", Value::Null),
        ("\u{0}\u{fffd}", Value::Null),
        (r#"{"id":9,"call":"Project/GetProject","body":{"no such":1}}"#, json!(9)),
        (r#"{"id":9,"call":"Project/GetProject","body":[]}"#, json!(9)),
        (r#"{"id":9,"call":"../../x"}"#, json!(9)),
        (r#"{"id":9,"call":"Project/PutRun"}"#, json!(9)),
        (r#"{"id":9,"call":"Project/PutBlob"}"#, json!(9)),
        (r#"{"id":9,"call":"LocalSession/Act","session":"a\r\nb"}"#, json!(9)),
    ] {
        socket.text(text).await;
        let frame = socket.frame().await;
        assert_eq!(frame["id"], id, "{text}");
        assert!(frame["error"]["code"].is_string(), "{text} {frame}");
    }
    socket.send(json!({"id": 77, "cancel": true})).await;
    socket.send(json!({"id": 1, "call": "Authorization/WhoAmI"})).await;
    assert_eq!(socket.frame().await["item"]["name"], "ada");
    for _ in 0..40 {
        if socket.0.send(Message::Text("?".into())).await.is_err() {
            break;
        }
    }
    let code = loop {
        if let Err(code) = socket.next().await {
            break code;
        }
    };
    assert_eq!(code, 1003);
}

#[tokio::test]
async fn oversized_and_binary_frames_end_the_socket() {
    let stage = Stage::new().await;
    let mut socket = Socket::open(&stage).await;
    socket.0.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap_err(), 1003);
    let mut socket = Socket::open(&stage).await;
    // The head of a frame of 5 MiB is enough to be refused.
    let _ = timeout(PATIENCE, socket.0.send(Message::Text("x".repeat(5 << 20).into()))).await;
    let code = socket.next().await.unwrap_err();
    assert!(code == 1009 || code == 0, "{code}");
}

#[tokio::test]
async fn calls_on_a_socket_are_counted() {
    let stage = Stage::new().await;
    let mut socket = Socket::open(&stage).await;
    for id in 0..65 {
        socket.send(json!({"id": id, "call": "Project/Watch", "body": {"project": "silent"}})).await;
    }
    let mut refused = Vec::new();
    for _ in 0..65 {
        let frame = socket.frame().await;
        if frame["error"].is_object() {
            assert_eq!(frame["error"]["retryable"], true);
            refused.push(frame["id"].as_u64().unwrap());
        }
    }
    assert_eq!(refused, [64]);
}

#[tokio::test]
async fn a_client_that_stops_reading_is_thinned_then_cut_off() {
    let stage = Stage::with(Options { client_patience: Some(1), ..Options::default() }).await;
    // Presence: only the newest is kept while the client is slow.
    let mut slow = Socket::open(&stage).await;
    slow.send(json!({"id": 1, "call": "Project/Watch", "body": {"project": "presence"}})).await;
    let number = |frame: &Value| -> u64 {
        let text = frame["item"]["presence"]["selection"][0].as_str().unwrap();
        text.parse().unwrap()
    };
    let (mut last, mut largest_gap) = (number(&slow.frame().await), 0);
    for _ in 0..2000 {
        let now = number(&slow.frame().await);
        assert!(now > last);
        largest_gap = largest_gap.max(now - last);
        last = now;
        if largest_gap > 1 {
            break;
        }
    }
    assert!(largest_gap > 1, "nothing was thinned");
    slow.0.close(None).await.unwrap();
    let closed = async {
        while stage.backend.open.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("a socket that is closed ends its calls");
    // Nothing is read any more: at the latest after the patience the socket is closed and the call has ended.
    let mut mute = Socket::open(&stage).await;
    mute.send(json!({"id": 1, "call": "Project/Watch", "body": {"project": "versions"}})).await;
    let ended = async {
        while stage.backend.open.load(Ordering::SeqCst) != 1 {
            tokio::task::yield_now().await;
        }
        while stage.backend.open.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ended).await.expect("the mute client is cut off");
    let code = loop {
        if let Err(code) = mute.next().await {
            break code;
        }
    };
    assert_eq!(code, 1013);
}

#[tokio::test]
async fn who_may_not_gets_no_socket() {
    let stage = Stage::new().await;
    let own = format!("https://{}", stage.public);
    let cookie = "__Host-opentwin=token-ada";
    for (headers, status) in [
        (vec![("cookie", cookie), ("origin", "https://evil.example")], 403),
        (vec![("cookie", cookie)], 403),
        (vec![("origin", own.as_str())], 401),
        (vec![("origin", own.as_str()), ("cookie", "__Host-opentwin=gone")], 401),
    ] {
        assert_eq!(Socket::with(&stage, &headers).await.err(), Some(status), "{headers:?}");
    }
    let mut program = Socket::with(&stage, &[("authorization", "Bearer token-ada")]).await.ok().unwrap();
    program.send(json!({"id": 1, "call": "Authorization/WhoAmI"})).await;
    assert_eq!(program.frame().await["item"]["name"], "ada");
    // A login that ends takes its calls with it.
    program.send(json!({"id": 2, "call": "Authorization/Logout"})).await;
    while program.frame().await["end"] != true {}
    while program.frame().await["end"] != true {}
    program.send(json!({"id": 3, "call": "Authorization/WhoAmI"})).await;
    assert_eq!(program.frame().await["error"]["code"], "auth.expired");
}

#[tokio::test]
async fn letting_idle_connections_go_breaks_no_stream() {
    let stage = Stage::new().await;
    let mut socket = Socket::open(&stage).await;
    socket.send(json!({"id": 1, "call": "Project/Watch", "body": {"project": "versions"}})).await;
    for _ in 0..10 {
        assert!(socket.frame().await["item"].is_object());
    }
    stage.gate.places.sweep(Duration::ZERO);
    // More than what was on its way by then.
    for _ in 0..1000 {
        let frame = socket.frame().await;
        assert!(frame["item"].is_object(), "{frame}");
    }
}
