//! The table of roles: which services this program hosts, what each is configured by, and how it is run.

mod call;
mod sibling;

use std::ffi::OsString;

use api::{Code, Failure};
use clap::{Args, CommandFactory as _, FromArgMatches as _};
use runtime::Common;
use runtime::options::{self, Defaults, Hosting, NoOptions};

pub use call::called;

/// A service that this program can be.
pub struct Role {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    place: Place,
}

/// Where a service is hosted.
enum Place {
    /// In this program.
    Here {
        command: fn() -> clap::Command,
        run: fn(&clap::ArgMatches) -> Result<(), Failure>,
        describe: Option<fn() -> Result<String, Failure>>,
    },
    /// In a program of its own beside this one.
    Beside(&'static str),
}

/// All of them.
pub const ROLES: &[Role] = &[
    Role {
        name: "authorization",
        about: "Users, groups, rights, logins; issues certificates",
        place: Place::Here {
            command: command::<authorization::Options>,
            run: |given| host(given, |common, own| Box::pin(authorization::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "project",
        about: "The versioned project store",
        place: Place::Here {
            command: command::<project::Options>,
            run: |given| host(given, |common, own| Box::pin(project::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "logger",
        about: "Central logs",
        place: Place::Here {
            command: command::<logger::Options>,
            run: |given| host(given, |common, own| Box::pin(logger::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "global-session",
        about: "Knows the local-sessions and places sessions on them",
        place: Place::Here {
            command: command::<global_session::Options>,
            run: |given| host(given, |common, own| Box::pin(global_session::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "local-session",
        about: "Owns the sessions of one host, spawns their compute services",
        place: Place::Here {
            command: command::<local_session::Options>,
            run: |given| host(given, |common, own| Box::pin(local_session::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "relay",
        about: "The public front door: web UI, REST, WebSocket, gRPC",
        place: Place::Here {
            command: command::<relay::Options>,
            run: |given| host(given, |common, own| Box::pin(relay::run(common, own))),
            describe: None,
        },
    },
    Role {
        name: "modeling",
        about: "Compute service: features to bodies",
        place: Place::Beside(local_session::MODELING),
    },
    Role {
        name: "cartesian-mesh",
        about: "Compute service: geometry to a graded Cartesian mesh",
        place: Place::Here {
            command: command::<NoOptions>,
            run: |given| host_compute(given, cartesian_mesh::CartesianMesh),
            describe: Some(|| compute::description(&cartesian_mesh::CartesianMesh)),
        },
    },
    Role {
        name: "fit-td",
        about: "Compute service: transient electromagnetic fields",
        place: Place::Here {
            command: command::<NoOptions>,
            run: |given| host_compute(given, fit_td::FitTd),
            describe: Some(|| compute::description(&fit_td::FitTd)),
        },
    },
];

/// The role of a name.
pub fn role(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name == name)
}

impl Role {
    /// Parses what follows `run <role>` and runs the service to its end.
    pub fn run(&self, arguments: &[OsString]) -> Result<(), Failure> {
        let (command, run) = match self.place {
            Place::Here { command, run, .. } => (command, run),
            Place::Beside(program) => {
                refuse_unknown_variables()?;
                return sibling::go_on_as(program, "run", self.name, arguments);
            }
        };
        let command =
            command().name(self.name).bin_name(format!("opentwin run {}", self.name)).about(self.about);
        let name = [OsString::from(self.name)];
        let given = match command.try_get_matches_from(name.iter().chain(arguments)) {
            Ok(given) => given,
            Err(error) => return runtime::refused(&error),
        };
        refuse_unknown_variables()?;
        run(&given)
    }

    /// Prints what a compute service declares, as JSON.
    pub fn describe(&self) -> Result<(), Failure> {
        match self.place {
            Place::Here { describe: Some(describe), .. } => {
                println!("{}", describe()?);
                Ok(())
            }
            Place::Here { describe: None, .. } => Err(Code::Usage
                .because(format!("`{}` is no compute service and declares nothing", self.name))
                .remedy("describe modeling, cartesian-mesh or fit-td")),
            Place::Beside(program) => sibling::go_on_as(program, "describe", self.name, &[]),
        }
    }
}

fn refuse_unknown_variables() -> Result<(), Failure> {
    let known = known_variables();
    let present = std::env::vars().map(|(name, _)| name);
    options::refuse_unknown_variables(known.iter().map(String::as_str), present)
}

/// What follows `run <role>`, with the defaults in its help.
fn command<O: Args + Defaults>() -> clap::Command {
    let command = clap::Command::new("service").version(env!("CARGO_PKG_VERSION"));
    Hosting::<O>::explained(Hosting::<O>::augment_args(command))
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// The options in force; `None` where they were only to be printed.
fn settled<O: Args + Defaults>(given: &clap::ArgMatches) -> Result<Option<(Common, O)>, Failure> {
    Hosting::<O>::from_arg_matches(given)
        .map_err(|e| Code::Usage.because(e.to_string().trim().to_owned()))?
        .settle(given)
}

fn host<O: Args + Defaults>(given: &clap::ArgMatches, run: fn(Common, O) -> Work) -> Result<(), Failure> {
    let Some((common, own)) = settled(given)? else { return Ok(()) };
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    threads.block_on(run(common, own))
}

fn host_compute(given: &clap::ArgMatches, program: impl compute::Program) -> Result<(), Failure> {
    match settled(given)? {
        Some((common, NoOptions {})) => compute::serve(common, program),
        None => Ok(()),
    }
}

/// All environment variables that any part of this program reads.
pub fn known_variables() -> Vec<String> {
    let hosted = ROLES.iter().filter_map(|role| match role.place {
        Place::Here { command, .. } => Some(command()),
        Place::Beside(_) => None,
    });
    let commands = hosted.chain([crate::Cli::command()]);
    commands.flat_map(|command| variables(&command)).collect()
}

/// The environment variables of a command and all below it.
fn variables(command: &clap::Command) -> Vec<String> {
    let mut commands = vec![command];
    let mut known = Vec::new();
    while let Some(command) = commands.pop() {
        known.extend(
            command.get_arguments().filter_map(|a| Some(a.get_env()?.to_string_lossy().into_owned())),
        );
        commands.extend(command.get_subcommands());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_explains_itself_and_its_options_do_not_clash() {
        for role in ROLES {
            if let Place::Here { command, .. } = role.place {
                command().name(role.name).debug_assert();
            }
        }
    }

    #[test]
    fn roles_have_the_names_of_their_identities() {
        for role in ROLES {
            let identity = match role.place {
                Place::Here { describe: None, .. } => role.name.to_owned(),
                _ => format!("compute/{}", role.name),
            };
            assert!(identity.parse::<base::identity::Role>().is_ok(), "{}", role.name);
        }
    }
}
