//! From entities to the kernel's problem.

use api::v1::Entity;
use api::{Code, Failure};
use compute::Entities;
use fit::{Absorber, Boundary, Excitation, Grid, Material, Materials, Port, PortKind, Problem};
use hexmesh::{Kind, Mesh};

use crate::extend::{Room, extend};
use crate::kinds::{Boundaries, Condition, Solver};
use crate::{band, failure, names, resolution, sides};

mod monitors;
mod ports;

/// Cells behind an open side, beyond the absorbing layer, that a waveguide port needs there.
const BEHIND_PORT: usize = 3;

/// A problem, and how to run it.
#[derive(Debug)]
pub(crate) struct Setup {
    /// What the kernel solves.
    pub(crate) problem: Problem,
    /// Steps from one checkpoint to the next.
    pub(crate) checkpoint_interval: Option<u64>,
    /// What makes its results doubtful before there are any.
    pub(crate) doubts: Vec<String>,
    /// What its monitors will not see.
    pub(crate) unseen: Vec<String>,
}

/// The problem of the solver at `target`, if a run of it takes no more than so many bytes.
pub(crate) fn read(
    entities: &Entities,
    target: &str,
    mesh: Mesh,
    memory_limit: Option<u64>,
) -> Result<Setup, Failure> {
    let solver: Solver = entities.typed(entities.get(target)?)?;
    let boundaries: Boundaries = match entities.find("boundaries") {
        Some(entity) => entities.typed(entity)?,
        None => Boundaries::default(),
    };
    let mut ports = ports::read(entities)?;
    activate(&mut ports, &solver, target)?;
    let domain = Domain::new(&mesh);
    let monitors = monitors::read(entities, &domain)?;
    let room = room(&boundaries, &ports);
    let mut doubts = sides::warnings(&mesh, boundaries.sides(), &ports);
    let mesh = extend(&mesh, &room);
    let absorber = Absorber { cells: boundaries.absorber_cells.0 as usize, ..Absorber::default() };
    let conditions = boundaries.sides().map(|pair| {
        pair.map(|condition| match condition {
            Condition::Pec => Boundary::Pec,
            Condition::Pmc => Boundary::Pmc,
            Condition::Open => Boundary::Open(absorber),
        })
    });
    let table = mesh.materials.iter().map(|m| material(&m.kind)).collect();
    let names: Vec<String> = mesh.materials.into_iter().map(|m| m.name).collect();
    let materials = Materials { cells: mesh.cell_material, table, pec_edges: mesh.pec_edges };
    let grid = Grid::new(mesh.x, mesh.y, mesh.z).map_err(|e| failure::of(e, target))?;
    doubts.extend(resolution::warning(&grid, &materials, &names, &domain, solver.fmax.0, target));
    let settings = fit::Settings {
        max_steps: solver.max_steps.0,
        energy_stop: solver.energy_stop.0,
        frequency_samples: usize::try_from(solver.samples.0).unwrap_or(usize::MAX),
        courant: solver.courant.0,
        ..fit::Settings::default()
    };
    let problem = Problem {
        grid,
        materials,
        boundaries: fit::Boundaries(conditions),
        excitation: Excitation { fmin: solver.fmin.0, fmax: solver.fmax.0 },
        ports,
        monitors,
        settings,
    };
    // A run holds a checkpoint besides itself while it saves it.
    let needed = problem.memory_estimate().saturating_add(problem.checkpoint_estimate());
    if let Some(limit) = memory_limit.filter(|limit| needed > *limit) {
        return Err(failure::of(fit::Error::TooLarge { needed, limit }, target));
    }
    // A port that cannot be is told when the run is laid out.
    let cutoffs = problem.cutoffs().unwrap_or_default();
    doubts.extend(band::ports(&problem, &cutoffs, target));
    let unseen = band::monitors(&problem, &cutoffs);
    Ok(Setup { problem, checkpoint_interval: solver.checkpoint_interval.map(|c| c.0), doubts, unseen })
}

/// The box of the mesh, without what is laid around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Domain {
    pub(crate) min: [f64; 3],
    pub(crate) max: [f64; 3],
}

impl Domain {
    fn new(mesh: &Mesh) -> Self {
        let lines = [&mesh.x, &mesh.y, &mesh.z];
        let end = |line: Option<&f64>| line.copied().unwrap_or(0.0);
        Self { min: lines.map(|l| end(l.first())), max: lines.map(|l| end(l.last())) }
    }
}

/// A perfect conductor is marked on edges; what its cells hold matters to none of them.
fn material(kind: &Kind) -> Material {
    match *kind {
        Kind::Pec => Material::VACUUM,
        Kind::Volumetric { epsilon_r, mu_r, conductivity, magnetic_conductivity } => {
            Material { epsilon_r, mu_r, conductivity, magnetic_conductivity }
        }
    }
}

fn activate(ports: &mut [Port], solver: &Solver, target: &str) -> Result<(), Failure> {
    if ports.is_empty() {
        return Err(Code::Port
            .because(format!("`{target}`: the project has no port that could be driven"))
            .remedy("add one to the section `ports`"));
    }
    let Some(active) = &solver.active_ports else { return Ok(()) };
    if let Some(name) = active.iter().find(|name| ports.iter().all(|port| port.name != **name)) {
        let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
        return Err(Code::Port
            .because(format!("`{target}/active_ports`: there is no port `{name}`"))
            .remedy(format!("use one of: {}", known.join(", "))));
    }
    for port in ports {
        port.active = active.contains(&port.name);
    }
    Ok(())
}

fn room(boundaries: &Boundaries, ports: &[Port]) -> Room {
    let layer = boundaries.absorber_cells.0 as usize;
    let mut room = boundaries.sides().map(|pair| pair.map(|c| if c == Condition::Open { layer } else { 0 }));
    for port in ports {
        let PortKind::Waveguide(guide) = &port.kind else { continue };
        let behind = &mut room[guide.axis.index()][usize::from(guide.sense == fit::Sense::Minus)];
        if *behind == layer {
            *behind += BEHIND_PORT;
        }
    }
    room
}

/// Entities of a kind by the names that they have in their section.
fn named<'a>(entities: &'a Entities, kind: &'a str, section: &'a str) -> Vec<(&'a str, &'a Entity)> {
    let name = |entity: &'a Entity| entity.path.strip_prefix(section)?.strip_prefix('/');
    let mut list: Vec<_> =
        entities.of_kind(kind).filter_map(|entity| Some((name(entity)?, entity))).collect();
    list.sort_by(|a, b| names::order(a.0, b.0));
    list
}
