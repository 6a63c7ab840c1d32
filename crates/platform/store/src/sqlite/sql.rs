//! The statements.

use bytes::Bytes;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, params};

use crate::backend::{BlobInfo, Entry, Fence, Object, Publish, Record, RefChange};
use crate::{Error, Hash, Result};

/// Names what failed, and tells the causes apart that a caller can act on.
pub(super) fn failed(action: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::DiskFull { what: "the database".into() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::Locked { path: "store.db".into(), holder: " by another program".into() }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::corrupt("the database", None),
        _ => Error::Backend { action, reason: error.to_string() },
    }
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed("read"))?;
    statement.query_row(params, read).optional().map_err(failed("read"))
}

fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed("read"))?;
    let rows = statement.query_map(params, read).map_err(failed("read"))?;
    rows.collect::<rusqlite::Result<_>>().map_err(failed("read"))
}

fn change(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    let mut statement = connection.prepare_cached(sql).map_err(failed("write"))?;
    statement.execute(params).map_err(failed("write"))
}

fn hash(row: &Row<'_>, at: usize) -> rusqlite::Result<Hash> {
    Ok(Hash::from_bytes(row.get::<_, [u8; 32]>(at)?))
}

fn bytes(row: &Row<'_>, at: usize) -> rusqlite::Result<Bytes> {
    match row.get_ref(at)? {
        ValueRef::Blob(blob) => Ok(Bytes::copy_from_slice(blob)),
        _ => Ok(Bytes::new()),
    }
}

fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(at)?.max(0) as u64)
}

/// Numbers beyond what SQLite holds saturate; times and sizes never reach it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as SQLite takes it.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The last text that starts with `prefix` is below this.
fn below(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

// ---- projects -------------------------------------------------------------

pub(super) fn space(connection: &Connection, project: &str) -> Result<Option<i64>> {
    one(connection, "SELECT id FROM spaces WHERE name = ?1", [project], |row| row.get(0))
}

fn make_space(connection: &Connection, project: &str) -> Result<i64> {
    if let Some(id) = space(connection, project)? {
        return Ok(id);
    }
    change(connection, "INSERT INTO spaces (name) VALUES (?1)", [project])?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn projects(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM spaces WHERE id IN (SELECT space FROM refs) ORDER BY name";
    many(connection, sql, [], |row| row.get(0))
}

pub(super) fn drop_project(connection: &Connection, project: &str) -> Result<()> {
    let Some(space) = space(connection, project)? else { return Ok(()) };
    for table in ["refs", "fences", "objects", "blobs"] {
        change(connection, &format!("DELETE FROM {table} WHERE space = ?1"), [space])?;
    }
    change(connection, "DELETE FROM spaces WHERE id = ?1", [space])?;
    Ok(())
}

// ---- objects --------------------------------------------------------------

pub(super) fn objects(connection: &Connection, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
    let Some(space) = space(connection, project)? else { return Ok(vec![None; hashes.len()]) };
    let sql = "SELECT data FROM objects WHERE space = ?1 AND hash = ?2";
    hashes
        .iter()
        .map(|hash| one(connection, sql, params![space, hash.as_bytes()], |row| bytes(row, 0)))
        .collect()
}

pub(super) fn put_objects(
    connection: &Connection,
    project: &str,
    objects: &[Object],
    now: u64,
) -> Result<()> {
    if objects.is_empty() {
        return Ok(());
    }
    let space = make_space(connection, project)?;
    let sql = "INSERT INTO objects (space, hash, touched, data) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET touched = max(touched, excluded.touched)";
    for (hash, data) in objects {
        change(connection, sql, params![space, hash.as_bytes(), signed(now), &data[..]])?;
    }
    Ok(())
}

pub(super) fn list_objects(
    connection: &Connection,
    project: &str,
    from: Hash,
    limit: usize,
) -> Result<Vec<Hash>> {
    let Some(space) = space(connection, project)? else { return Ok(Vec::new()) };
    let sql = "SELECT hash FROM objects WHERE space = ?1 AND hash >= ?2 ORDER BY hash LIMIT ?3";
    many(connection, sql, params![space, from.as_bytes(), rows(limit)], |row| hash(row, 0))
}

pub(super) fn delete_objects(
    connection: &Connection,
    project: &str,
    hashes: &[Hash],
    before: u64,
) -> Result<usize> {
    let Some(space) = space(connection, project)? else { return Ok(0) };
    let sql = "DELETE FROM objects WHERE space = ?1 AND hash = ?2 AND touched < ?3";
    let mut count = 0;
    for hash in hashes {
        count += change(connection, sql, params![space, hash.as_bytes(), signed(before)])?;
    }
    Ok(count)
}

// ---- references -----------------------------------------------------------

fn ref_in(connection: &Connection, space: i64, name: &str) -> Result<Option<Hash>> {
    let sql = "SELECT hash FROM refs WHERE space = ?1 AND name = ?2";
    one(connection, sql, params![space, name], |row| hash(row, 0))
}

pub(super) fn get_ref(connection: &Connection, project: &str, name: &str) -> Result<Option<Hash>> {
    match space(connection, project)? {
        Some(space) => ref_in(connection, space, name),
        None => Ok(None),
    }
}

pub(super) fn list_refs(connection: &Connection, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
    let Some(space) = space(connection, project)? else { return Ok(Vec::new()) };
    let sql = "SELECT name, hash FROM refs
               WHERE space = ?1 AND name >= ?2 AND name < ?3 ORDER BY name";
    let params = params![space, prefix, below(prefix)];
    many(connection, sql, params, |row| Ok((row.get(0)?, hash(row, 1)?)))
}

pub(super) fn publish(
    connection: &Connection,
    project: &str,
    step: &Publish,
    now: u64,
) -> Result<Option<u64>> {
    let space = make_space(connection, project)?;
    if let Some(fence) = &step.fence {
        raise(connection, space, fence)?;
    }
    for change in &step.refs {
        swap(connection, space, change)?;
    }
    for blob in &step.blobs {
        let sql = "UPDATE blobs SET touched = max(touched, ?3) WHERE space = ?1 AND hash = ?2";
        if change(connection, sql, params![space, blob.as_bytes(), signed(now)])? == 0 {
            return Err(Error::not_found("blob", blob));
        }
    }
    put_objects(connection, project, &step.objects, now)?;
    match &step.event {
        Some((stream, payload)) => append(connection, stream, payload).map(Some),
        None => Ok(None),
    }
}

fn raise(connection: &Connection, space: i64, fence: &Fence) -> Result<()> {
    let sql = "SELECT token FROM fences WHERE space = ?1 AND scope = ?2";
    let current = one(connection, sql, params![space, fence.scope], |row| unsigned(row, 0))?;
    match current {
        Some(current) if current > fence.token => {
            let Fence { scope, token } = fence.clone();
            Err(Error::Fenced { scope, token, current })
        }
        Some(current) if current == fence.token => Ok(()),
        _ => {
            let sql = "INSERT INTO fences (space, scope, token) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET token = excluded.token";
            change(connection, sql, params![space, fence.scope, signed(fence.token)])?;
            Ok(())
        }
    }
}

fn swap(connection: &Connection, space: i64, wanted: &RefChange) -> Result<()> {
    let actual = ref_in(connection, space, &wanted.name)?;
    if actual != wanted.expected {
        let RefChange { name, expected, .. } = wanted.clone();
        return Err(Error::RefMoved { name, expected, actual });
    }
    match wanted.new {
        Some(new) => {
            let sql = "INSERT INTO refs (space, name, hash) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET hash = excluded.hash";
            change(connection, sql, params![space, wanted.name, new.as_bytes()])?;
        }
        None => {
            let sql = "DELETE FROM refs WHERE space = ?1 AND name = ?2";
            change(connection, sql, params![space, wanted.name])?;
        }
    }
    Ok(())
}

// ---- records --------------------------------------------------------------

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record { key: row.get(0)?, revision: unsigned(row, 1)?, value: bytes(row, 2)? })
}

pub(super) fn get_record(connection: &Connection, collection: &str, key: &str) -> Result<Option<Record>> {
    let sql = "SELECT key, revision, value FROM records WHERE collection = ?1 AND key = ?2";
    one(connection, sql, params![collection, key], record)
}

pub(super) fn list_records(
    connection: &Connection,
    collection: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Record>> {
    let sql = "SELECT key, revision, value FROM records
               WHERE collection = ?1 AND key >= ?2 AND key < ?3 AND (?4 IS NULL OR key > ?4)
               ORDER BY key LIMIT ?5";
    let params = params![collection, prefix, below(prefix), after, rows(limit)];
    many(connection, sql, params, record)
}

fn check(connection: &Connection, collection: &str, key: &str, expected: Option<u64>) -> Result<()> {
    let actual = get_record(connection, collection, key)?.map(|record| record.revision);
    if actual == expected {
        return Ok(());
    }
    Err(Error::StaleRecord { collection: collection.into(), key: key.into(), actual })
}

pub(super) fn put_record(
    connection: &Connection,
    collection: &str,
    key: &str,
    expected: Option<u64>,
    value: &[u8],
) -> Result<u64> {
    check(connection, collection, key, expected)?;
    let sql = "INSERT INTO counters (name, value) VALUES ('revision', 1)
               ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value";
    let revision = one(connection, sql, [], |row| unsigned(row, 0))?.unwrap_or(0);
    let sql = "INSERT INTO records (collection, key, revision, value) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value";
    change(connection, sql, params![collection, key, signed(revision), value])?;
    Ok(revision)
}

pub(super) fn delete_record(
    connection: &Connection,
    collection: &str,
    key: &str,
    expected: u64,
) -> Result<()> {
    check(connection, collection, key, Some(expected))?;
    let sql = "DELETE FROM records WHERE collection = ?1 AND key = ?2";
    change(connection, sql, params![collection, key])?;
    Ok(())
}

pub(super) fn collections(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT collection FROM records ORDER BY collection";
    many(connection, sql, [], |row| row.get(0))
}

// ---- streams --------------------------------------------------------------

pub(super) fn append(connection: &Connection, stream: &str, payload: &[u8]) -> Result<u64> {
    let sql = "INSERT INTO streams (name, last) VALUES (?1, 1)
               ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING id, last";
    let row = one(connection, sql, [stream], |row| Ok((row.get::<_, i64>(0)?, unsigned(row, 1)?)))?;
    let (id, seq) = row.unwrap_or_default();
    let sql = "INSERT INTO events (stream, seq, payload) VALUES (?1, ?2, ?3)";
    change(connection, sql, params![id, signed(seq), payload])?;
    Ok(seq)
}

pub(super) fn read(connection: &Connection, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
    let sql = "SELECT seq, payload FROM events
               WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND seq > ?2
               ORDER BY seq LIMIT ?3";
    many(connection, sql, params![stream, signed(after), rows(limit)], |row| {
        Ok(Entry { seq: unsigned(row, 0)?, payload: bytes(row, 1)? })
    })
}

pub(super) fn latest(connection: &Connection, stream: &str) -> Result<u64> {
    let sql = "SELECT last FROM streams WHERE name = ?1";
    Ok(one(connection, sql, [stream], |row| unsigned(row, 0))?.unwrap_or(0))
}

pub(super) fn trim(connection: &Connection, stream: &str, through: u64) -> Result<()> {
    let sql = "DELETE FROM events
               WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND seq <= ?2";
    change(connection, sql, params![stream, signed(through)])?;
    Ok(())
}

/// A write that shows whether there is room again.
pub(super) fn probe(connection: &Connection, now: u64) -> Result<()> {
    let sql = "INSERT INTO counters (name, value) VALUES ('probe', ?1)
               ON CONFLICT DO UPDATE SET value = excluded.value";
    change(connection, sql, [signed(now)])?;
    Ok(())
}

// ---- blobs ----------------------------------------------------------------

pub(super) fn put_blob(
    connection: &Connection,
    project: &str,
    info: BlobInfo,
    sums: &[u8],
    now: u64,
) -> Result<bool> {
    let space = make_space(connection, project)?;
    let known = stat_blob(connection, project, info.hash)?.is_some();
    let sql = "INSERT INTO blobs (space, hash, size, touched, sums) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO UPDATE SET touched = max(touched, excluded.touched)";
    let hash = info.hash.as_bytes();
    change(connection, sql, params![space, hash, signed(info.size), signed(now), sums])?;
    Ok(!known)
}

fn info(row: &Row<'_>) -> rusqlite::Result<BlobInfo> {
    Ok(BlobInfo { hash: hash(row, 0)?, size: unsigned(row, 1)? })
}

pub(super) fn stat_blob(connection: &Connection, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
    let Some(space) = space(connection, project)? else { return Ok(None) };
    let sql = "SELECT hash, size FROM blobs WHERE space = ?1 AND hash = ?2";
    one(connection, sql, params![space, hash.as_bytes()], info)
}

/// The checksums of `count` pieces of a blob, from piece `first` on.
pub(super) fn blob_sums(
    connection: &Connection,
    project: &str,
    hash: Hash,
    first: u64,
    count: u64,
) -> Result<Bytes> {
    let Some(space) = space(connection, project)? else { return Ok(Bytes::new()) };
    let sql = "SELECT substr(sums, ?3, ?4) FROM blobs WHERE space = ?1 AND hash = ?2";
    let (from, len) = (signed(first * 32 + 1), signed(count * 32));
    let sums = one(connection, sql, params![space, hash.as_bytes(), from, len], |row| bytes(row, 0))?;
    Ok(sums.unwrap_or_default())
}

pub(super) fn list_blobs(
    connection: &Connection,
    project: &str,
    from: Hash,
    limit: usize,
) -> Result<Vec<BlobInfo>> {
    let Some(space) = space(connection, project)? else { return Ok(Vec::new()) };
    let sql = "SELECT hash, size FROM blobs WHERE space = ?1 AND hash >= ?2 ORDER BY hash LIMIT ?3";
    many(connection, sql, params![space, from.as_bytes(), rows(limit)], info)
}

pub(super) fn delete_blobs(
    connection: &Connection,
    project: &str,
    hashes: &[Hash],
    before: u64,
) -> Result<Vec<BlobInfo>> {
    let Some(space) = space(connection, project)? else { return Ok(Vec::new()) };
    let sql = "DELETE FROM blobs WHERE space = ?1 AND hash = ?2 AND touched < ?3
               RETURNING hash, size";
    let mut gone = Vec::new();
    for hash in hashes {
        gone.extend(one(connection, sql, params![space, hash.as_bytes(), signed(before)], info)?);
    }
    Ok(gone)
}

/// The bytes of all blobs of all projects.
pub(super) fn blob_bytes(connection: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(sum(size), 0) FROM blobs";
    Ok(one(connection, sql, [], |row| unsigned(row, 0))?.unwrap_or(0))
}

/// The bytes of all blobs of a project.
pub(super) fn blob_bytes_of(connection: &Connection, project: &str) -> Result<u64> {
    let Some(space) = space(connection, project)? else { return Ok(0) };
    let sql = "SELECT coalesce(sum(size), 0) FROM blobs WHERE space = ?1";
    Ok(one(connection, sql, [space], |row| unsigned(row, 0))?.unwrap_or(0))
}
