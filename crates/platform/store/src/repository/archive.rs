//! Projects as one stream of bytes.
//!
//! An archive is the eight bytes `OTSTORE1`, then frames: a kind (one byte),
//! the length of the payload (four bytes, little-endian), the payload.
//!
//! | kind | payload |
//! |---|---|
//! | `P` | begins a project: its name |
//! | `O` | an object: a version, a root, a tree node or an entity |
//! | `B` | begins a blob: its hash (32 bytes), its size (eight, little-endian) |
//! | `D` | the next bytes of that blob, 1 MiB at most |
//! | `R` | a reference of the project: hash (32 bytes), then its name |
//! | `K` | a record: lengths of collection and key (two bytes each), both, the value |
//! | `E` | an entry of a stream: length of the stream's name (two bytes), the name, the entry |
//! | `Z` | ends the archive: BLAKE3 of all bytes before this frame |
//!
//! Objects are named by their hash, which the reader computes. The references
//! of a project come last, so a cut archive has none.

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::{mpsc, watch};

use super::reach::Reach;
use super::{Project, Repository};
use crate::backend::{BlobInfo, BlobStream, blob_stream};
use crate::{Error, Hash, Result};

pub(crate) const MAGIC: &[u8; 8] = b"OTSTORE1";
/// The longest payload of a frame.
pub(super) const MAX_FRAME: usize = 8 << 20;

impl Repository {
    /// An archive of one project: all versions, references and blobs.
    ///
    /// # Errors
    /// [`Error::BadName`]; errors on the way come as the last item.
    pub fn export(&self, project: &str) -> Result<BlobStream> {
        let project = self.project(project)?;
        Ok(streamed(move |mut out| async move {
            out.begin().await?;
            out.project(&project, Blobs::Needed).await?;
            out.end().await
        }))
    }

    /// An archive of everything: all projects with all blobs, all records, and
    /// the entries of these streams.
    pub fn export_all(&self, streams: &[&str]) -> BlobStream {
        let this = self.clone();
        let streams: Vec<String> = streams.iter().map(|name| (*name).to_owned()).collect();
        streamed(move |mut out| async move {
            out.begin().await?;
            for name in this.projects().await? {
                out.project(&this.project(&name)?, Blobs::All).await?;
            }
            for name in this.backend().list_collections().await? {
                out.records(&this, &name).await?;
            }
            for name in &streams {
                out.entries(&this, name).await?;
            }
            out.end().await
        })
    }

    /// An archive of all projects with all blobs, and the records of these
    /// collections.
    pub fn export_site(&self, collections: &[&str]) -> BlobStream {
        let this = self.clone();
        let collections: Vec<String> = collections.iter().map(|name| (*name).to_owned()).collect();
        streamed(move |mut out| async move {
            out.begin().await?;
            for name in this.projects().await? {
                out.project(&this.project(&name)?, Blobs::All).await?;
            }
            for name in &collections {
                out.records(&this, name).await?;
            }
            out.end().await
        })
    }
}

/// Runs `work` in a task of its own; what it writes is the stream.
fn streamed<F>(work: impl FnOnce(Output) -> F) -> BlobStream
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (pieces, queue) = mpsc::channel(8);
    let errors = pieces.clone();
    let work = work(Output { pieces, hasher: blake3::Hasher::new(), ending: None });
    tokio::spawn(async move {
        if let Err(error) = work.await {
            // Nobody to tell when the reader has gone.
            let _ = errors.send(Err(error)).await;
        }
    });
    received(queue)
}

/// The items of a channel as a stream.
pub(super) fn received(queue: mpsc::Receiver<Result<Bytes>>) -> BlobStream {
    Box::pin(futures::stream::unfold(queue, |mut queue| async move {
        queue.recv().await.map(|item| (item, queue))
    }))
}

/// Which blobs of a project an archive holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blobs {
    /// What a version or a pin names.
    Needed,
    /// Also what no version names: records of the site may, or the next commit.
    All,
}

struct Output {
    pieces: mpsc::Sender<Result<Bytes>>,
    hasher: blake3::Hasher,
    /// Tells that the project that is being written is being dropped.
    ending: Option<watch::Receiver<bool>>,
}

impl Output {
    async fn begin(&mut self) -> Result<()> {
        self.send(Bytes::from_static(MAGIC)).await
    }

    async fn end(&mut self) -> Result<()> {
        let hash: Hash = self.hasher.finalize().into();
        self.frame(b'Z', &[hash.as_bytes()]).await
    }

    async fn send(&mut self, bytes: Bytes) -> Result<()> {
        self.hasher.update(&bytes);
        let gone = |_| Error::Unavailable { reason: "the reader of the archive has gone".into() };
        let sent = self.pieces.send(Ok(bytes));
        let Some(ending) = &mut self.ending else { return sent.await.map_err(gone) };
        tokio::select! {
            sent = sent => sent.map_err(gone),
            Ok(_) = ending.wait_for(|ending| *ending) => {
                Err(Error::Unavailable { reason: "the project is being deleted".into() })
            }
        }
    }

    async fn frame(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if len > MAX_FRAME {
            let (size, limit) = (len as u64, MAX_FRAME as u64);
            return Err(Error::TooLarge { what: "a piece of an archive".into(), size, limit });
        }
        let mut frame = BytesMut::with_capacity(5 + len);
        frame.put_u8(kind);
        frame.put_u32_le(len as u32);
        for part in parts {
            frame.put_slice(part);
        }
        self.send(frame.freeze()).await
    }

    async fn project(&mut self, project: &Project, which: Blobs) -> Result<()> {
        let backend = project.backend();
        // First what the references are, then what they reach: a project that
        // changes meanwhile is archived as it was. Prune is refused meanwhile.
        let _kept = project.gate.archives.read().await;
        self.ending = Some(project.gate.ending.subscribe());
        let refs = backend.list_refs(project.name(), "").await?;
        if refs.is_empty() {
            return Err(Error::not_found("project", project.name()));
        }
        self.frame(b'P', &[project.name().as_bytes()]).await?;
        let mut reach = Reach::new(true);
        let mut blobs = BTreeSet::new();
        for (name, hash) in &refs {
            if name.starts_with("pin/") {
                blobs.insert(*hash);
            } else {
                reach.head(*hash);
            }
        }
        while let Some(objects) = reach.next(&project.objects).await? {
            for (_, bytes) in objects {
                self.frame(b'O', &[&bytes]).await?;
            }
        }
        blobs.extend(reach.blobs);
        for hash in &blobs {
            let info = backend.stat_blob(project.name(), *hash).await?;
            self.blob(project, info.ok_or_else(|| Error::corrupt("a blob", *hash))?).await?;
        }
        let mut from = Some(Hash::ZERO).filter(|_| which == Blobs::All);
        while let Some(start) = from {
            let listed = backend.list_blobs(project.name(), start, 1024).await?;
            from = listed.last().and_then(|blob| blob.hash.next());
            for info in listed.into_iter().filter(|info| !blobs.contains(&info.hash)) {
                self.blob(project, info).await?;
            }
        }
        for (name, hash) in refs {
            self.frame(b'R', &[hash.as_bytes(), name.as_bytes()]).await?;
        }
        Ok(())
    }

    async fn blob(&mut self, project: &Project, BlobInfo { hash, size }: BlobInfo) -> Result<()> {
        self.frame(b'B', &[hash.as_bytes(), &size.to_le_bytes()]).await?;
        let backend = project.backend().clone();
        let mut bytes = blob_stream(backend, project.name().to_owned(), hash, 0..size);
        while let Some(piece) = bytes.next().await {
            self.frame(b'D', &[&piece?]).await?;
        }
        Ok(())
    }

    async fn records(&mut self, repository: &Repository, collection: &str) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let backend = repository.backend();
            let page = backend.list_records(collection, "", after.as_deref(), 256).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for record in &page {
                let lengths = [collection.len() as u16, record.key.len() as u16].map(u16::to_le_bytes);
                let key = record.key.as_bytes();
                let parts = [&lengths[0][..], &lengths[1][..], collection.as_bytes(), key, &record.value];
                self.frame(b'K', &parts).await?;
            }
        }
    }

    async fn entries(&mut self, repository: &Repository, stream: &str) -> Result<()> {
        let mut after = 0;
        loop {
            let page = repository.backend().read(stream, after, 256).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            for entry in &page {
                let length = (stream.len() as u16).to_le_bytes();
                self.frame(b'E', &[&length, stream.as_bytes(), &entry.payload]).await?;
            }
        }
    }
}
