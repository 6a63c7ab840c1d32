//! What is in force: defaults, the file, the environment, the command line, one laid over the other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use api::{Code, Failure};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Defaults;

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whence {
    Default,
    File,
    Environment(String),
    CommandLine,
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// An option as it is in force; empty where it is not set.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) whence: Whence,
    /// What the file itself says of it: a table may have values that it leaves to their defaults.
    pub(super) in_file: Value,
}

/// How an option is given on the command line.
pub(super) struct Flag {
    id: String,
    variable: String,
    /// What its value is called.
    pub(super) value: String,
}

impl Flag {
    pub(super) fn of(argument: &Arg) -> Self {
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        let value = argument.get_value_names().and_then(|names| Some(names.first()?.to_string()));
        Self {
            id: argument.get_id().to_string(),
            variable: variable.unwrap_or_default(),
            value: value.unwrap_or_default(),
        }
    }

    /// The option's name in a file.
    pub(super) fn key(&self) -> String {
        key(&self.id)
    }
}

/// What a field is called in a file.
pub(super) fn key(id: &str) -> String {
    id.replace('_', "-")
}

/// What stands in the environment and on the command line.
pub(super) struct Given<'a> {
    pub(super) matches: &'a ArgMatches,
    pub(super) flags: Vec<Flag>,
}

impl Given<'_> {
    /// Where an option was given, if it was.
    fn whence(&self, key: &str) -> Option<Whence> {
        let flag = self.flags.iter().find(|flag| flag.key() == key)?;
        match self.matches.value_source(&flag.id)? {
            ValueSource::CommandLine => Some(Whence::CommandLine),
            ValueSource::EnvVariable => Some(Whence::Environment(flag.variable.clone())),
            _ => None,
        }
    }
}

/// What a file says of the options `C`, and the rest of it.
pub(super) fn read<C: Defaults>(file: Option<&Path>) -> Result<(Part, Part), Failure> {
    let Some(path) = file else { return Ok(Default::default()) };
    let whence = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Code::Config.because(format!("cannot read the configuration file {whence}: {e}")))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|e| Code::Config.because(format!("the configuration file {whence} is wrong: {e}")))?;
    let known = object(&C::default())?;
    let (shared, rest) = table.into_iter().partition(|(key, _)| known.contains_key(key));
    Ok((Part { table: shared, whence: whence.clone() }, Part { table: rest, whence }))
}

/// A part of a configuration file.
#[derive(Default)]
pub(super) struct Part {
    table: toml::Table,
    whence: String,
}

/// Lays what is `given` over what a file says, and that over the defaults.
pub(super) fn lay<T: Defaults>(
    file: Part,
    options: &T,
    given: &Given<'_>,
) -> Result<(T, Vec<Setting>), Failure> {
    let in_file = serde_json::to_value(&file.table).map_err(unwritten)?;
    let wrong =
        |why: &str| Code::Config.because(format!("the configuration file {} is wrong: {why}", file.whence));
    let typed: T = file.table.clone().try_into().map_err(|e: toml::de::Error| wrong(e.message()))?;
    let mut typed = object(&typed)?;
    let mut settings = Vec::new();
    for (key, value) in object(options)? {
        let in_file = in_file.get(&key).cloned().unwrap_or_default();
        let (value, whence) = match (given.whence(&key), typed.remove(&key)) {
            (Some(whence), _) => (value, whence),
            (None, Some(value)) if !empty(&value) => (value, Whence::File),
            (None, _) => (value, Whence::Default),
        };
        settings.push(Setting { key, value, whence, in_file });
    }
    let defaults = object(&whole::<T>(&settings)?.defaults())?;
    for setting in settings.iter_mut().filter(|setting| empty(&setting.value)) {
        if let Some(value) = defaults.get(&setting.key).filter(|value| !empty(value)) {
            (setting.value, setting.whence) = (value.clone(), Whence::Default);
        }
    }
    Ok((whole(&settings)?, settings))
}

fn whole<T: Defaults>(settings: &[Setting]) -> Result<T, Failure> {
    let all = settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect();
    serde_json::from_value(Value::Object(all)).map_err(unwritten)
}

/// True where nothing is set.
pub(super) fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Values as help tells them, by key.
pub(super) fn told(options: &impl Serialize) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let all = object(options).unwrap_or_default();
    all.into_iter().filter(|(_, value)| !empty(value)).map(|(key, value)| (key, text(value))).collect()
}

fn object(options: &impl Serialize) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(options).map_err(unwritten)? {
        Value::Object(map) => Ok(map),
        _ => Err(Code::Internal.because("options are no table")),
    }
}

fn unwritten(error: serde_json::Error) -> Failure {
    Code::Internal.because(format!("the options cannot be put together: {error}"))
}
