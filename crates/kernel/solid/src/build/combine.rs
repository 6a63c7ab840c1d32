//! Booleans and patterns.

use base::progress::Progress;

use crate::bounds::Bounds;
use crate::check::{self, fault};
use crate::error::Fault;
use crate::feature::Repeat;
use crate::ffi::{Motion, Operation, Shape};
use crate::scale::{SHORTEST, TOLERANCE, inward, point_inward};

use super::{Input, not_empty};

/// Copies of one pattern; each costs a boolean.
const MOST_COPIES: u32 = 10_000;

/// One boolean of OpenCASCADE, whose result the shim has checked.
pub(super) fn boolean(
    operation: Operation,
    first: Input<'_>,
    rest: &[Input<'_>],
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    let shape = Shape::boolean(operation, &[first], rest, progress)?;
    let why = match operation {
        Operation::Add => "the shapes are empty",
        Operation::Subtract => "the tools remove the whole shape; move or shrink them",
        Operation::Intersect => "the shapes have nothing in common; move them together",
    };
    not_empty(shape, why)
}

/// OpenCASCADE intersects with the union of its tools; so one tool after the other.
pub(super) fn intersection(
    first: Input<'_>,
    rest: &[Input<'_>],
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    let mut common: Option<Shape> = None;
    for tool in rest {
        let so_far = common.as_ref().unwrap_or(first);
        common = Some(boolean(Operation::Intersect, so_far, &[tool], progress)?);
    }
    common.ok_or_else(|| fault("of", "a list of 1", "it must name at least two shapes"))
}

pub(super) fn pattern(
    first: Input<'_>,
    repeat: Repeat,
    unite: bool,
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    let copies =
        motions(repeat)?.into_iter().map(|motion| first.moved(motion)).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<Input<'_>> = std::iter::once(first).chain(&copies).collect();
    if unite {
        return joined(&all, progress);
    }
    if let Some((i, j)) = overlap(&all, progress)? {
        return Err(Fault::Overlap(i + 1, j + 1));
    }
    Ok(Shape::compound(&all)?)
}

/// The motions of all copies but the first.
fn motions(repeat: Repeat) -> Result<Vec<Motion>, Fault> {
    let (Repeat::Linear { count, .. } | Repeat::Circular { count, .. }) = repeat;
    if !(1..=MOST_COPIES).contains(&count) {
        return Err(fault("count", count, "it must be between 1 and 10000"));
    }
    let steps = 1..count;
    Ok(match repeat {
        Repeat::Linear { by, .. } => {
            check::point("by", by)?;
            if count > 1 && crate::frame::length(by) < SHORTEST {
                return Err(fault("by", format!("{by:?}"), "it must be at least 1 nm long"));
            }
            let by = point_inward(by);
            let step = |i: u32| Motion::Translate { by: by.map(|x| x * f64::from(i)) };
            steps.map(step).collect()
        }
        Repeat::Circular { axis, center, angle, .. } => {
            let axis = check::frame("axis", axis)?.n;
            let center = point_inward(check::point("center", center)?);
            check::finite("angle", angle)?;
            if count > 1 && angle == 0.0 {
                return Err(fault("angle", angle, "it must not be zero"));
            }
            let step = |i: u32| Motion::Rotate { center, axis, angle: angle * f64::from(i) };
            steps.map(step).collect()
        }
    })
}

/// All shapes as one by addition.
pub(crate) fn joined(shapes: &[Input<'_>], progress: &dyn Progress) -> Result<Shape, Fault> {
    match shapes {
        [first, rest @ ..] if !rest.is_empty() => boolean(Operation::Add, first, rest, progress),
        shapes => Ok(Shape::compound(shapes)?),
    }
}

/// Pairs of shapes whose boxes meet.
pub(crate) fn parts_meet(shapes: &[Input<'_>]) -> Result<Vec<(usize, usize)>, Fault> {
    let mut boxes = Vec::new();
    for (place, shape) in shapes.iter().enumerate() {
        let measure = shape.measure()?;
        let (min, max) = (measure.min, measure.max);
        boxes.push((place, Bounds { min, max }));
    }
    // Sorted along x, a box can only meet those that begin before it ends.
    boxes.sort_by(|(_, a), (_, b)| a.min[0].total_cmp(&b.min[0]));
    let gap = inward(TOLERANCE);
    let mut pairs = Vec::new();
    for (position, (i, a)) in boxes.iter().enumerate() {
        for (j, b) in &boxes[position + 1..] {
            if b.min[0] > a.max[0] + gap {
                break;
            }
            if a.meets(b, gap) {
                pairs.push((*i.min(j), *i.max(j)));
            }
        }
    }
    pairs.sort_unstable();
    Ok(pairs)
}

/// The first pair of shapes that share more than a boundary.
fn overlap(shapes: &[Input<'_>], progress: &dyn Progress) -> Result<Option<(usize, usize)>, Fault> {
    for (i, j) in parts_meet(shapes)? {
        let common = Shape::boolean(Operation::Intersect, &[shapes[i]], &[shapes[j]], progress)?;
        if common.face_count()? > 0 {
            return Ok(Some((i, j)));
        }
    }
    Ok(None)
}
