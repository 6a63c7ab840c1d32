//! Ports.

use base::quantity::{Count, Length, Resistance};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A voltage source with a series resistance between two points, along one axis. Both points get mesh lines.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-mark" = {"arrow": ["start", "end"]}))]
#[schemars(extend("x-rules" = [{"apart": {"points": ["start", "end"], "along": "axis"}}]))]
pub struct LumpedPort {
    /// The positive terminal; for a wide port a corner of its rectangle or box.
    #[schemars(extend("x-mesh-line" = "point", "x-pick" = "point"))]
    pub start: [Length; 3],
    /// The negative terminal; for a wide port the opposite corner.
    #[schemars(extend("x-mesh-line" = "point", "x-pick" = "point"))]
    pub end: [Length; 3],
    /// Direction of the current; needed only where `start` and `end` differ along several axes, as those of a
    /// port that is wider than an edge do.
    #[serde(default)]
    pub axis: Option<Axis>,
    /// Resistance of the source, to which S-parameters refer.
    #[serde(default = "fifty")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub impedance: Resistance,
}

/// A mode TE<sub>mn</sub> of a rectangular waveguide whose cross-section is bounded by conductors or by edges of
/// the domain that are no magnetic walls. The boundary behind the port must be open; the port may stand on it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-mark" = {"frame": ["min", "max"], "along": "direction"}))]
#[schemars(extend("x-rules" = [
    {"level": {"points": ["min", "max"], "along": "direction"}},
    {"ordered": ["min", "max"]},
]))]
pub struct WaveguidePort {
    /// The corner of the cross-section with the smallest coordinates.
    #[schemars(extend("x-mesh-line" = "point", "x-pick" = "point"))]
    pub min: [Length; 3],
    /// The opposite corner, at the same place along the guide.
    #[schemars(extend("x-mesh-line" = "point", "x-pick" = "point"))]
    pub max: [Length; 3],
    /// The way from the port into the structure.
    pub direction: Direction,
    /// Half waves along the wider and along the narrower side of the cross-section: `[1, 0]` is TE10.
    #[serde(default = "te10")]
    pub mode: [Count; 2],
    /// Distance from the port into the structure at which S-parameters refer to their plane; may be negative.
    #[serde(default = "here")]
    pub reference_distance: Length,
}

/// A coordinate axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Along x.
    X,
    /// Along y.
    Y,
    /// Along z.
    Z,
}

/// A way along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Direction {
    /// Towards larger x.
    #[serde(rename = "+x")]
    PlusX,
    /// Towards smaller x.
    #[serde(rename = "-x")]
    MinusX,
    /// Towards larger y.
    #[serde(rename = "+y")]
    PlusY,
    /// Towards smaller y.
    #[serde(rename = "-y")]
    MinusY,
    /// Towards larger z.
    #[serde(rename = "+z")]
    PlusZ,
    /// Towards smaller z.
    #[serde(rename = "-z")]
    MinusZ,
}

impl Direction {
    /// Its axis, and whether coordinates grow along it.
    pub(crate) fn parts(self) -> (fit::Axis, bool) {
        match self {
            Self::PlusX => (fit::Axis::X, true),
            Self::MinusX => (fit::Axis::X, false),
            Self::PlusY => (fit::Axis::Y, true),
            Self::MinusY => (fit::Axis::Y, false),
            Self::PlusZ => (fit::Axis::Z, true),
            Self::MinusZ => (fit::Axis::Z, false),
        }
    }
}

impl From<Axis> for fit::Axis {
    fn from(axis: Axis) -> Self {
        match axis {
            Axis::X => Self::X,
            Axis::Y => Self::Y,
            Axis::Z => Self::Z,
        }
    }
}

fn fifty() -> Resistance {
    Resistance(50.0)
}

fn te10() -> [Count; 2] {
    [Count(1), Count(0)]
}

fn here() -> Length {
    Length(0.0)
}
