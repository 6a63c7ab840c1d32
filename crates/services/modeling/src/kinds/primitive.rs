//! Features made from nothing but numbers or files.

use base::quantity::{Angle, Length, Ratio};

use super::{Direction, one, origin, primitive_kinds, z, zero};

primitive_kinds! {
    /// A box along the axes. With exactly one zero extent it is a sheet without thickness, which only a perfect
    /// conductor can be.
    #[schemars(extend("x-rules" = [{"ordered": ["min", "max"]}]))]
    Cuboid {
        /// The corner with the smallest coordinates.
        #[schemars(extend("x-pick" = "point"))]
        min: [Length; 3],
        /// The opposite corner.
        #[schemars(extend("x-pick" = "point"))]
        max: [Length; 3],
    }
    /// A circular cylinder, or a tube.
    #[schemars(extend("x-rules" = [{"less": ["inner_radius", "radius"]}]))]
    Cylinder {
        /// Centre of one end.
        #[schemars(extend("x-pick" = "point"))]
        from: [Length; 3],
        /// Centre of the other end.
        #[schemars(extend("x-pick" = "point"))]
        to: [Length; 3],
        /// Outer radius.
        #[schemars(extend("exclusiveMinimum" = 0))]
        radius: Length,
        /// Radius of the bore; 0 for none.
        #[serde(default = "zero")]
        #[schemars(extend("minimum" = 0))]
        inner_radius: Length,
    }
    /// A cone, or a part of one between two parallel planes.
    Cone {
        /// Centre of one end.
        #[schemars(extend("x-pick" = "point"))]
        from: [Length; 3],
        /// Centre of the other end.
        #[schemars(extend("x-pick" = "point"))]
        to: [Length; 3],
        /// Radius at `from`; 0 for a tip.
        #[schemars(extend("minimum" = 0))]
        radius_from: Length,
        /// Radius at `to`; 0 for a tip.
        #[serde(default = "zero")]
        #[schemars(extend("minimum" = 0))]
        radius_to: Length,
    }
    /// A ball.
    Sphere {
        /// Its centre.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
        /// Its radius.
        #[schemars(extend("exclusiveMinimum" = 0))]
        radius: Length,
    }
    /// A ring with a circular section.
    #[schemars(extend("x-rules" = [{"less": ["minor_radius", "major_radius"]}]))]
    Torus {
        /// Its centre.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
        /// Axis of the ring: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        axis: Direction,
        /// From the centre to the middle of the section.
        #[schemars(extend("exclusiveMinimum" = 0))]
        major_radius: Length,
        /// Radius of the section, less than `major_radius`.
        #[schemars(extend("exclusiveMinimum" = 0))]
        minor_radius: Length,
    }
    /// A pyramid over a rectangle, whole or cut off.
    Pyramid {
        /// Centre of the base.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        center: [Length; 3],
        /// From the base to the top: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        axis: Direction,
        /// Extents of the base; for the axis z along x and y, for x along y and z, for y along z and x.
        base: [Length; 2],
        /// Extents of the top; zeros for a tip, one zero for a roof.
        #[serde(default = "tip")]
        top: [Length; 2],
        /// Distance of the top from the base.
        #[schemars(extend("exclusiveMinimum" = 0))]
        height: Length,
    }
    /// A polygon moved along the normal of its plane.
    Extrusion {
        /// Corners in the plane, either way round; for the normal z as (x, y), for x as (y, z), for y as (z, x).
        #[schemars(length(min = 3))]
        polygon: Vec<[Length; 2]>,
        /// Normal of the plane: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        normal: Direction,
        /// Distance of the plane from the origin, along the normal.
        #[serde(default = "zero")]
        offset: Length,
        /// How far to move, against the normal where negative. 0 makes a sheet without thickness.
        height: Length,
    }
    /// A polygon turned about an axis.
    Revolution {
        /// Corners as (distance from the axis, position along it); no distance is negative.
        #[schemars(length(min = 3))]
        polygon: Vec<[Length; 2]>,
        /// Point of the axis where the position along it is zero.
        #[serde(default = "origin")]
        #[schemars(extend("x-pick" = "point"))]
        origin: [Length; 3],
        /// Direction of the axis: `x`, `y`, `z`, or a vector.
        #[serde(default = "z")]
        axis: Direction,
        /// How far to turn.
        #[serde(default = "turn")]
        #[schemars(extend("exclusiveMinimum" = 0))]
        angle: Angle,
    }
    /// Shapes from a STEP file.
    ImportStep {
        /// The file.
        #[schemars(extend("x-file" = true))]
        file: String,
        /// Factor beside the unit that the file declares.
        #[serde(default = "one")]
        #[schemars(extend("exclusiveMinimum" = 0))]
        scale: Ratio,
    }
    /// Solids whose closed surface an STL file gives, binary or text.
    ImportStl {
        /// The file.
        #[schemars(extend("x-file" = true))]
        file: String,
        /// What a unit of the file is; STL itself does not say.
        #[serde(default = "millimetre")]
        #[schemars(extend("exclusiveMinimum" = 0))]
        unit: Length,
    }
}

fn tip() -> [Length; 2] {
    [Length(0.0); 2]
}

fn turn() -> Angle {
    Angle(std::f64::consts::TAU)
}

fn millimetre() -> Length {
    Length(1e-3)
}
