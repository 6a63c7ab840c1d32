//! Directions and the right-handed frames that belong to them.

use crate::ffi::Vec3;

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Axis {
    /// +x; its plane has the coordinates (y, z).
    X,
    /// +y; its plane has the coordinates (z, x).
    Y,
    /// +z; its plane has the coordinates (x, y).
    Z,
    /// Any direction, not necessarily of unit length. With k its largest component, the first
    /// coordinate of its plane is the projection of axis k+1 (cyclic), so that this agrees with
    /// `X`, `Y` and `Z`.
    Along(Vec3),
}

/// A right-handed orthonormal frame: `u` × `v` = `n`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub u: Vec3,
    pub v: Vec3,
    pub n: Vec3,
}

impl Axis {
    /// `None` where the direction is not finite or has no length.
    pub(crate) fn frame(self) -> Option<Frame> {
        let n = unit(match self {
            Self::X => [1.0, 0.0, 0.0],
            Self::Y => [0.0, 1.0, 0.0],
            Self::Z => [0.0, 0.0, 1.0],
            Self::Along(direction) => direction,
        })?;
        let mut largest = 0;
        for k in 1..3 {
            if n[k].abs() > n[largest].abs() {
                largest = k;
            }
        }
        let mut near = [0.0; 3];
        near[(largest + 1) % 3] = 1.0;
        let u = unit(sub(near, scaled(n, dot(near, n))))?;
        Some(Frame { u, v: cross(n, u), n })
    }
}

impl Frame {
    /// The point at (a, b, c) in this frame moved to `origin`.
    pub(crate) fn at(&self, origin: Vec3, [a, b, c]: Vec3) -> Vec3 {
        std::array::from_fn(|k| origin[k] + a * self.u[k] + b * self.v[k] + c * self.n[k])
    }
}

pub(crate) fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) fn sub(a: Vec3, b: Vec3) -> Vec3 {
    std::array::from_fn(|k| a[k] - b[k])
}

pub(crate) fn scaled(a: Vec3, by: f64) -> Vec3 {
    a.map(|x| x * by)
}

pub(crate) fn length(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// `None` for what is not finite or too short to have a direction.
pub(crate) fn unit(a: Vec3) -> Option<Vec3> {
    let largest = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if !a.iter().all(|x| x.is_finite()) || largest == 0.0 {
        return None;
    }
    // Scaled first: the square of a tiny or huge component would leave the range of a double.
    let a = a.map(|x| x / largest);
    Some(scaled(a, 1.0 / length(a)))
}
