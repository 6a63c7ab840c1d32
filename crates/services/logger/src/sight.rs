//! Which records a person may see.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::Failure;
use api::v1::{Empty, LogRecord, Right};
use runtime::{Caller, Peers};

/// How long rights are believed without asking again.
const FRESH: Duration = Duration::from_secs(10);

/// People remembered at most.
const MOST: usize = 1_000;

/// By user and the project that the assertion is bound to: when it was asked for, and the answer.
type Known = HashMap<(String, String), (Instant, Arc<Sight>)>;

/// Which records a person may see.
pub(crate) enum Sight {
    /// All: of those who administer the site.
    All,
    /// Those of these projects.
    Projects(BTreeSet<String>),
}

impl Sight {
    /// Whether a record may be seen.
    pub(crate) fn sees(&self, record: &LogRecord) -> bool {
        match self {
            Self::All => true,
            Self::Projects(projects) => !record.project.is_empty() && projects.contains(&record.project),
        }
    }
}

/// Sights, as `authorization` knows them; each is asked for again after a few seconds.
pub(crate) struct Sights {
    peers: Peers,
    known: Mutex<Known>,
}

impl Sights {
    pub(crate) fn new(peers: Peers) -> Self {
        Self { peers, known: Mutex::default() }
    }

    /// What a caller may see, not older than a few seconds.
    pub(crate) async fn of(&self, caller: &Caller) -> Result<Arc<Sight>, Failure> {
        if caller.assertion.administrator {
            return Ok(Arc::new(Sight::All));
        }
        let key = (caller.assertion.user_id.clone(), caller.assertion.project.clone());
        if let Some((at, sight)) = self.lock().get(&key)
            && at.elapsed() < FRESH
        {
            return Ok(sight.clone());
        }
        // The age counts from the question: rights may be taken away while the answer is under way.
        let asked = Instant::now();
        let rights = self.peers.authorization()?.rights_of(caller.request(Empty {})).await?.into_inner();
        let least = Right::Viewer as i32;
        let projects = rights.projects.into_iter().filter(|(_, right)| *right >= least).map(|(id, _)| id);
        let sight = Arc::new(Sight::Projects(projects.collect()));
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if known.len() < MOST {
            known.insert(key, (asked, sight.clone()));
        }
        Ok(sight)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
