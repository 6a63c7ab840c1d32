//! The kinds of entities: those of the connected site, and those that this program comes with.

use api::Failure;
use api::v1::Empty;
use client::{Client, ask};
use declare::Kinds;

/// The kinds of a project file of the site, whose services declare them.
pub(crate) async fn of_site(client: &Client) -> Result<Kinds, Failure> {
    let services = ask!(client, project.describe(Empty {}))?.services;
    with_common(services.iter().flat_map(|service| &service.kinds))
}

/// The kinds of the services that come with this program.
pub(crate) fn built_in() -> Result<Kinds, Failure> {
    let services = [
        modeling::describe().into_wire(),
        cartesian_mesh::describe().into_wire(),
        fit_td::describe().into_wire(),
    ];
    with_common(services.iter().flat_map(|service| &service.kinds))
}

/// With the kinds that every project has; of two of one name the first counts.
fn with_common<'a>(declared: impl Iterator<Item = &'a api::v1::KindDescription>) -> Result<Kinds, Failure> {
    let mut kinds = Kinds { inputs: base::common::kinds(), results: Vec::new() };
    for wire in declared {
        if let Some(kind) = compute::kind_from_wire(wire)?
            && !kinds.inputs.iter().any(|known| known.kind == kind.kind)
        {
            kinds.inputs.push(kind);
        }
        kinds.results.extend(compute::result_from_wire(wire));
    }
    Ok(kinds)
}
