//! Compute services as pods and jobs of Kubernetes.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what the pods look like |
//! | [`sizes`] | how large a pod is made for a demand |
//! | [`manifest`] | the objects of one instance |
//! | [`cluster`] | calls to the API server |
//! | [`refusal`] | what its refusals and the cluster's warnings mean to people |
//! | [`judge`] | what the status of a pod means |
//! | [`watching`] | the one watch over all pods |
//! | [`instance`] | one instance, from its start to its end |
//!
//! Everything that is made here is owned by the pod of its local-session, so that the cluster removes it with that.
//! The ticket by which an instance gets its certificate comes through a Secret that goes as soon as it was used.

mod cluster;
mod instance;
mod judge;
mod manifest;
mod options;
mod refusal;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod sizes;
mod spawner;
#[cfg(test)]
mod tests;
mod watching;

pub use options::{Kind, Options, Service};
pub use spawner::Kubernetes;
