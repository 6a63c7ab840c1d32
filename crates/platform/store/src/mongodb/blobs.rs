//! Blobs: `{_id: project ‖ hash, size, touched}` with the bytes of a small
//! one in the same document, and of a large one in pieces that carry their
//! checksums, so that any range can be verified without reading the rest.

use ::mongodb::bson::{Bson, Document, doc};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::Mongodb;
use super::failure::{duplicate, failed};
use super::keys::{all_of, bytes, damaged, hash_of, number, owned, owned_from, rows, signed};
use super::uploads::{PIECE, Upload};
use crate::backend::{BlobInfo, BlobStream};
use crate::{Error, Hash, Result, now};

/// How many keys one command names.
const BATCH: usize = 2000;
const ATTEMPTS: usize = 8;

fn info(document: &Document) -> Result<BlobInfo> {
    let size = number(document, "size").ok_or_else(|| damaged("a blob's size"))?;
    Ok(BlobInfo { hash: hash_of(document)?, size })
}

/// The upload that the bytes of a blob lie in; `None` for a small one.
pub(super) fn upload_of(document: &Document) -> Option<Vec<u8>> {
    document.get_binary_generic("upload").ok().cloned()
}

impl Mongodb {
    pub(super) async fn store_blob(
        &self,
        project: &str,
        bytes: BlobStream,
        expected: Option<Hash>,
    ) -> Result<BlobInfo> {
        let mut upload = Upload::new(self, project);
        match self.take_in(&mut upload, bytes, expected).await {
            Ok(info) => Ok(info),
            Err(error) => {
                upload.discard().await;
                Err(error)
            }
        }
    }

    async fn take_in(
        &self,
        upload: &mut Upload<'_>,
        mut bytes: BlobStream,
        expected: Option<Hash>,
    ) -> Result<BlobInfo> {
        while let Some(piece) = bytes.next().await {
            upload.write(piece?).await?;
        }
        let (info, small) = upload.finish().await?;
        if expected.is_some_and(|expected| expected != info.hash) {
            return Err(Error::corrupt("a blob on its way in", expected));
        }
        let mut set = doc! { "size": signed(info.size) };
        let mut change = Document::new();
        match small {
            Some(data) => {
                set.insert("data", data);
                change.insert("$unset", doc! { "upload": "" });
            }
            None => {
                upload.adopt(info.hash).await?;
                set.insert("upload", upload.id());
                change.insert("$unset", doc! { "data": "" });
            }
        }
        change.insert("$set", set);
        change.insert("$max", doc! { "touched": signed(now()) });
        let before = self.name_blob(upload.project(), info.hash, change).await?;
        upload.confirm(info.hash).await?;
        // The same bytes lay there already: these take their place, which
        // also heals what was damaged.
        if let Some(old) = before.as_ref().and_then(upload_of) {
            self.drop_upload(upload.project(), &old).await?;
        }
        Ok(info)
    }

    /// Puts a blob under its name; gives what was there.
    async fn name_blob(&self, project: &str, hash: Hash, change: Document) -> Result<Option<Document>> {
        for _ in 0..ATTEMPTS {
            let named = self
                .blobs
                .find_one_and_update(doc! { "_id": owned(project, hash.as_bytes()) }, change.clone())
                .upsert(true)
                .projection(doc! { "upload": 1 });
            match self.in_time(named).await? {
                Ok(before) => return Ok(before),
                // Two made it at once: it is there now.
                Err(error) if duplicate(&error) => {}
                Err(error) => return Err(self.noted(failed("name a blob", &error))),
            }
        }
        Err(Error::Unavailable { reason: format!("blob {} cannot be named", hash.short()) })
    }

    /// Marks blobs as used now; they must all be there.
    pub(super) async fn touch_blobs(&self, project: &str, hashes: &[Hash]) -> Result<()> {
        let mut hashes = hashes.to_vec();
        hashes.sort_unstable();
        hashes.dedup();
        for batch in hashes.chunks(BATCH) {
            let keys: Vec<Bson> = batch.iter().map(|hash| owned(project, hash.as_bytes())).collect();
            let time = doc! { "$max": { "touched": signed(now()) } };
            let done = self.blobs.update_many(doc! { "_id": { "$in": keys } }, time);
            if self.done("use blobs", done).await?.matched_count == batch.len() as u64 {
                continue;
            }
            for hash in batch {
                if self.info_of(project, *hash).await?.is_none() {
                    return Err(Error::not_found("blob", hash));
                }
            }
            return Err(Error::Unavailable { reason: "blobs come and go while they are used".into() });
        }
        Ok(())
    }

    pub(super) async fn info_of(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
        let id = owned(project, hash.as_bytes());
        let query = self.blobs.find_one(doc! { "_id": id }).projection(doc! { "size": 1 });
        self.done("find a blob", query).await?.as_ref().map(info).transpose()
    }

    pub(super) async fn range_of(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes> {
        let id = owned(project, hash.as_bytes());
        let mut last: Option<Vec<u8>> = None;
        for _ in 0..ATTEMPTS {
            let found = self.done("read a blob", self.blobs.find_one(doc! { "_id": id.clone() })).await?;
            let document = found.ok_or_else(|| Error::not_found("blob", hash))?;
            let info = info(&document)?;
            let left = info.size.saturating_sub(offset);
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(len);
            let Some(upload) = upload_of(&document) else {
                return small_range(document, info, offset, len);
            };
            if len == 0 {
                return Ok(Bytes::new());
            }
            match self.pieces_of(&upload, info, offset, len).await {
                // Another upload of the same bytes may just have taken its place.
                Err(Error::Corrupt { .. }) if last.as_ref() != Some(&upload) => last = Some(upload),
                result => return result,
            }
        }
        Err(Error::Unavailable { reason: format!("blob {} is stored anew too often", hash.short()) })
    }

    async fn pieces_of(&self, upload: &[u8], info: BlobInfo, offset: u64, len: usize) -> Result<Bytes> {
        let first = offset / PIECE as u64;
        let end = (offset + len as u64).div_ceil(PIECE as u64);
        let mut out = BytesMut::with_capacity(len.min(64 << 20));
        for (number, data) in (first..end).zip(self.verified(upload, first..end, info).await?) {
            let start = number * PIECE as u64;
            let from = usize::try_from(offset.saturating_sub(start)).unwrap_or(PIECE).min(data.len());
            let until = usize::try_from(offset + len as u64 - start).unwrap_or(PIECE).min(data.len());
            out.extend_from_slice(&data[from..until]);
        }
        if out.len() != len {
            return Err(Error::corrupt("a blob", info.hash));
        }
        Ok(out.freeze())
    }

    pub(super) async fn blobs_from(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .blobs
            .find(doc! { "_id": owned_from(project, from) })
            .projection(doc! { "size": 1 })
            .sort(doc! { "_id": 1 })
            .limit(rows(limit));
        self.all("list blobs", query).await?.iter().map(info).collect()
    }

    pub(super) async fn remove_blobs(
        &self,
        project: &str,
        hashes: &[Hash],
        before: u64,
    ) -> Result<(usize, u64)> {
        let (mut count, mut size) = (0, 0);
        for hash in hashes {
            let old = doc! { "_id": owned(project, hash.as_bytes()), "touched": { "$lt": signed(before) } };
            let gone = self.blobs.find_one_and_delete(old).projection(doc! { "size": 1, "upload": 1 });
            let Some(document) = self.done("delete a blob", gone).await? else { continue };
            count += 1;
            size += info(&document)?.size;
            if let Some(upload) = upload_of(&document) {
                self.drop_upload(project, &upload).await?;
            }
        }
        Ok((count, size))
    }

    pub(super) async fn drop_blobs(&self, project: &str) -> Result<()> {
        self.done("delete blobs", self.blobs.delete_many(doc! { "_id": all_of(project) })).await?;
        self.drop_uploads(project).await
    }
}

fn small_range(document: Document, info: BlobInfo, offset: u64, len: usize) -> Result<Bytes> {
    let data = bytes(document, "data").map_err(|_| Error::corrupt("a blob", info.hash))?;
    if data.len() as u64 != info.size || Hash::of(&data) != info.hash {
        return Err(Error::corrupt("a blob", info.hash));
    }
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
    Ok(data.slice(start..start + len))
}
