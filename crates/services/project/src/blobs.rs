//! Large data: bytes by their hash, in and out as streams. A blob belongs to the project that it was given to; no
//! other project reads it.

use api::v1::{BlobInfo, Chunk, GetBlobRequest, PutBlobRequest, Right};
use api::{Code, Failure};
use bytes::Bytes;
use futures::StreamExt as _;
use store::{BlobStream, Error, blob_stream};
use tonic::{Status, Streaming};

use crate::convert;
use crate::errors::failure;
use crate::guard::Asker;
use crate::server::{Core, Stream, until};

impl Core {
    pub(crate) async fn put_blob(
        &self,
        asker: Asker,
        mut pieces: Streaming<PutBlobRequest>,
    ) -> Result<BlobInfo, Failure> {
        let first =
            pieces.message().await?.ok_or_else(|| Code::Invalid.because("the blob names no project"))?;
        let access = self.guard.demand(asker, &first.project, Right::Editor).await?;
        let place = if first.run.is_empty() {
            first.project
        } else {
            let place = self.checkpoints_of(&access.caller, &first.run)?;
            self.note_checkpoints(&first.run).await?;
            place
        };
        let limit = self.bounds.blob_bytes;
        let data =
            futures::stream::iter([Ok(first.data)]).chain(pieces.map(|piece| piece.map(|piece| piece.data)));
        let info = self
            .repository
            .backend()
            .put_blob(&place, bounded("the blob", data, limit), None)
            .await
            .map_err(failure)?;
        self.sizes.changed(&place);
        Ok(BlobInfo { hash: info.hash.to_string(), size: info.size })
    }

    /// The size of the whole blob, and what is asked for of it.
    pub(crate) async fn get_blob(
        &self,
        asker: Asker,
        asked: GetBlobRequest,
    ) -> Result<(u64, Stream<Chunk>), Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        let place = match asked.run.as_str() {
            "" => asked.project,
            run => self.checkpoints_of(&access.caller, run)?,
        };
        let hash = convert::hash(&asked.hash)?;
        let backend = self.repository.backend().clone();
        let found = backend.stat_blob(&place, hash).await.map_err(failure)?;
        let size = found
            .ok_or_else(|| Code::NotFound.because(format!("there is no blob {hash} in this project")))?
            .size;
        if asked.offset > size {
            return Err(Code::Invalid.because(format!(
                "the blob {} ends at {size}, before {}",
                hash.short(),
                asked.offset
            )));
        }
        let end = match asked.length {
            0 => size,
            length => asked.offset.saturating_add(length).min(size),
        };
        let pieces = blob_stream(backend, place, hash, asked.offset..end);
        Ok((size, until(&self.context.shutdown, chunks(pieces))))
    }
}

/// Bytes as messages.
pub(crate) fn chunks(
    pieces: BlobStream,
) -> impl futures::Stream<Item = Result<Chunk, Status>> + Send + 'static {
    pieces.map(|piece| match piece {
        Ok(data) => Ok(Chunk { data }),
        Err(error) => Err(failure(error).into()),
    })
}

/// A caller's bytes as the store takes them: no more than `limit`, and never a part for the whole.
pub(crate) fn bounded(
    what: &'static str,
    data: impl futures::Stream<Item = Result<Bytes, Status>> + Send + 'static,
    limit: u64,
) -> BlobStream {
    let mut size = 0u64;
    Box::pin(data.map(move |piece| {
        let piece = piece.map_err(|status| Error::Unavailable {
            reason: format!("{what} broke off on its way in: {}", status.message()),
        })?;
        size = size.saturating_add(piece.len() as u64);
        if size > limit {
            return Err(Error::TooLarge { what: what.to_owned(), size, limit });
        }
        Ok(piece)
    }))
}
