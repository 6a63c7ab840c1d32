//! Kinds of features as the kernel's features.

use api::Failure;
use base::quantity::Length;
use solid::{Feature, Format, Repeat};

use crate::kinds;

/// Gives the file that belongs to a feature.
pub(crate) type File<'a> = &'a dyn Fn() -> Result<Vec<u8>, Failure>;

/// A kind that the kernel can build.
pub(crate) trait Kernel {
    /// The kernel's feature.
    fn to_kernel(self, file: File<'_>) -> Result<Feature, Failure>;
}

/// Kinds that need no file: a pattern of the fields gives the feature.
macro_rules! plain {
    ($($name:ident { $($field:ident),* } => $feature:expr;)*) => {$(
        impl Kernel for kinds::$name {
            fn to_kernel(self, _: File<'_>) -> Result<Feature, Failure> {
                let Self { $($field,)* .. } = self;
                Ok($feature)
            }
        }
    )*};
}

plain! {
    Cuboid { min, max } => Feature::Cuboid { min: si(min), max: si(max) };
    Cylinder { from, to, radius, inner_radius } => Feature::Cylinder {
        from: si(from), to: si(to), radius: radius.0, inner_radius: inner_radius.0,
    };
    Cone { from, to, radius_from, radius_to } => Feature::Cone {
        from: si(from), to: si(to), radius_from: radius_from.0, radius_to: radius_to.0,
    };
    Sphere { center, radius } => Feature::Sphere { center: si(center), radius: radius.0 };
    Torus { center, axis, major_radius, minor_radius } => Feature::Torus {
        center: si(center), axis: axis.into(), major_radius: major_radius.0, minor_radius: minor_radius.0,
    };
    Pyramid { center, axis, base, top, height } => Feature::Pyramid {
        center: si(center), axis: axis.into(), base: si(base), top: si(top), height: height.0,
    };
    Extrusion { polygon, normal, offset, height } => Feature::Extrusion {
        polygon: all(polygon), normal: normal.into(), offset: offset.0, height: height.0,
    };
    Revolution { polygon, origin, axis, angle } => Feature::Revolution {
        polygon: all(polygon), origin: si(origin), axis: axis.into(), angle: angle.0,
    };
    Add { of } => Feature::Add { of };
    Subtract { from, tools } => Feature::Subtract { from, tools };
    Intersect { of } => Feature::Intersect { of };
    Translate { of, by } => Feature::Translate { of, by: si(by) };
    Rotate { of, axis, center, angle } => Feature::Rotate {
        of, axis: axis.into(), center: si(center), angle: angle.0,
    };
    Scale { of, factor, center } => Feature::Scale { of, factor: factor.0, center: si(center) };
    Mirror { of, point, normal } => Feature::Mirror { of, point: si(point), normal: normal.into() };
    LinearPattern { of, by, count, unite } => Feature::Pattern {
        of, repeat: Repeat::Linear { by: si(by), count: number(count.0) }, unite,
    };
    CircularPattern { of, axis, center, angle, count, unite } => Feature::Pattern {
        of,
        repeat: Repeat::Circular {
            axis: axis.into(), center: si(center), angle: angle.0, count: number(count.0),
        },
        unite,
    };
    Chamfer { of, edges, distance } => Feature::Chamfer { of, edges: edges.into(), distance: distance.0 };
    Blend { of, edges, radius } => Feature::Blend { of, edges: edges.into(), radius: radius.0 };
}

impl Kernel for kinds::ImportStep {
    fn to_kernel(self, file: File<'_>) -> Result<Feature, Failure> {
        Ok(Feature::Import { bytes: file()?, format: Format::Step, scale: self.scale.0 })
    }
}

impl Kernel for kinds::ImportStl {
    fn to_kernel(self, file: File<'_>) -> Result<Feature, Failure> {
        Ok(Feature::Import { bytes: file()?, format: Format::Stl, scale: self.unit.0 })
    }
}

impl From<kinds::Direction> for solid::Axis {
    fn from(direction: kinds::Direction) -> Self {
        match direction {
            kinds::Direction::Axis(kinds::Axis::X) => Self::X,
            kinds::Direction::Axis(kinds::Axis::Y) => Self::Y,
            kinds::Direction::Axis(kinds::Axis::Z) => Self::Z,
            kinds::Direction::Vector(vector) => Self::Along(vector.map(f64::from)),
        }
    }
}

impl From<kinds::Edges> for solid::Edges {
    fn from(edges: kinds::Edges) -> Self {
        match edges {
            kinds::Edges::All(kinds::All::All) => Self::All,
            kinds::Edges::Near(points) => Self::Near(all(points)),
        }
    }
}

fn si<const N: usize>(point: [Length; N]) -> [f64; N] {
    point.map(f64::from)
}

fn all<const N: usize>(points: Vec<[Length; N]>) -> Vec<[f64; N]> {
    points.into_iter().map(si).collect()
}

/// The kernel refuses large numbers with a reason; what does not fit is large.
fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
