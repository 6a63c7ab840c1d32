//! Compute services as pods and jobs of Kubernetes.
//!
//! | module | holds |
//! |---|---|
//! | [`options`], [`service`] | what the pods look like, and those of one service |
//! | [`sizes`] | how large a pod is made for a demand |
//! | [`manifest`] | the objects of one instance |
//! | [`container`] | its container |
//! | [`cluster`] | calls to the API server |
//! | [`refusal`] | what its refusals and the cluster's warnings mean to people |
//! | [`quota`] | whether what a quota refuses could ever be had |
//! | [`judge`] | what the status of a pod means |
//! | [`watching`] | the one watch over all pods |
//! | [`instance`] | one instance, from its start to its end |
//! | [`telling`] | annotations that follow what happens here |
//!
//! Everything that is made here is owned by the pod of its local-session, so that the cluster removes it with that.
//! The ticket by which an instance gets its certificate comes through a Secret that goes as soon as it was used.

mod cluster;
mod container;
mod instance;
mod judge;
mod manifest;
mod options;
mod quota;
mod refusal;
mod service;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod sizes;
mod spawner;
mod telling;
#[cfg(test)]
mod tests;
mod watching;

pub use options::Options;
pub use service::{Kind, Os, Service};
pub use spawner::Kubernetes;
