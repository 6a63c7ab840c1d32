//! Whole projects out and in.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use api::Failure;
use api::v1::{Chunk, ProjectInfo, ProjectRequest};
use futures::StreamExt as _;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::Client;
use crate::blob::{chunks, unwritable};
use crate::failure::{failure, io};

impl Client {
    /// Writes a project's archive: all versions, blobs and runs. `told` gets the bytes received so far.
    pub async fn export_project(
        &self,
        project: &str,
        into: &mut (impl AsyncWrite + Unpin),
        mut told: impl FnMut(u64),
    ) -> Result<u64, Failure> {
        let request = ProjectRequest { project: project.to_owned() };
        let mut service = self.project();
        let mut stream = self.once(service.export_project(request)).await?;
        let mut received = 0;
        while let Some(chunk) = stream.message().await.map_err(failure)? {
            into.write_all(&chunk.data).await.map_err(|e| unwritable(&e))?;
            received += chunk.data.len() as u64;
            told(received);
        }
        into.flush().await.map_err(|e| unwritable(&e))?;
        Ok(received)
    }

    /// Makes a project from an archive; `told` gets the bytes sent so far. Tried once: a second attempt
    /// could make a second project.
    pub async fn import_project(
        &self,
        path: &Path,
        told: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<ProjectInfo, Failure> {
        let file = File::open(path).await.map_err(|e| io("read", path, &e))?;
        let broken: Arc<Mutex<Option<std::io::Error>>> = Arc::default();
        let pieces = chunks(file, broken.clone()).scan(0, move |sent, data| {
            *sent += data.len() as u64;
            told(*sent);
            std::future::ready(Some(Chunk { data }))
        });
        let mut service = self.project();
        let answer = self.once(service.import_project(pieces)).await;
        match broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(io("read", path, &error)),
            None => answer,
        }
    }
}
