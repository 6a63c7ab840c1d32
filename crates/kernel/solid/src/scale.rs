//! Metres outside, millimetres inside, and the range of both.

use crate::ffi::Vec3;

/// Millimetres in a metre.
const FACTOR: f64 = 1000.0;

/// The shortest length, m: ten times OpenCASCADE's tolerance.
pub(crate) const SHORTEST: f64 = 1e-9;

/// The farthest coordinate, m: beyond it a double no longer resolves the tolerance.
pub(crate) const FARTHEST: f64 = 1e4;

/// OpenCASCADE's tolerance, m.
pub(crate) const TOLERANCE: f64 = 1e-10;

pub(crate) fn inward(length: f64) -> f64 {
    length * FACTOR
}

pub(crate) fn point_inward(point: Vec3) -> Vec3 {
    point.map(inward)
}

/// Millimetres to metres, rounded to 1e-12 m: a decimal fraction comes back as it was written.
pub(crate) fn outward(length: f64) -> f64 {
    // Adding zero turns -0 into 0.
    (length * 1e9).round() / 1e12 + 0.0
}

pub(crate) fn point_outward(point: Vec3) -> Vec3 {
    point.map(outward)
}

pub(crate) fn area_outward(area: f64) -> f64 {
    area / (FACTOR * FACTOR)
}

pub(crate) fn volume_outward(volume: f64) -> f64 {
    volume / (FACTOR * FACTOR * FACTOR)
}
