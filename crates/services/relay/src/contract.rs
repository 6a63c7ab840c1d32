//! The methods of the contract, and who may reach them.

use std::collections::HashMap;

use api::access::{METHODS, Public};
use base::identity::Role;
use prost_reflect::MethodDescriptor;

/// One method that people may reach.
#[derive(Debug)]
pub(crate) struct Method {
    /// Such as `/opentwin.v1.Project/Commit`.
    pub(crate) path: &'static str,
    pub(crate) people: Public,
    pub(crate) destination: Destination,
    /// Its messages.
    pub(crate) descriptor: MethodDescriptor,
}

/// Which service answers a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The one of this role.
    Role(Role),
    /// The local-session that the caller's session lives on.
    Session,
}

impl Method {
    /// True where messages flow for an open-ended time in either direction.
    pub(crate) fn streams(&self) -> bool {
        self.descriptor.is_server_streaming() || self.descriptor.is_client_streaming()
    }
}

/// The public methods by path. What is between services only is not in it, so nothing can reach it.
pub(crate) struct Contract(HashMap<&'static str, Method>);

impl Contract {
    pub(crate) fn new() -> Self {
        let public = METHODS.iter().filter(|method| method.people != Public::No).filter_map(|method| {
            let (service, name) = method.path.strip_prefix("/opentwin.v1.")?.split_once('/')?;
            let destination = match service {
                "Authorization" => Destination::Role(Role::Authorization),
                "Project" => Destination::Role(Role::Project),
                "GlobalSession" => Destination::Role(Role::GlobalSession),
                "Logger" => Destination::Role(Role::Logger),
                "LocalSession" => Destination::Session,
                _ => return None,
            };
            let descriptor = api::json::method(service, name).ok()?;
            Some((method.path, Method { path: method.path, people: method.people, destination, descriptor }))
        });
        Self(public.collect())
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Method> {
        self.0.get(path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn holds_exactly_the_methods_for_people() {
        let contract = Contract::new();
        for row in METHODS {
            assert_eq!(contract.find(row.path).is_some(), row.people != Public::No, "{}", row.path);
        }
        assert!(contract.find("/opentwin.v1.Project/Watch").unwrap().streams());
        assert!(!contract.find("/opentwin.v1.Project/Commit").unwrap().streams());
        assert!(contract.find("/opentwin.v1.Project/commit").is_none());
    }
}
