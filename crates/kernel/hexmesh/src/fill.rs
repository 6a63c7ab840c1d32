//! Which solid owns which cell, by the cell's centre.

use crate::{
    Error,
    grid::Grid,
    model::{Kind, Model},
    rays::{Crossing, Rays},
    settings::Axis,
    surface::Surface,
};
use base::progress::Progress;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// No solid: the cell is background.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Owners of cells, and what each solid got.
pub(crate) struct Filling {
    /// Index of the solid a cell, or [`NOBODY`].
    pub owner: Vec<u32>,
    /// Cells a solid holds after priorities.
    pub cells: Vec<u64>,
    /// Volume of all cells inside a solid, held or not, m³.
    pub volume: Vec<f64>,
    /// Cells that one solid lost to another though neither comes before the other by what it is: `[(loser, winner)]`.
    pub ties: BTreeMap<(usize, usize), u64>,
}

/// What decides between solids that overlap, the smaller one first: its priority, then what it is made of.
type Rank = (i32, u8);

fn ranks(model: &Model) -> Vec<Rank> {
    let made_of = |material: usize| match model.materials[material].kind {
        kind if kind == Kind::VACUUM => 0,
        Kind::Volumetric { .. } => 1,
        Kind::Pec => 2,
    };
    model.solids.iter().map(|solid| (solid.priority, made_of(solid.material))).collect()
}

/// Order in which solids are painted: later ones cover earlier ones.
fn painting_order(ranks: &[Rank]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|s| (ranks[*s], *s));
    order
}

/// Fills all cells. `bodies` tells which solids have an inside.
pub(crate) fn fill(
    model: &Model,
    surfaces: &[Surface],
    bodies: &[bool],
    grid: &Grid,
    progress: &dyn Progress,
) -> Result<Filling, Error> {
    let [nx, ny, nz] = grid.cells();
    let ranks = ranks(model);
    let order: Vec<usize> = painting_order(&ranks).into_iter().filter(|s| bodies[*s]).collect();
    let mut owner = vec![NOBODY; nx * ny * nz];
    let done = AtomicUsize::new(0);
    let slab = |(k, cells): (usize, &mut [u32])| -> Result<Slab, Error> {
        if progress.cancelled() {
            return Err(Error::Cancelled);
        }
        let slab = fill_slab(model, surfaces, (&order, &ranks), grid, k, cells)?;
        let slabs = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress.report(0.1 + 0.7 * slabs as f64 / nz as f64, "filling cells");
        Ok(slab)
    };
    let slabs: Vec<_> = owner.par_chunks_mut(nx * ny).enumerate().map(slab).collect();
    let mut volume = vec![0.0; model.solids.len()];
    let mut ties = BTreeMap::new();
    // Slab after slab, so that the sum and the first error do not depend on the threads.
    for slab in slabs {
        let slab = slab?;
        for (solid, part) in slab.volumes {
            volume[solid] += part;
        }
        for (pair, cells) in slab.ties {
            *ties.entry(pair).or_default() += cells;
        }
    }
    let cells = count(&owner, model.solids.len(), nx * ny);
    Ok(Filling { owner, cells, volume, ties })
}

/// What filling one layer of cells told.
struct Slab {
    /// Volume inside of each solid that is there, m³.
    volumes: Vec<(usize, f64)>,
    ties: BTreeMap<(usize, usize), u64>,
}

fn fill_slab(
    model: &Model,
    surfaces: &[Surface],
    (order, ranks): (&[usize], &[Rank]),
    grid: &Grid,
    k: usize,
    cells: &mut [u32],
) -> Result<Slab, Error> {
    let nx = grid.cells()[0];
    let [xs, ys, zs] = &grid.centres;
    let [dx, dy, dz] = &grid.steps;
    let mut crossings: Vec<Crossing> = Vec::new();
    let mut volumes = Vec::new();
    // Whom the owner of a cell has taken it from by its place in the list alone.
    let mut losers = vec![NOBODY; cells.len()];
    let material = |s: usize| model.solids[s].material;
    for &s in order {
        // Only their places in the list decide between the two, and it matters.
        let tied = |other: usize| ranks[other] == ranks[s] && material(other) != material(s);
        let rays = Rays::new(&surfaces[s], Axis::X);
        rays.row(zs[k], ys, &mut crossings);
        let mut volume = 0.0;
        for ray in crossings.chunk_by(|a, b| a.0 == b.0) {
            let j = ray[0].0 as usize;
            if ray.len() % 2 == 1 {
                return Err(Error::Open {
                    solid: model.solids[s].name.clone(),
                    axis: Axis::X,
                    at: [ray[0].1, ys[j], zs[k]],
                });
            }
            let row = &mut cells[j * nx..(j + 1) * nx];
            let lost = &mut losers[j * nx..(j + 1) * nx];
            for pair in ray.chunks_exact(2) {
                let first = xs.partition_point(|x| *x < pair[0].1);
                let end = xs.partition_point(|x| *x < pair[1].1);
                for (owner, loser) in row[first..end].iter_mut().zip(&mut lost[first..end]) {
                    let by_place = *owner != NOBODY && tied(*owner as usize);
                    *loser = if by_place { *owner } else { NOBODY };
                    *owner = s as u32;
                }
                volume += dx[first..end].iter().sum::<f64>() * dy[j] * dz[k];
            }
        }
        if volume > 0.0 {
            volumes.push((s, volume));
        }
    }
    let mut ties = BTreeMap::new();
    for (&owner, &loser) in cells.iter().zip(&losers).filter(|(_, loser)| **loser != NOBODY) {
        *ties.entry((loser as usize, owner as usize)).or_default() += 1;
    }
    Ok(Slab { volumes, ties })
}

fn count(owner: &[u32], solids: usize, slab: usize) -> Vec<u64> {
    let zero = || vec![0u64; solids];
    owner
        .par_chunks(slab)
        .fold(zero, |mut sums, cells| {
            for &s in cells.iter().filter(|s| **s != NOBODY) {
                sums[s as usize] += 1;
            }
            sums
        })
        .reduce(zero, |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        })
}
