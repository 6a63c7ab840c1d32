//! The small picture that a project is known by in listings. Clients draw it; it is a blob of the project that no
//! version knows of, so pruning is told of it.

use api::{Code, Failure};
use bytes::Bytes;
use futures::StreamExt as _;
use store::blob_stream;

use crate::convert;
use crate::documents::Held;
use crate::errors::failure;
use crate::projects::{Meta, PROJECTS};
use crate::server::Core;

/// Largest picture in bytes: listings show many.
const LARGEST: u64 = 256 << 10;

/// Bytes by which a kind of picture is known.
const HEAD: u64 = 12;

/// Whether bytes begin as a picture that every browser shows. Nothing that can hold a script is among them.
fn is_picture(head: &[u8]) -> bool {
    let webp = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    head.starts_with(b"\x89PNG\r\n\x1a\n") || head.starts_with(b"\xff\xd8\xff") || webp
}

impl Core {
    /// The hash of a picture that may stand for a project; empty for none.
    pub(crate) async fn good_picture(&self, project: &str, text: String) -> Result<String, Failure> {
        if text.is_empty() {
            return Ok(text);
        }
        let hash = convert::hash(&text)?;
        let backend = self.repository.backend();
        let found = backend.stat_blob(project, hash).await.map_err(failure)?;
        let size = found
            .ok_or_else(|| Code::NotFound.because(format!("there is no blob {hash} in this project")))?
            .size;
        if size > LARGEST {
            return Err(Code::TooLarge
                .because(format!("the picture has {size} bytes, {LARGEST} at most"))
                .remedy("make it smaller"));
        }
        let mut head = Vec::new();
        let mut pieces = blob_stream(backend.clone(), project.to_owned(), hash, 0..size.min(HEAD));
        while let Some(piece) = pieces.next().await {
            head.extend_from_slice(&piece.map_err(failure)?);
        }
        if is_picture(&head) {
            return Ok(hash.to_string());
        }
        Err(Code::Invalid
            .because(format!("the blob {} is no picture", hash.short()))
            .remedy("send PNG, JPEG or WebP"))
    }

    /// Gives a copy of a project the picture of its original.
    pub(crate) async fn copy_picture(&self, from: &str, picture: &str, to: &str) -> Result<(), Failure> {
        if picture.is_empty() {
            return Ok(());
        }
        let hash = convert::hash(picture)?;
        let backend = self.repository.backend();
        let bytes: Bytes = backend.get_blob(from, hash, LARGEST).await.map_err(failure)?;
        backend.put_blob_bytes(to, bytes).await.map_err(failure)?;
        let held: Option<Held<Meta>> = self.documents.get(PROJECTS, to).await?;
        if let Some(Held { revision, mut value, .. }) = held {
            picture.clone_into(&mut value.picture);
            self.documents.put(PROJECTS, to, Some(revision), &value).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_how_they_begin() {
        for good in [&b"\x89PNG\r\n\x1a\n\0\0\0\x0d"[..], b"\xff\xd8\xff\xe0", b"RIFF\x10\0\0\0WEBPVP8 "] {
            assert!(is_picture(good), "{good:?}");
        }
        for other in [&b""[..], b"<svg xmlns=", b"GIF89a", b"RIFF\x10\0\0\0WAVE", b"\x89PNG"] {
            assert!(!is_picture(other), "{other:?}");
        }
    }
}
