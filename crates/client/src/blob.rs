//! Blobs up and down.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use api::v1::{BlobInfo, GetBlobRequest, PutBlobRequest};
use api::{BLOB_SIZE, Code, Failure};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tonic::metadata::MetadataMap;

use crate::Client;
use crate::failure::{failure, io};

/// The BLAKE3 hash of a file as blobs are named by it, and its size in bytes.
pub fn hash_file(path: &Path) -> Result<(String, u64), Failure> {
    let unreadable = |e: std::io::Error| io("read", path, &e);
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(Code::Invalid.because(format!("{} is a folder, not a file", path.display())));
    }
    let (mut hasher, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; rpc::CHUNK]);
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok((hasher.finalize().to_hex().to_string(), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

impl Client {
    /// Uploads a file into a project; `told` gets the bytes sent so far.
    pub async fn upload(
        &self,
        project: &str,
        path: &Path,
        told: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<BlobInfo, Failure> {
        let told = Arc::new(told);
        let mut patience = self.patience();
        loop {
            // From the start each time: what is half there is no blob yet.
            match self.upload_once(project, path, told.clone()).await {
                Ok(info) => return Ok(info),
                Err(failure) => patience.pause(failure).await?,
            }
        }
    }

    async fn upload_once(
        &self,
        project: &str,
        path: &Path,
        told: Arc<impl Fn(u64) + Send + Sync + 'static>,
    ) -> Result<BlobInfo, Failure> {
        let file = File::open(path).await.map_err(|e| io("read", path, &e))?;
        let broken: Arc<Mutex<Option<std::io::Error>>> = Arc::default();
        let (project, slot) = (project.to_owned(), broken.clone());
        let pieces = chunks(file, slot).scan((0, true), move |(sent, first), data: Bytes| {
            *sent += data.len() as u64;
            told(*sent);
            let project = if std::mem::take(first) { project.clone() } else { String::new() };
            std::future::ready(Some(PutBlobRequest { project, data, ..PutBlobRequest::default() }))
        });
        let mut service = self.project();
        let answer = self.once(service.put_blob(pieces)).await;
        match broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(io("read", path, &error)),
            None => answer,
        }
    }

    /// Downloads a blob; `told` gets the bytes received so far and, where that is known, their number in the end. A
    /// connection that is lost on the way goes on
    /// where it was, and the whole is checked against its hash.
    pub async fn download(
        &self,
        project: &str,
        hash: &str,
        into: &mut (impl AsyncWrite + Unpin),
        mut told: impl FnMut(u64, Option<u64>),
    ) -> Result<u64, Failure> {
        let (mut hasher, mut offset) = (blake3::Hasher::new(), 0);
        let mut patience = self.patience();
        loop {
            let before = offset;
            let request = GetBlobRequest {
                project: project.to_owned(),
                hash: hash.to_owned(),
                offset,
                ..GetBlobRequest::default()
            };
            let mut service = self.project();
            let received = async {
                let mut whole = None;
                let answer = async {
                    let answer = service.get_blob(request).await?;
                    whole = size(answer.metadata());
                    Ok(answer)
                };
                let mut stream = self.once(answer).await?;
                while let Some(chunk) = stream.message().await.map_err(failure)? {
                    into.write_all(&chunk.data).await.map_err(|e| unwritable(&e))?;
                    hasher.update(&chunk.data);
                    offset += chunk.data.len() as u64;
                    told(offset, whole);
                }
                Ok(())
            };
            match received.await {
                Ok(()) => break,
                Err(failure) => {
                    if offset > before {
                        patience = self.patience();
                    }
                    patience.pause(failure).await?;
                }
            }
        }
        into.flush().await.map_err(|e| unwritable(&e))?;
        if hasher.finalize().to_hex().as_str() != hash {
            return Err(Code::Corrupt.because(format!("what came as blob {hash} has another hash")));
        }
        Ok(offset)
    }
}

/// The size of the whole blob, as the answer with a part of it says.
fn size(metadata: &MetadataMap) -> Option<u64> {
    metadata.get(BLOB_SIZE)?.to_str().ok()?.parse().ok()
}

/// The failure of writing what was received.
pub(crate) fn unwritable(error: &std::io::Error) -> Failure {
    let full = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
    let (code, remedy) = match full {
        true => (Code::DiskFull, "free space on this machine's disk"),
        false => (Code::Io, "check the file, its folder and your rights on them"),
    };
    code.because(format!("cannot write what was received: {error}")).remedy(remedy)
}

/// The pieces of a file; where reading fails they end and the error is left in `slot`.
pub(crate) fn chunks(
    file: File,
    slot: Arc<Mutex<Option<std::io::Error>>>,
) -> impl stream::Stream<Item = Bytes> + Send + 'static {
    // One empty piece at least, so that an empty file is a blob as well.
    stream::unfold((file, true, slot), |(mut file, first, slot)| async move {
        let mut piece = Vec::with_capacity(rpc::CHUNK);
        match (&mut file).take(rpc::CHUNK as u64).read_to_end(&mut piece).await {
            Ok(0) if !first => None,
            Ok(_) => Some((Bytes::from(piece), (file, false, slot))),
            Err(error) => {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        }
    })
}
