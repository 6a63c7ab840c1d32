//! Tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod files;
mod stage;
mod streams;
