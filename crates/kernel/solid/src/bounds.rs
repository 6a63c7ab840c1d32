//! Boxes parallel to the axes.

use crate::ffi::Vec3;

/// Smallest and largest coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub min: Vec3,
    pub max: Vec3,
}

impl Bounds {
    /// Around nothing: any union with it is the other.
    pub(crate) const NOTHING: Self = Self { min: [f64::INFINITY; 3], max: [f64::NEG_INFINITY; 3] };

    pub(crate) fn around(points: impl IntoIterator<Item = Vec3>) -> Self {
        points.into_iter().fold(Self::NOTHING, |all, p| Self {
            min: std::array::from_fn(|k| all.min[k].min(p[k])),
            max: std::array::from_fn(|k| all.max[k].max(p[k])),
        })
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            min: std::array::from_fn(|k| self.min[k].min(other.min[k])),
            max: std::array::from_fn(|k| self.max[k].max(other.max[k])),
        }
    }

    /// True where the boxes come nearer than `gap` in every direction.
    pub(crate) fn meets(&self, other: &Self, gap: f64) -> bool {
        (0..3).all(|k| self.min[k] <= other.max[k] + gap && other.min[k] <= self.max[k] + gap)
    }

    pub(crate) fn contains(&self, p: Vec3) -> bool {
        (0..3).all(|k| self.min[k] <= p[k] && p[k] <= self.max[k])
    }

    pub(crate) fn diagonal(&self) -> f64 {
        let extent: Vec3 = std::array::from_fn(|k| (self.max[k] - self.min[k]).max(0.0));
        crate::frame::length(extent)
    }
}
