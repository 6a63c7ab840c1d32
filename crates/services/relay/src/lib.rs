//! The only front door: one public address for the command line, programs and browsers.
//!
//! It holds no state that cannot be rebuilt: who calls is asked of `authorization`, where a session lives of
//! `global-session`, and both answers are kept for seconds only. So any relay can serve any client, and a
//! client whose relay dies goes on with another.
//!
//! | module | holds |
//! |---|---|
//! | [`contract`] | the methods of the contract, and who may reach them |
//! | [`logins`] | who a token stands for |
//! | [`places`] | the channels to services, and where sessions live |
//! | [`gate`] | the way of one call: admitted, addressed, passed on |
//! | [`proxy`] | gRPC passed through as it is |
//! | [`bodies`] | bodies that end when their caller falls silent or is no longer let in |
//! | [`messages`] | calls made here, for those who do not speak gRPC |
//! | [`json`] | the contract as JSON over HTTP |
//! | [`socket`] | the WebSocket of browsers |
//! | [`blobs`], [`uploads`], [`range`] | files of projects, out and in |
//! | [`assets`], [`guards`] | the web UI, and what browsers are told not to do |
//! | [`browser`] | cookies, and what a page of another origin cannot send |
//! | [`forwarded`] | who calls where a proxy stands in front |
//! | [`certificate`] | what the public address shows |

mod assets;
mod blobs;
mod bodies;
mod browser;
mod certificate;
mod contract;
mod forwarded;
mod gate;
mod guards;
mod json;
mod logins;
mod messages;
mod options;
mod places;
mod proxy;
mod range;
mod reply;
mod service;
mod socket;
mod uploads;

pub use options::{Options, run};

#[cfg(test)]
mod tests;
