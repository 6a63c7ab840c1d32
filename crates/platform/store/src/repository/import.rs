//! Reading archives.

use bytes::{Buf, Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::mpsc;

use super::archive::{MAGIC, MAX_FRAME, received};
use super::events::{Action, Event};
use super::reach::Reach;
use super::{Project, Repository};
use crate::backend::{BlobStream, Object, Publish, RefChange};
use crate::entity::MAX_ENTITY;
use crate::objects::object;
use crate::{Error, Hash, Result, now};

/// What an archive brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The projects.
    pub projects: Vec<String>,
    /// How many records.
    pub records: usize,
    /// How many entries of streams.
    pub entries: usize,
}

/// A project whose references wait until the whole archive proved good.
struct Pending {
    project: Project,
    refs: Vec<(String, Hash)>,
    objects: Vec<Object>,
    /// Bytes of these objects.
    held: usize,
    /// How many more objects it may have.
    room: usize,
}

/// The most objects held before they are stored, and the most bytes.
const PORTION: usize = 1024;
const PORTION_BYTES: usize = 16 << 20;
/// The most references of a project; an archive holds them all until it proved good.
const MAX_REFS: usize = 100_000;
/// The most objects of a project that somebody sends in: while it is checked, some 400 bytes of memory are held for each. What
/// an operator reads in has no such limit.
const MAX_OBJECTS: usize = 2_000_000;

impl Repository {
    /// Reads an archive. Every hash, the structure and the checksum of the
    /// whole are verified before a project of it becomes visible; a damaged
    /// archive leaves nothing.
    ///
    /// With `name` the archive must hold one project, which gets this name,
    /// and nothing else: whoever may import a project may not write records,
    /// which belong to the whole site. Without, it is a site's: its records
    /// replace those of the same key, its entries are appended to their
    /// streams.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::AlreadyExists`] for a project that has
    /// references already; those of the back end.
    pub async fn import(&self, archive: BlobStream, name: Option<&str>, author: &str) -> Result<Imported> {
        super::commit::check_texts(author, "")?;
        let mut pending = Vec::new();
        let result = self.import_into(archive, name, author, &mut pending).await;
        if result.is_err() {
            for Pending { project, .. } in &pending {
                // The first error says more than one from clearing up.
                if let Ok(refs) = self.backend().list_refs(project.name(), "").await
                    && refs.is_empty()
                {
                    let _ = self.backend().drop_project(project.name()).await;
                }
            }
        }
        result
    }

    async fn import_into(
        &self,
        archive: BlobStream,
        name: Option<&str>,
        author: &str,
        pending: &mut Vec<Pending>,
    ) -> Result<Imported> {
        let mut input = Input::new(archive);
        let (mut records, mut entries) = (Vec::new(), Vec::new());
        input.begin().await?;
        while let Some((kind, payload)) = input.frame().await? {
            match (kind, pending.last_mut()) {
                (b'P', last) => {
                    if name.is_some() && last.is_some() {
                        return Err(Error::bad_name("archive", "", "it holds several projects"));
                    }
                    let own = std::str::from_utf8(&payload).map_err(|_| damaged())?;
                    let room = if name.is_some() { MAX_OBJECTS } else { usize::MAX };
                    pending.push(self.begin(name.unwrap_or(own), room).await?);
                }
                (b'O', Some(last)) => last.object(payload).await?,
                (b'B', Some(last)) => input.blob(last, &payload).await?,
                (b'R', Some(last)) => last.reference(&payload)?,
                (b'K', _) if name.is_none() => records.push(record(payload)?),
                (b'E', _) if name.is_none() => entries.push(entry(payload)?),
                _ => return Err(damaged()),
            }
        }
        for project in pending.iter_mut() {
            project.verify().await?;
        }
        let mut done = Imported { records: records.len(), entries: entries.len(), ..Imported::default() };
        for (collection, key, value) in records {
            let old = self.backend().get_record(&collection, &key).await?;
            self.backend().put_record(&collection, &key, old.map(|old| old.revision), value).await?;
        }
        for (stream, payload) in entries {
            self.backend().append(&stream, payload).await?;
        }
        for project in pending {
            project.publish(author).await?;
            done.projects.push(project.project.name().to_owned());
        }
        Ok(done)
    }

    async fn begin(&self, name: &str, room: usize) -> Result<Pending> {
        let project = self.project(name)?;
        if !self.backend().list_refs(name, "").await?.is_empty() {
            return Err(Error::exists("project", name));
        }
        Ok(Pending { project, refs: Vec::new(), objects: Vec::new(), held: 0, room })
    }
}

impl Pending {
    async fn object(&mut self, bytes: Bytes) -> Result<()> {
        if bytes.len() > MAX_ENTITY {
            return Err(damaged());
        }
        self.room = self.room.checked_sub(1).ok_or_else(|| Error::TooMany {
            what: "objects in the archive of a project".into(),
            limit: MAX_OBJECTS as u64,
        })?;
        self.held += bytes.len();
        self.objects.push(object(bytes));
        let full = self.objects.len() >= PORTION || self.held >= PORTION_BYTES;
        if full { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        self.held = 0;
        let objects = std::mem::take(&mut self.objects);
        self.project.backend().put_objects(self.project.name(), objects).await
    }

    fn reference(&mut self, payload: &[u8]) -> Result<()> {
        let (hash, name) = payload.split_at_checked(32).ok_or_else(damaged)?;
        let hash = Hash::from_slice(hash).ok_or_else(damaged)?;
        let name = std::str::from_utf8(name).map_err(|_| damaged())?;
        let (kind, label) = name.split_once('/').ok_or_else(damaged)?;
        if !matches!(kind, "branch" | "tag" | "redo" | "kept" | "pin") {
            return Err(damaged());
        }
        crate::names::label("reference", label)?;
        if self.refs.len() >= MAX_REFS {
            let (size, limit) = (MAX_REFS as u64 + 1, MAX_REFS as u64);
            return Err(Error::TooLarge {
                what: "the number of references in an archive".into(),
                size,
                limit,
            });
        }
        self.refs.push((name.to_owned(), hash));
        Ok(())
    }

    /// Checks that all that the references reach is there and whole.
    async fn verify(&mut self) -> Result<()> {
        self.flush().await?;
        let mut reach = Reach::strict();
        for (name, hash) in &self.refs {
            if name.starts_with("pin/") {
                reach.blobs.insert(*hash);
            } else {
                reach.head(*hash);
            }
        }
        reach.finish(&self.project.objects).await?;
        for blob in reach.blobs {
            if self.project.backend().stat_blob(self.project.name(), blob).await?.is_none() {
                return Err(Error::corrupt("an archive that lacks a blob", blob));
            }
        }
        Ok(())
    }

    async fn publish(&mut self, author: &str) -> Result<()> {
        let _alone = self.project.gate.writers.write().await;
        let change = |(name, hash)| RefChange { name, expected: None, new: Some(hash) };
        let refs: Vec<RefChange> = std::mem::take(&mut self.refs).into_iter().map(change).collect();
        let event = Event {
            seq: 0,
            action: Action::Import,
            name: self.project.name().to_owned(),
            version: None,
            previous: None,
            author: author.to_owned(),
            time: now(),
        };
        self.project.announce(Publish { refs, ..Publish::default() }, event).await?;
        Ok(())
    }
}

fn damaged() -> Error {
    Error::corrupt("the archive", None)
}

fn record(mut payload: Bytes) -> Result<(String, String, Bytes)> {
    if payload.len() < 4 {
        return Err(damaged());
    }
    let (collection, key) = (payload.get_u16_le() as usize, payload.get_u16_le() as usize);
    if payload.len() < collection + key {
        return Err(damaged());
    }
    let mut text = |len| String::from_utf8(payload.split_to(len).to_vec()).map_err(|_| damaged());
    let (collection, key) = (text(collection)?, text(key)?);
    Ok((collection, key, payload))
}

fn entry(mut payload: Bytes) -> Result<(String, Bytes)> {
    if payload.len() < 2 {
        return Err(damaged());
    }
    let length = payload.get_u16_le() as usize;
    if payload.len() < length {
        return Err(damaged());
    }
    let stream = String::from_utf8(payload.split_to(length).to_vec()).map_err(|_| damaged())?;
    Ok((stream, payload))
}

struct Input {
    bytes: BlobStream,
    buffer: BytesMut,
    hasher: blake3::Hasher,
}

impl Input {
    fn new(bytes: BlobStream) -> Self {
        Self { bytes, buffer: BytesMut::new(), hasher: blake3::Hasher::new() }
    }

    /// Makes the buffer hold `len` bytes.
    async fn fill(&mut self, len: usize) -> Result<()> {
        while self.buffer.len() < len {
            let more = self.bytes.next().await.ok_or_else(damaged)??;
            self.buffer.extend_from_slice(&more);
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<()> {
        self.fill(MAGIC.len()).await?;
        let magic = self.buffer.split_to(MAGIC.len());
        self.hasher.update(&magic);
        if magic != MAGIC[..] {
            return Err(Error::corrupt("the archive (it does not begin with OTSTORE1)", None));
        }
        Ok(())
    }

    /// The next frame; `None` at a good end.
    async fn frame(&mut self) -> Result<Option<(u8, Bytes)>> {
        self.fill(5).await?;
        let header = self.buffer.split_to(5);
        let (kind, len) = (header[0], u32::from_le_bytes([header[1], header[2], header[3], header[4]]));
        let len = len as usize;
        if len > MAX_FRAME {
            return Err(damaged());
        }
        self.fill(len).await?;
        let payload = self.buffer.split_to(len).freeze();
        if kind == b'Z' {
            let good = self.hasher.finalize().as_bytes()[..] == payload[..];
            let rest = !self.buffer.is_empty() || self.bytes.next().await.is_some();
            return if good && !rest { Ok(None) } else { Err(damaged()) };
        }
        self.hasher.update(&header);
        self.hasher.update(&payload);
        Ok(Some((kind, payload)))
    }

    /// Reads the frames of a blob straight into the store.
    async fn blob(&mut self, pending: &Pending, payload: &[u8]) -> Result<()> {
        let (hash, size) = payload.split_at_checked(32).ok_or_else(damaged)?;
        let hash = Hash::from_slice(hash).ok_or_else(damaged)?;
        let mut left = u64::from_le_bytes(size.try_into().map_err(|_| damaged())?);
        let (pieces, queue) = mpsc::channel(4);
        let (backend, project) = (pending.project.backend().clone(), pending.project.name().to_owned());
        let task = tokio::spawn(async move { backend.put_blob(&project, received(queue), Some(hash)).await });
        while left > 0 {
            let piece = match self.frame().await {
                Ok(Some((b'D', piece))) if !piece.is_empty() && piece.len() as u64 <= left => piece,
                other => {
                    // The writer must not take a part for the whole.
                    let error = other.err().unwrap_or_else(damaged);
                    let _ = pieces.send(Err(error.clone())).await;
                    let _ = task.await;
                    return Err(error);
                }
            };
            left -= piece.len() as u64;
            if pieces.send(Ok(piece)).await.is_err() {
                break;
            }
        }
        drop(pieces);
        let lost = |error: tokio::task::JoinError| Error::Backend {
            action: "store a blob",
            reason: error.to_string(),
        };
        task.await.map_err(lost)?.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Memory;

    #[tokio::test]
    async fn a_project_has_no_more_objects_than_can_be_checked() {
        let repository = Repository::new(Arc::new(Memory::new()));
        let mut pending = repository.begin("sent", 2).await.unwrap();
        for byte in 0..2 {
            pending.object(Bytes::from(vec![byte])).await.unwrap();
        }
        assert_eq!(pending.object(Bytes::from_static(b"more")).await.unwrap_err().code(), "too_many");
    }
}
