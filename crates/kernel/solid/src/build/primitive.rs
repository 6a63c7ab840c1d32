//! Primitives: their parameters checked, then built exactly.

use std::f64::consts::TAU;

use crate::check::{self, fault};
use crate::error::Fault;
use crate::ffi::{Facets, Shape, Vec3};
use crate::frame::{Axis, Frame, length, sub};
use crate::polygon;
use crate::scale::{SHORTEST, point_inward};

use super::mm;

pub(super) fn cuboid(min: Vec3, max: Vec3) -> Result<Shape, Fault> {
    check::point("min", min)?;
    check::point("max", max)?;
    let mut flat = Vec::new();
    for k in 0..3 {
        let extent = max[k] - min[k];
        let names = ["extent in x", "extent in y", "extent in z"];
        if extent < 0.0 {
            return Err(fault(names[k], extent, "max must not be less than min"));
        }
        check::length_or_zero(names[k], extent)?;
        if extent == 0.0 {
            flat.push(k);
        }
    }
    match flat[..] {
        [] => Ok(Shape::cuboid(point_inward(min), point_inward(max))?),
        [normal] => {
            let corner = |a: bool, b: bool| {
                let mut p = min;
                let (u, v) = ((normal + 1) % 3, (normal + 2) % 3);
                p[u] = if a { max[u] } else { min[u] };
                p[v] = if b { max[v] } else { min[v] };
                point_inward(p)
            };
            let loop_ = [(false, false), (true, false), (true, true), (false, true)];
            Ok(Shape::polygon(&loop_.map(|(a, b)| corner(a, b)))?)
        }
        _ => Err(fault(
            "size",
            format!("{} zero extents", flat.len()),
            "at most one extent may be zero (a sheet)",
        )),
    }
}

/// The frame along `from` → `to` and the distance, m.
fn along(from: Vec3, to: Vec3) -> Result<(Frame, f64), Fault> {
    check::point("from", from)?;
    check::point("to", to)?;
    let by = sub(to, from);
    let distance = check::length("distance between from and to", length(by))?;
    Ok((check::frame("axis", Axis::Along(by))?, distance))
}

pub(super) fn cylinder(from: Vec3, to: Vec3, radius: f64, inner_radius: f64) -> Result<Shape, Fault> {
    let (frame, height) = along(from, to)?;
    check::length("radius", radius)?;
    check::length_or_zero("inner_radius", inner_radius)?;
    if inner_radius > radius - SHORTEST {
        return Err(fault("inner_radius", inner_radius, "it must be less than radius"));
    }
    if inner_radius == 0.0 {
        let axes = [frame.n, frame.u];
        return Ok(Shape::cylinder(point_inward(from), axes, mm(radius), mm(height))?);
    }
    let profile = [[inner_radius, 0.0], [radius, 0.0], [radius, height], [inner_radius, height]];
    revolved(&profile, from, &frame, None)
}

pub(super) fn cone(from: Vec3, to: Vec3, radii: [f64; 2]) -> Result<Shape, Fault> {
    let (frame, height) = along(from, to)?;
    check::length_or_zero("radius_from", radii[0])?;
    check::length_or_zero("radius_to", radii[1])?;
    if radii == [0.0; 2] {
        return Err(fault("radius_from", 0, "one of radius_from and radius_to must be more than 0"));
    }
    let axes = [frame.n, frame.u];
    let origin = point_inward(from);
    if (radii[0] - radii[1]).abs() < SHORTEST {
        return Ok(Shape::cylinder(origin, axes, mm(radii[0]), mm(height))?);
    }
    Ok(Shape::cone(origin, axes, radii.map(mm), mm(height))?)
}

pub(super) fn sphere(center: Vec3, radius: f64) -> Result<Shape, Fault> {
    check::point("center", center)?;
    check::length("radius", radius)?;
    Ok(Shape::sphere(point_inward(center), mm(radius))?)
}

pub(super) fn torus(center: Vec3, axis: Axis, major: f64, minor: f64) -> Result<Shape, Fault> {
    check::point("center", center)?;
    let frame = check::frame("axis", axis)?;
    check::length("major_radius", major)?;
    check::length("minor_radius", minor)?;
    if minor > major - SHORTEST {
        return Err(fault("minor_radius", minor, "it must be less than major_radius"));
    }
    let axes = [frame.n, frame.u];
    Ok(Shape::torus(point_inward(center), axes, mm(major), mm(minor))?)
}

pub(super) fn pyramid(
    center: Vec3,
    axis: Axis,
    base: [f64; 2],
    top: [f64; 2],
    height: f64,
) -> Result<Shape, Fault> {
    check::point("center", center)?;
    let frame = check::frame("axis", axis)?;
    for x in base {
        check::length("base", x)?;
    }
    for x in top {
        check::length_or_zero("top", x)?;
    }
    check::length("height", height)?;
    let mut builder = Corners { frame, center, points: Vec::new() };
    let bottom = builder.rectangle(base, 0.0);
    let above = builder.rectangle(top, height);
    let mut loops: Vec<Vec<u32>> = vec![bottom.iter().rev().copied().collect(), above.to_vec()];
    for i in 0..4 {
        let j = (i + 1) % 4;
        loops.push(vec![bottom[i], bottom[j], above[j], above[i]]);
    }
    Ok(Shape::polyhedron(&facets(builder.points, loops))?)
}

/// Corners of rectangles, corners at one place once.
struct Corners {
    frame: Frame,
    center: Vec3,
    points: Vec<Vec3>,
}

impl Corners {
    fn rectangle(&mut self, extents: [f64; 2], at: f64) -> [u32; 4] {
        let [a, b] = extents.map(|x| 0.5 * x);
        [[-a, -b], [a, -b], [a, b], [-a, b]].map(|[u, v]| {
            // -0 and 0 are one place.
            let point = point_inward(self.frame.at(self.center, [u + 0.0, v + 0.0, at]));
            let known = self.points.iter().position(|p| *p == point);
            let place = known.unwrap_or_else(|| {
                self.points.push(point);
                self.points.len() - 1
            });
            place as u32
        })
    }
}

/// One solid; corners that follow each other at one place count once, and what is then no facet
/// is left out.
fn facets(points: Vec<Vec3>, loops: Vec<Vec<u32>>) -> Facets {
    let mut out = Facets {
        points,
        corners: Vec::new(),
        sizes: Vec::new(),
        shells: Vec::new(),
        solids: vec![0],
        solid_count: 1,
    };
    for mut corners in loops {
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let mut distinct = corners.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 3 {
            continue;
        }
        out.sizes.push(corners.len() as u32);
        out.shells.push(0);
        out.corners.append(&mut corners);
    }
    out
}

pub(super) fn extrusion(
    corners: &[[f64; 2]],
    normal: Axis,
    offset: f64,
    height: f64,
) -> Result<Shape, Fault> {
    let corners = polygon::checked(corners)?;
    let frame = check::frame("normal", normal)?;
    check::coordinate("offset", offset)?;
    check::coordinate("height", height)?;
    check::length_or_zero("height", height.abs())?;
    // A prism against the normal is the prism along it that begins at the other end.
    let start = offset + height.min(0.0);
    let points: Vec<Vec3> =
        corners.iter().map(|[u, v]| point_inward(frame.at([0.0; 3], [*u, *v, start]))).collect();
    if height == 0.0 {
        return Ok(Shape::polygon(&points)?);
    }
    Ok(Shape::prism(&points, frame.n.map(|x| x * mm(height.abs())))?)
}

pub(super) fn revolution(corners: &[[f64; 2]], origin: Vec3, axis: Axis, angle: f64) -> Result<Shape, Fault> {
    let corners = polygon::checked(corners)?;
    if let Some([r, _]) = corners.iter().find(|[r, _]| *r < 0.0) {
        return Err(fault("polygon", format!("one with the radius {r}"), "no radius may be negative"));
    }
    check::point("origin", origin)?;
    let frame = check::frame("axis", axis)?;
    check::finite("angle", angle)?;
    // A little above a full turn is one: 360 degrees need not be exactly 2π.
    if !(1e-9..=TAU * (1.0 + 1e-12)).contains(&angle) {
        return Err(fault("angle", angle, "it must be more than 0 and at most 2π (360 degrees)"));
    }
    let part = (angle < TAU * (1.0 - 1e-12)).then_some(angle);
    revolved(&corners, origin, &frame, part)
}

fn revolved(profile: &[[f64; 2]], origin: Vec3, frame: &Frame, angle: Option<f64>) -> Result<Shape, Fault> {
    let points: Vec<Vec3> =
        profile.iter().map(|[r, z]| point_inward(frame.at(origin, [*r, 0.0, *z]))).collect();
    Ok(Shape::revolved(&points, point_inward(origin), frame.n, angle)?)
}
