//! Everything that is tested on the running platform. One program, so that it is linked once; tests that take more than
//! ten seconds are named `slow_…`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod bad_input;
mod certificates;
mod desk;
mod disk;
mod examples;
mod kubernetes;
mod locked;
mod operator;
mod resume;
mod sessions;
mod versions;
