//! What every service process is: configuration, telemetry, listeners, shutdown.
//!
//! A service is *options → create → run*: its crate declares options (a clap and serde struct), a function
//! that creates it from a [`Context`], and the [`Service`] trait. [`host`] does the rest: certificates, the two
//! listeners, health, metrics, renewal, signals, draining, last words, exit code.

pub mod caller;
mod context;
mod enrolment;
mod exit;
mod health;
mod host;
mod lifeline;
mod measures;
pub mod options;
mod renewal;
mod shipping;
mod task;
pub mod telemetry;
mod usage;
mod vitals;

pub use caller::{Caller, Signer, Verifier};
pub use context::{Context, Peers};
pub use exit::{LastWords, leave, termination_log};
pub use host::{Service, host};
pub use lifeline::shutdown_token;
pub use options::Common;
pub use renewal::{Enrolled, Enrolment, Ticket};
pub use task::to_its_end;
pub use usage::refused;
pub use vitals::{TOLD, Vitals};
