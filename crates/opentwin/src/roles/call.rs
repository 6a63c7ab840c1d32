//! Which command lines ask for a service.

use std::ffi::OsString;

use api::Failure;
use clap::Args as _;

use super::{Role, role};
use crate::commands::{self, Global};

/// The service that a command line asks for, and what it is given: `run` and the name of a role, with options of every
/// command before the one or the other. Else it is the client's `run PROJECT/SOLVER`.
pub fn called(line: &[OsString]) -> Option<Result<(&'static Role, Vec<OsString>), Failure>> {
    let (program, line) = line.split_first()?;
    let (before, word, rest) = first_word(program, line)?;
    if word != "run" {
        return None;
    }
    let (between, name, rest) = first_word(program, &rest)?;
    let role = role(&name)?;
    let refused = [before, between].iter().find_map(|given| commands::refuse_form(given, "a service").err());
    Some(refused.map_or(Ok((role, rest)), Err))
}

/// What stands first in a line besides the options of every command, with those before it and all behind it.
fn first_word(program: &OsString, line: &[OsString]) -> Option<(clap::ArgMatches, String, Vec<OsString>)> {
    let globals = Global::augment_args(clap::Command::new("opentwin"))
        .allow_external_subcommands(true)
        .external_subcommand_value_parser(clap::value_parser!(OsString));
    // What is wrong in it is told by the parser of the whole.
    let given = globals.try_get_matches_from(std::iter::once(program).chain(line)).ok()?;
    let (word, behind) = given.subcommand()?;
    let rest = behind.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    let word = word.to_owned();
    Some((given, word, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use api::Code;

    #[test]
    fn a_service_is_told_from_a_project_whatever_stands_before_its_name() {
        let called = |line: &str| called(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in [
            "opentwin run relay --grace 3",
            "opentwin -q run relay --grace 3",
            "opentwin --config-home=/x run -q relay --grace 3",
        ] {
            let Some(Ok((role, rest))) = called(line) else { panic!("{line}") };
            assert_eq!((role.name, rest), ("relay", vec!["--grace".into(), "3".into()]), "{line}");
        }
        assert_eq!(
            called("opentwin run modeling").map(|found| found.is_ok_and(|(role, _)| role.name == "modeling")),
            Some(true)
        );
        for line in [
            "opentwin",
            "opentwin run",
            "opentwin run iris/transient",
            "opentwin run relay/transient",
            "opentwin run --detach relay",
            "opentwin show relay",
            "opentwin --help run relay",
        ] {
            assert!(called(line).is_none(), "{line}");
        }
        let refused = called("opentwin --output json run relay");
        assert_eq!(refused.and_then(Result::err).map(|failure| failure.code), Some(Code::Usage));
    }
}
