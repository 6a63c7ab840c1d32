//! The kernel's errors as failures that name the feature.

use api::{Code, Failure};
use solid::{Error, Fault};

/// The failure for a model that cannot be built.
pub(crate) fn of(error: &Error) -> Failure {
    match error {
        Error::Cancelled => Code::Cancelled.because(error.to_string()),
        Error::Feature { name, kind, fault } => {
            Code::Geometry.because(format!("`geometry/{name}` ({kind}): {fault}")).remedy(remedy(fault))
        }
        Error::UnknownReference { feature, .. } | Error::RepeatedReference { feature, .. } => Code::Geometry
            .because(format!("`geometry/{feature}`: {error}"))
            .remedy("correct the name in the feature that the message names"),
        Error::ConsumedTwice { first, second, .. } => Code::Geometry
            .because(error.to_string())
            .remedy("set `keep: true` on one of the two features, or let one use the result of the other")
            .places([format!("geometry/{first}"), format!("geometry/{second}")]),
        Error::Cycle(names) => Code::Geometry
            .because(error.to_string())
            .remedy("let one of the features use another shape")
            .places(names.iter().map(|name| format!("geometry/{name}"))),
        Error::Body(_) | Error::DuplicateName(_) | Error::NoName(_) => {
            Code::Geometry.because(error.to_string())
        }
    }
}

fn remedy(fault: &Fault) -> &'static str {
    match fault {
        Fault::Empty(_) => "move the shapes so that they meet, or leave the feature out",
        Fault::File { .. } => "export the file anew from where it was made",
        Fault::Open { .. } | Fault::NonManifold { .. } | Fault::SelfIntersecting { .. } | Fault::OneSided => {
            "repair the surface in the program that made it, then import it again"
        }
        _ => "correct the feature that the message names",
    }
}
