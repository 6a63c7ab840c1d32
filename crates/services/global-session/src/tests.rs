//! A global-session over real mutual TLS, with a store, an authority and hosts that do as they are told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod sessions;
mod stage;
// The same router as there.
#[path = "../../local-session/src/tests/wire.rs"]
mod wire;
