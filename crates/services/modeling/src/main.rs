//! The modeling service as a program of its own, so that OpenCASCADE is in no other.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use api::{Code, Failure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use modeling::Modeling;
use runtime::{Common, options};

/// The modeling service.
#[derive(Debug, Parser)]
#[command(name = "opentwin-modeling", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a service in the foreground
    Run(Run),
    /// Prints what a service declares, as JSON
    Describe {
        /// Which service
        service: Service,
    },
}

#[derive(Debug, Args)]
struct Run {
    /// Which service
    service: Service,
    /// Configuration file (TOML); environment and flags weigh more
    #[arg(long, env = "OPENTWIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints the configuration in force and ends
    #[arg(long)]
    dump_config: bool,
    #[command(flatten)]
    common: Box<Common>,
}

/// What this program can be.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Service {
    Modeling,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Asked-for help goes to standard output and is no error.
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(Code::Usage.row().exit) };
        }
    };
    runtime::leave(match cli.command {
        Command::Run(run) => serve(run),
        Command::Describe { service: Service::Modeling } => describe(),
    })
}

fn serve(run: Run) -> Result<(), Failure> {
    let Service::Modeling = run.service;
    let common = options::layer(run.config.as_deref(), &*run.common)?;
    if run.dump_config {
        return print(&options::dump(&common)?);
    }
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    threads.block_on(compute::host(common, Modeling))
}

fn describe() -> Result<(), Failure> {
    let value = api::json::to_value(&modeling::describe().into_wire())?;
    let text = serde_json::to_string_pretty(&value)
        .map_err(|e| Code::Internal.because(format!("the description cannot be written: {e}")))?;
    print(&text)
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{text}").map_err(|e| Code::Io.because(format!("cannot print: {e}")))
}
