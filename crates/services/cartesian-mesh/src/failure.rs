//! The kernel's errors as failures that name the entity.

use api::{Code, Failure};
use hexmesh::Error;

/// The failure for a mesh that cannot be made.
pub(crate) fn of(error: &Error) -> Failure {
    let message = match place(error) {
        Some(path) => format!("`{path}`: {error}"),
        None => error.to_string(),
    };
    let failure = code(error).because(message);
    match error {
        Error::TooLarge { .. } => failure.remedy("coarsen the mesh, or let the run have more memory"),
        Error::Open { .. } | Error::Empty { .. } | Error::NotFinite { .. } => {
            failure.remedy("repair the feature that the message names")
        }
        Error::VolumetricSheet { .. } => {
            failure.remedy("give the feature a thickness, or a material of the type `pec`")
        }
        _ => failure,
    }
}

fn code(error: &Error) -> Code {
    match error {
        Error::TooLarge { .. } => Code::Memory,
        Error::Material { .. } => Code::Invalid,
        Error::VertexIndex { .. } | Error::Encoding { .. } => Code::Corrupt,
        Error::Cancelled => Code::Cancelled,
        _ => Code::Mesh,
    }
}

/// The entity that the error is about.
fn place(error: &Error) -> Option<String> {
    match error {
        Error::NotFinite { name: solid, .. }
        | Error::VertexIndex { solid, .. }
        | Error::Empty { solid }
        | Error::VolumetricSheet { solid, .. }
        | Error::Open { solid, .. } => Some(format!("geometry/{solid}")),
        Error::Material { material, .. } => Some(format!("materials/{material}")),
        Error::Setting { .. } | Error::ZeroThickness { .. } | Error::Nothing | Error::TooLarge { .. } => {
            Some("mesh".to_owned())
        }
        Error::LineOutside { name, .. } => Some(name.clone()),
        _ => None,
    }
}
