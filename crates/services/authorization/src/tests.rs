//! The real service over real mutual TLS.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod changes;
mod identity;
mod login;
mod people;
mod sharing;
mod stage;
