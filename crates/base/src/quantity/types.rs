use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Defines a newtype over an evaluated number and the schema of the expression it comes from.
macro_rules! quantities {
    ($($(#[$documentation:meta])* $name:ident($number:ty), $measure:literal, $description:literal;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $number);

        impl $name {
            /// The number itself.
            pub const fn get(self) -> $number {
                self.0
            }
        }

        impl From<$name> for $number {
            fn from(quantity: $name) -> $number {
                quantity.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": ["number", "string"],
                    "x-dimension": $measure,
                    "description": $description,
                })
            }
        }
    )*};
}

quantities! {
    /// A length in metres.
    Length(f64), "length", "A length, such as `22.86 mm`, or an expression.";
    /// A frequency in hertz.
    Frequency(f64), "frequency", "A frequency, such as `10 GHz`, or an expression.";
    /// A time in seconds.
    Time(f64), "time", "A time, such as `3 ns`, or an expression.";
    /// A plane angle in radians.
    Angle(f64), "angle", "An angle, such as `45 deg`, or an expression.";
    /// An electric conductivity in siemens per metre.
    Conductivity(f64), "conductivity", "An electric conductivity, such as `5.8e7 S/m`, or an expression.";
    /// A magnetic conductivity in ohms per metre.
    MagneticConductivity(f64), "magnetic-conductivity", "A magnetic conductivity, such as `10 ohm/m`, or an expression.";
    /// A resistance or impedance in ohms.
    Resistance(f64), "resistance", "A resistance, such as `50 ohm`, or an expression.";
    /// A capacitance in farads.
    Capacitance(f64), "capacitance", "A capacitance, such as `1 pF`, or an expression.";
    /// An inductance in henries.
    Inductance(f64), "inductance", "An inductance, such as `1 nH`, or an expression.";
    /// A voltage in volts.
    Voltage(f64), "voltage", "A voltage, such as `1 V`, or an expression.";
    /// A current in amperes.
    Current(f64), "current", "A current, such as `20 mA`, or an expression.";
    /// A power in watts.
    Power(f64), "power", "A power, such as `1 W`, or an expression.";
    /// A number without a unit.
    Ratio(f64), "ratio", "A number, or an expression without a unit.";
    /// A whole number, zero or more.
    Count(u64), "count", "A whole number, or an expression that gives one.";
}

/// An expression of any dimension that is kept as it is written, such as a parameter's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Expression(pub String);

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number or an expression")]
        enum Written {
            Number(serde_json::Number),
            Text(String),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        }))
    }
}

impl JsonSchema for Expression {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string"],
            "x-dimension": "any",
            "description": "A number, a quantity such as `22.86 mm`, or an expression.",
        })
    }
}
