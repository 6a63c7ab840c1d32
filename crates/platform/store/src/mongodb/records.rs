//! Records: `{_id: "collection\u{1f}key", rev, value}`.
//!
//! A deleted record stays for a day as its key and revision, so that a slow
//! writer cannot put back an older revision than the one deleted.

use ::mongodb::bson::{DateTime, Document, doc};
use ::mongodb::options::ReturnDocument;

use bytes::Bytes;

use super::Mongodb;
use super::failure::{duplicate, failed};
use super::keys::{below, binary, bytes, damaged, number, rows, signed};
use crate::backend::Record;
use crate::{Error, Result};

/// Between collection and key; neither may hold it.
const UNIT: char = '\u{1f}';
/// The largest record in bytes.
const MAX_RECORD: usize = 15 << 20;
const ATTEMPTS: usize = 16;

fn id(collection: &str, key: &str) -> String {
    format!("{collection}{UNIT}{key}")
}

fn live(id: &str) -> Document {
    doc! { "_id": id, "dead": { "$exists": false } }
}

fn record(document: Document) -> Result<Record> {
    let id = document.get_str("_id").map_err(|_| damaged("a record's key"))?;
    let key = id.split_once(UNIT).ok_or_else(|| damaged("a record's key"))?.1.to_owned();
    let revision = number(&document, "rev").ok_or_else(|| damaged("a record's revision"))?;
    Ok(Record { key, revision, value: bytes(document, "value")? })
}

impl Mongodb {
    pub(super) async fn record_of(&self, collection: &str, key: &str) -> Result<Option<Record>> {
        let found = self.done("read a record", self.records.find_one(live(&id(collection, key)))).await?;
        found.map(record).transpose()
    }

    pub(super) async fn records_of(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut range = doc! { "$lt": below(&id(collection, prefix)) };
        match after {
            Some(after) if after >= prefix => range.insert("$gt", id(collection, after)),
            _ => range.insert("$gte", id(collection, prefix)),
        };
        let query = self
            .records
            .find(doc! { "_id": range, "dead": { "$exists": false } })
            .sort(doc! { "_id": 1 })
            .limit(rows(limit));
        self.all("list records", query).await?.into_iter().map(record).collect()
    }

    /// Every collection's name, by leaps over its keys.
    pub(super) async fn collections(&self) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        loop {
            let mut query = doc! { "dead": { "$exists": false } };
            if let Some(last) = found.last() {
                query.insert("_id", doc! { "$gte": below(&id(last, "")) });
            }
            let first = self.records.find_one(query).sort(doc! { "_id": 1 }).projection(doc! { "_id": 1 });
            let Some(document) = self.done("list collections", first).await? else { return Ok(found) };
            let id = document.get_str("_id").map_err(|_| damaged("a record's key"))?;
            let (name, _) = id.split_once(UNIT).ok_or_else(|| damaged("a record's key"))?;
            found.push(name.to_owned());
        }
    }

    pub(super) async fn write_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64> {
        if value.len() > MAX_RECORD {
            let (what, size) = (format!("record `{collection}/{key}`"), value.len() as u64);
            return Err(Error::TooLarge { what, size, limit: MAX_RECORD as u64 });
        }
        let id = id(collection, key);
        let Some(expected) = expected else { return self.new_record(collection, key, &id, &value).await };
        let revision = self.next_revision().await?;
        let mut old = live(&id);
        old.insert("rev", signed(expected));
        let new = doc! { "$set": { "rev": signed(revision), "value": binary(value) } };
        if self.done("write a record", self.records.update_one(old, new)).await?.matched_count == 1 {
            return Ok(revision);
        }
        Err(self.stale(collection, key).await?)
    }

    async fn new_record(&self, collection: &str, key: &str, id: &str, value: &Bytes) -> Result<u64> {
        for _ in 0..ATTEMPTS {
            let revision = self.next_revision().await?;
            let rev = signed(revision);
            let document = doc! { "_id": id, "rev": rev, "value": binary(value.to_vec()) };
            match self.in_time(self.records.insert_one(document)).await? {
                Ok(_) => return Ok(revision),
                Err(error) if duplicate(&error) => {}
                Err(error) => return Err(self.noted(failed("write a record", &error))),
            }
            let dead = doc! { "_id": id, "dead": { "$exists": true }, "rev": { "$lt": rev } };
            let again =
                doc! { "$set": { "rev": rev, "value": binary(value.to_vec()) }, "$unset": { "dead": "" } };
            if self.done("write a record", self.records.update_one(dead, again)).await?.matched_count == 1 {
                return Ok(revision);
            }
            let stale = self.stale(collection, key).await?;
            if !matches!(stale, Error::StaleRecord { actual: None, .. }) {
                return Err(stale);
            }
        }
        Err(Error::Unavailable { reason: format!("record `{collection}/{key}` comes and goes") })
    }

    pub(super) async fn remove_record(&self, collection: &str, key: &str, expected: u64) -> Result<()> {
        let mut old = live(&id(collection, key));
        old.insert("rev", signed(expected));
        let dead = doc! { "$set": { "dead": DateTime::now() }, "$unset": { "value": "" } };
        if self.done("delete a record", self.records.update_one(old, dead)).await?.matched_count == 1 {
            return Ok(());
        }
        Err(self.stale(collection, key).await?)
    }

    async fn stale(&self, collection: &str, key: &str) -> Result<Error> {
        let actual = self.record_of(collection, key).await?.map(|record| record.revision);
        Ok(Error::StaleRecord { collection: collection.into(), key: key.into(), actual })
    }

    /// One counter for all records: it only grows.
    async fn next_revision(&self) -> Result<u64> {
        for _ in 0..ATTEMPTS {
            let next = self
                .meta
                .find_one_and_update(doc! { "_id": "revision" }, doc! { "$inc": { "value": 1_i64 } })
                .upsert(true)
                .return_document(ReturnDocument::After);
            match self.in_time(next).await? {
                Ok(found) => {
                    let value = found.and_then(|document| number(&document, "value"));
                    return value.ok_or_else(|| damaged("the counter of revisions"));
                }
                // Two made it at once: it is there now.
                Err(error) if duplicate(&error) => {}
                Err(error) => return Err(self.noted(failed("count a revision", &error))),
            }
        }
        Err(Error::Unavailable { reason: "the counter of revisions cannot be made".into() })
    }
}
