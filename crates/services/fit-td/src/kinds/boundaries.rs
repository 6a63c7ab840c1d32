//! What closes the domain.

use base::quantity::Count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What closes the domain on each side. Sides that are not named take `all`, or are open.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-mark" = {"sides": ["x_min", "x_max", "y_min", "y_max", "z_min", "z_max"], "rest": "all"}))]
pub struct Boundaries {
    /// Of all sides that are not named themselves.
    #[serde(default = "open")]
    pub all: Condition,
    /// Of the side of the smallest x.
    pub x_min: Option<Condition>,
    /// Of the side of the largest x.
    pub x_max: Option<Condition>,
    /// Of the side of the smallest y.
    pub y_min: Option<Condition>,
    /// Of the side of the largest y.
    pub y_max: Option<Condition>,
    /// Of the side of the smallest z.
    pub z_min: Option<Condition>,
    /// Of the side of the largest z.
    pub z_max: Option<Condition>,
    /// Cells of the absorbing layers, which are laid outside of the mesh behind open sides.
    #[serde(default = "eight")]
    #[schemars(extend("minimum" = 4, "maximum" = 64))]
    pub absorber_cells: Count,
}

/// What closes a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// A perfect electric conductor.
    Pec,
    /// A perfect magnetic conductor: a plane of symmetry of the electric field.
    Pmc,
    /// Nothing comes back: the materials at the side go on into an absorbing layer.
    Open,
}

impl Boundaries {
    /// Conditions by axis on the low and on the high side.
    pub(crate) fn sides(&self) -> [[Condition; 2]; 3] {
        let sides = [[self.x_min, self.x_max], [self.y_min, self.y_max], [self.z_min, self.z_max]];
        sides.map(|pair| pair.map(|own| own.unwrap_or(self.all)))
    }
}

impl Default for Boundaries {
    /// Open on all sides.
    fn default() -> Self {
        Self {
            all: open(),
            x_min: None,
            x_max: None,
            y_min: None,
            y_max: None,
            z_min: None,
            z_max: None,
            absorber_cells: eight(),
        }
    }
}

fn open() -> Condition {
    Condition::Open
}

fn eight() -> Count {
    Count(8)
}
