//! The launcher and command line of the platform.
fn main() {}
