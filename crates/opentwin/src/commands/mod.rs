//! The client commands: one file a group. Each speaks to a running platform through [`client`] and prints a
//! table for people or JSON for programs.

mod apply;
mod audit;
mod branches;
mod changes;
mod completion;
mod desk;
mod diff;
#[cfg(test)]
mod docs;
mod export;
mod follow;
mod history;
mod kinds;
mod login;
mod logs;
mod merge;
mod output;
mod page;
mod people;
mod project;
mod prompt;
mod run;
mod runs;
mod schema;
mod show;
mod site;
mod stale;
mod text;
mod versions;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use api::{Code, Failure};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Subcommand};

use desk::Desk;
use output::Format;

pub(crate) use output::Out;

/// Options of every client command.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// What to print: a table for people, or JSON for programs
    #[arg(long, global = true, value_enum, default_value_t, env = "OPENTWIN_OUTPUT", value_name = "FORM")]
    output: Format,
    /// No progress and no remarks on standard error, only errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Folder that keeps the login [default: ~/.config/opentwin]
    #[arg(long, global = true, env = "OPENTWIN_CONFIG_HOME", value_name = "DIR")]
    config_home: Option<PathBuf>,
}

/// Commands against a running platform.
#[derive(Subcommand, Debug)]
pub enum Client {
    Login(login::Login),
    Logout(login::Logout),
    Whoami(login::Whoami),
    Passwd(login::Passwd),
    #[command(subcommand)]
    User(people::User),
    #[command(subcommand)]
    Group(people::Group),
    #[command(subcommand)]
    Project(project::Project),
    Apply(apply::Apply),
    Run(run::Run),
    Runs(runs::Runs),
    Logs(logs::Logs),
    Show(show::Show),
    Export(export::Export),
    Versions(versions::Versions),
    Diff(diff::Diff),
    #[command(subcommand)]
    Branch(branches::Branch),
    #[command(subcommand)]
    Tag(branches::Tag),
    Merge(merge::Merge),
    Revert(history::Revert),
    Undo(history::Undo),
    Redo(history::Redo),
    Prune(history::Prune),
    Site(site::Site),
    Sessions(site::Sessions),
    Instances(site::Instances),
    Audit(audit::Audit),
    Schema(schema::Schema),
    Completion(completion::Completion),
}

/// Does what a client command asks for. A reader who closed standard output has seen enough: that is no
/// error.
pub async fn execute(command: Client, global: &Global) -> Result<(), Failure> {
    let desk = Desk::new(global);
    let result = match command {
        Client::Login(command) => command.execute(&desk).await,
        Client::Logout(command) => command.execute(&desk).await,
        Client::Whoami(command) => command.execute(&desk).await,
        Client::Passwd(command) => command.execute(&desk).await,
        Client::User(command) => command.execute(&desk).await,
        Client::Group(command) => command.execute(&desk).await,
        Client::Project(command) => command.execute(&desk).await,
        Client::Apply(command) => command.execute(&desk).await,
        Client::Run(command) => command.execute(&desk).await,
        Client::Runs(command) => command.execute(&desk).await,
        Client::Logs(command) => command.execute(&desk).await,
        Client::Show(command) => command.execute(&desk).await,
        Client::Export(command) => command.execute(&desk).await,
        Client::Versions(command) => command.execute(&desk).await,
        Client::Diff(command) => command.execute(&desk).await,
        Client::Branch(command) => command.execute(&desk).await,
        Client::Tag(command) => command.execute(&desk).await,
        Client::Merge(command) => command.execute(&desk).await,
        Client::Revert(command) => command.execute(&desk).await,
        Client::Undo(command) => command.execute(&desk).await,
        Client::Redo(command) => command.execute(&desk).await,
        Client::Prune(command) => command.execute(&desk).await,
        Client::Site(command) => command.execute(&desk).await,
        Client::Sessions(command) => command.execute(&desk).await,
        Client::Instances(command) => command.execute(&desk).await,
        Client::Audit(command) => command.execute(&desk).await,
        Client::Schema(command) => command.execute(&desk).await,
        Client::Completion(command) => command.execute(&desk),
    };
    if desk.out.closed() { Ok(()) } else { result }
}

/// Standard output as the options of every command want it.
pub fn out(global: &Global) -> Out {
    Out::standard(global.output, global.quiet)
}

/// Refuses `--output` where it was given to something that has no answer; in the environment it is meant for those that
/// have one.
pub fn refuse_form(given: &ArgMatches, what: &str) -> Result<(), Failure> {
    match given.value_source("output") {
        Some(ValueSource::CommandLine) => {
            Err(usage(format!("{what} prints no answer that --output could form"), "leave --output out"))
        }
        _ => Ok(()),
    }
}

/// True where a command line, right or wrong, asks for JSON.
pub fn wants_json(line: &[OsString]) -> bool {
    let mut line = line.iter().take_while(|word| *word != "--").map(|word| word.to_string_lossy());
    let mut form = std::env::var("OPENTWIN_OUTPUT").ok();
    while let Some(word) = line.next() {
        if word == "--output" {
            form = line.next().map(Into::into);
        } else if let Some(given) = word.strip_prefix("--output=") {
            form = Some(given.to_owned());
        }
    }
    form.as_deref() == Some("json")
}

/// Tells a failure on standard error, and programs on standard output, and gives the exit code of the table.
pub fn complain(failure: &Failure, json: bool) -> ExitCode {
    use std::io::Write as _;
    // Nobody is left to be told where this fails.
    if json && let Ok(wire) = api::json::to_value(&api::v1::Failure::from(failure)) {
        let _ = writeln!(std::io::stdout(), "{}", serde_json::json!({"failure": wire}));
    }
    let _ = std::io::stderr().lock().write_all(told(failure).as_bytes());
    ExitCode::from(failure.code.row().exit)
}

/// A failure as people read it.
fn told(failure: &Failure) -> String {
    let (message, remedy) = (text::clean(&failure.message), text::clean(failure.what_to_do()));
    format!("error[{}]: {message}\n  what to do: {remedy}\n", failure.code.row().name)
}

/// The failure of a command line that clap takes and the command does not.
fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Failure {
    Code::Usage.because(message).remedy(remedy)
}
