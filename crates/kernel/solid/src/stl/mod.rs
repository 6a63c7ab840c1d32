//! STL: triangles to solids, and back.

mod crossing;
mod read;
mod surface;
mod write;

use base::progress::Progress;

use crate::error::Fault;
use crate::ffi::{Facets, Shape};
use crate::scale::inward;

pub use write::StlForm;

/// Every triangle becomes a face of the kernel before those in one plane are joined.
const MOST_TRIANGLES: usize = 200_000;

/// Joining facets costs the kernel ten times what building them does; on curved surfaces, where
/// less than this part of the neighbours lie in one plane, nothing is gained by it.
const WORTH_JOINING: f64 = 0.1;

/// The solids whose boundary an STL file gives; `scale` in metres for each unit of the file.
pub(crate) fn import(bytes: &[u8], scale: f64, progress: &dyn Progress) -> Result<Shape, Fault> {
    let file = |reason: String| Fault::File { format: "STL", reason };
    let soup = read::triangles(bytes, MOST_TRIANGLES)?;
    let points: Vec<[f64; 3]> = soup.iter().flatten().map(|p| p.map(|x| inward(x * scale))).collect();
    let surface = surface::Surface::welded(&points)?;
    let surface = surface.oriented()?;
    surface.check_crossings(progress)?;
    let flat = surface.flat_part();
    let nest = surface.nested().map_err(file)?;
    if progress.cancelled() {
        return Err(Fault::Cancelled);
    }
    let facets = Facets {
        sizes: vec![3; nest.triangles.len()],
        corners: nest.triangles.into_flattened(),
        points: surface.points,
        shells: nest.shells,
        solids: nest.solids,
        solid_count: nest.solid_count,
    };
    let shape = Shape::polyhedron(&facets)?;
    if flat < WORTH_JOINING {
        return Ok(shape);
    }
    Ok(shape.simplified()?)
}
