//! The content of a version, in parts.

use api::v1::{EntitiesReply, EntitiesRequest, Right};
use api::{Code, Failure};
use futures::StreamExt as _;
use store::{Entity, Filter, Project, VersionId};
use tokio::sync::mpsc;
use tonic::Status;

use crate::convert;
use crate::errors::failure;
use crate::guard::Asker;
use crate::patterns::{Pattern, Wanted, below, patterns};
use crate::server::{Core, Stream, until};
use crate::versions::find;

/// Bounds of one part.
const ENTITIES: usize = 500;
const BYTES: usize = 1 << 20;
/// Parts that wait for a slow reader.
const AHEAD: usize = 2;
/// Most kinds and paths in one question.
const FILTERS: usize = 10_000;

impl Core {
    pub(crate) async fn entities(
        &self,
        asker: Asker,
        asked: EntitiesRequest,
    ) -> Result<Stream<EntitiesReply>, Failure> {
        self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        if asked.kinds.len() + asked.paths.len() > FILTERS {
            return Err(Code::TooLarge.because(format!("more than {FILTERS} kinds and paths are asked for")));
        }
        let project = self.repository.project(&asked.project).map_err(failure)?;
        let version = find(&project, &asked.version).await?;
        if let Some(version) = version {
            // That its content was pruned is told before the stream begins.
            project.count(version).await.map_err(failure)?;
        }
        let (sender, queue) = mpsc::channel(AHEAD);
        let name = version.map_or_else(String::new, |version| version.to_string());
        let mut parts =
            Parts { sender, part: EntitiesReply { version: name, entities: vec![] }, size: 0, sent: false };
        tokio::spawn(async move {
            let read = async {
                if let Some(version) = version {
                    read(&project, version, &asked, &mut parts).await?;
                }
                parts.end().await
            };
            if let Err(Some(failure)) = read.await {
                let _ = parts.sender.send(Err(failure.into())).await;
            }
        });
        Ok(until(&self.context.shutdown, tokio_stream::wrappers::ReceiverStream::new(queue)))
    }
}

/// Why reading ended early: a failure, or nobody listens any more.
type Off = Option<Failure>;

async fn read(
    project: &Project,
    version: VersionId,
    asked: &EntitiesRequest,
    parts: &mut Parts,
) -> Result<(), Off> {
    let patterns = patterns(&asked.paths);
    if !asked.kinds.is_empty() || patterns.is_empty() {
        let wanted = Wanted::new(&asked.kinds, &patterns);
        return scan(project, version, Filter::default(), parts, |entity| wanted.fits(entity)).await;
    }
    for pattern in patterns {
        parts.demand_listener()?;
        match pattern {
            Pattern::Path(path) => {
                let found = project.by_path(version, path).await.map_err(|e| Some(failure(e)))?;
                if let Some(entity) = found {
                    parts.push(&entity).await?;
                }
            }
            Pattern::Below(prefix) => scan(project, version, below(prefix), parts, |_| true).await?,
        }
    }
    Ok(())
}

async fn scan(
    project: &Project,
    version: VersionId,
    filter: Filter,
    parts: &mut Parts,
    fits: impl Fn(&Entity) -> bool,
) -> Result<(), Off> {
    let mut found = project.entities(version, filter);
    while let Some(entity) = found.next().await {
        // Where little fits, little is sent, and nothing else would tell that the caller is gone.
        parts.demand_listener()?;
        let entity = entity.map_err(|e| Some(failure(e)))?;
        if fits(&entity) {
            parts.push(&entity).await?;
        }
    }
    Ok(())
}

/// Entities on their way, gathered into messages.
struct Parts {
    sender: mpsc::Sender<Result<EntitiesReply, Status>>,
    part: EntitiesReply,
    size: usize,
    sent: bool,
}

impl Parts {
    fn demand_listener(&self) -> Result<(), Off> {
        if self.sender.is_closed() { Err(None) } else { Ok(()) }
    }

    async fn push(&mut self, entity: &Entity) -> Result<(), Off> {
        let wire = convert::entity(entity);
        let size =
            wire.properties.len() + wire.path.len() + 80 * (wire.blobs.len() + wire.references.len() + 2);
        if self.size + size > BYTES || self.part.entities.len() == ENTITIES {
            self.send().await?;
        }
        self.size += size;
        self.part.entities.push(wire);
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Off> {
        if self.part.entities.is_empty() && self.sent {
            return Ok(());
        }
        let entities = std::mem::take(&mut self.part.entities);
        let part = EntitiesReply { version: self.part.version.clone(), entities };
        (self.size, self.sent) = (0, true);
        self.sender.send(Ok(part)).await.map_err(|_| None)
    }

    /// Sends the rest; an empty part where there was nothing, so that the version is told in any case.
    async fn end(&mut self) -> Result<(), Off> {
        self.send().await
    }
}
