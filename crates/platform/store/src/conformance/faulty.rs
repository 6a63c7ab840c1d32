//! A back end that fails, hesitates or never answers, around one that works.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use crate::backend::*;
use crate::{Error, Hash, Result};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call has no effect and fails.
    Before,
    /// The call has its effect, and the answer is lost.
    After,
    /// The call has no effect and never answers.
    Silent,
    /// Every call takes this long.
    Slow(Duration),
}

/// A back end whose `at`-th write (from 0) and all after it go wrong.
pub struct Faulty {
    inner: Arc<dyn Backend>,
    fault: Fault,
    at: usize,
    writes: AtomicUsize,
    held: Arc<RwLock<()>>,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Backend>, fault: Fault, at: usize) -> Self {
        Self { inner, fault, at, writes: AtomicUsize::new(0), held: Arc::default() }
    }

    /// Writes that come wait as long as what this gives lives; they are counted.
    pub async fn hold(&self) -> OwnedRwLockWriteGuard<()> {
        self.held.clone().write_owned().await
    }

    /// How many writes came.
    pub fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    async fn write<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let lost = || Error::Unavailable { reason: "made to fail".into() };
        let wrong = self.writes.fetch_add(1, Ordering::SeqCst) >= self.at;
        drop(self.held.read().await);
        match self.fault {
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                call.await
            }
            _ if !wrong => call.await,
            Fault::Before => Err(lost()),
            Fault::After => call.await.and_then(|_| Err(lost())),
            Fault::Silent => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Backend for Faulty {
    async fn get_objects(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
        self.inner.get_objects(project, hashes).await
    }
    async fn put_objects(&self, project: &str, objects: Vec<Object>) -> Result<()> {
        self.write(self.inner.put_objects(project, objects)).await
    }
    async fn list_objects(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>> {
        self.inner.list_objects(project, from, limit).await
    }
    async fn delete_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize> {
        self.write(self.inner.delete_objects(project, hashes, before)).await
    }
    async fn get_ref(&self, project: &str, name: &str) -> Result<Option<Hash>> {
        self.inner.get_ref(project, name).await
    }
    async fn list_refs(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
        self.inner.list_refs(project, prefix).await
    }
    async fn publish(&self, project: &str, step: Publish) -> Result<Option<u64>> {
        self.write(self.inner.publish(project, step)).await
    }
    async fn list_projects(&self) -> Result<Vec<String>> {
        self.inner.list_projects().await
    }
    async fn drop_project(&self, project: &str) -> Result<()> {
        self.write(self.inner.drop_project(project)).await
    }
    async fn get_record(&self, collection: &str, key: &str) -> Result<Option<Record>> {
        self.inner.get_record(collection, key).await
    }
    async fn list_records(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        self.inner.list_records(collection, prefix, after, limit).await
    }
    async fn put_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64> {
        self.write(self.inner.put_record(collection, key, expected, value)).await
    }
    async fn delete_record(&self, collection: &str, key: &str, expected: u64) -> Result<()> {
        self.write(self.inner.delete_record(collection, key, expected)).await
    }
    async fn list_collections(&self) -> Result<Vec<String>> {
        self.inner.list_collections().await
    }
    async fn append(&self, stream: &str, payload: Bytes) -> Result<u64> {
        self.write(self.inner.append(stream, payload)).await
    }
    async fn read(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
        self.inner.read(stream, after, limit).await
    }
    async fn latest(&self, stream: &str) -> Result<u64> {
        self.inner.latest(stream).await
    }
    async fn trim(&self, stream: &str, through: u64) -> Result<()> {
        self.write(self.inner.trim(stream, through)).await
    }
    async fn put_blob(&self, project: &str, bytes: BlobStream, expected: Option<Hash>) -> Result<BlobInfo> {
        self.write(self.inner.put_blob(project, bytes, expected)).await
    }
    async fn stat_blob(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
        self.inner.stat_blob(project, hash).await
    }
    async fn read_blob(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes> {
        self.inner.read_blob(project, hash, offset, len).await
    }
    async fn list_blobs(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>> {
        self.inner.list_blobs(project, from, limit).await
    }
    async fn blob_bytes(&self, project: &str) -> Result<u64> {
        self.inner.blob_bytes(project).await
    }
    async fn delete_blobs(&self, project: &str, hashes: &[Hash], before: u64) -> Result<(usize, u64)> {
        self.write(self.inner.delete_blobs(project, hashes, before)).await
    }
    async fn compact(&self, project: &str, before: u64) -> Result<()> {
        self.inner.compact(project, before).await
    }
    async fn health(&self) -> Result<Health> {
        self.inner.health().await
    }
    fn shared(&self) -> bool {
        self.inner.shared()
    }
}
