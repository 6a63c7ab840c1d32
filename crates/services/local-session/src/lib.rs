//! Owns the sessions of one host: spawns their compute services on demand, supervises them, routes actions to
//! them, tracks runs, resumes them, lets idle services end.
//!
//! | module | holds |
//! |---|---|
//! | [`sessions`] | the sessions of this host, and the runs that they bring along |
//! | [`acting`] | what people ask of runs |
//! | [`enrol`] | one-time tickets and certificates of spawned services |
//! | [`instances`] | the service instances of each session: spawned, restarted, let go |
//! | [`catalog`] | what the services of this host declare |
//! | [`plan`] | which steps an action takes, and the hash of each step's inputs |
//! | [`slots`] | the queue of runs |
//! | [`runs`] | the records of runs and those who follow them |
//! | [`execute`] | the way of one run |
//! | [`heartbeat`] | what the global-session is told |

mod acting;
mod catalog;
mod enrol;
mod execute;
mod heartbeat;
mod inputs;
mod instances;
mod options;
mod patience;
mod plan;
mod runs;
mod service;
mod sessions;
mod slots;
#[cfg(test)]
mod tests;

pub use options::{Options, run};
