//! The tables, and how older ones become newer ones.

use rusqlite::Connection;

use super::sql::failed;
use crate::{Error, Result};

/// Marks the file as ours ("OTst").
const APPLICATION: i32 = 0x4f54_7374;

/// Step *n* leads from schema *n* to *n + 1*. Steps are never changed once
/// released: a change is a further step.
const STEPS: &[&str] = &["
    CREATE TABLE spaces (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE objects (
        space INTEGER NOT NULL,
        hash BLOB NOT NULL,
        touched INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (space, hash)
    ) STRICT;
    CREATE TABLE refs (
        space INTEGER NOT NULL,
        name TEXT NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (space, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE fences (
        space INTEGER NOT NULL,
        scope TEXT NOT NULL,
        token INTEGER NOT NULL,
        PRIMARY KEY (space, scope)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE blobs (
        space INTEGER NOT NULL,
        hash BLOB NOT NULL,
        size INTEGER NOT NULL,
        touched INTEGER NOT NULL,
        sums BLOB NOT NULL,
        PRIMARY KEY (space, hash)
    ) STRICT;
    CREATE TABLE records (
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (collection, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE counters (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        last INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE events (
        stream INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (stream, seq)
    ) STRICT, WITHOUT ROWID;
"];

/// Brings the database to the newest schema; refuses one that is newer or
/// not ours before it writes anything.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let number = |name: &str| -> Result<i64> {
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failed("read the schema version"))
    };
    let found = number("user_version")?;
    let application = number("application_id")?;
    if application != 0 && application != i64::from(APPLICATION) {
        return Err(Error::corrupt("the database (it belongs to another program)", None));
    }
    let known = STEPS.len() as u32;
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    for (at, step) in STEPS.iter().enumerate().skip(found as usize) {
        let sql = format!(
            "BEGIN IMMEDIATE; {step} PRAGMA user_version = {}; \
             PRAGMA application_id = {APPLICATION}; COMMIT;",
            at + 1
        );
        connection.execute_batch(&sql).map_err(failed("bring the database to this version"))?;
    }
    Ok(())
}
