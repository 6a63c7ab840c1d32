//! Where the pieces of large blobs lie: an upload `{_id: project ‖ id,
//! started, hash?, claimed?}` and its pieces `{_id: id ‖ number, sum, data}`.
//!
//! An upload is registered before its first piece and until after its last is
//! gone, so whatever is interrupted can be found. What nothing refers to is
//! claimed before it is looked at again and removed; who gives a blob its name
//! looks for a claim afterwards. So one of the two always sees the other.

use ::mongodb::bson::{Bson, Document, doc};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};

use super::Mongodb;
use super::blobs::upload_of;
use super::keys::{all_of, binary, damaged, numbered, owned, signed};
use crate::backend::BlobInfo;
use crate::{Error, Hash, Result, now};

/// The bytes of a piece, which one checksum covers; a blob that is no larger
/// needs none.
pub(super) const PIECE: usize = 256 << 10;
/// How many pieces are sent at once.
const BATCH: usize = 16;

/// A blob on its way in.
pub(super) struct Upload<'a> {
    store: &'a Mongodb,
    project: String,
    id: [u8; 32],
    /// Whether it is registered.
    begun: bool,
    /// Whether a blob may refer to it.
    adopted: bool,
    whole: blake3::Hasher,
    size: u64,
    filled: BytesMut,
    batch: Vec<Document>,
    pieces: u64,
}

impl<'a> Upload<'a> {
    pub fn new(store: &'a Mongodb, project: &str) -> Self {
        // Two identities with a time in them, from different random sources.
        let marks =
            [::mongodb::bson::oid::ObjectId::new().to_hex(), ::mongodb::bson::Uuid::new().to_string()];
        Self {
            store,
            project: project.to_owned(),
            id: *Hash::of(marks.concat().as_bytes()).as_bytes(),
            begun: false,
            adopted: false,
            whole: blake3::Hasher::new(),
            size: 0,
            filled: BytesMut::new(),
            batch: Vec::new(),
            pieces: 0,
        }
    }

    pub fn project(&self) -> &str {
        &self.project
    }

    pub fn id(&self) -> Bson {
        binary(self.id.to_vec())
    }

    fn key(&self) -> Bson {
        owned(&self.project, &self.id)
    }

    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.whole.update(&bytes);
        self.size += bytes.len() as u64;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            // A full piece is put away only when more comes: a small blob stays in memory.
            if self.filled.len() == PIECE {
                self.put_away().await?;
            }
            let take = rest.len().min(PIECE - self.filled.len());
            self.filled.extend_from_slice(&rest[..take]);
            rest = &rest[take..];
        }
        Ok(())
    }

    async fn put_away(&mut self) -> Result<()> {
        let data = std::mem::take(&mut self.filled);
        let sum = binary(Hash::of(&data).as_bytes().to_vec());
        self.batch.push(doc! {
            "_id": numbered(&self.id, self.pieces), "sum": sum, "data": binary(data.to_vec()),
        });
        self.pieces += 1;
        if self.batch.len() == BATCH { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<()> {
        if !self.begun {
            let mark = doc! { "_id": self.key(), "started": signed(now()) };
            self.store.done("begin a blob", self.store.uploads.insert_one(mark)).await?;
            self.begun = true;
        }
        let batch = std::mem::take(&mut self.batch);
        self.store.done("store a blob", self.store.pieces.insert_many(batch)).await?;
        Ok(())
    }

    /// What it was, and its bytes when they are few enough for one document.
    pub async fn finish(&mut self) -> Result<(BlobInfo, Option<Bson>)> {
        let info = BlobInfo { hash: self.whole.finalize().into(), size: self.size };
        if self.pieces == 0 {
            return Ok((info, Some(binary(self.filled.to_vec()))));
        }
        self.put_away().await?;
        if !self.batch.is_empty() {
            self.send().await?;
        }
        Ok((info, None))
    }

    /// Notes which blob it is to become.
    pub async fn adopt(&mut self, hash: Hash) -> Result<()> {
        self.adopted = true;
        let free = doc! { "_id": self.key(), "claimed": { "$exists": false } };
        let named = doc! { "$set": { "hash": binary(hash.as_bytes().to_vec()) } };
        let done = self.store.done("name a blob", self.store.uploads.update_one(free, named)).await?;
        if done.matched_count == 1 { Ok(()) } else { Err(slow()) }
    }

    /// Makes sure that it was not taken for a leftover while its blob was
    /// named; another upload of the same bytes may take its place.
    pub async fn confirm(&self, hash: Hash) -> Result<()> {
        if !self.begun {
            return Ok(());
        }
        let found =
            self.store.done("name a blob", self.store.uploads.find_one(doc! { "_id": self.key() })).await?;
        if found.is_some_and(|mark| !mark.contains_key("claimed")) {
            return Ok(());
        }
        let id = owned(&self.project, hash.as_bytes());
        let blob = doc! { "_id": id, "upload": self.id() };
        let gone = self.store.done("take a blob back", self.store.blobs.delete_one(blob)).await?;
        let replaced = gone.deleted_count == 0 && self.store.info_of(&self.project, hash).await?.is_some();
        if replaced { Ok(()) } else { Err(slow()) }
    }

    /// Removes what was stored; what cannot be, or may be in use after an
    /// answer was lost, is left to [`Mongodb::tidy`].
    pub async fn discard(&self) {
        if self.begun && !self.adopted {
            let _ = self.store.drop_upload(&self.project, &self.id).await;
        }
    }
}

fn slow() -> Error {
    Error::Unavailable { reason: "the blob took too long to arrive and was removed as a leftover".into() }
}

impl Mongodb {
    /// The bytes of consecutive pieces, each verified.
    pub(super) async fn verified(
        &self,
        upload: &[u8],
        numbers: std::ops::Range<u64>,
        info: BlobInfo,
    ) -> Result<Vec<Vec<u8>>> {
        let damage = || Error::corrupt("a blob", info.hash);
        let range = doc! { "$gte": numbered(upload, numbers.start), "$lt": numbered(upload, numbers.end) };
        let query = self.pieces.find(doc! { "_id": range }).sort(doc! { "_id": 1 });
        let mut found = Vec::new();
        for (number, mut document) in numbers.clone().zip(self.all("read a blob", query).await?) {
            let whole = document.get("_id") == Some(&numbered(upload, number));
            let Some(Bson::Binary(data)) = document.remove("data") else { return Err(damage()) };
            let sum = document.get_binary_generic("sum").map_err(|_| damage())?;
            if !whole || Hash::of(&data.bytes).as_bytes().as_slice() != sum.as_slice() {
                return Err(damage());
            }
            found.push(data.bytes);
        }
        if found.len() as u64 == numbers.end - numbers.start { Ok(found) } else { Err(damage()) }
    }

    /// Removes an upload that nothing refers to: pieces first.
    pub(super) async fn drop_upload(&self, project: &str, id: &[u8]) -> Result<()> {
        let range = doc! { "$gte": numbered(id, 0), "$lte": numbered(id, u64::MAX) };
        self.done("delete a blob", self.pieces.delete_many(doc! { "_id": range })).await?;
        let id: [u8; 32] = id.try_into().map_err(|_| damaged("an upload's key"))?;
        self.done("delete a blob", self.uploads.delete_one(doc! { "_id": owned(project, &id) })).await?;
        Ok(())
    }

    /// Removes all uploads of a project.
    pub(super) async fn drop_uploads(&self, project: &str) -> Result<()> {
        for mark in self.marks(doc! { "_id": all_of(project) }).await? {
            self.drop_upload(project, &tail(&mark)?).await?;
        }
        Ok(())
    }

    async fn marks(&self, query: Document) -> Result<Vec<Document>> {
        self.all("list uploads", self.uploads.find(query)).await
    }

    /// Removes what interrupted uploads and deletions left before `before`.
    pub(super) async fn tidy(&self, project: &str, before: u64) -> Result<()> {
        let old = doc! { "_id": all_of(project), "started": { "$lt": signed(before) } };
        let marks = self.marks(old).await?;
        let mut checks = futures::stream::iter(marks)
            .map(|mark| async move {
                let used = self.in_use(project, &mark).await?;
                Ok::<_, Error>((!used).then_some(mark))
            })
            .buffer_unordered(8);
        while let Some(unused) = checks.try_next().await? {
            let Some(mark) = unused else { continue };
            let id = mark.get("_id").cloned().unwrap_or(Bson::Null);
            let claim = doc! { "$set": { "claimed": true } };
            let claimed = self.uploads.find_one_and_update(doc! { "_id": id.clone() }, claim);
            let Some(mark) = self.done("claim an upload", claimed).await? else { continue };
            if self.in_use(project, &mark).await? {
                let free = doc! { "$unset": { "claimed": "" } };
                self.done("free an upload", self.uploads.update_one(doc! { "_id": id }, free)).await?;
            } else {
                self.drop_upload(project, &tail(&mark)?).await?;
            }
        }
        Ok(())
    }

    async fn in_use(&self, project: &str, mark: &Document) -> Result<bool> {
        let Ok(hash) = mark.get_binary_generic("hash") else { return Ok(false) };
        let hash: [u8; 32] = hash.as_slice().try_into().map_err(|_| damaged("an upload's hash"))?;
        let query =
            self.blobs.find_one(doc! { "_id": owned(project, &hash) }).projection(doc! { "upload": 1 });
        let blob = self.done("find a blob", query).await?;
        Ok(blob.as_ref().and_then(upload_of).is_some_and(|used| tail(mark).is_ok_and(|id| id == used)))
    }
}

/// The upload's own part of its key.
fn tail(mark: &Document) -> Result<Vec<u8>> {
    let key = mark.get_binary_generic("_id").map_err(|_| damaged("an upload's key"))?;
    key.get(32..).map(<[u8]>::to_vec).ok_or_else(|| damaged("an upload's key"))
}
