//! Physical quantities as properties of entities: written as expressions, computed with in SI.
//!
//! A service declares its properties with the types of this module:
//!
//! ```
//! use base::quantity::{Length, evaluate};
//! use base::{expression::ParameterTable, kind::{Arrangement, KindDescriptor}, units::DefaultUnits};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use serde_json::json;
//!
//! /// A box along the axes.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Cuboid {
//!     min: [Length; 3],
//!     max: [Length; 3],
//! }
//!
//! let kind = KindDescriptor::of::<Cuboid>("modeling.cuboid", "geometry", Arrangement::MapOfKinds, "cuboid", "Cuboid");
//! let written = json!({"min": [0, 0, 0], "max": ["2 cm", "10 mm + 1 um", "1 in"]});
//! let evaluated = evaluate(&written, &kind.schema, &ParameterTable::default(), &DefaultUnits::default())?;
//! let cuboid: Cuboid = serde_json::from_value(evaluated)?;
//! assert_eq!(cuboid.max[2], Length(0.0254));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod evaluate;
mod types;

pub use evaluate::{Error, Problem, evaluate, evaluate_one};
pub use types::{
    Angle, Capacitance, Conductivity, Count, Current, Expression, Frequency, Inductance, Length,
    MagneticConductivity, Power, Ratio, Resistance, Time, Voltage,
};

use crate::units::Dimension;

/// What an `x-dimension` keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A quantity of that dimension, or a plain number.
    Quantity(Dimension),
    /// A whole number, zero or more.
    Count,
    /// An expression of any dimension, kept as it is written: a parameter's value.
    Any,
}

impl Measure {
    /// The measure of that name: the name of a dimension, `ratio`, `count` or `any`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "ratio" => Some(Self::Quantity(Dimension::NONE)),
            "count" => Some(Self::Count),
            "any" => Some(Self::Any),
            name => Dimension::from_name(name).map(Self::Quantity),
        }
    }

    /// The measure that a schema node asks for, if it is one of a quantity.
    pub fn of(node: &serde_json::Value) -> Option<Self> {
        Self::from_name(node.get("x-dimension")?.as_str()?)
    }

    /// How a sentence speaks of it, with an example: ``a length such as `3 mm` ``.
    pub fn phrase(self) -> String {
        match self {
            Self::Quantity(Dimension::NONE) => "a number or an expression".to_owned(),
            Self::Quantity(dimension) => {
                format!("{} such as `3 {}`", dimension.phrase(), dimension.example())
            }
            Self::Count => "a whole number or an expression".to_owned(),
            Self::Any => "a number, a quantity such as `3 mm`, or an expression".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
