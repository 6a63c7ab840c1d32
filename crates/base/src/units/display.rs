use super::{Dimension, parse_symbol};

/// A value in SI with the unit that reads best: `22.86 mm`, `10 GHz`, `45 deg`, `5.8e7 S/m`.
///
/// Twelve significant digits are shown, enough to hide the rounding of the unit's conversion.
pub fn format(value: f64, dimension: Dimension) -> String {
    if dimension.is_none() {
        return format_number(value);
    }
    let Some(symbol) = dimension.symbol() else {
        return format!("{} {}", format_number(value), dimension.si());
    };
    let prefixes: &[&str] = match symbol {
        "m" => &["n", "u", "m", ""],
        "s" | "V" | "A" | "W" | "F" | "H" | "S" | "J" => &["f", "p", "n", "u", "m", "", "k"],
        "Hz" | "ohm" => &["m", "", "k", "M", "G", "T"],
        _ => &[""],
    };
    let plain = || format!("{} {symbol}", format_number(value));
    if value == 0.0 || !value.is_finite() {
        return plain();
    }
    let shown = prefixes.iter().rev().find_map(|prefix| {
        let name = format!("{prefix}{symbol}");
        let shown = parse_symbol(&name)?.from_si(value);
        (shown.abs() >= 1.0 - 1e-12).then(|| format!("{} {name}", format_number(shown)))
    });
    if let Some(shown) = shown {
        return shown;
    }
    let name = format!("{}{symbol}", prefixes.first().unwrap_or(&""));
    match parse_symbol(&name) {
        Some(unit) => format!("{} {name}", format_number(unit.from_si(value))),
        None => plain(),
    }
}

/// A number at twelve significant digits, without trailing zeros, in powers of ten where it is
/// very large or small.
pub fn format_number(value: f64) -> String {
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        size if (1e-4..1e7).contains(&size) => format!("{rounded}"),
        _ => format!("{rounded:e}"),
    }
}

/// `: did you mean …?` where something is near, else the given advice.
pub(super) fn suggestion(nearest: Option<&str>, otherwise: &str) -> String {
    match nearest {
        Some(nearest) => format!(": did you mean `{nearest}`?"),
        None => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_the_unit_that_reads_best() {
        for (value, dimension, text) in [
            (0.02286, Dimension::LENGTH, "22.86 mm"),
            (0.1 + 0.2, Dimension::LENGTH, "300 mm"),
            (1.0, Dimension::LENGTH, "1 m"),
            (35e-6, Dimension::LENGTH, "35 um"),
            (1e-12, Dimension::LENGTH, "0.001 nm"),
            (-0.5, Dimension::LENGTH, "-500 mm"),
            (0.0, Dimension::LENGTH, "0 m"),
            (10e9, Dimension::FREQUENCY, "10 GHz"),
            (50.0, Dimension::RESISTANCE, "50 ohm"),
            (std::f64::consts::FRAC_PI_4, Dimension::ANGLE, "45 deg"),
            (5.8e7, Dimension::CONDUCTIVITY, "5.8e7 S/m"),
            (2.5, Dimension::NONE, "2.5"),
            (4.0, Dimension::AREA, "4 m^2"),
            (f64::NAN, Dimension::LENGTH, "NaN m"),
        ] {
            assert_eq!(format(value, dimension), text);
        }
    }
}
