//! Options: their defaults, a file, the environment and the command line, in that order of growing weight.
//!
//! | module | holds |
//! |---|---|
//! | [`hosting`] | what a program that hosts a service is called with |
//! | `layers` | what is in force, and whence |
//! | `dump` | the same as a file that can be read back |

mod dump;
mod hosting;
mod layers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::{Code, Failure};
use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::exit::TERMINATION_LOG;
use crate::telemetry;

pub use hosting::{Hosting, NoOptions};

/// Options that are `Option`s or empty collections where nothing is given.
pub trait Defaults: Serialize + DeserializeOwned + Default {
    /// What holds for those that are not given, beside those that are. The rest is as empty as in `Self::default()`.
    fn defaults(&self) -> Self;
}

/// Options that every service has.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Common {
    /// Name of the site; certificates of other sites are refused
    #[arg(long, env = "OPENTWIN_SITE", value_name = "NAME")]
    pub site: Option<String>,
    /// Name of this instance among those of its role
    #[arg(long, env = "OPENTWIN_INSTANCE", value_name = "NAME")]
    pub instance: Option<String>,
    /// Address to listen on for the application (mutual TLS); port 0 takes a free one
    #[arg(long, env = "OPENTWIN_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// Address that peers are told, if it is not the one listened on
    #[arg(long, env = "OPENTWIN_ADVERTISE", value_name = "HOST:PORT")]
    pub advertise: Option<String>,
    /// A further name or address of this instance, for its certificate; may be given several times
    #[arg(long, env = "OPENTWIN_HOST", value_name = "NAME", value_delimiter = ',')]
    pub host: Vec<String>,
    /// Address to listen on for health checks and metrics (one-way TLS)
    #[arg(long, env = "OPENTWIN_HEALTH", value_name = "ADDR:PORT")]
    pub health: Option<String>,
    /// This instance's certificate (PEM, with its chain)
    #[arg(long, env = "OPENTWIN_CERTIFICATE", value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, env = "OPENTWIN_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Root certificates of the site (PEM)
    #[arg(long, env = "OPENTWIN_ROOTS", value_name = "FILE")]
    pub roots: Option<PathBuf>,
    /// Address of the local-session that gives this instance its certificate, for a one-time token that
    /// stands in the first line of standard input, or in the file of --ticket
    #[arg(long, env = "OPENTWIN_ENROL", value_name = "HOST:PORT")]
    pub enrol: Option<String>,
    /// File with the one-time token
    #[arg(long, env = "OPENTWIN_TICKET", value_name = "FILE")]
    pub ticket: Option<PathBuf>,
    /// Address of the local-session that this instance works for: it ends when that does not know it any more
    #[arg(long, env = "OPENTWIN_LIFELINE", value_name = "HOST:PORT")]
    pub lifeline: Option<String>,
    /// Seconds that an instance with --lifeline goes on while its local-session is out of reach
    #[arg(long, env = "OPENTWIN_ALONE", value_name = "SECONDS")]
    pub alone: Option<u64>,
    /// Directory for what this service keeps
    #[arg(long, env = "OPENTWIN_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Where authorization listens
    #[arg(long, env = "OPENTWIN_AUTHORIZATION", value_name = "HOST:PORT")]
    pub authorization: Option<String>,
    /// Where project listens
    #[arg(long, env = "OPENTWIN_PROJECT", value_name = "HOST:PORT")]
    pub project: Option<String>,
    /// Where global-session listens
    #[arg(long, env = "OPENTWIN_GLOBAL_SESSION", value_name = "HOST:PORT")]
    pub global_session: Option<String>,
    /// Where logger listens; without it logs go to standard output only
    #[arg(long, env = "OPENTWIN_LOGGER", value_name = "HOST:PORT")]
    pub logger: Option<String>,
    /// What to log: a level (error, warn, info, debug, trace), or directives such as `info,store=debug`
    #[arg(long, env = "OPENTWIN_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Seconds that running work has to end after a request to stop
    #[arg(long, env = "OPENTWIN_GRACE", value_name = "SECONDS")]
    pub grace: Option<u64>,
    /// End when standard input is closed: set by a process that starts this one
    #[arg(long, env = "OPENTWIN_WITH_PARENT", num_args = 0..=1, default_missing_value = "true")]
    pub with_parent: Option<bool>,
    /// How the process before this one ended: set by the launcher that starts it again
    #[arg(long, hide = true, value_name = "TEXT")]
    #[serde(skip)]
    pub after: Option<String>,
}

/// Name of a site that is given none.
const SITE: &str = "opentwin";

/// Name of an instance that is given none.
const INSTANCE: &str = "0";

/// A free port of this machine.
const LISTEN: &str = "127.0.0.1:0";

/// Seconds without the local-session.
const ALONE: u64 = 60;

/// Seconds for draining.
const GRACE: u64 = 25;

impl Defaults for Common {
    fn defaults(&self) -> Self {
        Self {
            site: Some(SITE.to_owned()),
            instance: Some(INSTANCE.to_owned()),
            listen: Some(LISTEN.to_owned()),
            health: Some(LISTEN.to_owned()),
            alone: Some(ALONE),
            log: Some(telemetry::FILTER.to_owned()),
            grace: Some(GRACE),
            with_parent: Some(false),
            ..Self::default()
        }
    }
}

impl Common {
    /// The site's name.
    pub fn site(&self) -> &str {
        self.site.as_deref().unwrap_or(SITE)
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        self.instance.as_deref().unwrap_or(INSTANCE)
    }

    /// Where to listen for the application.
    pub(crate) fn listen(&self) -> &str {
        self.listen.as_deref().unwrap_or(LISTEN)
    }

    /// Where to listen for health checks and metrics.
    pub(crate) fn health(&self) -> &str {
        self.health.as_deref().unwrap_or(LISTEN)
    }

    /// The state directory, which must be given.
    pub fn state(&self) -> Result<&Path, Failure> {
        self.state.as_deref().ok_or_else(|| missing("state", "where this service keeps its data"))
    }

    /// Time without the local-session.
    pub fn alone(&self) -> Duration {
        Duration::from_secs(self.alone.unwrap_or(ALONE))
    }

    /// Time for draining.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace.unwrap_or(GRACE))
    }
}

/// The failure for an option that is needed and not given.
pub fn missing(option: &str, what: &str) -> Failure {
    let variable = option.replace('-', "_").to_uppercase();
    Code::Config
        .because(format!("`{option}` is not given: {what}"))
        .remedy(format!("give --{option}, OPENTWIN_{variable}, or `{option} = …` in the configuration file"))
}

/// Refuses environment variables that begin with `OPENTWIN_` and are no option: a misspelt one would
/// otherwise silently do nothing.
pub fn refuse_unknown_variables<'a>(
    known: impl IntoIterator<Item = &'a str>,
    present: impl IntoIterator<Item = String>,
) -> Result<(), Failure> {
    let known: BTreeSet<&str> = known.into_iter().chain([TERMINATION_LOG]).collect();
    match present.into_iter().find(|v| v.starts_with("OPENTWIN_") && !known.contains(v.as_str())) {
        None => Ok(()),
        Some(variable) => Err(Code::Config
            .because(format!("the environment variable {variable} is no option of this program"))
            .remedy("unset it, or look up its name with --help")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unknown_variable_is_refused_by_name() {
        let failure =
            refuse_unknown_variables(["OPENTWIN_SITE"], ["HOME".into(), "OPENTWIN_SIET".into()]).unwrap_err();
        assert!(failure.message.contains("OPENTWIN_SIET"));
    }

    #[test]
    fn what_is_not_given_is_what_the_defaults_say() {
        let (nothing, defaults) = (Common::default(), Common::default().defaults());
        assert_eq!(nothing.site(), defaults.site());
        assert_eq!(nothing.instance(), defaults.instance());
        assert_eq!((nothing.listen(), nothing.health()), (defaults.listen(), defaults.health()));
        assert_eq!((nothing.alone(), nothing.grace()), (defaults.alone(), defaults.grace()));
    }
}
