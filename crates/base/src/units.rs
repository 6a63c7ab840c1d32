//! Physical dimensions, unit symbols with SI prefixes, and quantities as people write them.
//!
//! Everything inside the system is SI; this module is the one place where units are read and shown.
//!
//! ```
//! use base::units::{Dimension, Quantity, format};
//! let width: Quantity = "22.86 mm".parse()?;
//! assert_eq!(width.dimension, Dimension::LENGTH);
//! assert_eq!(format(width.value, width.dimension), "22.86 mm");
//! # Ok::<(), base::units::Error>(())
//! ```

mod default;
mod dimension;
mod display;
mod symbol;

pub use default::DefaultUnits;
pub use dimension::Dimension;
pub use display::{format, format_number};
pub use symbol::{Unit, nearest_symbol, parse_symbol, parse_unit};

use std::fmt;
use std::str::FromStr;

/// A value in SI units with its dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The value in coherent SI units (metres, seconds, hertz, radians…).
    pub value: f64,
    /// What it measures.
    pub dimension: Dimension,
}

impl Quantity {
    /// A number without a unit.
    pub const fn number(value: f64) -> Self {
        Self { value, dimension: Dimension::NONE }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format(self.value, self.dimension))
    }
}

impl FromStr for Quantity {
    type Err = Error;

    /// Reads a number and an optional unit, such as `22.86 mm`, `-3e8 m/s` or `50 Ω`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // The longest prefix that is a number: `1e9 Hz` but also `3 eV`-like words must not be cut.
        let end = (0..=text.len().min(64))
            .rev()
            .filter(|&end| text.is_char_boundary(end))
            .find(|&end| {
                text[..end].ends_with(|c: char| c.is_ascii_digit() || c == '.')
                    && text[..end].parse::<f64>().is_ok()
            })
            .ok_or_else(|| Error::Number(shortened(text)))?;
        let value: f64 = text[..end].parse().map_err(|_| Error::Number(shortened(text)))?;
        let unit = match text[end..].trim() {
            "" => Unit::NONE,
            unit => parse_unit(unit)?,
        };
        let value = unit.to_si(value);
        if !value.is_finite() {
            return Err(Error::Number(shortened(text)));
        }
        Ok(Self { value, dimension: unit.dimension })
    }
}

/// Why a text is no unit or quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No finite number at the start.
    #[error("`{0}` is no quantity: write a number and a unit, such as `22.86 mm`")]
    Number(String),
    /// Not a unit symbol.
    #[error("unknown unit `{symbol}`{}", display::suggestion(.nearest.as_deref(), ": units are written as in `mm`, `GHz`, `deg`, `ohm`, `S/m`"))]
    Symbol {
        /// As written.
        symbol: String,
        /// The known symbol most like it.
        nearest: Option<String>,
    },
    /// A unit such as `m^` or `S//m`.
    #[error("`{0}` is no unit: write symbols joined by `*` and `/`, such as `S/m` or `m/s^2`")]
    Form(String),
    /// A default for something that has none.
    #[error("unknown dimension `{name}`{}", display::suggestion(.nearest.as_deref(), ": defaults can be set for length, frequency, time, angle and the like"))]
    Dimension {
        /// As written.
        name: String,
        /// The known dimension most like it.
        nearest: Option<String>,
    },
    /// A default unit that measures something else.
    #[error("`{unit}` is no unit of {dimension}: write one such as `{example}`")]
    Mismatch {
        /// The unit as written.
        unit: String,
        /// The name of the dimension it was given for.
        dimension: String,
        /// A unit that would do.
        example: String,
    },
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn quantities_are_read_in_si() {
        for (text, value, dimension) in [
            ("22.86 mm", 22.86e-3, Dimension::LENGTH),
            ("22.86mm", 22.86e-3, Dimension::LENGTH),
            ("3 µm", 3e-6, Dimension::LENGTH),
            ("3 μm", 3e-6, Dimension::LENGTH),
            ("1 in", 0.0254, Dimension::LENGTH),
            ("1 mil", 25.4e-6, Dimension::LENGTH),
            ("1e1 GHz", 1e10, Dimension::FREQUENCY),
            ("-180 deg", -std::f64::consts::PI, Dimension::ANGLE),
            ("50 Ω", 50.0, Dimension::RESISTANCE),
            ("5.8e7 S/m", 5.8e7, Dimension::CONDUCTIVITY),
            ("1 V/A", 1.0, Dimension::RESISTANCE),
            ("1 1/s", 1.0, Dimension::FREQUENCY),
            ("1 J/K", 1.0, Dimension::ENERGY.over(Dimension::TEMPERATURE).unwrap()),
            ("2 kg", 2.0, Dimension::MASS),
            ("7", 7.0, Dimension::NONE),
        ] {
            let quantity: Quantity = text.parse().unwrap();
            assert!((quantity.value - value).abs() <= 1e-15 * value.abs(), "{text}: {quantity:?}");
            assert_eq!(quantity.dimension, dimension, "{text}");
        }
    }

    #[test]
    fn malformed_quantities_are_refused_with_advice() {
        for (text, message) in [
            ("mm", "`mm` is no quantity: write a number and a unit, such as `22.86 mm`"),
            ("3 ghz", "unknown unit `ghz`: did you mean `GHz`?"),
            ("3 S//m", "`S//m` is no unit: write symbols joined by `*` and `/`, such as `S/m` or `m/s^2`"),
            (
                "3 m^99999",
                "`m^99999` is no unit: write symbols joined by `*` and `/`, such as `S/m` or `m/s^2`",
            ),
            ("1e999 m", "`1e999 m` is no quantity: write a number and a unit, such as `22.86 mm`"),
            ("", "`` is no quantity: write a number and a unit, such as `22.86 mm`"),
        ] {
            assert_eq!(text.parse::<Quantity>().unwrap_err().to_string(), message);
        }
    }
}
