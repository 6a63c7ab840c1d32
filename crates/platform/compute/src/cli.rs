//! A compute service as a program of its own: what its local-session calls.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use api::{Code, Failure};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use runtime::Common;
use runtime::options::{self, Hosting, NoOptions};
use system::confine::{Confined, Reach};

use crate::host::{Program, host};

/// A compute service of the platform. Its local-session starts it; by hand it is asked what it declares.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve in the foreground
    Run {
        /// Name of the service
        service: String,
        #[command(flatten)]
        hosting: Box<Hosting<NoOptions>>,
    },
    /// Print what the service declares, as JSON
    Describe {
        /// Name of the service
        service: String,
    },
}

/// The whole `main` of a program that hosts one compute service.
pub fn main(program: impl Program) -> ExitCode {
    let command = Cli::command().mut_subcommand("run", Hosting::<NoOptions>::explained);
    runtime::leave(match command.try_get_matches() {
        Ok(given) => execute(&given, program),
        Err(error) => runtime::refused(&error),
    })
}

fn refuse_unknown_variables() -> Result<(), Failure> {
    let command = Cli::command();
    let arguments = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let known = arguments.filter_map(|argument| argument.get_env()?.to_str());
    options::refuse_unknown_variables(known, std::env::vars().map(|(name, _)| name))
}

fn execute(given: &ArgMatches, program: impl Program) -> Result<(), Failure> {
    let cli = Cli::from_arg_matches(given).map_err(|e| Code::Usage.because(e.to_string()))?;
    match cli.command {
        Command::Run { service, hosting } => {
            named(&program, &service)?;
            refuse_unknown_variables()?;
            let given = given.subcommand_matches("run").unwrap_or(given);
            match hosting.settle(given)? {
                Some((common, NoOptions {})) => serve(common, program),
                None => Ok(()),
            }
        }
        Command::Describe { service } => {
            named(&program, &service)?;
            print(&description(&program)?)
        }
    }
}

/// Serves on threads of its own until the process is asked to end.
///
/// What it computes from is made by people, and read by libraries that were not written to be attacked: so the process
/// gives up all files but those that it needs, and with them the keys of others, before it reads any of that.
pub fn serve(common: Common, program: impl Program) -> Result<(), Failure> {
    let open = left_open(confine(&common, program.reach())?);
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    threads.block_on(host(common, program, open))
}

/// Confines this process to its own files, and those that the program asks for.
fn confine(common: &Common, mut reach: Reach) -> Result<Confined, Failure> {
    // Their folders: certificates are replaced while a service runs.
    let files = [&common.certificate, &common.key, &common.roots];
    let folder = |file: &PathBuf| match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_owned(),
        None => file.clone(),
    };
    reach.read.extend(files.into_iter().flatten().map(folder));
    reach.read.extend(common.ticket.clone());
    reach.write.extend(common.state.clone());
    reach.write.push(runtime::termination_log());
    system::confine::this_thread(&reach)
        .map_err(|e| Code::Internal.because(format!("the service cannot be confined to its own files: {e}")))
}

/// What a Linux leaves open that others close. On other systems that is known beforehand.
fn left_open(confined: Confined) -> Option<&'static str> {
    match confined {
        _ if cfg!(not(target_os = "linux")) => None,
        Confined { files: true, sockets: true } => None,
        Confined { files: true, sockets: false } => Some("the sockets of other programs"),
        Confined { files: false, sockets: true } => Some("the files of other services"),
        Confined { files: false, sockets: false } => Some("the files and sockets of others"),
    }
}

/// A program's description as JSON text.
pub fn description(program: &impl Program) -> Result<String, Failure> {
    let value = api::json::to_value(&program.describe().into_wire())?;
    serde_json::to_string_pretty(&value)
        .map_err(|e| Code::Internal.because(format!("the description cannot be written: {e}")))
}

fn named(program: &impl Program, asked: &str) -> Result<(), Failure> {
    let own = program.describe().into_wire().name;
    if own == asked {
        return Ok(());
    }
    Err(Code::Usage.because(format!("this program hosts `{own}`, not `{asked}`")))
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{text}").map_err(|e| Code::Io.because(format!("cannot print: {e}")))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_a_kernel_leaves_open_is_named() {
        for (files, sockets, named) in [
            (true, true, None),
            (false, true, Some("the files of other services")),
            (true, false, Some("the sockets of other programs")),
            (false, false, Some("the files and sockets of others")),
        ] {
            assert_eq!(left_open(Confined { files, sockets }), named);
        }
    }
}
