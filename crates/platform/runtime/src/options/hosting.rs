//! What a program that hosts a service is called with.

use std::io::Write as _;
use std::path::PathBuf;

use api::{Code, Failure};
use clap::{ArgMatches, Args, Command};
use serde::{Deserialize, Serialize};

use super::layers::{self, Flag, Given, Setting};
use super::{Common, Defaults, dump};

/// The command line behind `run SERVICE`: one file, the common options, the service's own.
#[derive(Args, Clone, Debug)]
pub struct Hosting<O: Args> {
    /// Configuration file (TOML); the environment and flags weigh more
    #[arg(long, env = "OPENTWIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration in force, with the defaults and whence each value is, and end
    #[arg(long)]
    dump_config: bool,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    own: O,
}

/// Options of a service that has none of its own.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

impl Defaults for NoOptions {
    fn defaults(&self) -> Self {
        Self {}
    }
}

impl<O: Args + Defaults> Hosting<O> {
    /// The options in force; `None` where they were only to be printed, which is done then.
    ///
    /// `matches` are those that this was made from: they know the environment from the command line.
    pub fn settle(&self, matches: &ArgMatches) -> Result<Option<(Common, O)>, Failure> {
        let (common, own, settings) = self.in_force(matches)?;
        if !self.dump_config {
            return Ok(Some((common, own)));
        }
        let text = dump::text(&settings, &flags::<O>());
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|e| Code::Io.because(format!("cannot print the configuration: {e}")))?;
        Ok(None)
    }

    fn in_force(&self, matches: &ArgMatches) -> Result<(Common, O, Vec<Setting>), Failure> {
        let given = Given { matches, flags: flags::<O>() };
        let (shared, rest) = layers::read::<Common>(self.config.as_deref())?;
        let (mut common, mut settings) = layers::lay(shared, &self.common, &given)?;
        // No option of the service, but news for this one process.
        common.after.clone_from(&self.common.after);
        let (own, more) = layers::lay(rest, &self.own, &given)?;
        settings.extend(more);
        Ok((common, own, settings))
    }

    /// A command with these arguments whose help tells the defaults.
    pub fn explained(command: Command) -> Command {
        let mut defaults = layers::told(&Common::default().defaults());
        defaults.extend(layers::told(&O::default().defaults()));
        command.mut_args(|argument| {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            match defaults.get(&layers::key(argument.get_id().as_str())) {
                // Some are better told in words.
                Some(value) if !help.contains("[default:") => {
                    argument.help(format!("{help} [default: {value}]"))
                }
                _ => argument,
            }
        })
    }
}

/// The flags of all options.
fn flags<O: Args>() -> Vec<Flag> {
    Hosting::<O>::augment_args(Command::new("options")).get_arguments().map(Flag::of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
    struct Own {
        /// Slots
        #[arg(long, value_name = "N")]
        run_slots: Option<u32>,
        /// Hours
        #[arg(long)]
        hours: Option<f64>,
        /// Names
        #[arg(long, value_delimiter = ',', value_name = "NAME")]
        names: Vec<String>,
        #[arg(skip)]
        warm: BTreeMap<String, Warm>,
        #[arg(skip)]
        cluster: Option<Warm>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Warm {
        buffer: u32,
        labels: BTreeMap<String, String>,
        more: Vec<BTreeMap<String, u32>>,
    }

    impl Defaults for Own {
        fn defaults(&self) -> Self {
            let cluster = (self.run_slots == Some(7)).then(Warm::default);
            Self { run_slots: Some(2), hours: Some(12.0), cluster, ..Self::default() }
        }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn settle(line: &[&str]) -> Result<(Common, Own, String), Failure> {
        use clap::FromArgMatches as _;
        let command = Hosting::<Own>::augment_args(Command::new("test").no_binary_name(true));
        let matches = command.try_get_matches_from(line).unwrap();
        let (common, own, settings) =
            Hosting::<Own>::from_arg_matches(&matches).unwrap().in_force(&matches)?;
        Ok((common, own, dump::text(&settings, &flags::<Own>())))
    }

    /// The line of an option in a dump, without what lines it up.
    fn line(text: &str, key: &str) -> String {
        let found = text.lines().find(|line| line.trim_start_matches("# ").starts_with(&format!("{key} =")));
        found.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    const FILE: &str = "site = \"lab\"\nlisten = \"127.0.0.1:1\"\nnames = [\"a\", \"b\"]\nhours = 3\n\
        [warm.\"fit td\"]\nbuffer = 3\nlabels = {\"a.b/c\" = \"say \\\"x\\\"\"}\nmore = [{x = 1}]\n";

    #[test]
    fn what_is_given_wins_over_the_file_and_that_over_the_defaults() {
        let file = file(FILE);
        let path = file.path().to_str().unwrap();
        let (common, own, text) = settle(&["--config", path, "--listen", "127.0.0.1:2"]).unwrap();
        assert_eq!((common.site(), common.listen(), common.instance()), ("lab", "127.0.0.1:2", "0"));
        assert_eq!((own.run_slots, own.hours), (Some(2), Some(3.0)));
        assert_eq!(line(&text, "site"), "site = \"lab\" # file");
        assert_eq!(line(&text, "listen"), "listen = \"127.0.0.1:2\" # command line");
        assert_eq!(line(&text, "run-slots"), "run-slots = 2 # default");
        assert_eq!(line(&text, "hours"), "hours = 3.0 # file");
        assert_eq!(line(&text, "names"), "names = [\"a\", \"b\"] # file");
        assert_eq!(line(&text, "advertise"), "# advertise = HOST:PORT # not set");
        assert!(text.contains("\n# [cluster]"), "{text}");
    }

    #[test]
    fn a_dump_is_a_configuration_file_that_says_the_same() {
        let first = file(FILE);
        let line = ["--config", first.path().to_str().unwrap(), "--run-slots", "7", "--grace", "3"];
        let (common, own, text) = settle(&line).unwrap();
        let second = file(&text);
        let (again, own_again, text_again) = settle(&["--config", second.path().to_str().unwrap()]).unwrap();
        assert_eq!((format!("{common:?}"), own), (format!("{again:?}"), own_again), "{text}");
        let bare = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(bare(&text), bare(&text_again));
        // A table that holds beside an option that was given.
        assert!(text.contains("\n[cluster]\nbuffer = 0"), "{text}");
        assert!(!text_again.contains("# default") && !text_again.contains("# command line"), "{text_again}");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        for wrong in ["listne = \"127.0.0.1:1\"\n", "[warm.x]\nbufer = 1\n"] {
            let file = file(wrong);
            let failure = settle(&["--config", file.path().to_str().unwrap()]).unwrap_err();
            assert_eq!(failure.code, Code::Config);
            assert!(failure.message.contains("listne") || failure.message.contains("bufer"), "{failure}");
        }
    }

    #[test]
    fn the_help_tells_the_defaults() {
        let command = Hosting::<Own>::augment_args(Command::new("test"));
        let help = Hosting::<Own>::explained(command).render_help().to_string();
        assert!(help.contains("Slots [default: 2]"), "{help}");
        assert!(help.contains("[default: opentwin]"), "{help}");
    }
}
