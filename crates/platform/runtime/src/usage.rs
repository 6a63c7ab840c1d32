//! A command line that clap refuses, told as every other failure is.

use std::io::Write as _;

use api::{Code, Failure};
use clap::error::ErrorKind;

/// What a command line comes to that clap did not take. Help that was asked for is printed and is no error; else the
/// usage is printed, and the failure is clap's, with its suggestions as what to do.
pub fn refused(error: &clap::Error) -> Result<(), Failure> {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Nobody may be left to read it.
        let _ = error.print();
    }
    if !error.use_stderr() {
        return Ok(());
    }
    let said = Said::of(error);
    if !said.usage.is_empty() {
        let _ = writeln!(std::io::stderr(), "{}\n", said.usage);
    }
    Err(said.failure())
}

/// The parts of what clap says.
struct Said {
    what: String,
    tips: Vec<String>,
    usage: String,
}

impl Said {
    fn of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut said = Self { what: String::new(), tips: Vec::new(), usage: String::new() };
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            said.what = "a command is missing".to_owned();
            return said;
        }
        for paragraph in text.trim().split("\n\n") {
            if let Some(what) = paragraph.strip_prefix("error: ") {
                said.what = what.split_whitespace().collect::<Vec<_>>().join(" ");
            } else if paragraph.trim_start().starts_with("tip: ") {
                let tips = paragraph.lines().map(|line| line.trim().trim_start_matches("tip: ").to_owned());
                said.tips.extend(tips);
            } else if paragraph.starts_with("Usage: ") {
                said.usage = paragraph.to_owned();
            }
        }
        said
    }

    fn failure(self) -> Failure {
        // The command itself, before its options and arguments.
        let words = self.usage.split_whitespace().skip(1);
        let command: Vec<&str> = words.take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
        let help = match command.as_slice() {
            [] => "`--help` shows what there is".to_owned(),
            command => format!("`{} --help` shows what there is", command.join(" ")),
        };
        let remedy: Vec<String> = self.tips.into_iter().chain([help]).collect();
        Code::Usage.because(self.what).remedy(remedy.join("; "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::{Arg, Command};

    fn failure(line: &str) -> Failure {
        let form = Arg::new("output").long("output").value_parser(["table", "json"]).value_name("FORM");
        let show = Command::new("show").arg(Arg::new("PROJECT").required(true)).arg(form);
        let program = Command::new("opentwin").subcommand(show).subcommand_required(true);
        let error = program.arg_required_else_help(true).try_get_matches_from(line.split(' ')).unwrap_err();
        Said::of(&error).failure()
    }

    #[test]
    fn what_clap_says_is_told_in_one_line_with_what_to_do() {
        let missing = failure("opentwin show");
        assert_eq!(missing.message, "the following required arguments were not provided: <PROJECT>");
        assert_eq!(missing.what_to_do(), "`opentwin show --help` shows what there is");
        let unknown = failure("opentwin show iris --outptu json");
        assert_eq!(unknown.message, "unexpected argument '--outptu' found");
        assert_eq!(
            unknown.what_to_do(),
            "a similar argument exists: '--output'; `opentwin show --help` shows what there is"
        );
        let value = failure("opentwin show iris --output xml");
        assert_eq!(value.message, "invalid value 'xml' for '--output <FORM>' [possible values: table, json]");
        assert_eq!(failure("opentwin sohw").code, Code::Usage);
        assert!(failure("opentwin sohw").what_to_do().starts_with("a similar subcommand exists: 'show'; "));
        assert_eq!(failure("opentwin").message, "a command is missing");
    }
}
