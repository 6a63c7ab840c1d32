//! Who may call what: one row a method, everything else is denied.
//!
//! Two questions, two columns. *Which services* may call a method is decided by the role in their
//! certificate. *Which people* may reach it through the relay is the public column; what they may do in one
//! project is then decided by the service itself, from the caller's assertion.

use base::identity::Role;

/// Roles, as they stand in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// `global-session`
    GlobalSession,
    /// `authorization`
    Authorization,
    /// `project`
    Project,
    /// `local-session`
    LocalSession,
    /// `relay`
    Relay,
    /// `logger`
    Logger,
    /// Any compute service.
    Compute,
}

impl Caller {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::GlobalSession,
        Self::Authorization,
        Self::Project,
        Self::LocalSession,
        Self::Relay,
        Self::Logger,
        Self::Compute,
    ];

    fn of(role: &Role) -> Self {
        match role {
            Role::GlobalSession => Self::GlobalSession,
            Role::Authorization => Self::Authorization,
            Role::Project => Self::Project,
            Role::LocalSession => Self::LocalSession,
            Role::Relay => Self::Relay,
            Role::Logger => Self::Logger,
            Role::Compute(_) => Self::Compute,
        }
    }
}

/// Which people may reach a method through the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Public {
    /// Nobody: it is between services.
    No,
    /// Anybody, also without a login.
    Anybody,
    /// Whoever is logged in.
    User,
    /// Administrators of the site.
    Administrator,
}

/// One row: a method, who of the services may call it, who of the people.
#[derive(Debug)]
pub struct Method {
    /// Such as `/opentwin.v1.Project/Commit`.
    pub path: &'static str,
    /// Services, by the role in their certificate.
    pub services: &'static [Caller],
    /// People, through the relay.
    pub people: Public,
}

macro_rules! methods {
    ($($service:ident { $($method:ident: $people:ident [$($caller:ident)*];)* })*) => {
        /// The table.
        pub const METHODS: &[Method] = &[$($(Method {
            path: concat!("/opentwin.v1.", stringify!($service), "/", stringify!($method)),
            services: &[$(Caller::$caller),*],
            people: Public::$people,
        },)*)*];
    };
}

methods! {
    Authorization {
        Login: Anybody [Relay];
        Welcome: No [Relay];
        Logout: User [Relay];
        WhoAmI: User [Relay];
        ChangePassword: User [Relay];
        ListUsers: User [Relay];
        CreateUser: Administrator [Relay];
        UpdateUser: Administrator [Relay];
        OwnedAlone: Administrator [Relay];
        DeleteUser: Administrator [Relay];
        ResetPassword: Administrator [Relay];
        ListGroups: User [Relay];
        CreateGroup: Administrator [Relay];
        SetGroupMembers: Administrator [Relay];
        DeleteGroup: Administrator [Relay];
        Share: User [Relay];
        ListShares: User [Relay];
        Audit: Administrator [Relay];
        Authenticate: No [Relay];
        RightOn: No [Project GlobalSession LocalSession Logger];
        RightOf: No [Project LocalSession];
        RightsOf: No [Project GlobalSession Logger];
        GrantOwner: No [Project];
        ForgetProject: No [Project];
        AssertRun: No [LocalSession];
        AssertionKeys: No [GlobalSession Project LocalSession Relay Logger Compute];
        IssueCertificate: No [GlobalSession Authorization Project LocalSession Relay Logger Compute];
    }
    Project {
        ListProjects: User [Relay];
        CreateProject: User [Relay];
        GetProject: User [Relay GlobalSession LocalSession];
        UpdateProject: User [Relay];
        CopyProject: User [Relay];
        DeleteProject: User [Relay];
        RestoreProject: User [Relay];
        PurgeProject: User [Relay];
        Commit: User [Relay Compute];
        Entities: User [Relay Compute LocalSession];
        Versions: User [Relay LocalSession];
        Evaluate: User [Relay];
        Diff: User [Relay];
        Branches: User [Relay];
        CreateBranch: User [Relay];
        DeleteBranch: User [Relay];
        CreateTag: User [Relay];
        DeleteTag: User [Relay];
        Merge: User [Relay];
        Revert: User [Relay];
        RestoreVersion: User [Relay];
        Undo: User [Relay];
        Redo: User [Relay];
        Undoable: User [Relay];
        Prune: User [Relay];
        Watch: User [Relay];
        Announce: User [Relay];
        PutBlob: User [Relay Compute];
        GetBlob: User [Relay Compute];
        ExportProject: User [Relay];
        ImportProject: User [Relay];
        ListRuns: User [Relay LocalSession];
        GetRun: User [Relay LocalSession];
        PutRun: No [LocalSession];
        Describe: User [Relay LocalSession GlobalSession Compute];
        RegisterService: No [LocalSession];
        GetRecord: No [GlobalSession];
        PutRecord: No [GlobalSession];
        DeleteRecord: No [GlobalSession];
        ListRecords: No [GlobalSession];
    }
    GlobalSession {
        OpenSession: User [Relay];
        CloseSession: User [Relay];
        ListSessions: User [Relay];
        GetSite: User [Relay];
        Locate: No [Relay];
        Heartbeat: No [LocalSession];
        Leave: No [LocalSession];
    }
    LocalSession {
        Act: User [Relay];
        FollowRun: User [Relay];
        CancelRun: User [Relay];
        Inputs: User [Relay];
        Instances: User [Relay];
        StartSession: No [GlobalSession];
        EndSession: No [GlobalSession];
        Accompany: No [Compute];
    }
    Compute {
        Describe: No [LocalSession];
        Compute: No [LocalSession];
        Cancel: No [LocalSession];
        Renew: No [LocalSession];
    }
    Logger {
        Append: No [GlobalSession Authorization Project LocalSession Relay Compute];
        Query: User [Relay];
        Tail: User [Relay];
        Services: Administrator [Relay];
    }
}

/// The row of a method, if it is one of the contract.
pub fn method(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

/// True if a service of this role may call the method.
pub fn allows(role: &Role, path: &str) -> bool {
    method(path).is_some_and(|method| method.services.contains(&Caller::of(role)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_names_every_method_of_the_contract_once_and_no_other() {
        let pool = prost_reflect::DescriptorPool::decode(crate::DESCRIPTORS).unwrap();
        let contract: BTreeSet<String> = pool
            .services()
            .flat_map(|s| s.methods().map(|m| format!("/{}/{}", s.full_name(), m.name())).collect::<Vec<_>>())
            .collect();
        let table: BTreeSet<String> = METHODS.iter().map(|m| m.path.to_owned()).collect();
        assert_eq!(table, contract);
        assert_eq!(table.len(), METHODS.len(), "a method stands twice");
    }

    #[test]
    fn what_people_may_reach_the_relay_may_call() {
        for method in METHODS {
            assert_eq!(
                method.people != Public::No,
                method.services.contains(&Caller::Relay) && method.people != Public::No,
                "{}",
                method.path
            );
        }
    }

    #[test]
    fn unknown_methods_are_denied() {
        assert!(!allows(&Role::Relay, "/opentwin.v1.Project/Everything"));
        assert!(!allows(&Role::Relay, ""));
        assert!(!allows(&Role::Compute("fit-td".into()), "/opentwin.v1.Project/PutRun"));
    }
}
