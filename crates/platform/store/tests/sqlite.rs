//! What only the back end on SQLite and files promises.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use store::{Backend, Changes, Commit, Entity, Error, Hash, Health, Repository, Sqlite, SqliteOptions};

fn open(directory: &Path) -> Result<Arc<dyn Backend>, Error> {
    let options = SqliteOptions { patience: Duration::from_millis(20), ..SqliteOptions::default() };
    Sqlite::open(directory, &options).map(|store| Arc::new(store) as Arc<dyn Backend>)
}

fn object(n: u32, size: usize) -> (Hash, Bytes) {
    let mut bytes = vec![0; size];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    (Hash::of(&bytes), bytes.into())
}

#[tokio::test]
async fn one_process_holds_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    let error = open(directory.path()).err().unwrap();
    let process = std::process::id().to_string();
    assert!(matches!(&error, Error::Locked { holder, .. } if holder.contains(&process)), "{error}");
    first.put_record("c", "k", None, "v".into()).await.unwrap();
    drop(first);
    let again = open(directory.path()).unwrap();
    assert_eq!(again.get_record("c", "k").await.unwrap().unwrap().value, "v");
}

#[tokio::test]
async fn a_lock_of_another_program_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let other = rusqlite::Connection::open(directory.path().join("store.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.put_record("c", "k", None, "v".into()).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }) && error.retryable(), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    store.put_record("c", "k", None, "v".into()).await.unwrap();
}

#[test]
fn newer_and_foreign_databases_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    let path = directory.path().join("store.db");
    let set = |pragma: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(pragma).unwrap();
    set("PRAGMA user_version = 99");
    let error = open(directory.path()).err().unwrap();
    assert!(matches!(error, Error::TooNew { found: 99, known: 1 }), "{error}");
    set("PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert_eq!(open(directory.path()).err().unwrap().code(), "corrupt");

    let garbage = tempfile::tempdir().unwrap();
    std::fs::write(garbage.path().join("store.db"), vec![b'x'; 8192]).unwrap();
    assert_eq!(open(garbage.path()).err().unwrap().code(), "corrupt");
    assert_eq!(std::fs::read(garbage.path().join("store.db")).unwrap(), vec![b'x'; 8192]);
}

#[tokio::test]
async fn a_full_database_only_reads_until_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions { max_database: Some(2 << 20), ..SqliteOptions::default() };
    let store: Arc<dyn Backend> = Arc::new(Sqlite::open(directory.path(), &options).unwrap());
    store.put_record("c", "k", None, "v".into()).await.unwrap();
    store.swap_ref("p", "x", None, Some(Hash::ZERO)).await.unwrap();
    let mut stored = Vec::new();
    let error = loop {
        let n = stored.len() as u32;
        let batch = vec![object(2 * n, 60_000), object(2 * n + 1, 60_000)];
        match store.put_objects("p", batch.clone()).await {
            Ok(()) => stored.push(batch),
            Err(error) => break error,
        }
        assert!(stored.len() < 100);
    };
    assert!(matches!(error, Error::DiskFull { .. }) && error.retryable(), "{error}");
    for batch in &stored {
        let found = store.get_objects("p", &[batch[0].0, batch[1].0]).await.unwrap();
        assert_eq!(found, [Some(batch[0].1.clone()), Some(batch[1].1.clone())]);
    }
    let n = 2 * stored.len() as u32;
    let absent = [object(n, 60_000).0, object(n + 1, 60_000).0];
    assert_eq!(store.get_objects("p", &absent).await.unwrap(), [None, None], "half a write");
    assert_eq!(store.get_record("c", "k").await.unwrap().unwrap().value, "v");

    store.drop_project("p").await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::Good);
    store.put_objects("p", vec![object(1, 60_000)]).await.unwrap();
}

#[tokio::test]
async fn full_blobs_leave_nothing_and_recover() {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions { max_blobs: Some(1_000_000), ..SqliteOptions::default() };
    let store: Arc<dyn Backend> = Arc::new(Sqlite::open(directory.path(), &options).unwrap());
    let first = store.put_blob_bytes("p", vec![1; 600_000].into()).await.unwrap();
    let error = store.put_blob_bytes("p", vec![2; 600_000].into()).await.unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error}");
    assert_eq!(std::fs::read_dir(directory.path().join("blobs/tmp")).unwrap().count(), 0);
    assert_eq!(store.list_blobs("p", Hash::ZERO, 9).await.unwrap(), [first]);
    store.put_blob_bytes("p", vec![3; 300_000].into()).await.unwrap();
    store.delete_blobs("p", &[first.hash], u64::MAX).await.unwrap();
    store.put_blob_bytes("p", vec![2; 600_000].into()).await.unwrap();
    drop(store);
    // What is used is known again after a restart.
    let store: Arc<dyn Backend> = Arc::new(Sqlite::open(directory.path(), &options).unwrap());
    assert!(store.put_blob_bytes("p", vec![4; 200_000].into()).await.is_err());
}

fn blob_file(directory: &Path, project: &str, hash: Hash) -> PathBuf {
    let hex = hash.to_string();
    directory.join(format!("blobs/p-{project}")).join(&hex[..2]).join(&hex[2..])
}

#[tokio::test]
async fn damage_is_found_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let info = store.put_blob_bytes("p", vec![5; 600_000].into()).await.unwrap();
    let path = blob_file(directory.path(), "p", info.hash);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[400_000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(store.read_blob("p", info.hash, 0, 1000).await.unwrap().len(), 1000);
    let error = store.read_blob("p", info.hash, 300_000, 10).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { hash: Some(hash), .. } if hash == info.hash), "{error}");
    std::fs::write(&path, &bytes[..500_000]).unwrap();
    assert_eq!(store.read_blob("p", info.hash, 599_999, 1).await.unwrap_err().code(), "corrupt");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(store.read_blob("p", info.hash, 0, 1).await.unwrap_err().code(), "corrupt");
    store.put_blob_bytes("p", vec![5; 600_000].into()).await.unwrap();
    assert_eq!(store.read_blob("p", info.hash, 0, 1).await.unwrap(), vec![5], "healed");

    let p = Repository::new(store.clone()).project("p").unwrap();
    let changes = Changes { puts: vec![Entity::new("a", "k", "a")], deletes: Vec::new() };
    let done = p.commit("main", Commit::new(None, changes, "t", "")).await.unwrap();
    let hash = Entity::new("a", "k", "a").hash().unwrap();
    let other = rusqlite::Connection::open(directory.path().join("store.db")).unwrap();
    let sql = "UPDATE objects SET data = CAST('Ex' AS BLOB) WHERE hash = ?1";
    assert_eq!(other.execute(sql, [&hash.as_bytes()[..]]).unwrap(), 1);
    let p = Repository::new(store.clone()).project("p").unwrap();
    let error = p.entity(done.version, "a").await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { hash: Some(at), .. } if at == hash), "{error}");
    assert_eq!(p.prune(&store::Policy::default()).await.unwrap_err().code(), "corrupt");
}

#[tokio::test]
async fn what_a_crash_left_is_cleared() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let kept = store.put_blob_bytes("p", "kept".into()).await.unwrap();
    drop(store);
    let half = directory.path().join("blobs/tmp/7");
    std::fs::write(&half, "half").unwrap();
    let orphan = blob_file(directory.path(), "p", Hash::of(b"orphan"));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "orphan").unwrap();
    let store = open(directory.path()).unwrap();
    assert!(!half.exists());
    store.compact("p", 1).await.unwrap();
    assert!(orphan.exists(), "too young");
    store.compact("p", u64::MAX).await.unwrap();
    assert!(!orphan.exists());
    assert_eq!(store.get_blob("p", kept.hash, 9).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_project_cannot_leave_its_folder() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    for name in ["../x", "..", "a/b", ""] {
        assert_eq!(store.put_blob_bytes(name, "x".into()).await.unwrap_err().code(), "bad_name");
        assert_eq!(store.drop_project(name).await.unwrap_err().code(), "bad_name");
    }
}

/// A disk that is really full. Needs a file system of a few megabytes:
/// `mount -t tmpfs -o size=12m none DIR`, then `STORE_SMALL_DISK=DIR`.
#[tokio::test]
#[ignore = "needs a small file system in STORE_SMALL_DISK"]
async fn a_full_disk_only_reads_until_there_is_room() {
    let root = PathBuf::from(std::env::var("STORE_SMALL_DISK").unwrap());
    let ballast = root.join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    let store = open(&root.join("state")).unwrap();
    let p = Repository::new(store.clone()).project("p").unwrap();
    let changes = |n: usize| {
        let text = format!("{n} ").repeat(20_000);
        Changes { puts: vec![Entity::new("a", "k", "a").with("text", text)], deletes: Vec::new() }
    };
    let mut head = None;
    let mut count = 0;
    let error = loop {
        match p.commit("main", Commit::new(head, changes(count), "t", "")).await {
            Ok(done) => head = Some(done.version),
            Err(error) => break error,
        }
        count += 1;
    };
    assert!(matches!(error, Error::DiskFull { .. }), "{error}");
    assert!(count > 3);
    assert_eq!(store.health().await.unwrap(), Health::ReadOnly);
    let blob = store.put_blob_bytes("p", vec![2; 2 << 20].into()).await.unwrap_err();
    assert!(matches!(blob, Error::DiskFull { .. }), "{blob}");
    assert_eq!(p.branch("main").await.ok(), head);
    assert_eq!(p.log(head.unwrap(), 999).await.unwrap().len(), count);

    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(store.health().await.unwrap(), Health::Good);
    let done = p.commit("main", Commit::new(head, changes(count), "t", "")).await.unwrap();
    drop((store, p));
    let store = open(&root.join("state")).unwrap();
    let repository = Repository::new(store.clone());
    let archive =
        futures::TryStreamExt::try_collect::<Vec<_>>(repository.export("p").unwrap()).await.unwrap();
    assert!(!archive.is_empty());
    assert_eq!(repository.project("p").unwrap().branch("main").await.unwrap(), done.version);
}
