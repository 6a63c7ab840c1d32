#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The service as its callers meet it: over mutual TLS, with signed assertions, on the back end in memory.

mod authorization;
mod checkpoints;
mod commits;
mod data;
mod history;
mod pictures;
mod pruning;
mod replicas;
mod rights;
mod runs;
mod stage;
mod values;
mod watching;
