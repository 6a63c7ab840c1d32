//! Owns the sessions of one host: spawns their compute services on demand, supervises them, routes actions to
//! them, tracks runs, resumes them, lets idle services end.
//!
//! | module | holds |
//! |---|---|
//! | [`sessions`] | the sessions of this host, and the runs that they bring along |
//! | [`acting`] | what people ask of runs |
//! | [`enrol`] | one-time tickets and certificates of spawned services |
//! | [`instances`] | the service instances of each session: spawned, restarted, let go |
//! | [`place`], [`serving`] | what is known of a service in a session; an instance in use |
//! | [`starting`] | how an instance comes to serve |
//! | [`pool`] | instances that stand ready for the next session |
//! | [`room`] | runs that find no room wait |
//! | [`loss`] | what the end of an instance means for its work |
//! | [`catalog`] | what the services of this host declare |
//! | [`plan`] | which steps an action takes, and the hash of each step's inputs |
//! | [`slots`] | the queue of runs |
//! | [`runs`] | the runs that live here and those who follow them |
//! | [`record`] | what stands in the record of a run |
//! | [`execute`] | the way of one run |
//! | [`journey`], [`attempt`] | a run's steps, and one step on one instance |
//! | [`pace`] | how far a run is, and when it will be done |
//! | [`demand`] | what a step needs, as its service declares it |
//! | [`gauges`] | what is measured |
//! | [`heartbeat`] | what the global-session is told |

mod acting;
mod attempt;
mod catalog;
mod curves;
mod demand;
mod enrol;
mod execute;
mod gauges;
mod heartbeat;
mod inputs;
mod instances;
mod journey;
mod loss;
mod options;
mod pace;
mod patience;
mod place;
mod plan;
mod pool;
mod record;
mod renewal;
mod room;
mod runs;
mod service;
mod serving;
mod sessions;
mod slots;
mod starting;
#[cfg(test)]
mod tests;

pub use options::{Level, MODELING, Options, beside, run};
pub use pool::Policy;
