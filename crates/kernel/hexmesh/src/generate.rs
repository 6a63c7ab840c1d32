//! From solids to a mesh, step by step.

use crate::{
    Error, Mesh, check, closed,
    conductor::{Marks, Tally},
    domain::Domain,
    fill::{self, Filling, NOBODY},
    grade::Grading,
    grid::Grid,
    lines::{self, Fixed},
    measure,
    model::Model,
    report::{BYTES_PER_NODE, Quality, Statistics},
    settings::{Axis, Settings},
    surface::Surface,
};
use base::progress::Progress;
use rayon::prelude::*;

/// A mesh with what is to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The mesh.
    pub mesh: Mesh,
    /// Its figures.
    pub statistics: Statistics,
    /// What deserves a look.
    pub quality: Quality,
}

/// Meshes a model.
///
/// The result is a function of the arguments alone, bit for bit, whatever the number of
/// threads. Cost: O(triangles · rows of cells + crossings + cells).
///
/// # Errors
/// Every [`Error`] but those of decoding; nothing large is allocated before the number of
/// cells is known to fit.
pub fn generate(model: &Model, settings: &Settings, progress: &dyn Progress) -> Result<Generated, Error> {
    progress.report(0.0, "placing lines");
    check::all(model, settings)?;
    let domain = Domain::new(model, settings)?;
    let mut fixed = Vec::with_capacity(3);
    for axis in Axis::ALL {
        fixed.push(lines::fixed(axis, model, settings, &domain)?);
    }
    let grid = Grid::new(divide(&fixed, &domain, settings)?);
    stop_if_cancelled(progress)?;
    let warps = [0, 1, 2].map(|a| fixed[a].warp.clone());
    let shape = |s| Surface::new(s, &warps, domain.tolerance);
    let surfaces: Vec<Surface> = model.solids.par_iter().map(shape).collect();
    let bodies: Vec<bool> = (model.solids.iter().zip(&surfaces))
        .map(|(s, f)| !s.is_sheet && f.flat_axes(domain.tolerance).next().is_none())
        .collect();
    for s in (0..bodies.len()).filter(|s| bodies[*s]) {
        closed::check(&model.solids[s].name, &surfaces[s], &grid)?;
    }
    let filling = fill::fill(model, &surfaces, &bodies, &grid, progress)?;
    stop_if_cancelled(progress)?;
    progress.report(0.8, "marking conductors");
    let (edges, tallies) = conductors(model, &surfaces, &bodies, &fixed, &grid, &filling, &domain)?;
    stop_if_cancelled(progress)?;
    progress.report(0.95, "judging the mesh");
    let statistics = measure::statistics(model, &domain, &grid, &filling, &bodies, &tallies, &edges);
    let mut quality = measure::quality(model, settings, &domain, &grid, &fixed, &statistics, &tallies);
    quality.warnings.extend(measure::ties(model, &filling));
    let mesh = assemble(model, grid, &filling, edges);
    progress.report(1.0, "meshed");
    Ok(Generated { mesh, statistics, quality })
}

fn stop_if_cancelled(progress: &dyn Progress) -> Result<(), Error> {
    if progress.cancelled() { Err(Error::Cancelled) } else { Ok(()) }
}

fn divide(fixed: &[Fixed], domain: &Domain, settings: &Settings) -> Result<[Vec<f64>; 3], Error> {
    let ratio = settings.equilibration_ratio;
    let grade = |a: usize| {
        let f = &fixed[a];
        Grading::new(&f.lines, domain.largest, domain.smallest, &f.limits, ratio)
    };
    let mut axes = [0, 1, 2].map(grade);
    fits(&axes, settings.memory_limit)?;
    for axis in &mut axes {
        axis.equilibrate();
    }
    fits(&axes, settings.memory_limit)?;
    Ok([0, 1, 2].map(|a| axes[a].lines()))
}

fn fits(axes: &[Grading; 3], limit: u64) -> Result<(), Error> {
    let cells: f64 = axes.iter().map(Grading::count).product();
    let nodes: f64 = axes.iter().map(|a| a.count() + 1.0).product();
    let bytes = nodes * BYTES_PER_NODE;
    // Lines alone can exceed memory before the product is looked at by anyone.
    if bytes <= limit as f64 && nodes < 1e15 {
        return Ok(());
    }
    Err(Error::TooLarge { cells, bytes, limit })
}

fn conductors(
    model: &Model,
    surfaces: &[Surface],
    bodies: &[bool],
    fixed: &[Fixed],
    grid: &Grid,
    filling: &Filling,
    domain: &Domain,
) -> Result<(Vec<u8>, Vec<Tally>), Error> {
    let mut marks = Marks::of_cells(model, grid, &filling.owner);
    let mut tallies = vec![Tally::default(); model.solids.len()];
    // Walls can only have lost their thickness along an axis on which something moved.
    let moved: Vec<Axis> = Axis::ALL.into_iter().filter(|a| !fixed[a.index()].merged.is_empty()).collect();
    for (s, solid) in model.solids.iter().enumerate() {
        if !model.materials[solid.material].kind.is_pec() {
            continue;
        }
        let surface = &surfaces[s];
        tallies[s] = match surface.flat_axes(domain.tolerance).next() {
            Some(axis) => marks.flat(s, surface, axis, domain.tolerance),
            None if bodies[s] => marks.walls(s, surface, &moved, domain.tolerance)?,
            None => marks.walls(s, surface, &Axis::ALL, domain.tolerance)?,
        };
    }
    Ok((marks.edges, tallies))
}

fn assemble(model: &Model, grid: Grid, filling: &Filling, pec_edges: Vec<u8>) -> Mesh {
    // The number of materials was checked to fit 16 bits.
    let material = |owner: &u32| match *owner {
        NOBODY => model.background as u16,
        s => model.solids[s as usize].material as u16,
    };
    let [x, y, z] = grid.lines;
    Mesh {
        x,
        y,
        z,
        cell_material: filling.owner.par_iter().map(material).collect(),
        pec_edges,
        materials: model.materials.clone(),
        background: model.background as u16,
    }
}
