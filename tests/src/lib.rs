//! A sandbox for tests across services: the real platform, started by its own launcher on a free port with a state
//! directory of its own, and people who use it by the real command line.
//!
//! ```no_run
//! let platform = e2e::Sandbox::start(&[]);
//! let admin = platform.admin();
//! admin.ok(&["apply", "examples/pec-cavity/project.yaml"]);
//! ```
//!
//! Whatever goes wrong here fails the test that asked for it, with what the platform said.
//!
//! It looks at processes as Unix shows them. `scripts/windows` tries the platform for Windows.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod disk;
mod node;
mod person;
pub mod processes;
mod programs;
mod sandbox;
mod series;
mod site;
mod wait;

pub use disk::Disk;
pub use node::Node;
pub use person::{Output, Person};
pub use programs::{example, program};
pub use sandbox::Sandbox;
pub use series::{Complex, Curve, Series};
pub use wait::{PATIENCE, until};
