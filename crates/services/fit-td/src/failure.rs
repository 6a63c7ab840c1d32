//! The kernel's errors as failures that name the entity.

use api::{Code, Failure};
use fit::Error;

/// The failure of a run of the solver at `target` (`solvers/…`).
pub(crate) fn of(error: Error, target: &str) -> Failure {
    match error {
        Error::Grid { .. } => Code::Mesh.because(format!("`grid`: {error}")),
        Error::Materials(reason) => Code::Invalid.because(format!("materials of the mesh: {reason}")),
        Error::Boundary { side, reason } => {
            Code::Invalid.because(format!("`boundaries/{}`: {reason}", side.replace('-', "_")))
        }
        Error::Port { name, reason } => Code::Port.because(format!("`ports/{name}`: {reason}")),
        Error::Monitor { name, reason } => Code::Invalid.because(format!("`monitors/{name}`: {reason}")),
        Error::Excitation(reason) => Code::Invalid.because(format!("`{target}`: {reason}")),
        Error::Setting { name, reason } => Code::Invalid.because(format!("`{target}`: {name}: {reason}")),
        Error::TooLarge { .. } => Code::Memory
            .because(format!("`{target}`: {error}"))
            .remedy("coarsen the mesh, shrink the monitors, or let the run have more memory"),
        Error::Diverged { .. } => Code::Diverged
            .because(format!("`{target}`: {error}"))
            .remedy("lower `courant`, and look for extreme materials or cell sizes"),
        Error::Cancelled { .. } => Code::Cancelled.because(error.to_string()),
        Error::Checkpoint(_) => Code::Checkpoint.because(error.to_string()),
        Error::Export(_) => Code::Internal.because(format!("`{target}`: {error}")),
    }
}
