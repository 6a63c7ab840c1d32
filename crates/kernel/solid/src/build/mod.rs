//! From one feature to one shape.

mod combine;
mod primitive;
mod round;

use base::progress::Progress;

use crate::check;
use crate::error::Fault;
use crate::feature::Feature;
use crate::ffi::{Motion, Operation, Rounding, Shape};
use crate::import;
use crate::scale::{inward, point_inward};

pub(crate) use combine::{joined, parts_meet};

/// A shape that a feature uses.
pub(crate) type Input<'a> = &'a Shape;

/// Builds `feature` from the shapes that it uses, in the order of [`Feature::uses`].
pub(crate) fn build(
    feature: &Feature,
    inputs: &[Input<'_>],
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    check::references(feature)?;
    match inputs {
        [] => from_numbers(feature, progress),
        [first, rest @ ..] => from_shapes(feature, first, rest, progress),
    }
}

fn from_numbers(feature: &Feature, progress: &dyn Progress) -> Result<Shape, Fault> {
    match feature {
        Feature::Cuboid { min, max } => primitive::cuboid(*min, *max),
        Feature::Cylinder { from, to, radius, inner_radius } => {
            primitive::cylinder(*from, *to, *radius, *inner_radius)
        }
        Feature::Cone { from, to, radius_from, radius_to } => {
            primitive::cone(*from, *to, [*radius_from, *radius_to])
        }
        Feature::Sphere { center, radius } => primitive::sphere(*center, *radius),
        Feature::Torus { center, axis, major_radius, minor_radius } => {
            primitive::torus(*center, *axis, *major_radius, *minor_radius)
        }
        Feature::Pyramid { center, axis, base, top, height } => {
            primitive::pyramid(*center, *axis, *base, *top, *height)
        }
        Feature::Extrusion { polygon, normal, offset, height } => {
            primitive::extrusion(polygon, *normal, *offset, *height)
        }
        Feature::Revolution { polygon, origin, axis, angle } => {
            primitive::revolution(polygon, *origin, *axis, *angle)
        }
        Feature::Import { bytes, format, scale } => import::import(bytes, *format, *scale, progress),
        _ => Err(Fault::Kernel("a shape that it uses was not built".to_owned())),
    }
}

fn from_shapes(
    feature: &Feature,
    first: Input<'_>,
    rest: &[Input<'_>],
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    match feature {
        Feature::Add { .. } => combine::boolean(Operation::Add, first, rest, progress),
        Feature::Subtract { .. } => combine::boolean(Operation::Subtract, first, rest, progress),
        Feature::Intersect { .. } => combine::intersection(first, rest, progress),
        Feature::Pattern { repeat, unite, .. } => combine::pattern(first, *repeat, *unite, progress),
        Feature::Chamfer { edges, distance, .. } => round::round(first, Rounding::Chamfer, edges, *distance),
        Feature::Blend { edges, radius, .. } => round::round(first, Rounding::Blend, edges, *radius),
        _ => Ok(first.moved(motion(feature)?)?),
    }
}

fn motion(feature: &Feature) -> Result<Motion, Fault> {
    Ok(match feature {
        Feature::Translate { by, .. } => Motion::Translate { by: point_inward(check::point("by", *by)?) },
        Feature::Rotate { axis, center, angle, .. } => Motion::Rotate {
            center: point_inward(check::point("center", *center)?),
            axis: check::frame("axis", *axis)?.n,
            angle: check::finite("angle", *angle)?,
        },
        Feature::Scale { factor, center, .. } => Motion::Scale {
            center: point_inward(check::point("center", *center)?),
            factor: factor_of(*factor)?,
        },
        Feature::Mirror { point, normal, .. } => Motion::Mirror {
            point: point_inward(check::point("point", *point)?),
            normal: check::frame("normal", *normal)?.n,
        },
        _ => return Err(Fault::Kernel("it takes no shapes".to_owned())),
    })
}

/// A factor that keeps a shape within what the kernel resolves.
pub(crate) fn factor_of(factor: f64) -> Result<f64, Fault> {
    if factor.is_finite() && (1e-9..=1e9).contains(&factor) {
        Ok(factor)
    } else {
        Err(check::fault("factor", factor, "it must be between 1e-9 and 1e9"))
    }
}

/// The shape, unless it holds nothing.
pub(crate) fn not_empty(shape: Shape, why: &'static str) -> Result<Shape, Fault> {
    if shape.face_count()? == 0 {
        return Err(Fault::Empty(why));
    }
    Ok(shape)
}

/// Metres to the kernel's unit, for a length.
fn mm(length: f64) -> f64 {
    inward(length)
}
