//! Who a server has to be.

use std::fmt;

use base::identity::{Identity, Role};

/// Who a server has to be, beside being of the same site and having a good chain and host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any instance of a role.
    Role(Role),
    /// Any instance of one of several roles.
    AnyOf(Vec<Role>),
    /// Any compute service.
    Compute,
    /// One instance.
    Instance(Identity),
}

impl Expected {
    /// Whether the identity is the expected one.
    pub fn admits(&self, identity: &Identity) -> bool {
        match self {
            Self::Role(role) => identity.role == *role,
            Self::AnyOf(roles) => roles.contains(&identity.role),
            Self::Compute => matches!(identity.role, Role::Compute(_)),
            Self::Instance(instance) => identity == instance,
        }
    }
}

impl From<Role> for Expected {
    fn from(role: Role) -> Self {
        Self::Role(role)
    }
}

impl From<Identity> for Expected {
    fn from(identity: Identity) -> Self {
        Self::Instance(identity)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "role {role}"),
            Self::AnyOf(roles) => {
                let names: Vec<_> = roles.iter().map(Role::to_string).collect();
                write!(f, "one of the roles {}", names.join(", "))
            }
            Self::Compute => f.write_str("any compute service"),
            Self::Instance(identity) => identity.fmt(f),
        }
    }
}
