//! Features made from other shapes.

use base::quantity::{Angle, Count, Length, Ratio};

use super::{Direction, Edges, all_edges, derived_kinds, origin, z};

derived_kinds! {
    /// Everything that is in any of the shapes.
    Add {
        /// Two or more shapes: all solids, or all sheets.
        #[schemars(length(min = 2), extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: Vec<String>,
    }
    /// What is in a shape and in none of the tools.
    Subtract {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        from: String,
        /// One or more shapes to take away.
        #[schemars(length(min = 1), extend("x-reference" = "geometry", "x-pick" = "body"))]
        tools: Vec<String>,
    }
    /// What is in all the shapes.
    Intersect {
        /// Two or more shapes.
        #[schemars(length(min = 2), extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: Vec<String>,
    }
    /// A shape moved.
    Translate {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// By how much along x, y and z.
        by: [Length; 3],
    }
    /// A shape turned.
    Rotate {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// Direction of the axis, right-handed: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        axis: Direction,
        /// A point of the axis.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
        /// By how much.
        angle: Angle,
    }
    /// A shape made larger or smaller, the same in all directions.
    Scale {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// By how much.
        #[schemars(extend("exclusiveMinimum" = 0))]
        factor: Ratio,
        /// The point that stays.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
    }
    /// A shape reflected at a plane. With `keep` the original stays.
    Mirror {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// A point of the plane.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        point: [Length; 3],
        /// Normal of the plane: `x`, `y`, `z`, or a vector.
        normal: Direction,
    }
    /// Copies of a shape in a row; the first is where the shape is.
    LinearPattern {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// From one copy to the next.
        by: [Length; 3],
        /// How many, with the original.
        #[schemars(extend("minimum" = 1))]
        count: Count,
        /// True: copies that touch or overlap are joined. False: they must not overlap.
        #[serde(default)]
        unite: bool,
    }
    /// Copies of a shape about an axis; the first is where the shape is.
    CircularPattern {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// Direction of the axis, right-handed: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        axis: Direction,
        /// A point of the axis.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
        /// From one copy to the next.
        angle: Angle,
        /// How many, with the original.
        #[schemars(extend("minimum" = 1))]
        count: Count,
        /// True: copies that touch or overlap are joined. False: they must not overlap.
        #[serde(default)]
        unite: bool,
    }
    /// Edges cut off at the same distance on both faces.
    Chamfer {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// Which edges: `all`, or a list of points near the middles of the edges meant.
        #[serde(default = "all_edges")]
        #[schemars(extend("x-pick" = "edge"))]
        edges: Edges,
        /// From the edge, along each face.
        #[schemars(extend("exclusiveMinimum" = 0))]
        distance: Length,
    }
    /// Edges rounded.
    Blend {
        /// The shape.
        #[schemars(extend("x-reference" = "geometry", "x-pick" = "body"))]
        of: String,
        /// Which edges: `all`, or a list of points near the middles of the edges meant.
        #[serde(default = "all_edges")]
        #[schemars(extend("x-pick" = "edge"))]
        edges: Edges,
        /// Radius of the rounding.
        #[schemars(extend("exclusiveMinimum" = 0))]
        radius: Length,
    }
}
