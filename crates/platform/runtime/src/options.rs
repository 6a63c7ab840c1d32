//! Options from a file, the environment and the command line, in that order of growing weight.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use api::{Code, Failure};
use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
}

impl Common {
    /// The site's name.
    pub fn site(&self) -> &str {
        self.site.as_deref().unwrap_or("opentwin")
    }

    /// The state directory, which must be given.
    pub fn state(&self) -> Result<&Path, Failure> {
        self.state.as_deref().ok_or_else(|| missing("state", "where this service keeps its data"))
    }

    /// Time without the local-session.
    pub fn alone(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.alone.unwrap_or(60))
    }

    /// Time for draining.
    pub fn grace(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.grace.unwrap_or(25))
    }
}

/// The failure for an option that is needed and not given.
pub fn missing(option: &str, what: &str) -> Failure {
    let variable = option.replace('-', "_").to_uppercase();
    Code::Config
        .because(format!("`{option}` is not given: {what}"))
        .remedy(format!("give --{option}, OPENTWIN_{variable}, or `{option} = …` in the configuration file"))
}

/// Lays `given` (environment and command line) over what a configuration file says.
///
/// All options of `T` are `Option`s or empty collections when not given; what is given wins. Keys that `T` does
/// not have are refused.
pub fn layer<T: Serialize + DeserializeOwned>(file: Option<&Path>, given: &T) -> Result<T, Failure> {
    let Some(path) = file else { return overlay(Map::new(), given, "the command line") };
    let text = std::fs::read_to_string(path).map_err(|e| {
        Code::Config.because(format!("cannot read the configuration file {}: {e}", path.display()))
    })?;
    // Parsed as the type first: toml then names the unknown key with its line.
    let typed: T = toml::from_str(&text).map_err(|e| {
        Code::Config.because(format!("the configuration file {} is wrong: {e}", path.display()))
    })?;
    overlay(object(&typed)?, given, &path.display().to_string())
}

fn overlay<T: Serialize + DeserializeOwned>(
    mut base: Map<String, Value>,
    given: &T,
    whence: &str,
) -> Result<T, Failure> {
    for (key, value) in object(given)? {
        if !empty(&value) || !base.contains_key(&key) {
            base.insert(key, value);
        }
    }
    serde_json::from_value(Value::Object(base))
        .map_err(|e| Code::Config.because(format!("the configuration from {whence} is wrong: {e}")))
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn object<T: Serialize>(options: &T) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(options) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) | Err(_) => Err(Code::Internal.because("options are no table")),
    }
}

/// As [`layer`], for a service: one file holds its common and its own options side by side.
pub fn layer_both<O>(file: Option<&Path>, common: &Common, own: &O) -> Result<(Common, O), Failure>
where
    O: Serialize + DeserializeOwned + Default,
{
    let Some(path) = file else { return Ok((layer(None, common)?, layer(None, own)?)) };
    let whence = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Code::Config.because(format!("cannot read the configuration file {whence}: {e}")))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|e| Code::Config.because(format!("the configuration file {whence} is wrong: {e}")))?;
    let known = object(&Common::default())?;
    let (shared, rest): (toml::Table, toml::Table) =
        table.into_iter().partition(|(key, _)| known.contains_key(key));
    let wrong = |e: toml::de::Error| {
        Code::Config.because(format!("the configuration file {whence} is wrong: {}", e.message()))
    };
    let shared: Common = shared.try_into().map_err(wrong)?;
    let rest: O = rest.try_into().map_err(wrong)?;
    Ok((overlay(object(&shared)?, common, &whence)?, overlay(object(&rest)?, own, &whence)?))
}

/// What is in force, as a configuration file would say it.
pub fn dump<T: Serialize>(options: &T) -> Result<String, Failure> {
    write(object(options)?)
}

/// As [`dump`], of what [`layer_both`] gives.
pub fn dump_both<O: Serialize>(common: &Common, own: &O) -> Result<String, Failure> {
    let mut given = object(common)?;
    given.extend(object(own)?);
    write(given)
}

fn write(mut given: Map<String, Value>) -> Result<String, Failure> {
    given.retain(|_, value| !empty(value));
    toml::to_string_pretty(&given)
        .map_err(|e| Code::Internal.because(format!("the configuration cannot be written: {e}")))
}

/// Refuses environment variables that begin with `OPENTWIN_` and are no option: a misspelt one would
/// otherwise silently do nothing.
pub fn refuse_unknown_variables<'a>(
    known: impl IntoIterator<Item = &'a str>,
    present: impl IntoIterator<Item = String>,
) -> Result<(), Failure> {
    let known: BTreeSet<&str> = known.into_iter().collect();
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

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn what_is_given_wins_over_the_file() {
        let file = file("site = \"lab\"\nlisten = \"127.0.0.1:1\"\n");
        let given = Common { listen: Some("127.0.0.1:2".into()), ..Common::default() };
        let merged = layer(Some(file.path()), &given).unwrap();
        assert_eq!((merged.site(), merged.listen.as_deref()), ("lab", Some("127.0.0.1:2")));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let file = file("listne = \"127.0.0.1:1\"\n");
        let failure = layer(Some(file.path()), &Common::default()).unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.message.contains("listne"), "{failure}");
    }

    #[test]
    fn one_file_holds_common_and_own_options() {
        #[derive(Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct Own {
            slots: Option<u32>,
        }
        let good = file("site = \"lab\"\nslots = 3\n");
        let given = Own { slots: Some(4) };
        let (common, own) = layer_both(Some(good.path()), &Common::default(), &given).unwrap();
        assert_eq!((common.site(), own.slots), ("lab", Some(4)));
        let bad = file("site = \"lab\"\nslotz = 3\n");
        let failure = layer_both(Some(bad.path()), &Common::default(), &given).unwrap_err();
        assert!(failure.message.contains("slotz"), "{failure}");
    }

    #[test]
    fn an_unknown_variable_is_refused_by_name() {
        let failure =
            refuse_unknown_variables(["OPENTWIN_SITE"], ["HOME".into(), "OPENTWIN_SIET".into()]).unwrap_err();
        assert!(failure.message.contains("OPENTWIN_SIET"));
    }

    #[test]
    fn a_dump_is_a_configuration_file() {
        let options = Common { site: Some("lab".into()), grace: Some(3), ..Common::default() };
        let file = file(&dump(&options).unwrap());
        assert_eq!(layer(Some(file.path()), &Common::default()).unwrap().grace, Some(3));
    }
}
