//! A local-session over real mutual TLS, with a store, an authority and services that do as they are told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms;
mod running;
mod sessions;
mod stage;
mod wire;
