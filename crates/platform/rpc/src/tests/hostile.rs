//! Peers that stall, stammer and lie.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::identity::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::stage::*;
use crate::*;

/// The beginning of a handshake: a record that announces more than follows.
const HALF_HELLO: &[u8] = &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03];

async fn stalled(address: std::net::SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for number in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(HALF_HELLO).await.unwrap();
        }
        all.push(stream);
    }
    all
}

/// All are closed by the server.
async fn closed(streams: Vec<TcpStream>) {
    for mut stream in streams {
        let end = timeout(PATIENCE, stream.read(&mut [0; 64])).await.unwrap();
        // Closed, or reset where bytes were left unread.
        assert!(!matches!(end, Ok(1..)), "{end:?}");
    }
}

#[tokio::test]
async fn stalled_handshakes_time_out_and_hold_up_nobody() {
    let site = authority();
    let limits = Limits { handshake: Duration::from_millis(300), ..Limits::default() };
    let server = mutual(&credentials(&site, Role::Project), limits).await;
    let streams = stalled(server.address, 200).await;
    let start = Instant::now();
    let client = credentials(&site, Role::Relay);
    say(&connect(&server.at(), &client, Role::Project).unwrap()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    closed(streams).await;
}

#[tokio::test]
async fn the_oldest_handshakes_give_way_when_all_places_are_taken() {
    let site = authority();
    let limits = Limits {
        // Nothing times out within the test: only giving way lets the client in.
        handshake: Duration::from_secs(600),
        handshakes: 8,
        ..Limits::default()
    };
    let server = mutual(&credentials(&site, Role::Project), limits).await;
    let mut streams = stalled(server.address, 64).await;
    let client = credentials(&site, Role::Relay);
    say(&connect(&server.at(), &client, Role::Project).unwrap()).await.unwrap();
    streams.truncate(56);
    closed(streams).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed() {
    let site = authority();
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = mutual(&credentials(&site, Role::Project), limits).await;
    let client = credentials(&site, Role::Relay);
    let first = connect(&server.at(), &client, Role::Project).unwrap();
    say(&first).await.unwrap();
    let second = connect(&server.at(), &client, Role::Project).unwrap();
    let error = say(&second).await.unwrap_err();
    assert_eq!(error.code(), tonic::Code::Unavailable);
    say(&first).await.unwrap();
}

#[tokio::test]
async fn one_address_does_not_take_all_connections() {
    let site = authority();
    let trust = TrustRoots::from_pem(&site.to_pem()).unwrap();
    let certificate = || credentials(&site, Role::Relay).into();
    let limits = Limits { per_address: 2, ..Limits::default() };
    let server = one_way(certificate(), limits.clone()).await;
    let say_anew = async |server: &Running| {
        let channel = connect_public(&server.at(), &trust).unwrap();
        say(&channel).await.map(|_| channel)
    };
    let first = say_anew(&server).await.unwrap();
    // Those that stall count from their first byte on.
    let stalled = stalled(server.address, 1).await;
    assert_eq!(say_anew(&server).await.unwrap_err().code(), tonic::Code::Unavailable);
    say(&first).await.unwrap();
    drop(stalled);
    let again = async {
        while say_anew(&server).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again).await.unwrap();
    // A proxy stands for many.
    let crowds = Crowds::new(|address| address.is_loopback());
    let server = one_way(certificate(), Limits { crowds, ..limits }).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(say_anew(&server).await.unwrap());
    }
}

/// Bytes without a pattern, the same on each run (xorshift).
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn garbage_before_and_after_the_handshake_harms_nobody() {
    let site = authority();
    let server = mutual(&credentials(&site, Role::Project), Limits::default()).await;
    let client = credentials(&site, Role::Relay);
    let expected = Role::Project.into();
    for seed in 1..40 {
        let bytes = noise(seed, 10 * seed as usize);
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        tcp.write_all(&bytes).await.unwrap();
        tcp.shutdown().await.unwrap();
        // Whatever comes back: the server closes.
        let _ = timeout(PATIENCE, tcp.read_to_end(&mut Vec::new())).await.unwrap();
    }
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let frame = |length: [u8; 3], kind: u8| [&length[..], &[kind, 0, 0, 0, 0, 1]].concat();
    let mut attacks = vec![
        noise(7, 500),
        preface[..10].to_vec(),
        [preface, &noise(8, 500)].concat(),
        // A frame of 16 MiB, one cut short, and headers that are no headers.
        [preface, &frame([0xff, 0xff, 0xff], 0), &noise(9, 100)].concat(),
        [preface, &frame([0, 0, 100], 4), &[0; 10]].concat(),
        [preface, &frame([0, 0, 0], 4)[..5], &[0, 0, 0, 0], &frame([0, 0, 64], 1), &noise(10, 64)].concat(),
    ];
    attacks.push([b"GET / HTTP/1.1\r\nx: ".as_slice(), &[b'a'; 100_000]].concat());
    for protocol in ["h2", "http/1.1"] {
        for attack in &attacks {
            let mut config = client.material().client(&expected).unwrap();
            config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
            let mut stream = tls(server.address, Arc::new(config)).await.unwrap();
            // The server may close while this is still being sent.
            let _ = stream.write_all(attack).await;
            let _ = stream.shutdown().await;
            let _ = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.unwrap();
        }
    }
    assert_eq!(server.requests(), 0);
    say(&connect(&server.at(), &client, Role::Project).unwrap()).await.unwrap();
    assert!(!server.task.is_finished());
}

#[tokio::test]
async fn messages_beyond_the_limit_are_refused_and_below_it_pass() {
    let site = authority();
    let server = mutual(&credentials(&site, Role::Project), Limits::default()).await;
    let client = credentials(&site, Role::Relay);
    let channel = connect(&server.at(), &client, Role::Project).unwrap();
    let error = call(&channel, SAY, &vec![0; MAX_MESSAGE + 1]).await.unwrap_err();
    assert_eq!(error.code(), tonic::Code::OutOfRange, "{error:?}");
    call(&channel, SAY, &vec![0; CHUNK]).await.unwrap();
}

/// The same with a thousand; it needs as many file descriptors, so it is asked for by name.
#[tokio::test]
#[ignore = "takes two thousand file descriptors"]
async fn a_thousand_stalled_handshakes_hold_up_nobody() {
    let site = authority();
    let server = mutual(&credentials(&site, Role::Project), Limits::default()).await;
    let client = credentials(&site, Role::Relay);
    let _streams = stalled(server.address, 1000).await;
    let start = Instant::now();
    say(&connect(&server.at(), &client, Role::Project).unwrap()).await.unwrap();
    println!("login beside 1000 stalled handshakes: {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(1));
}

/// Certificates are to blame for what they did only: what dies in the handshake is tried again.
#[tokio::test]
async fn a_server_that_dies_in_the_handshake_was_not_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let client = credentials(&authority(), Role::Relay);
    let error = say(&connect(&address, &client, Role::Project).unwrap()).await.unwrap_err();
    assert_eq!(error.code(), tonic::Code::Unavailable);
    let mut cause = std::error::Error::source(&error);
    let mut found = None;
    while let Some(error) = cause {
        found = found.or(error.downcast_ref::<Error>());
        cause = error.source();
    }
    assert!(matches!(found, Some(Error::Connect { .. })), "{found:?}");
}
