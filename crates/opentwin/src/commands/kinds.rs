//! The kinds of entities: those of the connected site, and those that this program comes with.

use api::Failure;
use api::v1::Empty;
use base::kind::KindDescriptor;
use client::{Client, ask};

/// The kinds that may stand in a project file of the site, whose services declare them.
pub(crate) async fn of_site(client: &Client) -> Result<Vec<KindDescriptor>, Failure> {
    let services = ask!(client, project.describe(Empty {}))?.services;
    with_common(services.iter().flat_map(|service| &service.kinds))
}

/// The kinds of the services that come with this program.
pub(crate) fn built_in() -> Result<Vec<KindDescriptor>, Failure> {
    let services = [
        modeling::describe().into_wire(),
        cartesian_mesh::describe().into_wire(),
        fit_td::describe().into_wire(),
    ];
    with_common(services.iter().flat_map(|service| &service.kinds))
}

/// With the kinds that every project has; of two of one name the first counts.
fn with_common<'a>(
    declared: impl Iterator<Item = &'a api::v1::KindDescription>,
) -> Result<Vec<KindDescriptor>, Failure> {
    let mut kinds = base::common::kinds();
    for wire in declared {
        if let Some(kind) = compute::kind_from_wire(wire)?
            && !kinds.iter().any(|known| known.kind == kind.kind)
        {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}
