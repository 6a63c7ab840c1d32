//! The one table of errors, and the failure that carries a row of it between processes and to people.

use std::fmt;

use prost::Message;
use tonic::Status;

use crate::v1;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Name, as people and programs see it.
    pub name: &'static str,
    /// gRPC status.
    pub grpc: tonic::Code,
    /// HTTP status.
    pub http: u16,
    /// Exit code of a process that ends with it.
    pub exit: u8,
    /// True where the same call may succeed later.
    pub retryable: bool,
    /// What to do, where the failure itself has nothing better to say.
    pub remedy: &'static str,
}

macro_rules! table {
    ($($(#[$doc:meta])* $code:ident $name:literal $grpc:ident $http:literal $exit:literal $retryable:literal $remedy:literal;)*) => {
        /// What kind of error it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code's row.
            pub fn row(self) -> &'static Row {
                match self {
                    $(Self::$code => &Row {
                        name: $name, grpc: tonic::Code::$grpc, http: $http, exit: $exit,
                        retryable: $retryable, remedy: $remedy,
                    },)*
                }
            }
        }
    };
}

table! {
    /// The command line is wrong.
    Usage "usage" InvalidArgument 400 64 false "see --help";
    /// Data is wrong.
    Invalid "input.invalid" InvalidArgument 400 65 false "correct the input";
    /// Data is larger than allowed.
    TooLarge "input.too-large" ResourceExhausted 413 65 false "send less";
    /// What is asked for does not exist, or may not be seen.
    NotFound "not-found" NotFound 404 66 false "check the name, and that you have a right on it";
    /// A name is taken.
    Exists "exists" AlreadyExists 409 65 false "choose another name";
    /// The call does not fit the state of things.
    Precondition "precondition" FailedPrecondition 409 65 false "bring it into the state that the message names, then try again";
    /// Nothing serves it.
    Unavailable "unavailable" Unavailable 503 69 true "try again in a few seconds; if it lasts, look at `opentwin logs`";
    /// A defect of the program.
    Internal "internal" Internal 500 70 false "report it with the log; nothing was changed";
    /// Reading or writing failed.
    Io "io" Internal 500 74 false "check the disk and the rights on the state directory";
    /// Took too long.
    Timeout "timeout" DeadlineExceeded 504 75 true "try again";
    /// Somebody else changed it at the same moment.
    Busy "busy" Aborted 409 75 true "try again";
    /// The site has no room at present.
    Full "site.full" ResourceExhausted 429 75 true "wait: the position in the queue is shown";
    /// Not logged in, or wrong name or password.
    Unauthenticated "auth.failed" Unauthenticated 401 77 false "log in with `opentwin login`";
    /// The login has ended.
    Expired "auth.expired" Unauthenticated 401 77 false "log in again with `opentwin login`";
    /// Not allowed.
    Denied "auth.denied" PermissionDenied 403 77 false "ask the owner of the project or an administrator for the right";
    /// Too many failed logins.
    Throttled "auth.throttled" ResourceExhausted 429 75 true "wait, then try again";
    /// Configuration is wrong.
    Config "configuration" FailedPrecondition 500 78 false "correct the configuration; `--dump-config` shows what is in force";
    /// Geometry cannot be made.
    Geometry "geometry.invalid" FailedPrecondition 422 79 false "correct the feature that the message names";
    /// A mesh cannot be made, or does not fit its use.
    Mesh "mesh.invalid" FailedPrecondition 422 80 false "correct the mesh settings that the message names";
    /// A solution grew without bound.
    Diverged "solver.diverged" FailedPrecondition 422 81 false "check materials and mesh; lower the time step";
    /// A checkpoint is damaged or of another problem.
    Checkpoint "checkpoint.incompatible" FailedPrecondition 422 82 false "start the run anew";
    /// A certificate was refused.
    Certificate "certificate.refused" Unauthenticated 401 83 false "look at it with `opentwin pki show`; issue a new one with `opentwin pki issue`";
    /// More than one may use.
    Quota "quota" ResourceExhausted 403 84 false "free something, or ask an administrator";
    /// Ended because somebody asked for it.
    Cancelled "cancelled" Cancelled 499 85 false "run it again if that was not meant";
    /// Both sides changed the same entities.
    Conflict "version.conflict" Aborted 409 86 false "merge by hand, or save to a branch";
    /// Does not fit in memory.
    Memory "memory" ResourceExhausted 422 87 false "coarsen the mesh, or give the run more memory";
    /// Ports of an electromagnetic problem are wrong.
    Port "port.invalid" FailedPrecondition 422 88 false "move the port that the message names";
    /// A network address is taken.
    AddressInUse "address.in-use" Unavailable 503 89 false "end the other program, or choose another address";
    /// Stored data fails its checksum.
    Corrupt "store.corrupt" DataLoss 500 90 false "restore the state directory from a backup";
    /// No space left.
    DiskFull "store.disk-full" ResourceExhausted 507 91 true "free space; reading goes on, writing comes back by itself";
    /// Another process has the state open.
    Locked "store.locked" Unavailable 503 92 false "end the other process that uses this state directory";
    /// State of a newer program.
    TooNew "store.too-new" FailedPrecondition 500 93 false "use the newer program; this one changed nothing";
    /// A service program cannot be started.
    Spawn "spawn.failed" Unavailable 503 94 false "check that the service is installed on this host";
    /// The cluster has no image of the service.
    Image "cluster.image" FailedPrecondition 503 96 false "bring the image to the node or the registry, or correct its name";
    /// No node of the cluster has room.
    NoRoom "cluster.no-room" ResourceExhausted 503 97 true "wait until other work has ended, ask for less, or add nodes";
    /// The cluster gives this site no more.
    ClusterQuota "cluster.quota" ResourceExhausted 503 84 true "wait until other work has ended, or ask who runs the cluster for more";
    /// The cluster does not let the platform do its work.
    ClusterDenied "cluster.denied" FailedPrecondition 503 98 false "ask who runs the cluster for the rights that the chart's Role names";
    /// A pod cannot be made as it is described.
    ClusterConfig "cluster.configuration" FailedPrecondition 503 78 false "correct the part of local-session's configuration that the message names";
    /// The cluster's API does not answer.
    ClusterUnreachable "cluster.unreachable" Unavailable 503 99 true "try again; if it lasts, ask who runs the cluster";
    /// A service ended by a signal or without last words.
    Crashed "service.crashed" Unavailable 503 95 true "it is started again; look at `opentwin logs`";
}

impl Code {
    /// The code of a name in the table.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.row().name == name)
    }

    /// The code that a process ended with, if it is one of the table's. Where several rows share an exit
    /// code the first stands for all.
    pub fn of_exit(exit: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.row().exit == exit)
    }

    /// A failure of this kind.
    pub fn because(self, message: impl Into<String>) -> Failure {
        Failure::new(self, message)
    }
}

/// An error as people and other processes get it: a row of the table and a sentence that names the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind it is.
    pub code: Code,
    /// One sentence that names the thing.
    pub message: String,
    /// What to do about it, where better than the table's.
    pub remedy: Option<String>,
    /// Places that it names, such as conflicting paths.
    pub places: Vec<String>,
    /// When to try again.
    pub retry_after_s: u32,
}

impl Failure {
    /// A failure with the table's remedy.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), remedy: None, places: Vec::new(), retry_after_s: 0 }
    }

    /// The same with a remedy of its own.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same with places.
    #[must_use]
    pub fn places(mut self, places: impl IntoIterator<Item = String>) -> Self {
        self.places.extend(places);
        self
    }

    /// The same with a time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = seconds;
        self
    }

    /// What to do about it.
    pub fn what_to_do(&self) -> &str {
        self.remedy.as_deref().unwrap_or(self.code.row().remedy)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<&Failure> for v1::Failure {
    fn from(failure: &Failure) -> Self {
        let row = failure.code.row();
        Self {
            code: row.name.to_owned(),
            message: failure.message.clone(),
            remedy: failure.what_to_do().to_owned(),
            retryable: row.retryable,
            exit_code: i32::from(row.exit),
            places: failure.places.clone(),
            retry_after_s: failure.retry_after_s,
        }
    }
}

impl From<v1::Failure> for Failure {
    fn from(wire: v1::Failure) -> Self {
        Self {
            code: Code::named(&wire.code).unwrap_or(Code::Internal),
            message: wire.message,
            remedy: Some(wire.remedy).filter(|r| !r.is_empty()),
            places: wire.places,
            retry_after_s: wire.retry_after_s,
        }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let wire = v1::Failure::from(&failure);
        Status::with_details(failure.code.row().grpc, failure.message, wire.encode_to_vec().into())
    }
}

impl From<Status> for Failure {
    /// The failure inside a status, or, where the other side sent none (the transport failed, say), the row
    /// that fits its gRPC code.
    fn from(status: Status) -> Self {
        if !status.details().is_empty()
            && let Ok(wire) = v1::Failure::decode(status.details())
            && Code::named(&wire.code).is_some()
        {
            return wire.into();
        }
        let code = match status.code() {
            tonic::Code::InvalidArgument | tonic::Code::OutOfRange => Code::Invalid,
            tonic::Code::NotFound => Code::NotFound,
            tonic::Code::AlreadyExists => Code::Exists,
            tonic::Code::PermissionDenied => Code::Denied,
            tonic::Code::Unauthenticated => Code::Unauthenticated,
            tonic::Code::FailedPrecondition => Code::Precondition,
            tonic::Code::ResourceExhausted => Code::TooLarge,
            tonic::Code::Aborted => Code::Busy,
            tonic::Code::Cancelled => Code::Cancelled,
            tonic::Code::DeadlineExceeded => Code::Timeout,
            tonic::Code::Unavailable => Code::Unavailable,
            tonic::Code::DataLoss => Code::Corrupt,
            _ => Code::Internal,
        };
        Failure::new(code, status.message())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn exit_codes_stay_in_their_ranges_and_names_are_unique() {
        let mut names = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let row = code.row();
            assert!(names.insert(row.name), "{} stands twice", row.name);
            assert!((64..=99).contains(&row.exit), "{}", row.name);
            assert!(!row.remedy.is_empty());
            assert_eq!(Code::named(row.name), Some(*code));
        }
    }

    #[test]
    fn a_failure_survives_the_wire() {
        let failure = Code::Conflict
            .because("`geometry/block` was changed on both sides")
            .places(["geometry/block".to_owned()])
            .retry_after(3);
        let back = Failure::from(Status::from(failure.clone()));
        assert_eq!(back.message, failure.message);
        assert_eq!(back.code, failure.code);
        assert_eq!(back.places, failure.places);
        assert_eq!(back.what_to_do(), failure.what_to_do());
    }

    #[test]
    fn a_bare_status_gets_a_row() {
        assert_eq!(Failure::from(Status::unavailable("gone")).code, Code::Unavailable);
    }
}
