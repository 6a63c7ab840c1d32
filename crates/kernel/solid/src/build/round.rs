//! Chamfers and blends, and the edges they apply to.

use crate::bounds::Bounds;
use crate::check;
use crate::error::Fault;
use crate::feature::Edges;
use crate::ffi::{Edge, Rounding, Shape, Trouble, Vec3};
use crate::scale::{outward, point_inward, point_outward};

use super::{Input, mm};

/// How far from a point its edge may be, in diagonals of the shape.
const REACH: f64 = 0.05;

pub(super) fn round(of: Input<'_>, rounding: Rounding, edges: &Edges, size: f64) -> Result<Shape, Fault> {
    let name = match rounding {
        Rounding::Chamfer => "distance",
        Rounding::Blend => "radius",
    };
    check::length(name, size)?;
    let all = of.edges()?;
    let chosen = match edges {
        Edges::All => corners(&all)?,
        Edges::Near(points) => nearest(of, &all, points)?,
    };
    of.rounded(rounding, mm(size), &chosen).map_err(|trouble| match trouble {
        Trouble::Failed(reason) => Fault::NoRoom { size, reason },
        Trouble::Cancelled => Fault::Cancelled,
    })
}

/// Two faces meet in it, and not smoothly.
fn is_corner(edge: &Edge) -> bool {
    edge.faces == 2 && edge.smooth == 0 && edge.length > 0.0
}

fn corners(edges: &[Edge]) -> Result<Vec<u32>, Fault> {
    let chosen: Vec<u32> =
        (0_u32..).zip(edges).filter(|(_, edge)| is_corner(edge)).map(|(place, _)| place).collect();
    if chosen.is_empty() {
        return Err(Fault::NoCorners);
    }
    Ok(chosen)
}

fn nearest(of: Input<'_>, edges: &[Edge], points: &[Vec3]) -> Result<Vec<u32>, Fault> {
    if points.is_empty() {
        return Err(check::fault("edges", "empty", "it must be all or point at an edge"));
    }
    let measure = of.measure()?;
    let diagonal = Bounds { min: measure.min, max: measure.max }.diagonal();
    let mut chosen = Vec::new();
    for &point in points {
        check::point("edges", point)?;
        let distances = of.edge_distances(point_inward(point))?;
        let near = (0_u32..)
            .zip(&distances)
            .filter(|(_, distance)| **distance >= 0.0)
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((place, &distance)) = near else {
            return Err(Fault::NoCorners);
        };
        if distance > REACH * diagonal {
            return Err(Fault::NoEdge { point, distance: outward(distance) });
        }
        match edges.get(place as usize) {
            Some(edge) if is_corner(edge) => chosen.push(place),
            Some(edge) => return Err(Fault::NoCorner(point_outward(edge.middle))),
            None => return Err(Fault::NoCorners),
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}
