//! The methods of the contract: each hands on to the module that does it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::v1::project_server::{Project, ProjectServer};
use api::v1::*;
use api::{Code, Failure};
use async_trait::async_trait;
use base::identity::Role;
use futures::StreamExt as _;
use runtime::caller::BLOB_SIZE;
use runtime::{Context, to_its_end};
use store::{Repository, Turns};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::documents::Documents;
use crate::errors::failure;
use crate::guard::{Asker, Guard};
use crate::kinds::Kinds;
use crate::sizes::Sizes;
use crate::watch::Live;

/// A stream of answers.
pub(crate) type Stream<T> = Pin<Box<dyn futures::Stream<Item = Result<T, Status>> + Send>>;

type Reply<T> = Result<Response<T>, Status>;

/// The service.
pub(crate) struct Server(pub(crate) Arc<Core>);

/// What all calls share.
pub(crate) struct Core {
    pub(crate) context: Context,
    pub(crate) guard: Guard,
    pub(crate) documents: Documents,
    pub(crate) repository: Repository,
    pub(crate) kinds: Kinds,
    pub(crate) sizes: Sizes,
    pub(crate) live: Live,
    pub(crate) bounds: Bounds,
    /// Held while names of projects are compared and written.
    pub(crate) names: Turns,
}

/// How much is taken in at once, and what a prune leaves.
pub(crate) struct Bounds {
    /// Of one blob.
    pub(crate) blob_bytes: u64,
    /// Of an archive of a project.
    pub(crate) archive_bytes: u64,
    /// For so long a prune leaves what was written: somebody may be about to commit it.
    pub(crate) prune_grace: Duration,
}

impl Server {
    pub(crate) async fn create(
        context: Context,
        repository: Repository,
        bounds: Bounds,
    ) -> Result<Self, Failure> {
        let documents = Documents(repository.backend().clone());
        let core = Core {
            guard: Guard { context: context.clone(), documents: documents.clone() },
            kinds: Kinds::open(documents.clone()).await?,
            live: Live::default(),
            sizes: Sizes::default(),
            names: Turns::new(repository.backend().clone(), "names"),
            context,
            documents,
            repository,
            bounds,
        };
        core.clear_coming().await?;
        core.clear_checkpoints().await?;
        let core = Arc::new(core);
        crate::bridge::connect(&core).await?;
        Ok(Self(core))
    }
}

/// What streams end with when the process does: they would otherwise seem whole.
pub(crate) fn ending() -> Failure {
    Code::Unavailable.because("the project service is ending").remedy("ask again in a few seconds")
}

/// A stream that ends with the process.
pub(crate) fn until<T: Send + 'static>(
    shutdown: &CancellationToken,
    stream: impl futures::Stream<Item = Result<T, Status>> + Send + 'static,
) -> Stream<T> {
    let state = (Some(Box::pin(stream)), shutdown.clone());
    Box::pin(futures::stream::unfold(state, |(stream, shutdown)| async move {
        let mut stream = stream?;
        tokio::select! {
            item = stream.next() => item.map(|item| (item, (Some(stream), shutdown))),
            () = shutdown.cancelled() => Some((Err(ending().into()), (None, shutdown))),
        }
    }))
}

#[async_trait]
impl runtime::Service for Server {
    fn routes(self: Arc<Self>) -> axum::Router {
        let server = ProjectServer::from_arc(self).max_decoding_message_size(rpc::MAX_MESSAGE);
        tonic::service::Routes::new(server).into_axum_router()
    }

    async fn ready(&self) -> Result<(), Failure> {
        // With a full disk it still reads.
        self.0.repository.backend().health().await.map_err(failure)?;
        Ok(())
    }
}

fn done<T>(value: T) -> Reply<T> {
    Ok(Response::new(value))
}

/// Work that is not to stop half-way when its caller goes away.
async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Reply<T> {
    done(to_its_end("the work on a project", work).await?)
}

#[tonic::async_trait]
impl Project for Server {
    async fn list_projects(&self, request: Request<ListProjectsRequest>) -> Reply<ListProjectsReply> {
        let projects = self.0.list_projects(Asker::of(&request), request.into_inner()).await?;
        done(ListProjectsReply { projects })
    }

    async fn create_project(&self, request: Request<CreateProjectRequest>) -> Reply<ProjectInfo> {
        done(self.0.create_project(Asker::of(&request), request.into_inner()).await?)
    }

    async fn get_project(&self, request: Request<ProjectRequest>) -> Reply<ProjectInfo> {
        done(self.0.get_project(Asker::of(&request), &request.into_inner().project).await?)
    }

    async fn update_project(&self, request: Request<UpdateProjectRequest>) -> Reply<ProjectInfo> {
        done(self.0.update_project(Asker::of(&request), request.into_inner()).await?)
    }

    async fn copy_project(&self, request: Request<CopyProjectRequest>) -> Reply<ProjectInfo> {
        let (core, asker) = (self.0.clone(), Asker::of(&request));
        whole(async move { core.copy_project(asker, request.into_inner()).await }).await
    }

    async fn delete_project(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
        done(self.0.delete_project(Asker::of(&request), &request.into_inner().project).await?)
    }

    async fn restore_project(&self, request: Request<ProjectRequest>) -> Reply<ProjectInfo> {
        done(self.0.restore_project(Asker::of(&request), &request.into_inner().project).await?)
    }

    async fn purge_project(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
        let (core, asker) = (self.0.clone(), Asker::of(&request));
        whole(async move { core.purge_project(asker, &request.into_inner().project).await }).await
    }

    async fn commit(&self, request: Request<CommitRequest>) -> Reply<Version> {
        done(self.0.commit(Asker::of(&request), request.into_inner()).await?)
    }

    type EntitiesStream = Stream<EntitiesReply>;

    async fn entities(&self, request: Request<EntitiesRequest>) -> Reply<Self::EntitiesStream> {
        done(self.0.entities(Asker::of(&request), request.into_inner()).await?)
    }

    async fn versions(&self, request: Request<VersionsRequest>) -> Reply<VersionsReply> {
        let versions = self.0.versions(Asker::of(&request), request.into_inner()).await?;
        done(VersionsReply { versions })
    }

    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Reply<EvaluateReply> {
        done(self.0.evaluate(Asker::of(&request), request.into_inner()).await?)
    }

    async fn diff(&self, request: Request<DiffRequest>) -> Reply<DiffReply> {
        let changes = self.0.diff(Asker::of(&request), request.into_inner()).await?;
        done(DiffReply { changes })
    }

    async fn branches(&self, request: Request<ProjectRequest>) -> Reply<BranchesReply> {
        done(self.0.branches(Asker::of(&request), &request.into_inner().project).await?)
    }

    async fn create_branch(&self, request: Request<RefRequest>) -> Reply<Ref> {
        done(self.0.create_branch(Asker::of(&request), request.into_inner()).await?)
    }

    async fn delete_branch(&self, request: Request<RefRequest>) -> Reply<Empty> {
        self.0.delete_branch(Asker::of(&request), request.into_inner()).await?;
        done(Empty {})
    }

    async fn create_tag(&self, request: Request<RefRequest>) -> Reply<Ref> {
        done(self.0.create_tag(Asker::of(&request), request.into_inner()).await?)
    }

    async fn delete_tag(&self, request: Request<RefRequest>) -> Reply<Empty> {
        self.0.delete_tag(Asker::of(&request), request.into_inner()).await?;
        done(Empty {})
    }

    async fn merge(&self, request: Request<MergeRequest>) -> Reply<Version> {
        done(self.0.merge(Asker::of(&request), request.into_inner()).await?)
    }

    async fn revert(&self, request: Request<RevertRequest>) -> Reply<Version> {
        done(self.0.revert(Asker::of(&request), request.into_inner()).await?)
    }

    async fn restore_version(&self, request: Request<RevertRequest>) -> Reply<Version> {
        done(self.0.restore_version(Asker::of(&request), request.into_inner()).await?)
    }

    async fn undo(&self, request: Request<BranchRequest>) -> Reply<Version> {
        done(self.0.undo(Asker::of(&request), request.into_inner()).await?)
    }

    async fn redo(&self, request: Request<BranchRequest>) -> Reply<Version> {
        done(self.0.redo(Asker::of(&request), request.into_inner()).await?)
    }

    async fn undoable(&self, request: Request<BranchRequest>) -> Reply<UndoableReply> {
        done(self.0.undoable(Asker::of(&request), request.into_inner()).await?)
    }

    async fn prune(&self, request: Request<PruneRequest>) -> Reply<PruneReply> {
        let (core, asker) = (self.0.clone(), Asker::of(&request));
        whole(async move { core.prune(asker, request.into_inner()).await }).await
    }

    type WatchStream = Stream<Event>;

    async fn watch(&self, request: Request<WatchRequest>) -> Reply<Self::WatchStream> {
        done(self.0.watch(Asker::of(&request), request.into_inner()).await?)
    }

    async fn announce(&self, request: Request<AnnounceRequest>) -> Reply<Empty> {
        self.0.announce(Asker::of(&request), request.into_inner()).await?;
        done(Empty {})
    }

    async fn put_blob(&self, request: Request<Streaming<PutBlobRequest>>) -> Reply<BlobInfo> {
        done(self.0.put_blob(Asker::of(&request), request.into_inner()).await?)
    }

    type GetBlobStream = Stream<Chunk>;

    async fn get_blob(&self, request: Request<GetBlobRequest>) -> Reply<Self::GetBlobStream> {
        let (size, pieces) = self.0.get_blob(Asker::of(&request), request.into_inner()).await?;
        let mut response = Response::new(pieces);
        response.metadata_mut().insert(BLOB_SIZE, size.into());
        Ok(response)
    }

    type ExportProjectStream = Stream<Chunk>;

    async fn export_project(&self, request: Request<ProjectRequest>) -> Reply<Self::ExportProjectStream> {
        done(self.0.export_project(Asker::of(&request), request.into_inner()).await?)
    }

    async fn import_project(&self, request: Request<Streaming<Chunk>>) -> Reply<ProjectInfo> {
        let (core, asker) = (self.0.clone(), Asker::of(&request));
        whole(async move { core.import_project(asker, request.into_inner()).await }).await
    }

    async fn list_runs(&self, request: Request<ListRunsRequest>) -> Reply<ListRunsReply> {
        let runs = self.0.list_runs(Asker::of(&request), request.into_inner()).await?;
        done(ListRunsReply { runs })
    }

    async fn get_run(&self, request: Request<RunRequestById>) -> Reply<Run> {
        done(self.0.get_run(Asker::of(&request), request.into_inner()).await?)
    }

    async fn put_run(&self, request: Request<Run>) -> Reply<Run> {
        done(self.0.put_run(Asker::of(&request), request.into_inner()).await?)
    }

    async fn describe(&self, request: Request<Empty>) -> Reply<DescribeReply> {
        let asker = Asker::of(&request);
        if asker.is_relay() {
            self.0.guard.caller(asker).await?;
        }
        done(DescribeReply { services: self.0.kinds.describe().await? })
    }

    async fn register_service(&self, request: Request<ServiceDescription>) -> Reply<Empty> {
        Asker::of(&request).demand_role(&Role::LocalSession)?;
        self.0.kinds.register(request.into_inner()).await?;
        done(Empty {})
    }

    async fn get_record(&self, request: Request<RecordRequest>) -> Reply<Record> {
        Asker::of(&request).demand_role(&Role::GlobalSession)?;
        done(self.0.get_record(request.into_inner()).await?)
    }

    async fn put_record(&self, request: Request<Record>) -> Reply<Record> {
        Asker::of(&request).demand_role(&Role::GlobalSession)?;
        done(self.0.put_record(request.into_inner()).await?)
    }

    async fn delete_record(&self, request: Request<RecordRequest>) -> Reply<Empty> {
        Asker::of(&request).demand_role(&Role::GlobalSession)?;
        self.0.delete_record(request.into_inner()).await?;
        done(Empty {})
    }

    async fn list_records(&self, request: Request<RecordRequest>) -> Reply<ListRecordsReply> {
        Asker::of(&request).demand_role(&Role::GlobalSession)?;
        done(ListRecordsReply { records: self.0.list_records(request.into_inner()).await? })
    }
}
