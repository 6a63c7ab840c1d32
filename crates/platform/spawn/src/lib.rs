//! How a compute service comes to life.
//!
//! The spawner is the only part of the platform that knows the level of its deployment: here a child process,
//! elsewhere a container or a pod. Whoever spawns gives a [`Order`] and holds an [`Instance`]; everything else is
//! between the instance and its local-session, over the network.

mod backoff;
mod process;

use std::time::Duration;

use api::Failure;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use backoff::Backoff;
pub use process::{Processes, Program};

/// What an instance needs, or is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Memory in bytes; 0 where nothing is said of it.
    pub memory: u64,
    /// Cores, also parts of one; 0 where nothing is said of them.
    pub cores: f64,
}

impl Size {
    /// True if an instance of this size has room for what needs `other`.
    pub fn holds(&self, other: &Self) -> bool {
        self.memory >= other.memory && self.cores >= other.cores
    }
}

/// What is to be started.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Name of the service, such as `fit-td`.
    pub service: String,
    /// Name of the instance, unique in the site.
    pub instance: String,
    /// Arguments that every compute service understands (`--site`, `--project`, …), but where to listen.
    pub arguments: Vec<String>,
    /// How the instance gets its certificate, once. Secret.
    pub ticket: String,
    /// Host that this local-session is reached at: what is started on the same machine listens there.
    pub host: String,
    /// What it is given, as [`Spawner::room`] said; none where instances share what the machine has.
    pub size: Option<Size>,
    /// True if its work can take long, and can go on elsewhere from a checkpoint.
    pub long: bool,
    /// False if it is started ahead of any work.
    pub wanted: bool,
}

/// How an instance ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<u8>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it said last, if it could say anything.
    pub last_words: Option<Words>,
    /// The last lines of its standard error, where it had no last words.
    pub tail: Vec<String>,
    /// Why it had to leave its place, where that was no failure of its own: its node is emptied, something more
    /// important needed the room.
    pub moved: Option<String>,
}

impl End {
    /// True if it ended as it should.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// One line on it for people.
    pub fn describe(&self) -> String {
        if let Some(why) = &self.moved {
            return why.clone();
        }
        match (&self.last_words, self.code, self.signal) {
            (Some(words), ..) => words.reason.clone(),
            (None, Some(0), _) => "ended normally".to_owned(),
            (None, Some(code), _) => match self.tail.last() {
                Some(line) => format!("ended with exit code {code}: {line}"),
                None => format!("ended with exit code {code}"),
            },
            (None, None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None, None) => "ended for an unknown reason".to_owned(),
        }
    }
}

/// The last words of an instance, as `runtime` has processes say them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Name from the table of errors.
    pub code: String,
    /// Why.
    pub reason: String,
    /// What to do.
    #[serde(default)]
    pub remedy: String,
    /// The exit code.
    pub exit_code: u8,
}

/// An instance that was started.
#[async_trait]
pub trait Instance: Send + Sync {
    /// What it is known by outside: a process id, the name of a pod.
    fn handle(&self) -> String;

    /// Waits for its end. May be called again afterwards and gives the same answer.
    async fn ended(&self) -> End;

    /// Asks it to end (SIGTERM; on Windows the end of its standard input); it drains.
    async fn stop(&self);

    /// Ends it at once.
    async fn kill(&self);

    /// What its start waits for, in words for people, whenever that changes; `None` where a start waits for nothing.
    fn news(&self) -> Option<watch::Receiver<String>> {
        None
    }

    /// Called once it has its certificate: what was needed for that alone may go.
    fn enrolled(&self) {}

    /// Tells whether it has work, so that whoever makes room elsewhere passes it over meanwhile.
    fn working(&self, _busy: bool) {}
}

/// What a local-session carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// Runs, those that wait too.
    pub runs: u32,
    /// Sessions.
    pub sessions: u32,
}

/// Starts instances.
#[async_trait]
pub trait Spawner: Send + Sync {
    /// Services that can be started here.
    fn services(&self) -> Vec<String>;

    /// What a service declares: `ServiceDescription` as JSON; `None` where only an instance can tell.
    async fn describe(&self, service: &str) -> Result<Option<String>, Error>;

    /// What an instance is given that shall hold `demand`; `None` where instances share what the machine has.
    /// Refused, with the numbers, where no instance may have that much.
    fn room(&self, _service: &str, _demand: &Size) -> Result<Option<Size>, Error> {
        Ok(None)
    }

    /// True if instances run on other machines, where no pipe tells them of the end of this process.
    fn far(&self) -> bool {
        false
    }

    /// How long an instance may take from its start to its enrolment.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// How long a run may go without room for its service before that is its failure; `None` where it waits.
    fn room_fail(&self) -> Option<Duration> {
        None
    }

    /// Takes note of how much would be lost if this local-session itself ended now.
    fn burden(&self, _burden: Burden) {}

    /// Starts an instance. It counts as running at once; that it serves is seen by its enrolment.
    async fn spawn(&self, order: Order) -> Result<Box<dyn Instance>, Error>;
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a service of this host.
    #[error("no service `{service}` is installed on this host (installed: {installed})")]
    Unknown {
        /// What was asked for.
        service: String,
        /// What there is.
        installed: String,
    },
    /// The program cannot be started.
    #[error("the program {program} of service `{service}` cannot be started: {reason}")]
    Start {
        /// The service.
        service: String,
        /// Path of the program.
        program: String,
        /// What the system said.
        reason: String,
    },
    /// Refused, for a reason that people can do something about.
    #[error(transparent)]
    Refused(#[from] Box<Failure>),
    /// The program does not describe itself.
    #[error("the program {program} does not describe the service `{service}`: {reason}")]
    Describe {
        /// The service.
        service: String,
        /// Path of the program.
        program: String,
        /// What went wrong.
        reason: String,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(failure) => *failure,
            other => api::Code::Spawn.because(other.to_string()),
        }
    }
}
