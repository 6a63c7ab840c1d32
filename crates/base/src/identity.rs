//! Who a service instance is: its role, its instance name, and the URI that its certificate carries.

use std::fmt;
use std::str::FromStr;

/// What a service instance may be. Compute services are one role with a name of their own, so that a
/// new solver needs no new role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Knows the local-sessions and places sessions on them.
    GlobalSession,
    /// Users, groups, rights, tokens; issues certificates.
    Authorization,
    /// The versioned project store.
    Project,
    /// Owns sessions on one host and spawns their compute services.
    LocalSession,
    /// The public front door.
    Relay,
    /// Central logs.
    Logger,
    /// A compute service of the given name, such as `fit-td`.
    Compute(String),
}

impl Role {
    /// The role's name as it stands in certificates and on the command line, without the service name.
    pub fn class(&self) -> &'static str {
        match self {
            Self::GlobalSession => "global-session",
            Self::Authorization => "authorization",
            Self::Project => "project",
            Self::LocalSession => "local-session",
            Self::Relay => "relay",
            Self::Logger => "logger",
            Self::Compute(_) => "compute",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compute(name) => write!(f, "compute/{name}"),
            other => f.write_str(other.class()),
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "global-session" => Self::GlobalSession,
            "authorization" => Self::Authorization,
            "project" => Self::Project,
            "local-session" => Self::LocalSession,
            "relay" => Self::Relay,
            "logger" => Self::Logger,
            other => match other.strip_prefix("compute/") {
                Some(name) if is_label(name) => Self::Compute(name.to_owned()),
                _ => return Err(Error::Role(text.to_owned())),
            },
        })
    }
}

/// A service instance's name: `spiffe://<site>/<role>/<instance>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The site (trust domain) that the instance belongs to.
    pub site: String,
    /// What it may do.
    pub role: Role,
    /// Which one of its role it is.
    pub instance: String,
}

impl Identity {
    /// An identity from its parts; each must be a label (`a-z`, `0-9`, `-`, `.`; 1 to 63 characters).
    pub fn new(site: &str, role: Role, instance: &str) -> Result<Self, Error> {
        for label in [site, instance] {
            if !is_label(label) {
                return Err(Error::Label(label.to_owned()));
            }
        }
        Ok(Self { site: site.to_owned(), role, instance: instance.to_owned() })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/{}/{}", self.site, self.role, self.instance)
    }
}

impl FromStr for Identity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Uri(text.to_owned());
        let (site, rest) =
            text.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/')).ok_or_else(malformed)?;
        let (role, instance) = rest.rsplit_once('/').ok_or_else(malformed)?;
        Self::new(site, role.parse()?, instance)
    }
}

/// Why a name is no identity.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a role.
    #[error(
        "unknown role `{0}`: expected global-session, authorization, project, local-session, relay, logger or compute/<service>"
    )]
    Role(String),
    /// Not a label.
    #[error("`{0}` is no name: use 1 to 63 characters of a-z, 0-9, `-` and `.`")]
    Label(String),
    /// Not a service URI.
    #[error("`{0}` is no service identity: expected spiffe://<site>/<role>/<instance>")]
    Uri(String),
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_survive_their_text_form() {
        for text in ["spiffe://site-1/relay/0", "spiffe://lab.example/compute/fit-td/a1b2"] {
            assert_eq!(text.parse::<Identity>().map(|id| id.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn malformed_identities_are_refused() {
        for text in [
            "",
            "spiffe://",
            "spiffe://s/relay",
            "spiffe://s/compute/x",
            "spiffe://s/compute//x",
            "spiffe://s/king/1",
            "spiffe://S/relay/1",
            "https://s/relay/1",
        ] {
            assert!(text.parse::<Identity>().is_err(), "{text}");
        }
    }
}
