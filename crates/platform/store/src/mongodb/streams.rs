//! Streams: a head that counts, with the newest entries, and older entries as
//! documents `{_id: stream ‖ seq, payload}`.
//!
//! One update of the head gives an entry its position, so positions have no
//! gaps and an entry is durable with it. The head of a project's events is
//! the project's document, for they must be one with its references; that of
//! any other stream lies in `streams`.

use ::mongodb::Collection;
use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::ReturnDocument;
use bytes::Bytes;

use super::Mongodb;
use super::failure::{duplicate, duplicates, failed};
use super::keys::{binary, bytes, damaged, entry, number, number_of, rows, signed};
use crate::backend::Entry;
use crate::{Error, Result};

/// With so many entries, or so many bytes, a head is long.
const LONG: (usize, usize) = (16, 512 << 10);
/// The largest entry in bytes.
const MAX_ENTRY: usize = 512 << 10;
const ATTEMPTS: usize = 16;

/// What is known of a stream.
pub(super) struct Head {
    id: Bson,
    /// The position of the last entry.
    pub seq: u64,
    /// Up to here entries are deleted.
    trimmed: u64,
    /// The newest entries, which end with `seq`: a mark and the content.
    outbox: Vec<(Bson, Bytes)>,
}

impl Head {
    pub fn check(stream: &str, payload: &Bytes) -> Result<()> {
        if payload.len() <= MAX_ENTRY {
            return Ok(());
        }
        let (what, size) = (format!("an entry of stream `{stream}`"), payload.len() as u64);
        Err(Error::TooLarge { what, size, limit: MAX_ENTRY as u64 })
    }

    /// The argument of `$push` that adds an entry.
    pub fn entry(payload: &Bytes) -> Document {
        let mark = ::mongodb::bson::oid::ObjectId::new();
        doc! { "outbox": { "id": mark, "payload": binary(payload.to_vec()) } }
    }

    pub fn read(mut document: Document) -> Result<Self> {
        let seq = number(&document, "seq").ok_or_else(|| damaged("a stream's head"))?;
        let trimmed = number(&document, "trimmed").unwrap_or(0);
        let id = document.remove("_id").ok_or_else(|| damaged("a stream's head"))?;
        let Some(Bson::Array(items)) = document.remove("outbox") else {
            return Err(damaged("a stream's head"));
        };
        let item = |item: Bson| {
            let Bson::Document(mut item) = item else { return Err(damaged("a stream's entry")) };
            let mark = item.remove("id").ok_or_else(|| damaged("a stream's entry"))?;
            Ok((mark, bytes(item, "payload")?))
        };
        let outbox = items.into_iter().map(item).collect::<Result<Vec<_>>>()?;
        if outbox.len() as u64 > seq {
            return Err(damaged("a stream's head"));
        }
        Ok(Self { id, seq, trimmed, outbox })
    }

    /// The newest entries with their positions.
    fn newest(&self) -> impl Iterator<Item = Entry> + '_ {
        let first = self.seq - self.outbox.len() as u64 + 1;
        (first..).zip(&self.outbox).map(|(seq, (_, payload))| Entry { seq, payload: payload.clone() })
    }

    fn long(&self) -> bool {
        let size: usize = self.outbox.iter().map(|item| item.1.len()).sum();
        self.outbox.len() >= LONG.0 || size >= LONG.1
    }
}

impl Mongodb {
    /// Where the head of a stream lies, and the head.
    async fn head(&self, stream: &str) -> Result<Option<(&Collection<Document>, Head)>> {
        let fields = doc! { "seq": 1, "outbox": 1, "trimmed": 1 };
        let query = self.projects.find_one(doc! { "log": stream }).projection(fields);
        if let Some(found) = self.done("read a stream", query).await? {
            return Ok(Some((&self.projects, Head::read(found)?)));
        }
        let found = self.done("read a stream", self.streams.find_one(doc! { "_id": stream })).await?;
        found.map(|found| Ok((&self.streams, Head::read(found)?))).transpose()
    }

    pub(super) async fn append_to(&self, stream: &str, payload: Bytes) -> Result<u64> {
        Head::check(stream, &payload)?;
        for _ in 0..ATTEMPTS {
            let change = doc! { "$inc": { "seq": 1_i64 }, "$push": Head::entry(&payload) };
            let grown = self
                .streams
                .find_one_and_update(doc! { "_id": stream }, change)
                .upsert(true)
                .return_document(ReturnDocument::After);
            match self.in_time(grown).await? {
                Ok(Some(document)) => {
                    let head = Head::read(document)?;
                    self.archive_when_long(&self.streams, stream, &head).await;
                    return Ok(head.seq);
                }
                Ok(None) => return Err(damaged("a stream's head")),
                // Two made it at once: it is there now.
                Err(error) if duplicate(&error) => {}
                Err(error) => return Err(self.noted(failed("append to a stream", &error))),
            }
        }
        Err(Error::Unavailable { reason: format!("stream `{stream}` cannot be made") })
    }

    /// Moves the newest entries out of a long head. They are safe where they
    /// are, so a failure here is none of the caller's: the next one tries
    /// again.
    pub(super) async fn archive_when_long(&self, heads: &Collection<Document>, stream: &str, head: &Head) {
        if head.long() {
            let _ = self.archive(heads, stream, head).await;
        }
    }

    /// Whoever does this at the same time writes the same, and what is taken
    /// out is always the oldest.
    async fn archive(&self, heads: &Collection<Document>, stream: &str, head: &Head) -> Result<()> {
        let document = |item: Entry| {
            doc! { "_id": entry(stream, item.seq), "payload": binary(item.payload.to_vec()) }
        };
        let documents: Vec<Document> = head.newest().map(document).collect();
        if documents.is_empty() {
            return Ok(());
        }
        match self.in_time(self.events.insert_many(documents).ordered(false)).await? {
            Err(error) if duplicates(&error).is_none() => {
                return Err(self.noted(failed("archive a stream", &error)));
            }
            _ => {}
        }
        let marks: Vec<Bson> = head.outbox.iter().map(|item| item.0.clone()).collect();
        let gone = doc! { "$pull": { "outbox": { "id": { "$in": marks } } } };
        self.done("archive a stream", heads.update_one(doc! { "_id": head.id.clone() }, gone)).await?;
        Ok(())
    }

    /// The head is read first: what it lacks is archived, and what came after
    /// it waits for the next call.
    pub(super) async fn entries_of(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
        let Some((_, head)) = self.head(stream).await? else { return Ok(Vec::new()) };
        let (after, newest) = (after.max(head.trimmed), head.seq - head.outbox.len() as u64);
        let mut found = Vec::new();
        if after < newest && limit > 0 {
            let range = doc! { "$gt": entry(stream, after), "$lte": entry(stream, newest) };
            let query = self.events.find(doc! { "_id": range }).sort(doc! { "_id": 1 }).limit(rows(limit));
            for document in self.all("read a stream", query).await? {
                found.push(Entry { seq: number_of(&document)?, payload: bytes(document, "payload")? });
            }
        }
        let left = limit - found.len();
        found.extend(head.newest().filter(|item| item.seq > after).take(left));
        Ok(found)
    }

    pub(super) async fn last_of(&self, stream: &str) -> Result<u64> {
        Ok(self.head(stream).await?.map_or(0, |(_, head)| head.seq))
    }

    pub(super) async fn trim_to(&self, stream: &str, through: u64) -> Result<()> {
        let Some((heads, head)) = self.head(stream).await? else { return Ok(()) };
        let through = through.min(head.seq);
        let mark = doc! { "$max": { "trimmed": signed(through) } };
        self.done("trim a stream", heads.update_one(doc! { "_id": head.id.clone() }, mark)).await?;
        if head.seq - (head.outbox.len() as u64) < through {
            self.archive(heads, stream, &head).await?;
        }
        let range = doc! { "$gte": entry(stream, 0), "$lte": entry(stream, through) };
        self.done("trim a stream", self.events.delete_many(doc! { "_id": range })).await?;
        Ok(())
    }
}
