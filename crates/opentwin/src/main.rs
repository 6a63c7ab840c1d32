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
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// A self-hosted platform for engineering simulation.
///
/// Start everything on this machine with `opentwin up`, then log in with `opentwin login` or a browser.
#[derive(Parser)]
#[command(
    name = "opentwin",
    bin_name = "opentwin",
    version,
    propagate_version = true,
    infer_subcommands = false
)]
pub struct Cli {
    #[command(flatten)]
    global: commands::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole platform on this machine
    #[command(
        after_help = "Examples:\n  opentwin up\n  opentwin up --state site --public 0.0.0.0:8443 --public-host twin.example.org"
    )]
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
    if let Some(called) = roles::called(&arguments) {
        return runtime::leave(called.and_then(|(role, rest)| role.run(&rest)));
    }
    let result = match Cli::command().try_get_matches_from(&arguments) {
        Ok(given) => execute(&given),
        Err(error) => runtime::refused(&error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => commands::complain(&failure, commands::wants_json(&arguments)),
    }
}

fn execute(given: &ArgMatches) -> Result<(), Failure> {
    let cli = Cli::from_arg_matches(given).map_err(|e| Code::Usage.because(e.to_string()))?;
    let out = commands::out(&cli.global);
    match cli.command {
        Command::Up(options) => {
            commands::refuse_form(given, "`opentwin up`")?;
            block_on(up::run(options))
        }
        Command::Describe { service } => roles::role(&service)
            .ok_or_else(|| Code::Usage.because(format!("this program hosts no service `{service}`")))?
            .describe(),
        Command::Pki(command) => block_on(pki_command::execute(command, &out)),
        Command::Store(command) => block_on(command.execute(&out)),
        Command::Service(command) => {
            commands::refuse_form(given, "`opentwin service`")?;
            service_command::execute(command)
        }
        Command::Health(command) => block_on(command.execute(&out)),
        Command::FirstPassword(command) => command.execute(&out),
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
