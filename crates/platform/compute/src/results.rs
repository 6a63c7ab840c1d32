//! What a job writes: entities and blobs, committed together at the end.

use std::collections::BTreeMap;

use api::v1::{
    BlobInfo, CommitRequest, ComputeRequest, Entity, GetBlobRequest, PutBlobRequest, SignedAssertion, Version,
};
use api::{Code, Failure};
use base::progress::Progress as _;
use bytes::{Bytes, BytesMut};
use runtime::caller::speak_for;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::events::Events;
use crate::host::Wiring;

/// Bytes of one message of a stream.
const CHUNK: usize = 1 << 20;

/// Waits between tries while `project` is out of reach: it restarts within seconds.
const RETRIES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];

/// How long a job waits for room on a full disk: whoever can free it may be asleep, and the work of hours would be lost.
const FULL: Duration = Duration::from_secs(12 * 3600);

/// Longest wait between two looks whether there is room.
const LOOK: Duration = Duration::from_secs(30);

/// Speaks for the user of a run.
pub(crate) struct Voice(RwLock<SignedAssertion>);

impl Voice {
    pub(crate) fn new(assertion: SignedAssertion) -> Self {
        Self(RwLock::new(assertion))
    }

    /// A request in the user's name.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        speak_for(&self.0.read().unwrap_or_else(PoisonError::into_inner), message)
    }

    /// Takes a later assertion in place of one that will end.
    pub(crate) fn renew(&self, assertion: SignedAssertion) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = assertion;
    }
}

/// Access to the project of one run.
pub(crate) struct Results {
    pub(crate) events: Arc<Events>,
    pub(crate) wiring: Wiring,
    pub(crate) project: String,
    pub(crate) run: String,
    pub(crate) voice: Arc<Voice>,
}

impl Results {
    /// Stores bytes; asking again stores nothing twice.
    pub(crate) async fn put_blob(&self, bytes: Bytes) -> Result<String, Failure> {
        self.put(bytes, "").await
    }

    /// Stores a state of the run, apart from the content of the project.
    pub(crate) async fn put_checkpoint(&self, state: Bytes) -> Result<String, Failure> {
        self.put(state, &self.run).await
    }

    async fn put(&self, bytes: Bytes, run: &str) -> Result<String, Failure> {
        let info: BlobInfo = self
            .once_there_is_room(|| async {
                let mut chunks = Vec::with_capacity(bytes.len() / CHUNK + 1);
                let mut rest = bytes.clone();
                loop {
                    let data = rest.split_to(rest.len().min(CHUNK));
                    chunks.push(PutBlobRequest { project: self.project.clone(), data, run: run.to_owned() });
                    if rest.is_empty() {
                        break;
                    }
                }
                let request = self.voice.request(futures::stream::iter(chunks));
                Ok(self.wiring.peers.project()?.put_blob(request).await?.into_inner())
            })
            .await?;
        Ok(info.hash)
    }

    /// Fetches a blob and checks it against its hash.
    pub(crate) async fn get_blob(&self, hash: &str) -> Result<Bytes, Failure> {
        self.get(hash, "").await
    }

    /// Fetches a state of the run.
    pub(crate) async fn get_checkpoint(&self, hash: &str) -> Result<Bytes, Failure> {
        self.get(hash, &self.run).await
    }

    async fn get(&self, hash: &str, run: &str) -> Result<Bytes, Failure> {
        let bytes = retrying(|| async {
            let request = GetBlobRequest {
                project: self.project.clone(),
                hash: hash.to_owned(),
                run: run.to_owned(),
                ..GetBlobRequest::default()
            };
            let mut stream =
                self.wiring.peers.project()?.get_blob(self.voice.request(request)).await?.into_inner();
            let mut bytes = BytesMut::new();
            while let Some(chunk) = stream.message().await? {
                bytes.extend_from_slice(&chunk.data);
            }
            Ok(bytes.freeze())
        })
        .await?;
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            return Err(Code::Corrupt.because(format!("the blob {hash} arrived damaged")));
        }
        Ok(bytes)
    }

    /// Commits what a job wrote in place of what stood below its result before.
    pub(crate) async fn commit(
        &self,
        run: &ComputeRequest,
        message: &str,
        replaced: Option<&str>,
        put: &BTreeMap<String, Entity>,
    ) -> Result<Version, Failure> {
        let delete = match replaced {
            Some(path) => vec![path.to_owned(), format!("{path}/**")],
            None => Vec::new(),
        };
        self.once_there_is_room(|| async {
            let request = CommitRequest {
                project: self.project.clone(),
                branch: run.branch.clone(),
                // Results are never edited by hand: they go onto whatever the head is by now.
                base: String::new(),
                message: message.to_owned(),
                put: put.values().cloned().collect(),
                delete: delete.clone(),
                fence: run.fence,
            };
            Ok(self.wiring.peers.project()?.commit(self.voice.request(request)).await?.into_inner())
        })
        .await
    }

    /// Writes; while the disk of the store is full it waits, and says so to those who follow.
    async fn once_there_is_room<T, F>(&self, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let begin = Instant::now();
        let mut wait = Duration::ZERO;
        loop {
            match retrying(&call).await {
                Err(full)
                    if full.code == Code::DiskFull && begin.elapsed() < FULL && !self.events.cancelled() =>
                {
                    if wait.is_zero() {
                        tracing::warn!(failure = %full, "waiting for room");
                        let text = format!("{full}: the run waits until there is room again");
                        self.events.wait("waiting for room", text).await;
                    }
                    wait = (2 * wait).clamp(Duration::from_secs(1), LOOK);
                    tokio::time::sleep(wait).await;
                }
                other => return other,
            }
        }
    }
}

/// Tries again where the failure says that this can help.
pub(crate) async fn retrying<T, F>(call: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut waits = RETRIES.iter();
    loop {
        match call().await {
            // More room does not come within seconds.
            Err(failure) if failure.code.row().retryable && failure.code != Code::DiskFull => {
                match waits.next() {
                    Some(wait) => {
                        tracing::warn!(%failure, "the store cannot be reached; trying again");
                        tokio::time::sleep(*wait).await;
                    }
                    None => return Err(failure),
                }
            }
            other => return other,
        }
    }
}
