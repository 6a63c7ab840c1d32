//! `opentwin service`: this program as a service of Windows.
//!
//! The process that Windows starts hosts nothing itself. It keeps `opentwin up …` or `opentwin run …` running, as
//! systemd does elsewhere: ready is what that program says, stopping is closing its standard input, its output goes
//! into a log file, and an exit code that says "again" has it started again.

#[cfg(windows)]
mod control;
#[cfg(windows)]
mod dispatch;
#[cfg(any(windows, test))]
mod keeper;

use std::path::PathBuf;

use api::{Code, Failure};
use clap::{Args, Subcommand};

/// `opentwin service …`
#[derive(Subcommand)]
pub enum Command {
    Install(Install),
    /// Stop a service of Windows and take it away; its state stays
    #[command(after_help = "Example:\n  opentwin service remove")]
    Remove(Named),
    #[command(hide = true)]
    Host(Host),
}

/// Make a service of Windows of a program line
///
/// It starts with the machine, under an account of its own without a password (`NT SERVICE\NAME`), which can reach
/// its state and its log and nothing else that is closed.
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere it is parsed, and refused"))]
#[derive(Args)]
#[command(
    after_help = "Examples:\n  opentwin service install -- up --state C:\\ProgramData\\opentwin\\site --public 0.0.0.0:8443 --public-host twin.example.org\n  opentwin service install --name opentwin-node -- run local-session --config C:\\ProgramData\\opentwin\\node.toml"
)]
pub struct Install {
    #[command(flatten)]
    named: Named,
    /// Account to run as [default: NT SERVICE\NAME]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// File for what it says [default: %ProgramData%\opentwin\NAME.log]
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// What it runs: `up …` or `run SERVICE …`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    line: Vec<String>,
}

/// Which service of Windows is meant.
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere it is parsed, and refused"))]
#[derive(Args)]
pub struct Named {
    /// Name of the service of Windows
    #[arg(long, value_name = "NAME", default_value = "opentwin", value_parser = name)]
    name: String,
}

/// What Windows calls.
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere it is parsed, and refused"))]
#[derive(Args)]
pub struct Host {
    #[command(flatten)]
    named: Named,
    /// File for what the program says
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// What it runs
    #[arg(last = true, required = true, value_name = "COMMAND")]
    line: Vec<String>,
}

/// A name that is safe in a command line, a path, and the name of an account.
fn name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 80 || !text.chars().all(good) {
        return Err("letters, digits, `-`, `_` and `.`, at most 80".to_owned());
    }
    Ok(text.to_owned())
}

/// Refuses what could not run without a person: another command, or a path that depends on who looks at it.
fn check(line: &[String]) -> Result<(), Failure> {
    let refused = |why: String| {
        Err(Code::Usage.because(why).remedy("see the examples of `opentwin service install --help`"))
    };
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up", ..] => {}
        ["run", service, ..] if crate::roles::role(service).is_some() => {}
        _ => {
            return refused(format!(
                "`{}` is nothing that serves: expected `up …` or `run SERVICE …`",
                line.join(" ")
            ));
        }
    }
    let given = |flag: &str| {
        let at = words.iter().position(|word| *word == flag);
        at.and_then(|at| words.get(at + 1).copied())
            .or_else(|| words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('=')))
    };
    for flag in ["--state", "--config"] {
        if let Some(path) = given(flag)
            && !std::path::Path::new(path).is_absolute()
        {
            return refused(format!(
                "`{flag} {path}` is no absolute path: a service has no folder of its own"
            ));
        }
    }
    if words.first() == Some(&"up") && given("--state").is_none() {
        return refused("`--state` is not given: a service has no home folder for it".to_owned());
    }
    Ok(())
}

/// Executes one of them.
pub fn execute(command: Command) -> Result<(), Failure> {
    if let Command::Install(Install { line, .. }) | Command::Host(Host { line, .. }) = &command {
        check(line)?;
    }
    #[cfg(windows)]
    match command {
        Command::Install(install) => control::install(&install),
        Command::Remove(Named { name }) => control::remove(&name),
        Command::Host(host) => dispatch::host(host),
    }
    #[cfg(not(windows))]
    {
        Err(Code::Usage
            .because("services of Windows are there on Windows only")
            .remedy("on Linux systemd keeps it running: see docs/operator/hosts.md"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ROOT: &str = if cfg!(windows) { "C:\\" } else { "/" };

    fn checked(line: &str) -> Result<(), String> {
        let line: Vec<String> = line.replace("ROOT", ROOT).split(' ').map(str::to_owned).collect();
        check(&line).map_err(|failure| failure.message)
    }

    #[test]
    fn only_what_serves_becomes_a_service() {
        checked("up --state ROOTsite").unwrap();
        checked("up --state=ROOTsite --slots 2").unwrap();
        checked("run local-session --config ROOTnode.toml").unwrap();
        for line in ["login x", "run wr90/transient", "run", "health"] {
            assert!(checked(line).unwrap_err().contains("nothing that serves"), "{line}");
        }
        assert!(checked("up --state site").unwrap_err().contains("absolute"));
        assert!(checked("run relay --config=relay.toml").unwrap_err().contains("absolute"));
        assert!(checked("up").unwrap_err().contains("--state"));
    }

    #[test]
    fn names_hold_nothing_that_a_shell_reads() {
        assert_eq!(name("opentwin-node.2").unwrap(), "opentwin-node.2");
        for bad in ["", "a b", "a\\b", "a\"", "ä", &"x".repeat(81)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn elsewhere_it_is_refused_with_what_to_do() {
        let named = Named { name: "opentwin".into() };
        let failure = execute(Command::Remove(named)).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.what_to_do().contains("systemd"));
    }
}
