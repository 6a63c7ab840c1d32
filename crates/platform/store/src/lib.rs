//! The versioned entity store and its back ends.
//!
//! [`Repository`] keeps projects: trees of [`Entity`], versioned, with
//! branches, tags, merges and history. It needs only what a [`Backend`]
//! offers; [`Sqlite`] is the one for one machine, [`Mongodb`] the one that many
//! processes may share, [`Memory`] the one for tests.
//!
//! # Invariants
//! - An object, a version and a blob are named by the BLAKE3 hash of their
//!   bytes and verified when read.
//! - Equal content has an equal root, whatever its history.
//! - A version is visible only when everything it needs is stored; what is
//!   acknowledged is durable.

mod backend;
mod cache;
#[doc(hidden)]
pub mod conformance;
mod entity;
mod error;
mod hash;
mod memory;
mod mongodb;
pub mod names;
mod objects;
mod place;
mod repository;
mod sqlite;
mod tree;
mod turns;
mod version;

pub use self::mongodb::{Mongodb, Options as MongodbOptions, Password};
pub use backend::{
    Backend, BlobInfo, BlobStream, Entry, Fence, Health, Object, Publish, Record, RefChange, blob_stream,
};
pub use entity::{Entity, MAX_ENTITY};
pub use error::{Conflict, ConflictReason, Error, Result};
pub use hash::Hash;
pub use memory::Memory;
pub use place::{Address, Place};
pub use repository::*;
pub use sqlite::{Options as SqliteOptions, Sqlite};
pub use turns::{Turn, Turns};
pub use version::{Version, VersionId};

/// Unix milliseconds.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
