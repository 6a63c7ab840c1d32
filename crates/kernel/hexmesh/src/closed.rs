//! Finds holes in surfaces.

use crate::{
    Error,
    conductor::others,
    grid::Grid,
    rays::{Crossing, Rays},
    settings::Axis,
    surface::Surface,
};
use rayon::prelude::*;
use std::collections::HashMap;

/// Refuses a surface with a hole that some ray through cell centres finds, along any axis.
///
/// Rays are only sent if an edge has an odd number of triangles. Such an edge need not be a
/// gap: in files of loose triangles the corner of one may lie on the edge of another.
pub(crate) fn check(name: &str, surface: &Surface, grid: &Grid) -> Result<(), Error> {
    if is_even(surface) {
        return Ok(());
    }
    for axis in Axis::ALL {
        let (u, v) = others(axis);
        let rays = Rays::new(surface, axis);
        let odd = |(row, w): (usize, &f64)| {
            let mut crossings: Vec<Crossing> = Vec::new();
            rays.row(*w, &grid.centres[u], &mut crossings);
            let mut hits = crossings.chunk_by(|a, b| a.0 == b.0);
            hits.find(|hits| hits.len() % 2 == 1).map(|hits| (row, hits[0]))
        };
        let found = grid.centres[v].par_iter().enumerate().find_map_first(odd);
        if let Some((row, (ray, along))) = found {
            let mut at = [0.0; 3];
            at[axis.index()] = along;
            at[u] = grid.centres[u][ray as usize];
            at[v] = grid.centres[v][row];
            return Err(Error::Open { solid: name.to_owned(), axis, at });
        }
    }
    Ok(())
}

/// True if every edge has an even number of triangles.
fn is_even(surface: &Surface) -> bool {
    let mut odd: HashMap<(u32, u32), bool> = HashMap::with_capacity(surface.triangles.len() * 2);
    for [a, b, c] in &surface.triangles {
        for (p, q) in [(a, b), (b, c), (c, a)] {
            if p != q {
                let edge = odd.entry((*p.min(q), *p.max(q))).or_default();
                *edge = !*edge;
            }
        }
    }
    !odd.values().any(|odd| *odd)
}
