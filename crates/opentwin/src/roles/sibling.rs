//! Services that are programs of their own, beside this one.

use std::ffi::OsString;

use api::{Code, Failure};
use runtime::options::NoOptions;

use super::{command, known_variables, variables};

/// Goes on as the program of a service, called alike.
pub(super) fn go_on_as(
    program: &str,
    word: &str,
    service: &str,
    arguments: &[OsString],
) -> Result<(), Failure> {
    let path = local_session::beside(program)?;
    let mut call = std::process::Command::new(&path);
    call.arg(word).arg(service).args(arguments);
    // It refuses what it does not know. Options of other services are no mistake in the environment of this program.
    let its_own = variables(&command::<NoOptions>());
    for others in known_variables().into_iter().filter(|name| !its_own.contains(name)) {
        call.env_remove(others);
    }
    match system::children::go_on_as(&mut call) {
        Ok(0) => Ok(()),
        // It has said why.
        Ok(code) => std::process::exit(code.into()),
        Err(e) => Err(Code::Spawn
            .because(format!("the program {} of `{service}` cannot be started: {e}", path.display()))
            .remedy(format!(
                "put {program} beside this program: it comes with every release, and `cargo build -p {service}` makes it"
            ))),
    }
}
