//! Shapes from numbers and from shapes.

use std::ffi::c_int;

use base::progress::Progress;

use super::{Shape, Trouble, Vec3, made, raw, watched};

/// A boolean of point sets.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Intersect,
}

/// A motion of space; the similarity of `Scale` and the reflection included.
#[derive(Clone, Copy)]
pub(crate) enum Motion {
    Translate { by: Vec3 },
    Rotate { center: Vec3, axis: Vec3, angle: f64 },
    Scale { center: Vec3, factor: f64 },
    Mirror { point: Vec3, normal: Vec3 },
}

/// How an edge is taken off.
#[derive(Clone, Copy)]
pub(crate) enum Rounding {
    Chamfer,
    Blend,
}

/// Planar facets that close shells, shells that bound solids; facets look out of the material.
pub(crate) struct Facets {
    pub points: Vec<Vec3>,
    /// Corners of one facet after the other.
    pub corners: Vec<u32>,
    /// Corners of each facet.
    pub sizes: Vec<u32>,
    /// The shell of each facet.
    pub shells: Vec<u32>,
    /// The solid of each shell.
    pub solids: Vec<u32>,
    pub solid_count: usize,
}

impl Shape {
    pub(crate) fn cuboid(min: Vec3, max: Vec3) -> Result<Self, Trouble> {
        // SAFETY: three numbers behind each pointer, as the shim reads them.
        made(|out, text| unsafe { raw::solid_box(min.as_ptr(), max.as_ptr(), out, text) })
    }

    pub(crate) fn cylinder(
        origin: Vec3,
        [axis, x]: [Vec3; 2],
        radius: f64,
        height: f64,
    ) -> Result<Self, Trouble> {
        let (o, a, x) = (origin.as_ptr(), axis.as_ptr(), x.as_ptr());
        // SAFETY: three numbers behind each pointer; the arrays live to the end of the function.
        made(|out, text| unsafe { raw::solid_cylinder(o, a, x, radius, height, out, text) })
    }

    pub(crate) fn cone(
        origin: Vec3,
        [axis, x]: [Vec3; 2],
        radii: [f64; 2],
        height: f64,
    ) -> Result<Self, Trouble> {
        let (o, a, x) = (origin.as_ptr(), axis.as_ptr(), x.as_ptr());
        let [from, to] = radii;
        // SAFETY: three numbers behind each pointer; the arrays live to the end of the function.
        made(|out, text| unsafe { raw::solid_cone(o, a, x, from, to, height, out, text) })
    }

    pub(crate) fn sphere(center: Vec3, radius: f64) -> Result<Self, Trouble> {
        // SAFETY: three numbers behind the pointer.
        made(|out, text| unsafe { raw::solid_sphere(center.as_ptr(), radius, out, text) })
    }

    pub(crate) fn torus(center: Vec3, [axis, x]: [Vec3; 2], major: f64, minor: f64) -> Result<Self, Trouble> {
        let (o, a, x) = (center.as_ptr(), axis.as_ptr(), x.as_ptr());
        // SAFETY: three numbers behind each pointer; the arrays live to the end of the function.
        made(|out, text| unsafe { raw::solid_torus(o, a, x, major, minor, out, text) })
    }

    /// The planar sheet inside a closed polygon.
    pub(crate) fn polygon(points: &[Vec3]) -> Result<Self, Trouble> {
        let corners = points.as_flattened().as_ptr();
        // SAFETY: the pointer holds three numbers for each of `points.len()` corners.
        made(|out, text| unsafe { raw::solid_polygon(corners, points.len(), out, text) })
    }

    pub(crate) fn prism(points: &[Vec3], by: Vec3) -> Result<Self, Trouble> {
        let corners = points.as_flattened().as_ptr();
        // SAFETY: as in `polygon`, and three numbers behind `by`.
        made(|out, text| unsafe { raw::solid_prism(corners, points.len(), by.as_ptr(), out, text) })
    }

    /// Revolves a polygon; `None` is the full turn.
    pub(crate) fn revolved(
        points: &[Vec3],
        origin: Vec3,
        axis: Vec3,
        angle: Option<f64>,
    ) -> Result<Self, Trouble> {
        let corners = points.as_flattened().as_ptr();
        let full = c_int::from(angle.is_none());
        let angle = angle.unwrap_or_default();
        let (o, a) = (origin.as_ptr(), axis.as_ptr());
        // SAFETY: as in `polygon`, and three numbers behind `o` and `a`.
        made(|out, text| unsafe { raw::solid_revolve(corners, points.len(), o, a, angle, full, out, text) })
    }

    pub(crate) fn polyhedron(facets: &Facets) -> Result<Self, Trouble> {
        if !facets.is_sound() {
            return Err(Trouble::Failed("the facets name points that are not there".to_owned()));
        }
        // SAFETY: `is_sound` has checked every length and index the shim goes by.
        made(|out, text| unsafe {
            raw::solid_polyhedron(
                facets.points.as_flattened().as_ptr(),
                facets.points.len(),
                facets.corners.as_ptr(),
                facets.sizes.as_ptr(),
                facets.shells.as_ptr(),
                facets.sizes.len(),
                facets.solids.as_ptr(),
                facets.solids.len(),
                facets.solid_count,
                out,
                text,
            )
        })
    }

    pub(crate) fn boolean(
        operation: Operation,
        arguments: &[&Shape],
        tools: &[&Shape],
        progress: &dyn Progress,
    ) -> Result<Self, Trouble> {
        let kind = match operation {
            Operation::Add => 0,
            Operation::Subtract => 1,
            Operation::Intersect => 2,
        };
        let (arguments, tools) = (pointers(arguments), pointers(tools));
        watched(progress, |watch| {
            // SAFETY: both arrays hold valid shapes that outlive the call; so does the watch.
            made(|out, text| unsafe {
                raw::solid_boolean(
                    kind,
                    arguments.as_ptr(),
                    arguments.len(),
                    tools.as_ptr(),
                    tools.len(),
                    watch,
                    out,
                    text,
                )
            })
        })
    }

    /// Several shapes as one; they are neither cut nor joined.
    pub(crate) fn compound(shapes: &[&Shape]) -> Result<Self, Trouble> {
        let shapes = pointers(shapes);
        // SAFETY: the array holds valid shapes that outlive the call.
        made(|out, text| unsafe { raw::solid_compound(shapes.as_ptr(), shapes.len(), out, text) })
    }

    /// Faces of one surface joined to one, where that changes nothing else; checked.
    pub(crate) fn simplified(&self) -> Result<Self, Trouble> {
        // SAFETY: a valid shape.
        made(|out, text| unsafe { raw::solid_simplify(self.raw(), out, text) })
    }

    pub(crate) fn moved(&self, motion: Motion) -> Result<Self, Trouble> {
        let none = [0.0; 3];
        let (kind, a, b, amount) = match motion {
            Motion::Translate { by } => (0, by, none, 0.0),
            Motion::Rotate { center, axis, angle } => (1, center, axis, angle),
            Motion::Scale { center, factor } => (2, center, none, factor),
            Motion::Mirror { point, normal } => (3, point, normal, 0.0),
        };
        // SAFETY: a valid shape, three numbers behind `a` and `b`.
        made(|out, text| unsafe {
            raw::solid_move(self.raw(), kind, a.as_ptr(), b.as_ptr(), amount, out, text)
        })
    }

    /// Takes off the edges at these places in the order of [`Shape::edges`].
    pub(crate) fn rounded(&self, rounding: Rounding, size: f64, edges: &[u32]) -> Result<Self, Trouble> {
        let kind = match rounding {
            Rounding::Chamfer => 0,
            Rounding::Blend => 1,
        };
        // SAFETY: a valid shape and `edges.len()` numbers; the shim checks them against the shape.
        made(|out, text| unsafe {
            raw::solid_round(self.raw(), kind, size, edges.as_ptr(), edges.len(), out, text)
        })
    }
}

impl Facets {
    /// Every index is in range and the lengths fit together.
    fn is_sound(&self) -> bool {
        let corners: u64 = self.sizes.iter().map(|&n| u64::from(n)).sum();
        let below = |items: &[u32], bound: usize| items.iter().all(|&i| (i as usize) < bound);
        corners == self.corners.len() as u64
            && self.sizes.iter().all(|&n| n >= 3)
            && self.shells.len() == self.sizes.len()
            && below(&self.corners, self.points.len())
            && below(&self.shells, self.solids.len())
            && below(&self.solids, self.solid_count)
    }
}

pub(super) fn pointers(shapes: &[&Shape]) -> Vec<*const raw::Shape> {
    shapes.iter().map(|shape| shape.raw()).collect()
}
