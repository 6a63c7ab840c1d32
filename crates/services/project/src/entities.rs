//! The content of a version, in parts.

use std::collections::HashSet;

use api::v1::{EntitiesReply, EntitiesRequest, Right};
use api::{Code, Failure};
use futures::StreamExt as _;
use store::{Entity, Filter, Project, VersionId};
use tokio::sync::mpsc;
use tonic::Status;

use crate::convert;
use crate::errors::failure;
use crate::guard::Asker;
use crate::server::{Core, Stream, until};
use crate::versions::find;

/// Bounds of one part.
const ENTITIES: usize = 500;
const BYTES: usize = 1 << 20;
/// Parts that wait for a slow reader.
const AHEAD: usize = 2;
/// Most kinds and paths in one question.
const FILTERS: usize = 10_000;

/// A path, or all below one.
pub(crate) enum Pattern<'a> {
    /// Just this.
    Path(&'a str),
    /// All that begins with this, which is empty or ends with `/`.
    Below(&'a str),
}

impl<'a> Pattern<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        match text.strip_suffix("**") {
            Some(prefix) if prefix.is_empty() || prefix.ends_with('/') => Self::Below(prefix),
            _ => Self::Path(text),
        }
    }

    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Path(own) => *own == path,
            Self::Below(prefix) => path.starts_with(prefix),
        }
    }
}

/// All entities below a prefix.
pub(crate) fn below(prefix: &str) -> Filter {
    Filter { path: Some(prefix.to_owned()).filter(|p| !p.is_empty()), ..Filter::default() }
}

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
    let patterns: Vec<Pattern<'_>> = asked.paths.iter().map(|path| Pattern::of(path)).collect();
    if !asked.kinds.is_empty() || patterns.is_empty() {
        let fits = |entity: &Entity| {
            let kind = |kind: &String| {
                *kind == entity.kind || (kind.ends_with('.') && entity.kind.starts_with(kind))
            };
            let all = asked.kinds.is_empty() && patterns.is_empty();
            all || asked.kinds.iter().any(kind) || patterns.iter().any(|p| p.fits(&entity.path))
        };
        return scan(project, version, Filter::default(), parts, fits).await;
    }
    let mut seen: HashSet<String> = HashSet::new();
    for pattern in patterns {
        match pattern {
            Pattern::Path(path) => {
                let found = project.by_path(version, path).await.map_err(|e| Some(failure(e)))?;
                if let Some(entity) = found.filter(|entity| seen.insert(entity.id.clone())) {
                    parts.push(&entity).await?;
                }
            }
            Pattern::Below(prefix) => {
                scan(project, version, below(prefix), parts, |e| seen.insert(e.id.clone())).await?;
            }
        }
    }
    Ok(())
}

async fn scan(
    project: &Project,
    version: VersionId,
    filter: Filter,
    parts: &mut Parts,
    mut fits: impl FnMut(&Entity) -> bool,
) -> Result<(), Off> {
    let mut found = project.entities(version, filter);
    while let Some(entity) = found.next().await {
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
