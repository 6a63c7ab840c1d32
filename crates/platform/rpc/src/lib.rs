//! How services talk: mutual TLS, the identity of the peer, and what each role may call.
//!
//! - [`Credentials`] hold an instance's certificate, key and the roots it trusts. They are exchanged while
//!   in use: the next handshake uses the new ones, and a connection whose peer the new roots no longer
//!   vouch for is drained.
//! - [`serve_mtls`] and [`serve_tls`] serve an axum router (tonic's `Routes::into_axum_router` makes one)
//!   with HTTP/2 and HTTP/1.1 on one port.
//! - [`connect`] and [`connect_public`] make channels that connect when they are first used and again when
//!   the connection is lost.
//! - [`Access`] refuses every call that its table does not allow.

mod access;
mod activity;
mod address;
mod channel;
mod connection;
mod credentials;
mod dial;
mod error;
mod expected;
mod handshakes;
mod limits;
mod listener;
mod provider;
mod public;
mod seats;
mod server;
mod verify;
mod web;

pub use access::{Access, Guarded};
pub use channel::Channel;
pub use credentials::{Credentials, Files};
pub use dial::{Dial, connect, connect_with};
pub use error::Error;
pub use expected::Expected;
pub use limits::Limits;
pub use listener::Listener;
pub use provider::install_crypto_provider;
pub use public::{TrustRoots, connect_public};
pub use seats::{Crowds, Seat, Seats};
pub use server::{Peer, PeerHosts, serve_mtls, serve_tls};
pub use web::{ServerCertificate, WebCertificate};

/// The largest message that a service decodes: what generated clients and servers are to be given as
/// `max_decoding_message_size` and `max_encoding_message_size`.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The size in which blobs are cut for a stream. Large enough to keep a link busy, small enough that many
/// streams share one connection fairly.
pub const CHUNK: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
