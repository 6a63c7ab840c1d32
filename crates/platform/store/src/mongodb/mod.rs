//! The back end on a server that speaks MongoDB's protocol.
//!
//! It needs neither transactions over several documents nor change streams,
//! so a single server does as well as a replica set: whatever must change at
//! once lies in one document. Any number of processes may use one database.
//!
//! | collection | holds |
//! |---|---|
//! | `meta` | the schema's version, the counter of revisions |
//! | `projects` | one document a project: references, newest events |
//! | `fences` | one document a fence |
//! | `objects`, `blobs` | one document each, by project and hash |
//! | `uploads`, `pieces` | where large blobs lie |
//! | `records` | one document each, by collection and key |
//! | `streams`, `events` | heads of streams, older entries |
//!
//! # Invariants
//! - What is acknowledged lies in the journals of a majority of the servers.
//! - Nothing refers to what is not stored yet: pieces, then blobs and
//!   objects, then references.

mod blobs;
mod connect;
mod failure;
mod keys;
mod objects;
mod records;
mod steps;
mod streams;
mod uploads;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::mongodb::action::Find;
use ::mongodb::bson::{Document, doc};
use ::mongodb::{Collection, Database};
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;

pub use self::connect::{Options, Password};
use self::failure::failed;
use self::keys::signed;
use crate::backend::{Backend, BlobInfo, BlobStream, Entry, Health, Object, Publish, Record};
use crate::{Error, Hash, Result, now};

/// Projects in a database of a MongoDB server.
pub struct Mongodb {
    database: Database,
    owner: String,
    patience: Duration,
    full: AtomicBool,
    meta: Collection<Document>,
    projects: Collection<Document>,
    fences: Collection<Document>,
    objects: Collection<Document>,
    blobs: Collection<Document>,
    uploads: Collection<Document>,
    pieces: Collection<Document>,
    records: Collection<Document>,
    streams: Collection<Document>,
    events: Collection<Document>,
}

type Answer<T> = ::mongodb::error::Result<T>;

impl Mongodb {
    /// An answer of the server, within the patience.
    async fn in_time<T, F>(&self, call: F) -> Result<Answer<T>>
    where
        F: IntoFuture<Output = Answer<T>, IntoFuture: Send> + Send,
    {
        let answer = tokio::time::timeout(self.patience, call.into_future()).await;
        answer.map_err(|_| Error::Unavailable {
            reason: format!("the database did not answer within {} s", self.patience.as_secs()),
        })
    }

    /// What the server answered, or the failure by its name.
    async fn done<T, F>(&self, action: &'static str, call: F) -> Result<T>
    where
        F: IntoFuture<Output = Answer<T>, IntoFuture: Send> + Send,
    {
        self.in_time(call).await?.map_err(|error| self.noted(failed(action, &error)))
    }

    /// All documents that a query finds.
    async fn all(&self, action: &'static str, query: Find<'_, Document>) -> Result<Vec<Document>> {
        let found = async { query.await?.try_collect().await };
        self.in_time(found).await?.map_err(|error| self.noted(failed(action, &error)))
    }

    /// Remembers that there was no room.
    fn noted(&self, error: Error) -> Error {
        if matches!(error, Error::DiskFull { .. }) {
            self.full.store(true, Ordering::Relaxed);
        }
        error
    }
}

#[async_trait]
impl Backend for Mongodb {
    async fn get_objects(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
        self.objects_of(project, hashes).await
    }

    async fn put_objects(&self, project: &str, objects: Vec<Object>) -> Result<()> {
        self.store_objects(project, objects).await
    }

    async fn list_objects(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>> {
        self.hashes_from(project, from, limit).await
    }

    async fn delete_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize> {
        self.remove_objects(project, hashes, before).await
    }

    async fn get_ref(&self, project: &str, name: &str) -> Result<Option<Hash>> {
        self.reference_of(project, name).await
    }

    async fn list_refs(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
        self.references_of(project, prefix).await
    }

    async fn publish(&self, project: &str, mut step: Publish) -> Result<Option<u64>> {
        let objects = std::mem::take(&mut step.objects);
        self.store_objects(project, objects).await?;
        self.touch_blobs(project, &step.blobs).await?;
        self.step(project, &step).await
    }

    async fn list_projects(&self) -> Result<Vec<String>> {
        self.project_names().await
    }

    async fn drop_project(&self, project: &str) -> Result<()> {
        self.clear_project(project).await
    }

    async fn get_record(&self, collection: &str, key: &str) -> Result<Option<Record>> {
        self.record_of(collection, key).await
    }

    async fn list_records(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        self.records_of(collection, prefix, after, limit).await
    }

    async fn put_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64> {
        self.write_record(collection, key, expected, value).await
    }

    async fn delete_record(&self, collection: &str, key: &str, expected: u64) -> Result<()> {
        self.remove_record(collection, key, expected).await
    }

    async fn list_collections(&self) -> Result<Vec<String>> {
        self.collections().await
    }

    async fn append(&self, stream: &str, payload: Bytes) -> Result<u64> {
        self.append_to(stream, payload).await
    }

    async fn read(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
        self.entries_of(stream, after, limit).await
    }

    async fn latest(&self, stream: &str) -> Result<u64> {
        self.last_of(stream).await
    }

    async fn trim(&self, stream: &str, through: u64) -> Result<()> {
        self.trim_to(stream, through).await
    }

    async fn put_blob(&self, project: &str, bytes: BlobStream, expected: Option<Hash>) -> Result<BlobInfo> {
        self.store_blob(project, bytes, expected).await
    }

    async fn stat_blob(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
        self.info_of(project, hash).await
    }

    async fn read_blob(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes> {
        self.range_of(project, hash, offset, len).await
    }

    async fn list_blobs(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>> {
        self.blobs_from(project, from, limit).await
    }

    async fn delete_blobs(&self, project: &str, hashes: &[Hash], before: u64) -> Result<(usize, u64)> {
        self.remove_blobs(project, hashes, before).await
    }

    async fn compact(&self, project: &str, before: u64) -> Result<()> {
        self.tidy(project, before).await
    }

    async fn health(&self) -> Result<Health> {
        self.check_schema().await?;
        if !self.full.load(Ordering::Relaxed) {
            return Ok(Health::Good);
        }
        let probe = doc! { "$set": { "time": signed(now()) } };
        let probe = self.meta.update_one(doc! { "_id": "probe" }, probe).upsert(true);
        match self.done("test for room", probe).await {
            Ok(_) => {
                self.full.store(false, Ordering::Relaxed);
                Ok(Health::Good)
            }
            Err(Error::DiskFull { .. }) => Ok(Health::ReadOnly),
            Err(error) => Err(error),
        }
    }

    fn shared(&self) -> bool {
        true
    }
}
