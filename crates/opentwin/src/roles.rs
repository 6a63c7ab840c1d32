//! The table of roles: which services this program hosts, what each is configured by, and how it is run.

use std::ffi::OsString;
use std::path::PathBuf;

use api::{Code, Failure};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};
use runtime::{Common, options};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A service that this program can be.
pub struct Role {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    command: fn() -> clap::Command,
    run: fn(&clap::ArgMatches) -> Result<(), Failure>,
    describe: Option<fn() -> Result<String, Failure>>,
}

/// All of them.
pub const ROLES: &[Role] = &[
    Role {
        name: "authorization",
        about: "Users, groups, rights, logins; issues certificates",
        command: command::<authorization::Options>,
        run: |given| host(given, |common, own| Box::pin(authorization::run(common, own))),
        describe: None,
    },
    Role {
        name: "project",
        about: "The versioned project store",
        command: command::<project::Options>,
        run: |given| host(given, |common, own| Box::pin(project::run(common, own))),
        describe: None,
    },
    Role {
        name: "logger",
        about: "Central logs",
        command: command::<logger::Options>,
        run: |given| host(given, |common, own| Box::pin(logger::run(common, own))),
        describe: None,
    },
    Role {
        name: "global-session",
        about: "Knows the local-sessions and places sessions on them",
        command: command::<global_session::Options>,
        run: |given| host(given, |common, own| Box::pin(global_session::run(common, own))),
        describe: None,
    },
    Role {
        name: "local-session",
        about: "Owns the sessions of one host, spawns their compute services",
        command: command::<local_session::Options>,
        run: |given| host(given, |common, own| Box::pin(local_session::run(common, own))),
        describe: None,
    },
    Role {
        name: "relay",
        about: "The public front door: web UI, REST, WebSocket, gRPC",
        command: command::<relay::Options>,
        run: |given| host(given, |common, own| Box::pin(relay::run(common, own))),
        describe: None,
    },
    Role {
        name: "cartesian-mesh",
        about: "Compute service: geometry to a graded Cartesian mesh",
        command: command::<NoOptions>,
        run: |given| host_compute(given, cartesian_mesh::CartesianMesh),
        describe: Some(|| compute::description(&cartesian_mesh::CartesianMesh)),
    },
    Role {
        name: "fit-td",
        about: "Compute service: transient electromagnetic fields",
        command: command::<NoOptions>,
        run: |given| host_compute(given, fit_td::FitTd),
        describe: Some(|| compute::description(&fit_td::FitTd)),
    },
];

/// The role of a name.
pub fn role(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name == name)
}

impl Role {
    /// Parses what follows `run <role>` and runs the service to its end.
    pub fn run(&self, arguments: &[OsString]) -> Result<(), Failure> {
        let command = (self.command)()
            .name(self.name)
            .bin_name(format!("opentwin run {}", self.name))
            .about(self.about);
        let name = [OsString::from(self.name)];
        let given = match command.try_get_matches_from(name.iter().chain(arguments)) {
            Ok(given) => given,
            Err(error) if !error.use_stderr() => {
                let _ = error.print();
                return Ok(());
            }
            Err(error) => return Err(Code::Usage.because(error.to_string().trim().to_owned())),
        };
        options::refuse_unknown_variables(
            known_variables().iter().map(String::as_str),
            std::env::vars().map(|(name, _)| name),
        )?;
        (self.run)(&given)
    }

    /// What a compute service declares, as JSON.
    pub fn describe(&self) -> Result<String, Failure> {
        match self.describe {
            Some(describe) => describe(),
            None => Err(Code::Usage
                .because(format!("`{}` is no compute service and declares nothing", self.name))
                .remedy("describe cartesian-mesh or fit-td")),
        }
    }
}

/// What every hosted service is called with: one file, the common options, its own.
#[derive(Parser)]
#[command(version)]
struct Hosting<O: Args> {
    /// Configuration file (TOML); the environment and flags weigh more
    #[arg(long, env = "OPENTWIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration in force and end
    #[arg(long)]
    dump_config: bool,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    own: O,
}

/// Options of a service that has none of its own.
#[derive(Args, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

fn command<O: Args>() -> clap::Command {
    Hosting::<O>::command()
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// The options in force; `None` where they were only to be printed.
fn layered<O>(given: &clap::ArgMatches) -> Result<Option<(Common, O)>, Failure>
where
    O: Args + Default + Serialize + DeserializeOwned,
{
    let hosting = Hosting::<O>::from_arg_matches(given)
        .map_err(|e| Code::Usage.because(e.to_string().trim().to_owned()))?;
    let (common, own) = options::layer_both(hosting.config.as_deref(), &hosting.common, &hosting.own)?;
    if hosting.dump_config {
        print!("{}", options::dump_both(&common, &own)?);
        return Ok(None);
    }
    Ok(Some((common, own)))
}

fn host<O>(given: &clap::ArgMatches, run: fn(Common, O) -> Work) -> Result<(), Failure>
where
    O: Args + Default + Serialize + DeserializeOwned,
{
    let Some((common, own)) = layered(given)? else { return Ok(()) };
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    threads.block_on(run(common, own))
}

fn host_compute(given: &clap::ArgMatches, program: impl compute::Program) -> Result<(), Failure> {
    match layered(given)? {
        Some((common, NoOptions {})) => compute::serve(common, program),
        None => Ok(()),
    }
}

/// All environment variables that any part of this program reads.
pub fn known_variables() -> Vec<String> {
    let mut commands: Vec<clap::Command> = ROLES.iter().map(|role| (role.command)()).collect();
    commands.push(crate::Cli::command());
    let mut known = vec!["OPENTWIN_TERMINATION_LOG".to_owned(), "OPENTWIN_CONFIG_HOME".to_owned()];
    while let Some(command) = commands.pop() {
        known.extend(
            command.get_arguments().filter_map(|a| Some(a.get_env()?.to_string_lossy().into_owned())),
        );
        commands.extend(command.get_subcommands().cloned());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_explains_itself_and_its_options_do_not_clash() {
        for role in ROLES {
            (role.command)().name(role.name).debug_assert();
        }
    }

    #[test]
    fn roles_have_the_names_of_their_identities() {
        for role in ROLES {
            let identity =
                if role.describe.is_some() { format!("compute/{}", role.name) } else { role.name.to_owned() };
            assert!(identity.parse::<base::identity::Role>().is_ok(), "{}", role.name);
        }
    }
}
