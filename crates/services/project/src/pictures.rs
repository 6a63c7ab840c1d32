//! The small picture that a project is known by in listings. Clients draw it; it is a blob of the project that no
//! version knows of, so pruning is told of it.

use api::{Code, Failure};
use bytes::Bytes;
use futures::StreamExt as _;
use store::blob_stream;

use crate::convert;
use crate::errors::failure;
use crate::server::Core;

/// Largest picture in bytes: listings show many.
const LARGEST: u64 = 256 << 10;

/// Bytes by which a kind of picture is known.
const HEAD: u64 = 12;

/// Whether bytes may stand for a project: a picture, and no larger than one may be.
pub(crate) fn is_good(bytes: &[u8]) -> bool {
    is_picture(bytes) && bytes.len() as u64 <= LARGEST
}

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

    /// The bytes of a project's picture; empty where it has none.
    pub(crate) async fn picture(&self, project: &str, picture: &str) -> Result<Bytes, Failure> {
        if picture.is_empty() {
            return Ok(Bytes::new());
        }
        let hash = convert::hash(picture)?;
        self.repository.backend().get_blob(project, hash, LARGEST).await.map_err(failure)
    }

    /// Gives a project that has just come in its picture; says the picture's hash, empty for none.
    pub(crate) async fn take_picture(&self, project: &str, bytes: Bytes) -> Result<String, Failure> {
        if bytes.is_empty() {
            return Ok(String::new());
        }
        let hash = self.repository.backend().put_blob_bytes(project, bytes).await.map_err(failure)?.hash;
        self.sizes.changed(project);
        Ok(hash.to_string())
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
