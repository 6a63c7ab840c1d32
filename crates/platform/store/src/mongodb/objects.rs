//! Objects: one document each, `{_id: project ‖ hash, touched, data}`.

use std::collections::{HashMap, HashSet};

use ::mongodb::bson::{Bson, Document, doc};
use bytes::Bytes;

use super::Mongodb;
use super::failure::{duplicates, failed};
use super::keys::{all_of, binary, bytes, damaged, hash_of, owned, owned_from, rows, signed};
use crate::backend::Object;
use crate::{Error, Hash, Result, now};

/// The largest object in bytes: a document holds 16 MB at most.
const MAX_OBJECT: usize = 15 << 20;
/// How many keys one command names.
const BATCH: usize = 2000;
/// How often what vanishes while it is marked as used is stored again.
const ATTEMPTS: usize = 8;

impl Mongodb {
    pub(super) async fn objects_of(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
        let mut found: HashMap<Hash, Bytes> = HashMap::new();
        let wanted: HashSet<Hash> = hashes.iter().copied().collect();
        for batch in wanted.into_iter().collect::<Vec<_>>().chunks(BATCH) {
            let keys: Vec<Bson> = batch.iter().map(|hash| owned(project, hash.as_bytes())).collect();
            let query = self.objects.find(doc! { "_id": { "$in": keys } }).projection(doc! { "data": 1 });
            for document in self.all("read objects", query).await? {
                found.insert(hash_of(&document)?, bytes(document, "data")?);
            }
        }
        Ok(hashes.iter().map(|hash| found.get(hash).cloned()).collect())
    }

    /// New ones are inserted; of those that are there, the time is set. One
    /// that is deleted between the two is inserted again.
    pub(super) async fn store_objects(&self, project: &str, objects: Vec<Object>) -> Result<()> {
        let mut seen = HashSet::new();
        let mut left: Vec<Object> = objects.into_iter().filter(|object| seen.insert(object.0)).collect();
        if let Some((hash, data)) = left.iter().find(|object| object.1.len() > MAX_OBJECT) {
            let (what, size) = (format!("object {}", hash.short()), data.len() as u64);
            return Err(Error::TooLarge { what, size, limit: MAX_OBJECT as u64 });
        }
        for _ in 0..ATTEMPTS {
            if left.is_empty() {
                return Ok(());
            }
            let there = self.insert_objects(project, &left).await?;
            left = there.into_iter().map(|at| left[at].clone()).collect();
            let touched = self.touch_objects(project, &left).await?;
            if touched {
                return Ok(());
            }
        }
        Err(Error::Unavailable { reason: "objects vanish while they are stored".into() })
    }

    /// The positions of those that were there already.
    async fn insert_objects(&self, project: &str, objects: &[Object]) -> Result<Vec<usize>> {
        let time = signed(now());
        let document = |(hash, data): &Object| {
            doc! { "_id": owned(project, hash.as_bytes()), "touched": time, "data": binary(data.to_vec()) }
        };
        let documents: Vec<Document> = objects.iter().map(document).collect();
        let inserted = self.in_time(self.objects.insert_many(documents).ordered(false)).await?;
        match inserted {
            Ok(_) => Ok(Vec::new()),
            Err(error) => match duplicates(&error) {
                Some(there) => Ok(there),
                None => Err(self.noted(failed("store objects", &error))),
            },
        }
    }

    /// Marks objects as used now; false when one is not there.
    async fn touch_objects(&self, project: &str, objects: &[Object]) -> Result<bool> {
        for batch in objects.chunks(BATCH) {
            let keys: Vec<Bson> = batch.iter().map(|object| owned(project, object.0.as_bytes())).collect();
            let time = doc! { "$max": { "touched": signed(now()) } };
            let done = self.objects.update_many(doc! { "_id": { "$in": keys } }, time);
            if self.done("store objects", done).await?.matched_count < batch.len() as u64 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) async fn hashes_from(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .objects
            .find(doc! { "_id": owned_from(project, from) })
            .projection(doc! { "_id": 1 })
            .sort(doc! { "_id": 1 })
            .limit(rows(limit));
        self.all("list objects", query).await?.iter().map(hash_of).collect()
    }

    pub(super) async fn remove_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize> {
        let mut count = 0;
        for batch in hashes.chunks(BATCH) {
            let keys: Vec<Bson> = batch.iter().map(|hash| owned(project, hash.as_bytes())).collect();
            let old = doc! { "_id": { "$in": keys }, "touched": { "$lt": signed(before) } };
            count += self.done("delete objects", self.objects.delete_many(old)).await?.deleted_count;
        }
        usize::try_from(count).map_err(|_| damaged("a count"))
    }

    pub(super) async fn drop_objects(&self, project: &str) -> Result<()> {
        self.done("delete objects", self.objects.delete_many(doc! { "_id": all_of(project) })).await?;
        Ok(())
    }
}
