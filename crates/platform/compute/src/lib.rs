//! The frame around a compute service.
//!
//! A service author writes a [`Program`]: a [`Description`] of kinds, actions and views, and a function that
//! computes a [`Job`]. Everything else (certificates, listeners, reading and evaluating entities, blobs, progress,
//! logs, cancellation, checkpoints, the commit at the end) is here.
//!
//! ```no_run
//! use api::Failure;
//! use compute::{Action, Description, Job, Program};
//!
//! struct Hello;
//!
//! impl Program for Hello {
//!     fn describe(&self) -> Description {
//!         Description::new("hello", "Hello", "1").action(Action::new("hello.greet", "Greet").result("greeting"))
//!     }
//!
//!     fn compute(&self, job: &Job) -> Result<(), Failure> {
//!         job.put("greeting", "hello.greeting", serde_json::json!({"text": "hello", "inputs": job.inputs()}))
//!     }
//! }
//! ```

mod annotated;
mod cli;
mod convert;
mod describe;
mod entities;
mod events;
mod host;
mod job;
mod results;

pub use annotated::Annotated;
pub use cli::{description, main, serve};
pub use convert::{kind_from_wire, kind_to_wire, result_from_wire};
pub use describe::{Action, Amount, Description, View};
pub use entities::{Entities, materials};
pub use events::Curve;
pub use host::Program;
pub use job::Job;
pub use system::confine::Reach;
