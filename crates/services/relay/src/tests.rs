#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backend;
mod doors;
mod grpc;
mod http;
mod sockets;
mod stage;
