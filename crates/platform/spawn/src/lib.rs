//! How a compute service comes to life.
//!
//! The spawner is the only part of the platform that knows the level of its deployment: here a child process,
//! elsewhere a container or a pod. Whoever spawns gives a [`Order`] and holds an [`Instance`]; everything else is
//! between the instance and its local-session, over the network.

mod backoff;
mod process;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use backoff::Backoff;
pub use process::{Processes, Program};

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Order {
    /// Name of the service, such as `fit-td`.
    pub service: String,
    /// Name of the instance, unique in the site.
    pub instance: String,
    /// Arguments that every compute service understands (`--site`, `--project`, …).
    pub arguments: Vec<String>,
    /// First line of the instance's standard input: how it gets its certificate. Secret.
    pub ticket: String,
}

/// How an instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<u8>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it said last, if it could say anything.
    pub last_words: Option<Words>,
    /// The last lines of its standard error, where it had no last words.
    pub tail: Vec<String>,
}

impl End {
    /// True if it ended as it should.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// One line on it for people.
    pub fn describe(&self) -> String {
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
}

/// Starts instances.
#[async_trait]
pub trait Spawner: Send + Sync {
    /// Services that can be started here.
    fn services(&self) -> Vec<String>;

    /// What a service declares: `ServiceDescription` as JSON.
    async fn describe(&self, service: &str) -> Result<String, Error>;

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
