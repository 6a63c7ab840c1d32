//! The real service over real mutual TLS, with an `authorization` that says what a test wants.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authorization;
mod keeping;
mod reading;
mod stage;
