//! The feature tree: what a model is made of.

use crate::frame::Axis;

/// Features in any order; they find each other by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// The features.
    pub features: Vec<Named<Feature>>,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T> {
    /// Unique in the model; others refer to it and the body is called so.
    pub name: String,
    /// False: the shapes that this feature uses are consumed, they are no bodies of the result.
    /// True: they stay.
    pub keep: bool,
    /// What it is.
    pub feature: T,
}

impl<T> Named<T> {
    /// A feature that consumes what it uses.
    pub fn new(name: impl Into<String>, feature: T) -> Self {
        Self { name: name.into(), keep: false, feature }
    }

    /// A feature that leaves what it uses in the result.
    pub fn keeping(name: impl Into<String>, feature: T) -> Self {
        Self { keep: true, ..Self::new(name, feature) }
    }
}

/// One step of construction. Lengths in metres, angles in radians; coordinates are global.
#[derive(Debug, Clone, PartialEq)]
pub enum Feature {
    /// A box between two opposite corners, parallel to the axes. With exactly one zero extent it
    /// is a planar sheet.
    Cuboid {
        /// One corner.
        min: [f64; 3],
        /// The opposite corner, nowhere less.
        max: [f64; 3],
    },
    /// A circular cylinder, or a tube.
    Cylinder {
        /// Centre of one end.
        from: [f64; 3],
        /// Centre of the other.
        to: [f64; 3],
        /// Outer radius.
        radius: f64,
        /// Inner radius; 0 for a full cylinder.
        inner_radius: f64,
    },
    /// A cone or a frustum.
    Cone {
        /// Centre of one end.
        from: [f64; 3],
        /// Centre of the other.
        to: [f64; 3],
        /// Radius at `from`; 0 for an apex.
        radius_from: f64,
        /// Radius at `to`; 0 for an apex.
        radius_to: f64,
    },
    /// A ball.
    Sphere {
        /// Its centre.
        center: [f64; 3],
        /// Its radius.
        radius: f64,
    },
    /// A ring with a circular section.
    Torus {
        /// Its centre.
        center: [f64; 3],
        /// The axis of the ring.
        axis: Axis,
        /// From the centre to the middle of the section.
        major_radius: f64,
        /// Radius of the section, less than `major_radius`.
        minor_radius: f64,
    },
    /// A pyramid or its frustum over a rectangle; with one zero extent of the top, a roof.
    Pyramid {
        /// Centre of the base.
        center: [f64; 3],
        /// From the base to the top; base and top lie along its plane's coordinates (see [`Axis`]).
        axis: Axis,
        /// Extents of the base.
        base: [f64; 2],
        /// Extents of the top; zeros for an apex.
        top: [f64; 2],
        /// Distance of the top from the base.
        height: f64,
    },
    /// A polygon moved along the normal of its plane. Height 0 gives a planar sheet.
    Extrusion {
        /// Corners in the coordinates of the plane (see [`Axis`]), either way round.
        polygon: Vec<[f64; 2]>,
        /// Normal of the plane.
        normal: Axis,
        /// Distance of the plane from the origin, along the normal.
        offset: f64,
        /// How far to move, against the normal where negative.
        height: f64,
    },
    /// A polygon turned about an axis.
    Revolution {
        /// Corners as (distance from the axis, position along it); no distance is negative.
        polygon: Vec<[f64; 2]>,
        /// A point of the axis, where the position along it is zero.
        origin: [f64; 3],
        /// Direction of the axis; the polygon begins in the first direction of its plane.
        axis: Axis,
        /// How far to turn, more than 0 and at most 2π.
        angle: f64,
    },
    /// Everything that is in any of the shapes.
    Add {
        /// Two or more shapes: all solids or all sheets.
        of: Vec<String>,
    },
    /// What is in a shape and in none of the tools.
    Subtract {
        /// The shape.
        from: String,
        /// One or more tools.
        tools: Vec<String>,
    },
    /// What is in all the shapes.
    Intersect {
        /// Two or more shapes.
        of: Vec<String>,
    },
    /// A shape moved.
    Translate {
        /// The shape.
        of: String,
        /// By how much.
        by: [f64; 3],
    },
    /// A shape turned.
    Rotate {
        /// The shape.
        of: String,
        /// Direction of the axis, right-handed.
        axis: Axis,
        /// A point of the axis.
        center: [f64; 3],
        /// By how much.
        angle: f64,
    },
    /// A shape made larger or smaller, the same in all directions.
    Scale {
        /// The shape.
        of: String,
        /// By how much, more than 0.
        factor: f64,
        /// The point that stays.
        center: [f64; 3],
    },
    /// A shape reflected at a plane. With `keep` the original stays as a body of its own.
    Mirror {
        /// The shape.
        of: String,
        /// A point of the plane.
        point: [f64; 3],
        /// Normal of the plane.
        normal: Axis,
    },
    /// A shape repeated; the first copy is where the shape is.
    Pattern {
        /// The shape.
        of: String,
        /// How.
        repeat: Repeat,
        /// True: copies are joined as by `Add`. False: they are one body of parts that must not
        /// overlap.
        unite: bool,
    },
    /// Edges cut off at equal distances on both faces.
    Chamfer {
        /// The shape.
        of: String,
        /// Which edges.
        edges: Edges,
        /// From the edge, along each face.
        distance: f64,
    },
    /// Edges rounded.
    Blend {
        /// The shape.
        of: String,
        /// Which edges.
        edges: Edges,
        /// Radius of the rounding.
        radius: f64,
    },
    /// A shape from a file.
    Import {
        /// The file.
        bytes: Vec<u8>,
        /// Its format.
        format: Format,
        /// STL: metres for each unit of the file (0.001 for millimetres). STEP: a factor beside
        /// the unit that the file declares, usually 1.
        scale: f64,
    },
}

/// How copies follow each other; `count` includes the original.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Repeat {
    /// Along a line.
    Linear {
        /// From one copy to the next.
        by: [f64; 3],
        /// How many.
        count: u32,
    },
    /// About an axis.
    Circular {
        /// Direction of the axis, right-handed.
        axis: Axis,
        /// A point of the axis.
        center: [f64; 3],
        /// From one copy to the next.
        angle: f64,
        /// How many.
        count: u32,
    },
}

/// Which edges of a shape.
///
/// Edges have no names that would survive a change of the model, so they are pointed at.
#[derive(Debug, Clone, PartialEq)]
pub enum Edges {
    /// Every edge where two faces meet in a corner.
    All,
    /// For each point the nearest edge. The edge must be nearer than a twentieth of the shape's
    /// diagonal.
    Near(Vec<[f64; 3]>),
}

/// A format that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ISO 10303-21, solids and sheets.
    Step,
    /// Triangles, binary or text; closed surfaces become solids.
    Stl,
}

impl Feature {
    /// The word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cuboid { .. } => "cuboid",
            Self::Cylinder { .. } => "cylinder",
            Self::Cone { .. } => "cone",
            Self::Sphere { .. } => "sphere",
            Self::Torus { .. } => "torus",
            Self::Pyramid { .. } => "pyramid",
            Self::Extrusion { .. } => "extrusion",
            Self::Revolution { .. } => "revolution",
            Self::Add { .. } => "add",
            Self::Subtract { .. } => "subtract",
            Self::Intersect { .. } => "intersect",
            Self::Translate { .. } => "translate",
            Self::Rotate { .. } => "rotate",
            Self::Scale { .. } => "scale",
            Self::Mirror { .. } => "mirror",
            Self::Pattern { .. } => "pattern",
            Self::Chamfer { .. } => "chamfer",
            Self::Blend { .. } => "blend",
            Self::Import { .. } => "import",
        }
    }

    /// The names of the shapes that it uses; the first is the one whose material it inherits.
    #[must_use]
    pub fn uses(&self) -> Vec<&str> {
        match self {
            Self::Add { of } | Self::Intersect { of } => of.iter().map(String::as_str).collect(),
            Self::Subtract { from, tools } => {
                std::iter::once(from).chain(tools).map(String::as_str).collect()
            }
            Self::Translate { of, .. }
            | Self::Rotate { of, .. }
            | Self::Scale { of, .. }
            | Self::Mirror { of, .. }
            | Self::Pattern { of, .. }
            | Self::Chamfer { of, .. }
            | Self::Blend { of, .. } => vec![of],
            _ => Vec::new(),
        }
    }
}
