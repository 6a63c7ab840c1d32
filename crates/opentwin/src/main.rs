//! The launcher and command line of the platform.

mod commands;
mod first_password;
mod health_command;
mod https;
mod pki_command;
mod roles;
mod service_command;
mod store_command;
mod up;

use std::ffi::OsString;
use std::process::ExitCode;

use api::{Code, Failure};
use clap::{Parser, Subcommand};

/// A self-hosted platform for engineering simulation.
///
/// Start everything on this machine with `opentwin up`, then log in with `opentwin login` or a browser.
#[derive(Parser)]
#[command(name = "opentwin", version, propagate_version = true, infer_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    global: commands::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole platform on this machine
    Up(up::Options),
    /// Print what a compute service declares, as JSON
    #[command(hide = true)]
    Describe {
        /// Name of the service
        service: String,
    },
    /// Make and look at certificates of the site
    #[command(subcommand)]
    Pki(pki_command::Command),
    #[command(subcommand)]
    Store(store_command::Command),
    /// Run it as a service of Windows
    #[command(subcommand)]
    Service(service_command::Command),
    Health(health_command::Health),
    FirstPassword(first_password::FirstPassword),
    #[command(flatten)]
    Client(commands::Client),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // `run` hosts a service where it is given the name of one; else it is the client's `run PROJECT/SOLVER`.
    if let [_, run, name, rest @ ..] = arguments.as_slice()
        && run == "run"
        && let Some(role) = name.to_str().and_then(roles::role)
    {
        return runtime::leave(role.run(rest));
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that was asked for goes to standard output and is no error.
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(Code::Usage.row().exit) };
        }
    };
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => commands::complain(&failure),
    }
}

fn execute(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Up(options) => block_on(up::run(options)),
        Command::Describe { service } => {
            let role = roles::role(&service)
                .ok_or_else(|| Code::Usage.because(format!("this program hosts no service `{service}`")))?;
            println!("{}", role.describe()?);
            Ok(())
        }
        Command::Pki(command) => block_on(pki_command::execute(command)),
        Command::Store(command) => block_on(command.execute()),
        Command::Service(command) => service_command::execute(command),
        Command::Health(command) => block_on(command.execute()),
        Command::FirstPassword(command) => command.execute(),
        Command::Client(command) => block_on(commands::execute(command, &cli.global)),
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    let result = threads.block_on(work);
    // A thread that waits for standard input must not hold up the end.
    threads.shutdown_background();
    result
}
