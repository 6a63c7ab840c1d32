//! What can go wrong in the store.

use std::sync::Arc;

use crate::{Entity, Hash};

/// The result of a call to the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the store. Each variant maps to one code of the error table.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The named thing does not exist.
    #[error("{what} does not exist: check the name or list what there is")]
    NotFound {
        /// The thing, with its kind: "branch `main`".
        what: String,
    },
    /// The named thing exists already.
    #[error("{what} exists already: choose another name or delete it first")]
    AlreadyExists {
        /// The thing, with its kind.
        what: String,
    },
    /// Both sides changed the same entities since their common base.
    #[error("{} on `{branch}`, which stands at {}: {}; take one side of each, or commit to a branch of your own", count(conflicts.len()), head.short(), names(conflicts))]
    Conflict {
        /// The branch that was to move.
        branch: String,
        /// Where it stands.
        head: Hash,
        /// Every entity in conflict.
        conflicts: Vec<Conflict>,
    },
    /// The branch moved, or exists while the commit names no base.
    #[error(
        "branch `{branch}` stands at {}, not where the change was based: read it again and repeat the change",
        short(head)
    )]
    StaleBranch {
        /// The branch.
        branch: String,
        /// Where it stands; `None` when it does not exist.
        head: Option<Hash>,
    },
    /// A reference was not what a compare-and-swap expected.
    #[error(
        "reference `{name}` stands at {}, not at the expected {}: read it again",
        short(actual),
        short(expected)
    )]
    RefMoved {
        /// The reference.
        name: String,
        /// What the caller expected.
        expected: Option<Hash>,
        /// What it is.
        actual: Option<Hash>,
    },
    /// A record was not at the expected revision.
    #[error(
        "record `{collection}/{key}` is at revision {}: read it again and repeat the change",
        revision(actual)
    )]
    StaleRecord {
        /// The collection.
        collection: String,
        /// The key.
        key: String,
        /// Its revision; `None` when it does not exist.
        actual: Option<u64>,
    },
    /// A former owner wrote after another took over.
    #[error(
        "the lease on `{scope}` passed on (token {token}, now {current}): stop, another owner continues the work"
    )]
    Fenced {
        /// What is owned.
        scope: String,
        /// The token of the refused writer.
        token: u64,
        /// The highest token seen.
        current: u64,
    },
    /// A watcher asked for events that are kept no longer.
    #[error(
        "the events between {after} and {first} are kept no longer: read everything anew, then watch again"
    )]
    Missed {
        /// The last one that was seen.
        after: u64,
        /// The first one that is there.
        first: u64,
    },
    /// A name breaks the rules.
    #[error("bad {what} `{name}`: {why}")]
    BadName {
        /// What is named: "branch", "path".
        what: &'static str,
        /// The name, shortened.
        name: String,
        /// The rule.
        why: String,
    },
    /// An entity or a change set breaks the rules.
    #[error("entity `{id}` is refused: {why}")]
    BadEntity {
        /// The entity.
        id: String,
        /// The rule.
        why: String,
    },
    /// Two entities want one path.
    #[error(
        "path `{path}` belongs to entity `{id}`: choose another path, or move or delete that entity in the same change"
    )]
    PathTaken {
        /// The path.
        path: String,
        /// Its owner.
        id: String,
    },
    /// A short hash fits several versions.
    #[error("`{name}` fits {count} versions: give more digits")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// How many fit.
        count: usize,
    },
    /// The content of this version was pruned.
    #[error("the content of version {} was pruned: choose a newer one", version.short())]
    Pruned {
        /// The version.
        version: Hash,
    },
    /// The author has nothing to undo or redo.
    #[error("you have nothing to {action} on branch `{branch}`")]
    NothingTo {
        /// "undo" or "redo".
        action: &'static str,
        /// The branch.
        branch: String,
    },
    /// No room: the store only reads until there is.
    #[error("no room left for {what}: the store only reads until space is freed")]
    DiskFull {
        /// What could not be written.
        what: String,
    },
    /// Another process holds the store.
    #[error("the store `{path}` is in use{holder}: stop the other process or choose another state directory")]
    Locked {
        /// The directory or database.
        path: String,
        /// " by process 123", or empty.
        holder: String,
    },
    /// The state was written by a newer program.
    #[error("the store has schema {found}, this program knows {known}: use the newer program")]
    TooNew {
        /// The version found.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The database's server is too old or lacks something.
    #[error("the database server does not fit: {reason}: use MongoDB 5.0 or newer")]
    Incompatible {
        /// What it lacks.
        reason: String,
    },
    /// The database refuses the user.
    #[error("the database refuses access: {reason}: check the user, the password file and the user's roles")]
    Refused {
        /// What it said.
        reason: String,
    },
    /// An option of the back end is wrong.
    #[error("{what} is configured wrongly: {reason}")]
    Misconfigured {
        /// What is configured.
        what: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// More than the store accepts.
    #[error("there are {limit} {what} already: delete some that nobody needs")]
    TooMany {
        /// What there is too much of.
        what: String,
        /// The most that there can be.
        limit: u64,
    },
    /// Stored data is damaged.
    #[error("{what} is damaged{}: restore it from a backup or an export", at(hash))]
    Corrupt {
        /// What is damaged.
        what: String,
        /// Its hash, when it has one.
        hash: Option<Hash>,
    },
    /// More than the store accepts in one piece.
    #[error("{what} is {size} bytes, the limit is {limit}: store large data as blobs")]
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The back end cannot answer now.
    #[error("the store is unavailable: {reason}; try again")]
    Unavailable {
        /// Why.
        reason: String,
    },
    /// The back end failed in a way that has no better name.
    #[error("the store failed to {action}: {reason}")]
    Backend {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        reason: String,
    },
}

/// One entity that a merge could not decide.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The entity.
    pub id: String,
    /// Its path on the side that has it (ours first).
    pub path: String,
    /// What kind of conflict.
    pub reason: ConflictReason,
    /// The entity in the common base.
    pub base: Option<Arc<Entity>>,
    /// The entity as the caller wants it; `None` when deleted.
    pub ours: Option<Arc<Entity>>,
    /// The entity as the other side has it; `None` when deleted.
    pub theirs: Option<Arc<Entity>>,
}

/// Why an entity is in conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictReason {
    /// Both sides changed it differently.
    Content,
    /// Two different entities took one path; `theirs` is the other entity.
    Path,
}

impl Error {
    pub(crate) fn not_found(kind: &str, name: impl std::fmt::Display) -> Self {
        Self::NotFound { what: format!("{kind} `{name}`") }
    }

    pub(crate) fn exists(kind: &str, name: impl std::fmt::Display) -> Self {
        Self::AlreadyExists { what: format!("{kind} `{name}`") }
    }

    pub(crate) fn bad_name(what: &'static str, name: &str, why: impl Into<String>) -> Self {
        let name = name.chars().take(80).flat_map(char::escape_default).collect();
        Self::BadName { what, name, why: why.into() }
    }

    pub(crate) fn bad_entity(id: &str, why: impl Into<String>) -> Self {
        let id = id.chars().take(80).flat_map(char::escape_default).collect();
        Self::BadEntity { id, why: why.into() }
    }

    pub(crate) fn corrupt(what: impl Into<String>, hash: impl Into<Option<Hash>>) -> Self {
        Self::Corrupt { what: what.into(), hash: hash.into() }
    }

    /// A stable name of the variant, for tables of codes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::Conflict { .. } => "conflict",
            Self::StaleBranch { .. } => "stale_branch",
            Self::RefMoved { .. } => "ref_moved",
            Self::StaleRecord { .. } => "stale_record",
            Self::Fenced { .. } => "fenced",
            Self::BadName { .. } => "bad_name",
            Self::BadEntity { .. } => "bad_entity",
            Self::PathTaken { .. } => "path_taken",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Pruned { .. } => "pruned",
            Self::NothingTo { .. } => "nothing_to",
            Self::DiskFull { .. } => "disk_full",
            Self::Locked { .. } => "locked",
            Self::TooNew { .. } => "too_new",
            Self::Incompatible { .. } => "incompatible",
            Self::Refused { .. } => "refused",
            Self::Misconfigured { .. } => "misconfigured",
            Self::TooMany { .. } => "too_many",
            Self::Corrupt { .. } => "corrupt",
            Self::TooLarge { .. } => "too_large",
            Self::Missed { .. } => "missed",
            Self::Unavailable { .. } => "unavailable",
            Self::Backend { .. } => "backend",
        }
    }

    /// Whether the same call may succeed later without another change.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::Locked { .. } | Self::Unavailable { .. })
    }
}

fn count(n: usize) -> String {
    if n == 1 { "1 conflict".into() } else { format!("{n} conflicts") }
}

/// The first few paths: a message is for people, the list is in the variant.
fn names(conflicts: &[Conflict]) -> String {
    let mut text = conflicts.iter().take(5).map(|c| format!("`{}`", c.path)).collect::<Vec<_>>().join(", ");
    if conflicts.len() > 5 {
        text.push_str(", …");
    }
    text
}

fn short(hash: &Option<Hash>) -> String {
    hash.as_ref().map_or_else(|| "nothing".into(), Hash::short)
}

fn revision(actual: &Option<u64>) -> String {
    actual.map_or_else(|| "none (absent)".into(), |r| r.to_string())
}

fn at(hash: &Option<Hash>) -> String {
    hash.map_or_else(String::new, |h| format!(" ({h})"))
}
