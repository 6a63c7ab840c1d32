//! What goes on in a project, as it goes on.
//!
//! What becomes of versions comes from the store's events: numbered, and replayed to those who come back. What is of
//! interest only now (presence, runs, names) goes through a bounded channel, from which a slow watcher loses the
//! oldest; runs it then gets anew as they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use api::v1::event::What;
use api::v1::{AnnounceRequest, Event, Presence, ProjectInfo, Right, Run, VersionAppended, WatchRequest};
use api::{Code, Failure};
use futures::StreamExt as _;
use runtime::Caller;
use store::{Error, Project};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::bridge::Bridge;
use crate::convert;
use crate::errors::failure;
use crate::guard::{Asker, Standing, no_project};
use crate::server::{Core, Stream, ending};
use crate::versions::refs;

/// Events that wait for a slow watcher.
const AHEAD: usize = 64;
/// Live events that wait before the oldest are dropped.
const LIVE: usize = 256;
/// How long a watcher may take nothing at all.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a watcher still has its right.
const LOOK: Duration = Duration::from_secs(20);
/// Paths that an event names at most.
const PATHS: usize = 1000;

/// What a watcher is told besides the store's events.
#[derive(Clone)]
pub(crate) enum News {
    Tell(Arc<What>),
    Purged,
}

/// Live news by project. There is a channel only while somebody watches.
#[derive(Default)]
pub(crate) struct Live {
    channels: Mutex<HashMap<String, broadcast::Sender<News>>>,
    bridge: OnceLock<Bridge>,
}

impl Live {
    fn subscribe(&self, project: &str) -> broadcast::Receiver<News> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels.entry(project.to_owned()).or_insert_with(|| broadcast::channel(LIVE).0).subscribe()
    }

    /// From now on other processes are told too.
    pub(crate) fn bridge(&self, bridge: Bridge) {
        let _ = self.bridge.set(bridge);
    }

    fn send(&self, project: &str, news: News) {
        if let Some(bridge) = self.bridge.get() {
            bridge.pass(project, &news);
        }
        self.hear(project, news);
    }

    /// Tells the watchers of this process.
    pub(crate) fn hear(&self, project: &str, news: News) {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(project) {
            // Nobody listens any more: nobody is to be told.
            let _ = channel.send(news);
        }
    }

    /// Tells of a run.
    pub(crate) fn run(&self, run: &Run) {
        self.send(&run.project, News::Tell(Arc::new(What::Run(run.clone()))));
    }

    /// Tells of a project's new name, description, tags or place in the trash.
    pub(crate) fn project(&self, info: &ProjectInfo) {
        // The right in it is that of whoever changed it.
        let info = ProjectInfo { right: Right::None.into(), groups: Vec::new(), ..info.clone() };
        self.send(&info.id.clone(), News::Tell(Arc::new(What::Project(info))));
    }

    /// Ends all watches of a project that is no more.
    pub(crate) fn purged(&self, project: &str) {
        self.send(project, News::Purged);
    }
}

impl Core {
    pub(crate) async fn announce(&self, asker: Asker, asked: AnnounceRequest) -> Result<(), Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        let long = asked.selection.iter().any(|path| path.len() > 512);
        let long = long || asked.branch.len() > 512;
        if asked.client.len() > 128 || asked.selection.len() > PATHS || long {
            return Err(Code::TooLarge.because(format!(
                "a client has 128 bytes, a selection {PATHS} paths and a branch of 512 bytes at most"
            )));
        }
        let AnnounceRequest { client, selection, gone, branch, .. } = asked;
        let presence = Presence { user: access.caller.name().to_owned(), client, selection, gone, branch };
        self.live.send(&access.id, News::Tell(Arc::new(What::Presence(presence))));
        Ok(())
    }

    pub(crate) async fn watch(
        self: &Arc<Self>,
        asker: Asker,
        asked: WatchRequest,
    ) -> Result<Stream<Event>, Failure> {
        let access = self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        let project = self.repository.project(&access.id).map_err(failure)?;
        // Before the newest number is read: nothing falls in between.
        let live = self.live.subscribe(&access.id);
        let newest = project.latest_event().await.map_err(failure)?;
        let missed = asked.after > 0 && !project.follows(asked.after).await.map_err(failure)?;
        let after = if asked.after == 0 || missed { newest } else { asked.after };
        let (sender, queue) = mpsc::channel(AHEAD);
        let over = missed.then_some(What::StartOver(newest));
        for what in [What::Standing(newest)].into_iter().chain(over) {
            // The channel is new and has room for all.
            let _ = sender.try_send(Ok(Event { number: 0, what: Some(what) }));
        }
        let last =
            sender.clone().try_reserve_owned().map_err(|_| Code::Internal.because("no room to watch"))?;
        let watcher = Watcher { core: self.clone(), caller: access.caller, project, sender };
        tokio::spawn(async move {
            // A place is kept for the reason of the end, which also a slow watcher gets.
            if let Some(why) = watcher.run(after, live).await {
                last.send(Err(why.into()));
            }
        });
        Ok(Box::pin(ReceiverStream::new(queue)))
    }
}

struct Watcher {
    core: Arc<Core>,
    caller: Caller,
    project: Project,
    sender: mpsc::Sender<Result<Event, Status>>,
}

impl Watcher {
    /// Tells until the watcher leaves (`None`) or is left.
    async fn run(self, after: u64, mut live: broadcast::Receiver<News>) -> Option<Failure> {
        let mut events = self.project.watch(after);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                () = self.core.context.shutdown.cancelled() => Err(Some(ending())),
                () = self.sender.closed() => Err(None),
                event = events.next() => match event {
                    Some(Ok(event)) => self.stored(event).await,
                    Some(Err(error)) => Err(Some(failure(error))),
                    None => Err(Some(ending())),
                },
                news = live.recv() => match news {
                    Ok(News::Tell(what)) => self.tell(0, (*what).clone()).await,
                    Ok(News::Purged) => Err(Some(no_project(self.project.name()))),
                    Err(RecvError::Lagged(_)) => self.runs_anew().await,
                    Err(RecvError::Closed) => Err(Some(ending())),
                },
                _ = look.tick() => self.still_may().await,
            };
            if let Err(why) = told {
                return why;
            }
        }
    }

    async fn tell(&self, number: u64, what: What) -> Result<(), Option<Failure>> {
        let event = Event { number, what: Some(what) };
        tokio::select! {
            sent = self.sender.send_timeout(Ok(event), PATIENCE) => match sent {
                Ok(()) => Ok(()),
                Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(None),
                Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Some(
                    Code::Unavailable
                        .because("the watcher took nothing for a minute and was left")
                        .remedy("watch again, from the last number seen"),
                )),
            },
            () = self.core.context.shutdown.cancelled() => Err(Some(ending())),
        }
    }

    /// What happened to a branch or tag.
    async fn stored(&self, event: store::Event) -> Result<(), Option<Failure>> {
        let what = self.described(&event).await.map_err(Some)?;
        self.tell(event.seq, what).await
    }

    async fn described(&self, event: &store::Event) -> Result<What, Failure> {
        let gone = |error: &Error| matches!(error, Error::NotFound { .. } | Error::Pruned { .. });
        // A label is no branch that has come to a version.
        let label = matches!(event.action, store::Action::CreateTag | store::Action::DeleteTag);
        let found = match event.version.filter(|_| !label) {
            Some(id) => match self.project.version(id).await {
                Ok(version) => Some((id, version)),
                Err(error) if gone(&error) => None,
                Err(error) => return Err(failure(error)),
            },
            None => None,
        };
        let Some((id, version)) = found else {
            // A label, a branch that is no more, an import: look anew.
            let meta = self.core.guard.documents.get(crate::projects::PROJECTS, self.project.name()).await?;
            let meta = meta.ok_or_else(|| no_project(self.project.name()))?;
            let info = self.core.info(meta.key, meta.value, Standing::default()).await?;
            return Ok(What::Project(info));
        };
        let before = event.previous.or_else(|| version.parents.first().copied());
        let mut appended = VersionAppended {
            branch: event.name.clone(),
            version: Some(convert::version(id, &version, &refs(&self.project).await?, true)),
            ..VersionAppended::default()
        };
        let paths = match before {
            Some(before) if before == id => Ok(Vec::new()),
            Some(before) => self.changed(before, id).await,
            None => self.first(id).await,
        };
        match paths {
            Ok(paths) if paths.len() <= PATHS => appended.paths = paths,
            Ok(_) => appended.many = true,
            // Of an old version may be pruned or damaged what nobody reads any more: that must not end the watch, which
            // would come by here again and again.
            Err(Error::Corrupt { .. }) => appended.many = true,
            Err(error) if gone(&error) => appended.many = true,
            Err(error) => return Err(failure(error)),
        }
        Ok(What::Version(appended))
    }

    async fn changed(&self, from: store::VersionId, to: store::VersionId) -> store::Result<Vec<String>> {
        let mut paths = Vec::new();
        for change in self.project.diff(from, to).await? {
            for side in [&change.before, &change.after].into_iter().flatten() {
                if paths.last() != Some(&side.path) {
                    paths.push(side.path.clone());
                }
            }
        }
        Ok(paths)
    }

    /// Paths of a first version.
    async fn first(&self, id: store::VersionId) -> store::Result<Vec<String>> {
        let mut entities = self.project.entities(id, store::Filter::default()).take(PATHS + 1);
        let mut paths = Vec::new();
        while let Some(entity) = entities.next().await {
            paths.push(entity?.path.clone());
        }
        Ok(paths)
    }

    /// The active runs as they are, for a watcher that missed some of what became of them.
    async fn runs_anew(&self) -> Result<(), Option<Failure>> {
        let projects = [self.project.name().to_owned()];
        for run in self.core.active(Some(&projects)).await.map_err(Some)? {
            self.tell(0, What::Run(Run { assertion: None, ..run })).await?;
        }
        Ok(())
    }

    /// Leaves a watcher that has lost its right.
    async fn still_may(&self) -> Result<(), Option<Failure>> {
        match self.core.guard.lasting_right(&self.caller, self.project.name()).await {
            Ok(Right::None) => Err(Some(no_project(self.project.name()))),
            // Out of reach for the moment: what was looked up last holds.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
