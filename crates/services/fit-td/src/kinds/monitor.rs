//! Field monitors.

use base::quantity::{Frequency, Length, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Records a field at frequencies or over time, in a plane, in a box, or in the whole domain. Give either
/// `frequencies` or `interval`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-mark" = {"box": ["min", "max"], "planes": "plane"}))]
#[schemars(extend("x-rules" = [
    {"exactly-one": ["frequencies", "interval"]},
    {"at-most-one": ["plane", "min"]},
    {"at-most-one": ["plane", "max"]},
    {"ordered": ["min", "max"]},
    {"at-most": {"property": "frequencies", "kind": "fit-td.solver", "limit": "fmax"}},
]))]
pub struct Monitor {
    /// Which field.
    #[serde(default = "electric")]
    pub field: Field,
    /// Frequencies of the phasors, which are peak values for an incident power of 1 W.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub frequencies: Option<Vec<Frequency>>,
    /// Time from one snapshot to the next.
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub interval: Option<Time>,
    /// A plane across the domain; gets a mesh line.
    #[serde(default)]
    pub plane: Option<Plane>,
    /// The corner of a box with the smallest coordinates.
    #[serde(default)]
    #[schemars(extend("x-pick" = "point"))]
    pub min: Option<[Length; 3]>,
    /// The opposite corner.
    #[serde(default)]
    #[schemars(extend("x-pick" = "point"))]
    pub max: Option<[Length; 3]>,
}

/// A plane normal to an axis: give one coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"exactly-one": ["x", "y", "z"]}]))]
pub struct Plane {
    /// Where it crosses the x axis.
    #[serde(default)]
    #[schemars(extend("x-mesh-line" = "x", "x-pick" = "x"))]
    pub x: Option<Length>,
    /// Where it crosses the y axis.
    #[serde(default)]
    #[schemars(extend("x-mesh-line" = "y", "x-pick" = "y"))]
    pub y: Option<Length>,
    /// Where it crosses the z axis.
    #[serde(default)]
    #[schemars(extend("x-mesh-line" = "z", "x-pick" = "z"))]
    pub z: Option<Length>,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Field {
    /// The electric field in V/m.
    E,
    /// The magnetic field in A/m.
    H,
}

fn electric() -> Field {
    Field::E
}
