//! What a database must be able to do.
//!
//! Little, so that a database without transactions over several documents can
//! do it: content-addressed objects, one atomic document a project (its
//! references and fences), records with revisions, append-only streams and
//! blobs. What the project is made of lies above, in [`crate::Repository`].

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{Error, Hash, Result};

/// The bytes of a blob on their way in.
pub type BlobStream = BoxStream<'static, Result<Bytes>>;

/// An object and its name.
pub type Object = (Hash, Bytes);

/// A document with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key within its collection.
    pub key: String,
    /// Grows with every write of any record and never repeats, so it can
    /// serve as a fencing token.
    pub revision: u64,
    /// The content.
    pub value: Bytes,
}

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the stream; the first is 1, without gaps.
    pub seq: u64,
    /// The content.
    pub payload: Bytes,
}

/// What is known of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobInfo {
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// Its size in bytes.
    pub size: u64,
}

/// One compare-and-swap within a [`Publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefChange {
    /// The reference.
    pub name: String,
    /// What it must be now; `None`: absent.
    pub expected: Option<Hash>,
    /// What it becomes; `None`: deleted.
    pub new: Option<Hash>,
}

/// The right to write for an owner of something that others may take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// What is owned: "run/42".
    pub scope: String,
    /// The owner's token; a higher one supersedes it for good.
    pub token: u64,
}

/// Everything that one step of a project's history writes.
#[derive(Debug, Clone, Default)]
pub struct Publish {
    /// Objects that the new references need.
    pub objects: Vec<Object>,
    /// Blobs that must exist; publishing marks them as used now.
    pub blobs: Vec<Hash>,
    /// The references to move: all or none.
    pub refs: Vec<RefChange>,
    /// Refused when a higher token was seen in this scope.
    pub fence: Option<Fence>,
    /// Appended to a stream when the references moved: (stream, payload).
    pub event: Option<(String, Bytes)>,
}

/// Whether the back end can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes.
    Good,
    /// Only reads: the disk is full.
    ReadOnly,
}

/// A database that can hold projects.
///
/// What returns `Ok` is durable. A cancelled call may or may not have taken
/// effect, wholly. All names are checked by the caller; project names are
/// checked by [`crate::names::project`].
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// The objects of these hashes, in order; `None` where there is none.
    async fn get_objects(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>>;

    /// Stores objects. Storing one again only marks it as used now.
    async fn put_objects(&self, project: &str, objects: Vec<Object>) -> Result<()>;

    /// Up to `limit` hashes in order, from `from` on.
    async fn list_objects(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>>;

    /// Deletes those objects that were last used before `before` (Unix
    /// milliseconds); says how many.
    async fn delete_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize>;

    /// A reference.
    async fn get_ref(&self, project: &str, name: &str) -> Result<Option<Hash>>;

    /// All references whose name starts with `prefix`, by name.
    async fn list_refs(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>>;

    /// Writes one step: objects, then the references all at once, then the
    /// event; the references are the commit point. Returns the event's
    /// position. [`Error::RefMoved`] or [`Error::Fenced`] change no reference.
    async fn publish(&self, project: &str, step: Publish) -> Result<Option<u64>>;

    /// The names of all projects that have references.
    async fn list_projects(&self) -> Result<Vec<String>>;

    /// Deletes a project: references first, then objects, fences and blobs.
    async fn drop_project(&self, project: &str) -> Result<()>;

    /// A record.
    async fn get_record(&self, collection: &str, key: &str) -> Result<Option<Record>>;

    /// Up to `limit` records by key, of those whose key starts with `prefix`
    /// and is greater than `after`.
    async fn list_records(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>>;

    /// Writes a record whose revision is `expected` (`None`: that does not
    /// exist), or fails with [`Error::StaleRecord`]. Returns the new revision.
    async fn put_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64>;

    /// Deletes a record at revision `expected`.
    async fn delete_record(&self, collection: &str, key: &str, expected: u64) -> Result<()>;

    /// The names of all collections that hold records.
    async fn list_collections(&self) -> Result<Vec<String>>;

    /// Appends to a stream; returns the position.
    async fn append(&self, stream: &str, payload: Bytes) -> Result<u64>;

    /// Up to `limit` entries after position `after`, in order.
    async fn read(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>>;

    /// The position of the last entry ever appended; 0 when none was.
    async fn latest(&self, stream: &str) -> Result<u64>;

    /// Deletes the entries up to and including position `through`; positions
    /// go on from where they were.
    async fn trim(&self, stream: &str, through: u64) -> Result<()>;

    /// Stores a blob. Refused with [`Error::Corrupt`] when `expected` is given
    /// and the bytes have another hash.
    async fn put_blob(&self, project: &str, bytes: BlobStream, expected: Option<Hash>) -> Result<BlobInfo>;

    /// What is known of a blob.
    async fn stat_blob(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>>;

    /// Up to `len` verified bytes of a blob from `offset` on; fewer only at
    /// its end.
    async fn read_blob(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes>;

    /// Up to `limit` blobs in order of their hash, from `from` on.
    async fn list_blobs(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>>;

    /// The bytes of all blobs of a project, without reading any of them.
    async fn blob_bytes(&self, project: &str) -> Result<u64> {
        const PAGE: usize = 10_000;
        let (mut sum, mut from) = (0_u64, Hash::ZERO);
        loop {
            let page = self.list_blobs(project, from, PAGE).await?;
            sum = page.iter().fold(sum, |sum, blob| sum.saturating_add(blob.size));
            match page.last().and_then(|last| last.hash.next()) {
                Some(next) if page.len() == PAGE => from = next,
                _ => return Ok(sum),
            }
        }
    }

    /// Deletes those blobs that were last used before `before` (Unix
    /// milliseconds); says how many and how many bytes.
    async fn delete_blobs(&self, project: &str, hashes: &[Hash], before: u64) -> Result<(usize, u64)>;

    /// Gives back room that deletions left, and removes what interrupted
    /// writes left before `before`.
    async fn compact(&self, project: &str, before: u64) -> Result<()>;

    /// Whether the back end serves; tries again when it did not.
    async fn health(&self) -> Result<Health>;

    /// Whether other processes write to this database too, so that a watcher
    /// must also look by itself.
    fn shared(&self) -> bool;
}

impl dyn Backend {
    /// Moves one reference if it is `expected`.
    pub async fn swap_ref(
        &self,
        project: &str,
        name: &str,
        expected: Option<Hash>,
        new: Option<Hash>,
    ) -> Result<()> {
        let change = RefChange { name: name.into(), expected, new };
        self.publish(project, Publish { refs: vec![change], ..Publish::default() }).await?;
        Ok(())
    }

    /// Makes every lower token of the fence's scope invalid from now on.
    pub async fn raise_fence(&self, project: &str, fence: Fence) -> Result<()> {
        self.publish(project, Publish { fence: Some(fence), ..Publish::default() }).await?;
        Ok(())
    }

    /// Stores a blob that is in memory.
    pub async fn put_blob_bytes(&self, project: &str, bytes: Bytes) -> Result<BlobInfo> {
        let stream = futures::stream::once(async move { Ok(bytes) });
        self.put_blob(project, Box::pin(stream), None).await
    }

    /// A whole blob of at most `limit` bytes.
    pub async fn get_blob(&self, project: &str, hash: Hash, limit: u64) -> Result<Bytes> {
        let info = self.stat_blob(project, hash).await?;
        let size = info.ok_or_else(|| Error::not_found("blob", hash))?.size;
        if size > limit {
            return Err(Error::TooLarge { what: format!("blob {}", hash.short()), size, limit });
        }
        let len = usize::try_from(size).unwrap_or(usize::MAX);
        self.read_blob(project, hash, 0, len).await
    }
}

/// The bytes of a blob as a stream, a piece at a time.
pub fn blob_stream(
    backend: std::sync::Arc<dyn Backend>,
    project: String,
    hash: Hash,
    range: std::ops::Range<u64>,
) -> BlobStream {
    const PIECE: u64 = 1 << 20;
    let state = (backend, project, range.start);
    Box::pin(futures::stream::try_unfold(state, move |(backend, project, at)| async move {
        if at >= range.end {
            return Ok(None);
        }
        let want = (range.end - at).min(PIECE) as usize;
        let bytes = backend.read_blob(&project, hash, at, want).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let next = at + bytes.len() as u64;
        Ok(Some((bytes, (backend, project, next))))
    }))
}
