#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod exchange;
mod hostile;
mod life;
mod matrix;
mod public;
mod stage;
