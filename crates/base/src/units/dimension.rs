use std::fmt;

/// Exponents are kept in twelfths, so that square, cube and fourth roots of any quantity stay exact.
const SCALE: i16 = 12;

/// The exponents of metre, second, kilogram, ampere, kelvin and radian of a quantity.
///
/// The plane angle counts as a dimension of its own, so that a forgotten `deg` is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimension([i16; 6]);

struct Named {
    dimension: Dimension,
    name: &'static str,
    /// The symbol that takes a prefix when a value is shown.
    symbol: &'static str,
    /// The unit that an engineer would most likely have meant.
    example: &'static str,
}

const fn named(
    dimension: Dimension,
    name: &'static str,
    symbol: &'static str,
    example: &'static str,
) -> Named {
    Named { dimension, name, symbol, example }
}

const NAMED: &[Named] = &[
    named(Dimension::LENGTH, "length", "m", "mm"),
    named(Dimension::FREQUENCY, "frequency", "Hz", "GHz"),
    named(Dimension::TIME, "time", "s", "ns"),
    named(Dimension::ANGLE, "angle", "deg", "deg"),
    named(Dimension::CONDUCTIVITY, "conductivity", "S/m", "S/m"),
    named(Dimension::MAGNETIC_CONDUCTIVITY, "magnetic-conductivity", "ohm/m", "ohm/m"),
    named(Dimension::RESISTANCE, "resistance", "ohm", "ohm"),
    named(Dimension::VOLTAGE, "voltage", "V", "V"),
    named(Dimension::CURRENT, "current", "A", "A"),
    named(Dimension::POWER, "power", "W", "W"),
    named(Dimension::CAPACITANCE, "capacitance", "F", "pF"),
    named(Dimension::INDUCTANCE, "inductance", "H", "nH"),
    named(Dimension::CONDUCTANCE, "conductance", "S", "S"),
    named(Dimension::TEMPERATURE, "temperature", "K", "K"),
    named(Dimension::MASS, "mass", "kg", "kg"),
    named(Dimension::ENERGY, "energy", "J", "J"),
    named(Dimension::AREA, "area", "m^2", "mm^2"),
    named(Dimension::VOLUME, "volume", "m^3", "mm^3"),
    named(Dimension::VELOCITY, "velocity", "m/s", "m/s"),
    named(Dimension::PERMITTIVITY, "permittivity", "F/m", "F/m"),
    named(Dimension::PERMEABILITY, "permeability", "H/m", "H/m"),
];

impl Dimension {
    /// A number without a unit.
    pub const NONE: Self = Self::of([0, 0, 0, 0, 0, 0]);
    /// m
    pub const LENGTH: Self = Self::of([1, 0, 0, 0, 0, 0]);
    /// m²
    pub const AREA: Self = Self::of([2, 0, 0, 0, 0, 0]);
    /// m³
    pub const VOLUME: Self = Self::of([3, 0, 0, 0, 0, 0]);
    /// s
    pub const TIME: Self = Self::of([0, 1, 0, 0, 0, 0]);
    /// Hz = 1/s
    pub const FREQUENCY: Self = Self::of([0, -1, 0, 0, 0, 0]);
    /// m/s
    pub const VELOCITY: Self = Self::of([1, -1, 0, 0, 0, 0]);
    /// kg
    pub const MASS: Self = Self::of([0, 0, 1, 0, 0, 0]);
    /// A
    pub const CURRENT: Self = Self::of([0, 0, 0, 1, 0, 0]);
    /// K
    pub const TEMPERATURE: Self = Self::of([0, 0, 0, 0, 1, 0]);
    /// rad
    pub const ANGLE: Self = Self::of([0, 0, 0, 0, 0, 1]);
    /// N = kg m/s²
    pub const FORCE: Self = Self::of([1, -2, 1, 0, 0, 0]);
    /// J = N m
    pub const ENERGY: Self = Self::of([2, -2, 1, 0, 0, 0]);
    /// W = J/s
    pub const POWER: Self = Self::of([2, -3, 1, 0, 0, 0]);
    /// C = A s
    pub const CHARGE: Self = Self::of([0, 1, 0, 1, 0, 0]);
    /// V = W/A
    pub const VOLTAGE: Self = Self::of([2, -3, 1, -1, 0, 0]);
    /// Ω = V/A
    pub const RESISTANCE: Self = Self::of([2, -3, 1, -2, 0, 0]);
    /// S = A/V
    pub const CONDUCTANCE: Self = Self::of([-2, 3, -1, 2, 0, 0]);
    /// F = C/V
    pub const CAPACITANCE: Self = Self::of([-2, 4, -1, 2, 0, 0]);
    /// H = V s/A
    pub const INDUCTANCE: Self = Self::of([2, -2, 1, -2, 0, 0]);
    /// T = V s/m²
    pub const FLUX_DENSITY: Self = Self::of([0, -2, 1, -1, 0, 0]);
    /// S/m
    pub const CONDUCTIVITY: Self = Self::of([-3, 3, -1, 2, 0, 0]);
    /// Ω/m
    pub const MAGNETIC_CONDUCTIVITY: Self = Self::of([1, -3, 1, -2, 0, 0]);
    /// F/m
    pub const PERMITTIVITY: Self = Self::of([-3, 4, -1, 2, 0, 0]);
    /// H/m
    pub const PERMEABILITY: Self = Self::of([1, -2, 1, -2, 0, 0]);

    const fn of(mut exponents: [i16; 6]) -> Self {
        let mut index = 0;
        while index < 6 {
            exponents[index] *= SCALE;
            index += 1;
        }
        Self(exponents)
    }

    /// True for a number without a unit.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// The dimension of a product; `None` when an exponent leaves the representable range.
    pub fn times(self, other: Self) -> Option<Self> {
        self.combine(other, i16::checked_add)
    }

    /// The dimension of a quotient; `None` when an exponent leaves the representable range.
    pub fn over(self, other: Self) -> Option<Self> {
        self.combine(other, i16::checked_sub)
    }

    /// The dimension of a power; `None` when an exponent is out of range or no multiple of 1/12.
    pub fn power(self, exponent: f64) -> Option<Self> {
        let mut out = [0; 6];
        for (out, own) in out.iter_mut().zip(self.0) {
            let exact = f64::from(own) * exponent;
            let rounded = exact.round();
            if !rounded.is_finite() || (exact - rounded).abs() > 1e-9 || rounded.abs() > f64::from(i16::MAX) {
                return None;
            }
            *out = rounded as i16;
        }
        Some(Self(out))
    }

    /// The dimension's name, such as `length`, if it has one.
    pub fn name(self) -> Option<&'static str> {
        if self.is_none() {
            return Some("number");
        }
        self.named().map(|named| named.name)
    }

    /// The dimension of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMED.iter().find(|named| named.name == name).map(|named| named.dimension)
    }

    /// The names of all dimensions that have one.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|named| named.name)
    }

    /// The unit that an engineer would most likely write for it, such as `mm` for a length.
    pub fn example(self) -> String {
        match self.named() {
            Some(named) => named.example.to_owned(),
            None => self.si(),
        }
    }

    /// How a sentence speaks of it: `a length`, `an angle`, `a number without a unit`.
    pub fn phrase(self) -> String {
        if self.is_none() {
            return "a number without a unit".to_owned();
        }
        match self.named() {
            Some(named) => {
                let article = if named.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                format!("{article} {}", named.name.replace('-', " "))
            }
            None => format!("a quantity in {}", self.si()),
        }
    }

    pub(super) fn symbol(self) -> Option<&'static str> {
        self.named().map(|named| named.symbol)
    }

    /// The unit as a product of base units, such as `m^2*kg/s^3`.
    pub(super) fn si(self) -> String {
        let mut above = Vec::new();
        let mut below = Vec::new();
        for (exponent, symbol) in self.0.into_iter().zip(["m", "s", "kg", "A", "K", "rad"]) {
            let side = if exponent > 0 { &mut above } else { &mut below };
            match exponent.abs() {
                0 => {}
                SCALE => side.push(symbol.to_owned()),
                whole if whole % SCALE == 0 => side.push(format!("{symbol}^{}", whole / SCALE)),
                broken => side.push(format!("{symbol}^({broken}/{SCALE})")),
            }
        }
        let mut text = if above.is_empty() { "1".to_owned() } else { above.join("*") };
        for symbol in below {
            text.push('/');
            text.push_str(&symbol);
        }
        text
    }

    fn named(self) -> Option<&'static Named> {
        NAMED.iter().find(|named| named.dimension == self)
    }

    fn combine(self, other: Self, with: impl Fn(i16, i16) -> Option<i16>) -> Option<Self> {
        let mut out = [0; 6];
        for (index, out) in out.iter_mut().enumerate() {
            *out = with(self.0[index], other.0[index])?;
        }
        Some(Self(out))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => f.write_str(&self.si()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_dimensions_agree_with_their_definitions() {
        assert_eq!(Dimension::VOLTAGE.over(Dimension::CURRENT), Some(Dimension::RESISTANCE));
        assert_eq!(Dimension::NONE.over(Dimension::RESISTANCE), Some(Dimension::CONDUCTANCE));
        assert_eq!(Dimension::CHARGE.over(Dimension::VOLTAGE), Some(Dimension::CAPACITANCE));
        assert_eq!(Dimension::RESISTANCE.times(Dimension::TIME), Some(Dimension::INDUCTANCE));
        assert_eq!(Dimension::CONDUCTANCE.over(Dimension::LENGTH), Some(Dimension::CONDUCTIVITY));
        assert_eq!(Dimension::FORCE.times(Dimension::LENGTH), Some(Dimension::ENERGY));
        assert_eq!(Dimension::FLUX_DENSITY.times(Dimension::AREA), Dimension::VOLTAGE.times(Dimension::TIME));
        assert_eq!(
            Dimension::PERMEABILITY.over(Dimension::PERMITTIVITY).and_then(|d| d.power(0.5)),
            Some(Dimension::RESISTANCE)
        );
    }

    #[test]
    fn roots_return_where_they_came_from() {
        let root = Dimension::LENGTH.power(1.0 / 3.0);
        assert_eq!(root.and_then(|root| root.power(3.0)), Some(Dimension::LENGTH));
        assert_eq!(Dimension::LENGTH.power(1.0 / 7.0), None);
        assert_eq!(Dimension::LENGTH.power(1e9), None);
        assert_eq!(Dimension::LENGTH.power(f64::NAN), None);
    }
}
