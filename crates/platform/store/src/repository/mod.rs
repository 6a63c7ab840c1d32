//! Versioned projects over a back end.

pub(crate) mod archive;
mod commit;
mod content;
mod events;
mod import;
mod merge;
mod prune;
mod reach;
mod read;
mod redo;
mod refs;
mod resolve;
mod undo;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{RwLock, watch};

pub use commit::{Changes, Commit, Committed, Outcome};
pub use events::{Action, Event};
pub use import::Imported;
pub use merge::Settled;
pub use prune::{Policy, Pruned};
pub use read::{Change, ChangeKind, Filter, Order};
pub use undo::Undoable;

use crate::backend::Backend;
use crate::cache::Cache;
use crate::objects::Objects;
use crate::{Result, names};

/// All projects of a back end.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
}

struct Shared {
    backend: Arc<dyn Backend>,
    cache: Arc<Cache>,
    gates: Mutex<HashMap<String, Weak<Gate>>>,
    numbers: AtomicU64,
}

/// What the handles of one project share in this process.
struct Gate {
    number: u64,
    /// Writers share it; prune's sweep and import have it alone.
    writers: RwLock<()>,
    /// Archives that are being written share it; what deletes has it alone. A lock of its own, since an archive takes
    /// as long as its reader likes, and nobody who writes shall wait for that.
    archives: RwLock<()>,
    /// True while the project is being dropped: its archives break off.
    ending: watch::Sender<bool>,
    /// One commit of a branch at a time spares them futile attempts; the
    /// compare-and-swap of the back end decides in any case.
    branches: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// The position of the newest event that this process wrote.
    news: watch::Sender<u64>,
}

/// One project of a repository. Cheap to clone.
#[derive(Clone)]
pub struct Project {
    objects: Arc<Objects>,
    gate: Arc<Gate>,
}

impl Repository {
    /// A repository with a cache of 128 MiB.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self::with_cache(backend, 128 << 20)
    }

    /// A repository whose cache of decoded objects takes about `bytes`.
    pub fn with_cache(backend: Arc<dyn Backend>, bytes: usize) -> Self {
        let shared = Shared {
            backend,
            cache: Arc::new(Cache::new(bytes)),
            gates: Mutex::default(),
            numbers: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What the projects lie in; records, streams and blobs are used directly.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.shared.backend
    }

    /// A handle on a project, whether it exists yet or not; its first commit
    /// creates it.
    ///
    /// # Errors
    /// [`crate::Error::BadName`].
    pub fn project(&self, name: &str) -> Result<Project> {
        names::project(name)?;
        let gate = self.shared.gate(name);
        let objects = Objects {
            backend: self.shared.backend.clone(),
            project: name.to_owned(),
            number: gate.number,
            cache: self.shared.cache.clone(),
        };
        Ok(Project { objects: Arc::new(objects), gate })
    }

    /// The names of all projects.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn projects(&self) -> Result<Vec<String>> {
        self.shared.backend.list_projects().await
    }

    /// Deletes a project with all its versions and blobs. Archives of it that are being written break off.
    ///
    /// # Errors
    /// Those of the back end.
    pub async fn drop_project(&self, name: &str) -> Result<()> {
        let project = self.project(name)?;
        let _ending = project.gate.end();
        let _unread = project.gate.archives.write().await;
        let _alone = project.gate.writers.write().await;
        let _clearing = self.shared.cache.clearing();
        self.shared.backend.drop_project(name).await?;
        // Positions go on, so that a watcher of the old project is not fooled.
        let stream = project.stream();
        let last = self.shared.backend.latest(&stream).await?;
        self.shared.backend.trim(&stream, last).await
    }
}

impl Shared {
    fn gate(&self, name: &str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(name).and_then(Weak::upgrade) {
            return gate;
        }
        if gates.len() >= 256 {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::new(Gate {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            writers: RwLock::new(()),
            archives: RwLock::new(()),
            ending: watch::Sender::new(false),
            branches: Mutex::default(),
            news: watch::Sender::new(0),
        });
        gates.insert(name.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

/// Archives break off while this lives.
struct Ending<'a>(&'a watch::Sender<bool>);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

impl Gate {
    fn end(&self) -> Ending<'_> {
        self.ending.send_replace(true);
        Ending(&self.ending)
    }

    fn branch(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut branches = self.branches.lock().unwrap_or_else(PoisonError::into_inner);
        branches.entry(name.to_owned()).or_default().clone()
    }
}

impl Project {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.objects.project
    }

    fn backend(&self) -> &Arc<dyn Backend> {
        &self.objects.backend
    }
}
