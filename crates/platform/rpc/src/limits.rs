//! What a listener grants a stranger.

use std::time::Duration;

use crate::Crowds;

/// Bounds of a listener. The defaults suit a service; tests shorten the times.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// Handshakes under way at once. When one more arrives, the oldest is given up: an honest one takes
    /// milliseconds, so the oldest is a stalled one, and newcomers are served at once however many stall.
    pub handshakes: usize,
    /// Connections at once; one more is closed after its handshake.
    pub connections: usize,
    /// The same from one address, of IPv6 from one network of 64 bits; one more is closed before its handshake. Unbounded
    /// by default, for the instances of a site may all live on one host.
    pub per_address: usize,
    /// Addresses that are not bound so.
    pub crowds: Crowds,
    /// How long HTTP/1.1 headers may take, and the first request of a connection without a client
    /// certificate.
    pub request_head: Duration,
    /// How long a connection without a client certificate may stay without a request.
    pub idle: Duration,
    /// After how long without traffic an HTTP/2 connection is pinged.
    pub ping: Duration,
    /// How long the answer to a ping may take before the connection is given up.
    pub pong: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long requests under way may go on after the shutdown was asked for, and those of a peer that
    /// is no longer trusted.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            handshakes: 512,
            connections: 8192,
            per_address: usize::MAX,
            crowds: Crowds::default(),
            request_head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            ping: Duration::from_secs(20),
            pong: Duration::from_secs(20),
            streams: 1024,
            drain: Duration::from_secs(20),
        }
    }
}
