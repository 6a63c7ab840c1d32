use super::{Dimension, Error, shortened};
use crate::spelling;

/// A unit: what it measures and its size in SI.
///
/// The size is `multiplier / divisor`, both exact where they are powers of ten, so that `22.86 mm` is
/// the number nearest to 0.02286 and not one rounding away from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    multiplier: f64,
    divisor: f64,
}

struct Symbol {
    text: &'static str,
    unit: Unit,
    prefixes: &'static [(&'static str, f64, f64)],
}

const NO_PREFIX: &[(&str, f64, f64)] = &[];
const SI: &[(&str, f64, f64)] = &[
    ("f", 1.0, 1e15),
    ("p", 1.0, 1e12),
    ("n", 1.0, 1e9),
    ("u", 1.0, 1e6),
    ("µ", 1.0, 1e6),
    ("μ", 1.0, 1e6),
    ("m", 1.0, 1e3),
    ("k", 1e3, 1.0),
    ("M", 1e6, 1.0),
    ("G", 1e9, 1.0),
    ("T", 1e12, 1.0),
];

const fn symbol(
    text: &'static str,
    dimension: Dimension,
    prefixes: &'static [(&'static str, f64, f64)],
) -> Symbol {
    scaled(text, dimension, 1.0, 1.0, prefixes)
}

const fn scaled(
    text: &'static str,
    dimension: Dimension,
    multiplier: f64,
    divisor: f64,
    prefixes: &'static [(&'static str, f64, f64)],
) -> Symbol {
    let unit = Unit { dimension, multiplier, divisor };
    Symbol { text, unit, prefixes }
}

const SYMBOLS: &[Symbol] = &[
    symbol("m", Dimension::LENGTH, SI),
    scaled("cm", Dimension::LENGTH, 1.0, 100.0, NO_PREFIX),
    scaled("in", Dimension::LENGTH, 254.0, 10_000.0, NO_PREFIX),
    scaled("mil", Dimension::LENGTH, 254.0, 10_000_000.0, NO_PREFIX),
    symbol("s", Dimension::TIME, SI),
    symbol("Hz", Dimension::FREQUENCY, SI),
    symbol("rad", Dimension::ANGLE, SI),
    scaled("deg", Dimension::ANGLE, std::f64::consts::PI, 180.0, NO_PREFIX),
    scaled("°", Dimension::ANGLE, std::f64::consts::PI, 180.0, NO_PREFIX),
    symbol("ohm", Dimension::RESISTANCE, SI),
    symbol("Ohm", Dimension::RESISTANCE, SI),
    symbol("\u{3a9}", Dimension::RESISTANCE, SI),
    symbol("\u{2126}", Dimension::RESISTANCE, SI),
    symbol("S", Dimension::CONDUCTANCE, SI),
    symbol("F", Dimension::CAPACITANCE, SI),
    symbol("H", Dimension::INDUCTANCE, SI),
    symbol("V", Dimension::VOLTAGE, SI),
    symbol("A", Dimension::CURRENT, SI),
    symbol("W", Dimension::POWER, SI),
    symbol("J", Dimension::ENERGY, SI),
    symbol("N", Dimension::FORCE, SI),
    symbol("C", Dimension::CHARGE, SI),
    symbol("T", Dimension::FLUX_DENSITY, SI),
    symbol("K", Dimension::TEMPERATURE, SI),
    scaled("g", Dimension::MASS, 1.0, 1e3, SI),
];

impl Unit {
    /// The unit of a plain number.
    pub const NONE: Self = Self { dimension: Dimension::NONE, multiplier: 1.0, divisor: 1.0 };

    /// A value in this unit, in SI.
    pub fn to_si(self, value: f64) -> f64 {
        value * self.multiplier / self.divisor
    }

    /// A value in SI, in this unit.
    pub fn from_si(self, value: f64) -> f64 {
        value * self.divisor / self.multiplier
    }

    /// This unit to an integer power; `None` when it is out of range.
    pub fn power(self, exponent: i32) -> Option<Self> {
        let (multiplier, divisor) = match exponent {
            0.. => (self.multiplier, self.divisor),
            _ => (self.divisor, self.multiplier),
        };
        let size = exponent.unsigned_abs().min(100) as i32;
        Self {
            dimension: self.dimension.power(f64::from(exponent))?,
            multiplier: multiplier.powi(size),
            divisor: divisor.powi(size),
        }
        .checked()
    }

    /// The product of two units; `None` when it is out of range.
    pub fn times(self, other: Self) -> Option<Self> {
        Self {
            dimension: self.dimension.times(other.dimension)?,
            multiplier: self.multiplier * other.multiplier,
            divisor: self.divisor * other.divisor,
        }
        .checked()
    }

    fn checked(self) -> Option<Self> {
        let sound = |factor: f64| factor.is_finite() && factor > 0.0;
        (sound(self.multiplier) && sound(self.divisor)).then_some(self)
    }
}

/// The unit of one symbol with an optional SI prefix, such as `mm` or `GHz`; `None` if there is none.
pub fn parse_symbol(text: &str) -> Option<Unit> {
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| symbol.text == text) {
        return Some(symbol.unit);
    }
    SYMBOLS.iter().find_map(|symbol| {
        let prefix = text.strip_suffix(symbol.text)?;
        let (_, multiplier, divisor) = symbol.prefixes.iter().find(|(known, ..)| *known == prefix)?;
        Some(Unit {
            dimension: symbol.unit.dimension,
            multiplier: symbol.unit.multiplier * multiplier,
            divisor: symbol.unit.divisor * divisor,
        })
    })
}

/// The known unit symbol most like a misspelt one, if any is near.
pub fn nearest_symbol(text: &str) -> Option<String> {
    let all = SYMBOLS.iter().flat_map(|symbol| {
        let prefixes = symbol.prefixes.iter().map(|(prefix, ..)| *prefix);
        std::iter::once("").chain(prefixes).map(|prefix| format!("{prefix}{}", symbol.text))
    });
    let all: Vec<String> = all.collect();
    let spelt = match text.to_lowercase().as_str() {
        "ohms" => Some("ohm"),
        "degree" | "degrees" => Some("deg"),
        "inch" | "inches" | "\"" => Some("in"),
        "micron" | "microns" => Some("um"),
        "siemens" => Some("S"),
        "metre" | "meter" | "metres" | "meters" => Some("m"),
        "sec" | "second" | "seconds" => Some("s"),
        _ => None,
    };
    spelt
        .map(str::to_owned)
        .or_else(|| spelling::nearest(text, all.iter().map(String::as_str)).map(str::to_owned))
}

/// A unit that may be compound: symbols with optional integer powers, joined by `*` and `/`.
/// `S/m`, `m/s^2` and `1/s` are units.
pub fn parse_unit(text: &str) -> Result<Unit, Error> {
    let malformed = || Error::Form(shortened(text));
    if text.len() > 100 {
        return Err(malformed());
    }
    let mut unit = Unit::NONE;
    let mut below = false;
    for (index, part) in text.split_inclusive(['*', '/', '·']).enumerate() {
        let factor = part.trim_end_matches(['*', '/', '·']).trim();
        let (name, exponent) = match factor.split_once('^') {
            Some((name, exponent)) => (name.trim(), exponent.trim().parse::<i8>().map_err(|_| malformed())?),
            None => (factor, 1),
        };
        let one = match name {
            "" => return Err(malformed()),
            "1" if index == 0 => Unit::NONE,
            name => parse_symbol(name)
                .ok_or_else(|| Error::Symbol { symbol: shortened(name), nearest: nearest_symbol(name) })?,
        };
        let exponent = if below { -i32::from(exponent) } else { i32::from(exponent) };
        unit = one.power(exponent).and_then(|factor| unit.times(factor)).ok_or_else(malformed)?;
        below = part.ends_with('/');
    }
    if text.ends_with(['*', '/', '·']) || text.is_empty() {
        return Err(malformed());
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_never_hide_a_unit() {
        for (text, dimension) in [
            ("m", Dimension::LENGTH),
            ("mm", Dimension::LENGTH),
            ("mil", Dimension::LENGTH),
            ("ms", Dimension::TIME),
            ("mS", Dimension::CONDUCTANCE),
            ("T", Dimension::FLUX_DENSITY),
            ("THz", Dimension::FREQUENCY),
            ("kg", Dimension::MASS),
            ("kΩ", Dimension::RESISTANCE),
        ] {
            assert_eq!(parse_symbol(text).map(|unit| unit.dimension), Some(dimension), "{text}");
        }
        for text in ["", "min", "kin", "Gdeg", "mmm", "HZ", "k"] {
            assert_eq!(parse_symbol(text), None, "{text}");
        }
    }

    #[test]
    fn decimal_units_round_once() {
        let mm = parse_symbol("mm").unwrap_or(Unit::NONE);
        assert_eq!(mm.to_si(22.86), 0.02286);
        assert_eq!(mm.to_si(0.1), 1e-4);
    }
}
