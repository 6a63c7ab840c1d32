//! Whole projects on their way: copies, archives out and in.
//!
//! An archive is `OTPROJ01`, the length of a JSON object (four bytes, little-endian), that object (name, description,
//! tags, picture as base64), then the store's own archive of the content, which is left out where the project has none yet.

use api::v1::{Chunk, CopyProjectRequest, ProjectInfo, ProjectRequest, Right};
use api::{Code, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use futures::StreamExt as _;
use runtime::Caller;
use runtime::caller::now_ms;
use serde::{Deserialize, Serialize};
use store::BlobStream;
use tonic::Streaming;

use crate::blobs::{bounded, chunks};
use crate::errors::failure;
use crate::guard::{Asker, Standing};
use crate::pictures::is_good;
use crate::projects::{Meta, PROJECTS, good_name, new_id};
use crate::server::{Core, Stream, until};

const MAGIC: &[u8; 8] = b"OTPROJ01";
/// What the store's own archives begin with.
const BARE: &[u8; 8] = b"OTSTORE1";
/// Longest description of a project in an archive.
const HEAD: usize = 1 << 20;
/// What errors call it.
const ARCHIVE: &str = "the archive";
/// Small pieces of an archive are gathered to about this size.
const PIECE: usize = 256 << 10;
/// Collection of projects that are coming in. What is there at a start was interrupted.
const COMING: &str = "coming";

/// What an archive says of a project besides its content.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Head {
    name: String,
    description: String,
    tags: Vec<String>,
    /// Base64; empty where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    picture: String,
}

/// A project on its way in, besides its content.
struct Coming {
    meta: Meta,
    /// Empty where it has none.
    picture: Bytes,
    /// Whether the name is to be just that, and not one that is free.
    named: bool,
}

impl Core {
    pub(crate) async fn export_project(
        &self,
        asker: Asker,
        asked: ProjectRequest,
    ) -> Result<Stream<Chunk>, Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        let Meta { name, description, tags, picture, .. } = access.meta;
        let picture = STANDARD.encode(self.picture_or_none(&access.id, &picture).await);
        let head = serde_json::to_vec(&Head { name, description, tags, picture })
            .map_err(|e| Code::Internal.because(format!("cannot write the head of an archive: {e}")))?;
        let mut begin = BytesMut::with_capacity(12 + head.len());
        begin.put_slice(MAGIC);
        begin.put_u32_le(u32::try_from(head.len()).unwrap_or(u32::MAX));
        begin.put_slice(&head);
        let begin = futures::stream::iter([Ok(begin.freeze())]);
        let content = self.content(&access.id).await?.unwrap_or_else(|| Box::pin(futures::stream::empty()));
        Ok(until(&self.context.shutdown, chunks(gathered(Box::pin(begin.chain(content))))))
    }

    /// The store's archive of a project; `None` while it has no content.
    async fn content(&self, id: &str) -> Result<Option<BlobStream>, Failure> {
        let project = self.repository.project(id).map_err(failure)?;
        if project.branches().await.map_err(failure)?.is_empty() {
            return Ok(None);
        }
        self.repository.export(id).map(Some).map_err(failure)
    }

    pub(crate) async fn copy_project(
        &self,
        asker: Asker,
        asked: CopyProjectRequest,
    ) -> Result<ProjectInfo, Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        if !access.caller.assertion.project.is_empty() {
            return Err(Code::Denied.because("an assertion for one run is good for its own project only"));
        }
        let named = !asked.name.trim().is_empty();
        let name = if named { asked.name } else { access.meta.name.clone() };
        let meta = Meta::new(&access.caller, &name, &access.meta.description, access.meta.tags)?;
        if named {
            // Told before much is copied; looked at again in the end.
            self.demand_free(&meta, None).await?;
        }
        let content = self.content(&access.id).await?;
        let picture = self.picture_or_none(&access.id, &access.meta.picture).await;
        self.take_in(&access.caller, Coming { meta, picture, named }, content).await
    }

    /// A project is worth more than its picture: where that cannot be read it goes without.
    async fn picture_or_none(&self, project: &str, picture: &str) -> Bytes {
        self.picture(project, picture).await.unwrap_or_else(|failure| {
            tracing::warn!(project, %failure, "a project is copied without its picture");
            Bytes::new()
        })
    }

    pub(crate) async fn import_project(
        &self,
        asker: Asker,
        pieces: Streaming<Chunk>,
    ) -> Result<ProjectInfo, Failure> {
        let caller = self.guard.person(asker).await?;
        let data = pieces.map(|piece| piece.map(|piece| piece.data));
        let mut data = bounded(ARCHIVE, data, self.bounds.archive_bytes);
        let mut buffer = BytesMut::new();
        fill(&mut data, &mut buffer, MAGIC.len()).await?;
        let head = if buffer.starts_with(BARE) {
            Head { name: "Imported project".to_owned(), ..Head::default() }
        } else {
            head(&mut data, &mut buffer).await?
        };
        let Head { name, description, tags, picture } = head;
        good_name(&name)?;
        let meta = Meta::new(&caller, &name, &description, tags)?;
        let picture = Bytes::from(STANDARD.decode(picture).unwrap_or_default());
        // What is no picture is left out: the project is whole without it.
        let picture = if is_good(&picture) { picture } else { Bytes::new() };
        let coming = Coming { meta, picture, named: false };
        // Whether there is content shows in whether there is more.
        while buffer.is_empty() {
            match data.next().await {
                Some(piece) => buffer.extend_from_slice(&piece.map_err(failure)?),
                None => return self.take_in(&caller, coming, None).await,
            }
        }
        let begin = futures::stream::iter([Ok(buffer.freeze())]);
        self.take_in(&caller, coming, Some(Box::pin(begin.chain(data)))).await
    }

    /// Makes a project with content that comes from elsewhere.
    async fn take_in(
        &self,
        caller: &Caller,
        coming: Coming,
        content: Option<BlobStream>,
    ) -> Result<ProjectInfo, Failure> {
        let Coming { mut meta, picture, named } = coming;
        let id = new_id();
        self.documents.put(COMING, &id, None, &now_ms()).await?;
        let taken = async {
            // First, for it takes a good assertion, and what comes in may take longer than that lasts.
            self.grant(caller, &id).await?;
            if let Some(content) = content {
                self.repository.import(content, Some(&id), caller.name()).await.map_err(broken)?;
            }
            meta.picture = self.take_picture(&id, picture).await?;
            let _names = self.names.take().await.map_err(failure)?;
            if named {
                self.demand_free(&meta, None).await?;
            } else {
                self.make_free(&mut meta).await?;
            }
            self.enter(&id, &meta).await
        };
        if let Err(why) = taken.await {
            if let Err(failure) = self.leave_out(&id).await {
                tracing::warn!(project = id, %failure, "what came in of a project is cleared at the next start");
            }
            return Err(why);
        }
        self.documents.delete(COMING, &id).await?;
        self.info(id, meta, Standing::owner()).await
    }

    async fn leave_out(&self, id: &str) -> Result<(), Failure> {
        self.repository.drop_project(id).await.map_err(failure)?;
        self.forget(id).await;
        self.documents.delete(COMING, id).await
    }

    /// Clears what an end of the process left half taken in.
    pub(crate) async fn clear_coming(&self) -> Result<(), Failure> {
        for held in self.documents.all::<i64>(COMING).await? {
            if self.documents.get::<Meta>(PROJECTS, &held.key).await?.is_some() {
                self.documents.delete(COMING, &held.key).await?;
            } else {
                tracing::info!(project = held.key, "a project that did not come in wholly is cleared away");
                self.leave_out(&held.key).await?;
            }
        }
        Ok(())
    }
}

/// A damaged archive is the caller's, not the store's.
fn broken(error: store::Error) -> Failure {
    match error {
        store::Error::TooLarge { ref what, .. } if what == ARCHIVE => {
            failure(error).remedy("ask an administrator to raise `archive-mb` of the project service")
        }
        store::Error::Corrupt { .. } => not_an_archive(&error.to_string()),
        error => failure(error),
    }
}

fn not_an_archive(why: &str) -> Failure {
    Code::Invalid.because(format!("this is no whole archive of a project: {why}")).remedy("export it again")
}

async fn head(data: &mut BlobStream, buffer: &mut BytesMut) -> Result<Head, Failure> {
    if !buffer.starts_with(MAGIC) {
        return Err(not_an_archive("it does not begin with OTPROJ01"));
    }
    buffer.advance(MAGIC.len());
    fill(data, buffer, 4).await?;
    let length = buffer.get_u32_le() as usize;
    if length > HEAD {
        return Err(not_an_archive("its head is too long"));
    }
    fill(data, buffer, length).await?;
    serde_json::from_slice(&buffer.split_to(length)).map_err(|e| not_an_archive(&format!("its head: {e}")))
}

/// Makes the buffer hold `length` bytes.
async fn fill(data: &mut BlobStream, buffer: &mut BytesMut, length: usize) -> Result<(), Failure> {
    while buffer.len() < length {
        let piece = data.next().await.ok_or_else(|| not_an_archive("it ends too early"))?;
        buffer.extend_from_slice(&piece.map_err(failure)?);
    }
    Ok(())
}

/// The same bytes in pieces that are neither tiny nor too large for a message.
fn gathered(pieces: BlobStream) -> BlobStream {
    let state = (pieces, BytesMut::new(), false);
    Box::pin(futures::stream::try_unfold(state, |(mut pieces, mut buffer, mut over)| async move {
        while !over && buffer.len() < PIECE {
            match pieces.next().await {
                Some(piece) => buffer.extend_from_slice(&piece?),
                None => over = true,
            }
        }
        let piece: Bytes = buffer.split_to(buffer.len().min(rpc::CHUNK)).freeze();
        Ok((!piece.is_empty()).then_some((piece, (pieces, buffer, over))))
    }))
}
