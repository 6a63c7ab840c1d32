//! What numbers a feature may have.

use crate::error::Fault;
use crate::feature::Feature;
use crate::ffi::Vec3;
use crate::frame::{Axis, Frame};
use crate::scale::{FARTHEST, SHORTEST};

/// The fault of a parameter.
pub(crate) fn fault(parameter: &'static str, value: impl ToString, rule: &'static str) -> Fault {
    Fault::Parameter { parameter, value: value.to_string(), rule }
}

/// A coordinate that the kernel can resolve.
pub(crate) fn coordinate(parameter: &'static str, value: f64) -> Result<f64, Fault> {
    if !value.is_finite() {
        return Err(fault(parameter, value, "it must be a finite number"));
    }
    if value.abs() > FARTHEST {
        return Err(fault(parameter, value, "it must be within 10 km of the origin"));
    }
    Ok(value)
}

pub(crate) fn point(parameter: &'static str, value: Vec3) -> Result<Vec3, Fault> {
    for x in value {
        coordinate(parameter, x)?;
    }
    Ok(value)
}

/// A length that is more than nothing.
pub(crate) fn length(parameter: &'static str, value: f64) -> Result<f64, Fault> {
    coordinate(parameter, value)?;
    if value < SHORTEST {
        return Err(fault(parameter, value, "it must be at least 1 nm"));
    }
    Ok(value)
}

/// A length or exactly zero.
pub(crate) fn length_or_zero(parameter: &'static str, value: f64) -> Result<f64, Fault> {
    if value == 0.0 {
        return Ok(0.0);
    }
    coordinate(parameter, value)?;
    if value < SHORTEST {
        return Err(fault(parameter, value, "it must be zero or at least 1 nm"));
    }
    Ok(value)
}

pub(crate) fn finite(parameter: &'static str, value: f64) -> Result<f64, Fault> {
    if value.is_finite() { Ok(value) } else { Err(fault(parameter, value, "it must be a finite number")) }
}

pub(crate) fn frame(parameter: &'static str, axis: Axis) -> Result<Frame, Fault> {
    axis.frame()
        .ok_or_else(|| fault(parameter, format!("{axis:?}"), "it must be a finite direction other than zero"))
}

/// A shape that others are made of must be named often enough.
pub(crate) fn references(feature: &Feature) -> Result<(), Fault> {
    let wanted = match feature {
        Feature::Add { .. } | Feature::Intersect { .. } | Feature::Subtract { .. } => 2,
        _ => return Ok(()),
    };
    let count = feature.uses().len();
    if count >= wanted {
        return Ok(());
    }
    Err(match feature {
        Feature::Subtract { .. } => fault("tools", "empty", "it must name at least one shape"),
        _ => fault("of", format!("a list of {count}"), "it must name at least two shapes"),
    })
}
