//! The back end for one machine: SQLite for what is small, files for blobs.
//!
//! One process holds a state directory, by a lock on `store.lock`. One thread
//! writes; a few connections read. Every acknowledged write is synced.

mod deletion;
mod files;
mod readers;
mod schema;
mod sql;
mod writer;

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::Connection;
use tokio::sync::RwLock;

use self::files::{Files, PIECE, blocking};
use self::readers::Readers;
use self::sql::failed;
use self::writer::Writer;
use crate::backend::{Backend, BlobInfo, BlobStream, Entry, Health, Object, Publish, Record};
use crate::{Error, Hash, Result, names, now};

/// How the back end uses its machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many reads run at once.
    pub readers: usize,
    /// The most bytes of the database; what does not fit is
    /// [`Error::DiskFull`].
    pub max_database: Option<u64>,
    /// The most bytes of all blobs together; likewise.
    pub max_blobs: Option<u64>,
    /// How long to wait for another program that has the database locked.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, max_database: None, max_blobs: None, patience: Duration::from_secs(5) }
    }
}

/// Projects in one directory: `store.db`, `blobs/`, `store.lock`.
pub struct Sqlite {
    writer: Writer,
    readers: Readers,
    files: Arc<Files>,
    /// Naming a blob and deleting blobs exclude each other, else a blob
    /// that comes again could lose its file.
    gate: Arc<RwLock<()>>,
    full: Arc<AtomicBool>,
    /// Held while the store is open; dropped last.
    _lock: File,
}

impl Sqlite {
    /// Opens a directory, which is made if it does not exist. Blocks.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::TooNew`], [`Error::Corrupt`],
    /// [`Error::DiskFull`].
    pub fn open(directory: &Path, options: &Options) -> Result<Self> {
        files::make_folder(directory)?;
        let lock = lock(directory)?;
        let database = directory.join("store.db");
        let connection = connect(&database, options)?;
        let limit = options.max_blobs.unwrap_or(u64::MAX);
        let used = sql::blob_bytes(&connection)?;
        let files = Arc::new(Files::open(directory.join("blobs"), limit, used)?);
        let full = Arc::new(AtomicBool::new(false));
        let writer = Writer::start(connection, full.clone())?;
        let readers = Readers::new(database, options.readers.max(1));
        Ok(Self { writer, readers, files, gate: Arc::default(), full, _lock: lock })
    }

    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(Error::DiskFull { .. }) = &result {
            self.full.store(true, Ordering::Relaxed);
        }
        result
    }

    fn blob_root(&self) -> PathBuf {
        self.files.root().to_owned()
    }
}

/// Takes the directory for this process.
fn lock(directory: &Path) -> Result<File> {
    let path = directory.join("store.lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(files::failed("open the lock file"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.take(32).read_to_string(&mut text);
            let holder = match text.trim().parse::<u32>() {
                Ok(process) => format!(" by process {process}"),
                Err(_) => String::new(),
            };
            return Err(Error::Locked { path: directory.display().to_string(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(files::failed("lock the directory")(error)),
    }
    // Only to tell others who it is, so a failure does not matter.
    let _ =
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(file)
}

fn connect(path: &Path, options: &Options) -> Result<Connection> {
    let mut connection = Connection::open(path).map_err(failed("open the database"))?;
    connection.busy_timeout(options.patience).map_err(failed("open the database"))?;
    // FULL syncs the log at every commit. Larger checkpoints than the default
    // write pages that many commits change only once. What SQLite lays aside
    // meanwhile stays in memory: in a container there is no folder for it.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
        )
        .map_err(failed("open the database"))?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(&mut connection)?;
    if let Some(bytes) = options.max_database {
        let pages = i64::try_from(bytes / 4096).unwrap_or(i64::MAX).max(1);
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .map_err(failed("limit the database"))?;
    }
    Ok(connection)
}

#[async_trait]
impl Backend for Sqlite {
    async fn get_objects(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
        let (project, hashes) = (project.to_owned(), hashes.to_vec());
        self.readers.read(move |db| sql::objects(db, &project, &hashes)).await
    }

    async fn put_objects(&self, project: &str, objects: Vec<Object>) -> Result<()> {
        let project = project.to_owned();
        self.writer.write(move |db| sql::put_objects(db, &project, &objects, now())).await
    }

    async fn list_objects(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>> {
        let project = project.to_owned();
        self.readers.read(move |db| sql::list_objects(db, &project, from, limit)).await
    }

    async fn delete_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize> {
        let (project, hashes) = (project.to_owned(), hashes.to_vec());
        self.writer.write(move |db| sql::delete_objects(db, &project, &hashes, before)).await
    }

    async fn get_ref(&self, project: &str, name: &str) -> Result<Option<Hash>> {
        let (project, name) = (project.to_owned(), name.to_owned());
        self.readers.read(move |db| sql::get_ref(db, &project, &name)).await
    }

    async fn list_refs(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
        let (project, prefix) = (project.to_owned(), prefix.to_owned());
        self.readers.read(move |db| sql::list_refs(db, &project, &prefix)).await
    }

    async fn publish(&self, project: &str, step: Publish) -> Result<Option<u64>> {
        let project = project.to_owned();
        self.writer.write(move |db| sql::publish(db, &project, &step, now())).await
    }

    async fn list_projects(&self) -> Result<Vec<String>> {
        self.readers.read(sql::projects).await
    }

    async fn drop_project(&self, project: &str) -> Result<()> {
        names::project(project)?;
        self.clear_project(project).await
    }

    async fn get_record(&self, collection: &str, key: &str) -> Result<Option<Record>> {
        let (collection, key) = (collection.to_owned(), key.to_owned());
        self.readers.read(move |db| sql::get_record(db, &collection, &key)).await
    }

    async fn list_records(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let (collection, prefix) = (collection.to_owned(), prefix.to_owned());
        let after = after.map(str::to_owned);
        self.readers
            .read(move |db| sql::list_records(db, &collection, &prefix, after.as_deref(), limit))
            .await
    }

    async fn put_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64> {
        let (collection, key) = (collection.to_owned(), key.to_owned());
        self.writer.write(move |db| sql::put_record(db, &collection, &key, expected, &value)).await
    }

    async fn delete_record(&self, collection: &str, key: &str, expected: u64) -> Result<()> {
        let (collection, key) = (collection.to_owned(), key.to_owned());
        self.writer.write(move |db| sql::delete_record(db, &collection, &key, expected)).await
    }

    async fn list_collections(&self) -> Result<Vec<String>> {
        self.readers.read(sql::collections).await
    }

    async fn append(&self, stream: &str, payload: Bytes) -> Result<u64> {
        let stream = stream.to_owned();
        self.writer.write(move |db| sql::append(db, &stream, &payload)).await
    }

    async fn read(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
        let stream = stream.to_owned();
        self.readers.read(move |db| sql::read(db, &stream, after, limit)).await
    }

    async fn latest(&self, stream: &str) -> Result<u64> {
        let stream = stream.to_owned();
        self.readers.read(move |db| sql::latest(db, &stream)).await
    }

    async fn trim(&self, stream: &str, through: u64) -> Result<()> {
        let stream = stream.to_owned();
        self.writer.write(move |db| sql::trim(db, &stream, through)).await
    }

    async fn put_blob(&self, project: &str, bytes: BlobStream, expected: Option<Hash>) -> Result<BlobInfo> {
        names::project(project)?;
        let written = self.noted(self.files.write(bytes).await)?;
        let info = written.info;
        if expected.is_some_and(|expected| expected != info.hash) {
            return Err(Error::corrupt("a blob on its way in", expected));
        }
        let sums = written.sums.clone();
        let _gate = self.gate.read().await;
        let (root, name, folders) = (self.blob_root(), project.to_owned(), self.files.folders());
        self.noted(blocking(move || Files::adopt(&root, &folders, &name, written)).await)?;
        let project = project.to_owned();
        let work = move |db: &Connection| sql::put_blob(db, &project, info, &sums, now());
        let fresh = self.writer.write(work).await;
        if !matches!(fresh, Ok(true)) {
            self.files.give_back(info.size);
        }
        fresh.map(|_| info)
    }

    async fn stat_blob(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
        let project = project.to_owned();
        self.readers.read(move |db| sql::stat_blob(db, &project, hash)).await
    }

    async fn read_blob(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes> {
        names::project(project)?;
        let (root, project) = (self.blob_root(), project.to_owned());
        self.readers
            .read(move |db| {
                let info = sql::stat_blob(db, &project, hash)?;
                let info = info.ok_or_else(|| Error::not_found("blob", hash))?;
                let left = info.size.saturating_sub(offset);
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(len);
                if len == 0 {
                    return Ok(Bytes::new());
                }
                let first = offset / PIECE;
                let count = (offset + len as u64).div_ceil(PIECE) - first;
                let sums = sql::blob_sums(db, &project, hash, first, count)?;
                files::read(&root, &project, info, (offset, len), &sums)
            })
            .await
    }

    async fn list_blobs(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>> {
        let project = project.to_owned();
        self.readers.read(move |db| sql::list_blobs(db, &project, from, limit)).await
    }

    async fn blob_bytes(&self, project: &str) -> Result<u64> {
        let project = project.to_owned();
        self.readers.read(move |db| sql::blob_bytes_of(db, &project)).await
    }

    async fn delete_blobs(&self, project: &str, hashes: &[Hash], before: u64) -> Result<(usize, u64)> {
        names::project(project)?;
        self.remove_blobs(project, hashes, before).await
    }

    async fn compact(&self, project: &str, before: u64) -> Result<()> {
        names::project(project)?;
        self.remove_orphans(project, before).await
    }

    async fn health(&self) -> Result<Health> {
        self.readers.read(|db| sql::latest(db, "").map(|_| ())).await?;
        if !self.full.load(Ordering::Relaxed) {
            return Ok(Health::Good);
        }
        let root = self.blob_root();
        let room = match blocking(move || Files::probe(&root)).await {
            Ok(()) => self.writer.write(|db| sql::probe(db, now())).await,
            Err(error) => Err(error),
        };
        match room {
            Ok(()) => Ok(Health::Good),
            Err(Error::DiskFull { .. }) => Ok(Health::ReadOnly),
            Err(error) => Err(error),
        }
    }

    fn shared(&self) -> bool {
        false
    }
}
