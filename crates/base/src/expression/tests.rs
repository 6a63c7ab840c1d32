#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use super::*;

fn table(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn guide() -> ParameterTable {
    ParameterTable::evaluate(&table(&[
        ("w", "22.86 mm"),
        ("l", "2*w"),
        ("n", "3"),
        ("f", "10 GHz"),
        ("theta", "30 deg"),
        ("s", "2"),
    ]))
    .unwrap()
}

#[test]
fn expressions_have_the_value_that_arithmetic_gives_them() {
    for (text, value, dimension) in [
        ("2*w + 3 mm", 0.04872, Dimension::LENGTH),
        ("l", 0.04572, Dimension::LENGTH),
        ("-w", -0.02286, Dimension::LENGTH),
        ("2^3^2", 512.0, Dimension::NONE),
        ("-2^2", -4.0, Dimension::NONE),
        ("2^-1", 0.5, Dimension::NONE),
        ("8/4/2", 1.0, Dimension::NONE),
        ("10-4-3", 3.0, Dimension::NONE),
        ("(1 + 2) * 3", 9.0, Dimension::NONE),
        ("1/2 mm", 500.0, Dimension::NONE.over(Dimension::LENGTH).unwrap()),
        ("3 mm^2", 3e-6, Dimension::AREA),
        ("sqrt(w*w)", 0.02286, Dimension::LENGTH),
        ("w^0.5*w^0.5", 0.02286, Dimension::LENGTH),
        ("sqrt(mu0/eps0)", 376.730_313_668, Dimension::RESISTANCE),
        ("1/sqrt(mu0*eps0)", 299_792_458.0, Dimension::VELOCITY),
        ("c0/(2*w)", 6.557_140_376_202_975e9, Dimension::FREQUENCY),
        ("5.8e7 S/m", 5.8e7, Dimension::CONDUCTIVITY),
        ("3*S/m", 3.0, Dimension::CONDUCTIVITY),
        ("sin(theta)", 0.5, Dimension::NONE),
        ("cos(pi)", -1.0, Dimension::NONE),
        ("atan2(w, w)", std::f64::consts::FRAC_PI_4, Dimension::ANGLE),
        ("asin(0.5)/deg", 30.0, Dimension::NONE),
        ("max(0, w, 3 mm)", 0.02286, Dimension::LENGTH),
        ("min(w, 3 mm)", 0.003, Dimension::LENGTH),
        ("w + 0", 0.02286, Dimension::LENGTH),
        ("0 - w", -0.02286, Dimension::LENGTH),
        ("round(w/1 mm)", 23.0, Dimension::NONE),
        ("floor(2.7) + ceil(2.2)", 5.0, Dimension::NONE),
        ("exp(log(2)) + log10(100)", 4.0, Dimension::NONE),
        ("abs(-w)", 0.02286, Dimension::LENGTH),
        // `s` is a parameter here and wins over the second.
        ("6/s", 3.0, Dimension::NONE),
        ("6 s", 6.0, Dimension::TIME),
        ("2*f*1 us", 2e4, Dimension::NONE),
        ("+.5e1", 5.0, Dimension::NONE),
    ] {
        let found = evaluate(text, &guide()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!((found.value - value).abs() <= 1e-9 * value.abs(), "{text}: {found:?}");
        assert_eq!(found.dimension, dimension, "{text}");
    }
}

#[test]
fn every_error_says_where_and_what_to_do() {
    for (text, message) in [
        ("w + 3", "`3` has no unit but `w` is a length: write `3 mm` (column 5)"),
        ("n + w", "`n` has no unit but `w` is a length: write `n * 1 mm` (column 1)"),
        ("w + f", "`w` is a length but `f` is a frequency: they cannot be added or compared (column 5)"),
        ("max(w, 3)", "`3` has no unit but `w` is a length: write `3 mm` (column 8)"),
        ("2*width", "unknown name `width`: define it under `parameters`, or correct it (column 3)"),
        ("2*tetha", "unknown name `tetha`: did you mean `theta`? (column 3)"),
        ("sine(2)", "unknown function `sine`: did you mean `sin`? (column 1)"),
        (
            "sin(w)",
            "the argument of `sin` must be an angle, or a number in radians, but `w` is a length (column 5)",
        ),
        ("2^w", "an exponent must be a number without a unit, but `w` is a length (column 3)"),
        ("atan2(1)", "`atan2` takes two arguments, 1 given (column 1)"),
        ("sqrt()", "`sqrt` takes one argument, 0 given (column 1)"),
        ("3 ghz", "`ghz` is no unit: did you mean `3 GHz`, or the product `3*ghz`? (column 3)"),
        ("2 width", "`width` is no unit: for a product write `2*width` (column 3)"),
        ("2*(w + 3 mm", "expected an operator or `)`, found the end of the expression (column 12)"),
        ("2*", "expected a number, a name or `(`, found the end of the expression (column 3)"),
        ("", "expected a number, a name or `(`, found the end of the expression (column 1)"),
        ("w w", "expected an operator such as `+` or `*`, or the end, found `w` (column 3)"),
        ("w $ 2", "expected a number, a name or one of `+ - * / ^ ( )`, found `$` (column 3)"),
        ("1.2.3", "expected an operator such as `+` or `*`, or the end, found `.3` (column 4)"),
        ("w/(n-3)", "`w/(n-3)` has no finite value: `(n-3)` is zero (column 1)"),
        ("sqrt(-2)", "`sqrt(-2)` has no finite value: `-2` is -2 (column 1)"),
        ("log(0)", "`log(0)` has no finite value: `0` is 0 (column 1)"),
        (
            "(-8)^0.5",
            "`(-8)^0.5` has no finite value: `(-8)` is negative and the exponent is no whole number (column 1)",
        ),
        ("1e300*1e300", "`1e300*1e300` has no finite value: the result is too large (column 1)"),
        ("1e999", "`1e999` is too large for a number (column 1)"),
        (
            "6 m/s",
            "`s` is a parameter here and also a unit: write `(…)/s` with the quantity in parentheses to divide by the parameter, or rename the parameter (column 5)",
        ),
        ("w^(1/7)", "the unit of `w^(1/7)` cannot be expressed: use smaller, simpler powers (column 1)"),
    ] {
        assert_eq!(evaluate(text, &guide()).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn parameters_may_use_each_other_in_any_order() {
    let long: BTreeMap<String, String> = (0..2000)
        .map(|i| (format!("p{i}"), if i == 1999 { "1 mm".to_owned() } else { format!("p{} + 1 mm", i + 1) }))
        .collect();
    let value = ParameterTable::evaluate(&long).unwrap().get("p0").unwrap();
    assert!((value.value - 2.0).abs() < 1e-9, "{value}");
}

#[test]
fn cycles_are_named_and_their_followers_are_not_blamed() {
    let (found, errors) = ParameterTable::evaluate_sound(&table(&[
        ("a", "2*b"),
        ("b", "1 mm + c"),
        ("c", "a"),
        ("d", "a + 1 mm"),
        ("e", "e + 1"),
        ("ok", "1"),
    ]));
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "parameter `a`: the parameters `a` → `b` → `c` → `a` depend on each other: one of them needs a value of its own (column 3)",
            "parameter `e`: the parameters `e` → `e` depend on each other: one of them needs a value of its own (column 1)",
        ]
    );
    assert_eq!(found.get("ok"), Some(Quantity::number(1.0)));
    let used = evaluate("d*2", &found).unwrap_err();
    assert_eq!(used.problem, Problem::Failed("d".to_owned()));
}

#[test]
fn names_that_an_expression_cannot_use_are_refused() {
    for (name, sound) in [
        ("w", true),
        ("_w1", true),
        ("m", true),
        ("1w", false),
        ("w-1", false),
        ("", false),
        ("pi", false),
        ("sin", false),
        ("ä", false),
    ] {
        assert_eq!(check_name(name).is_ok(), sound, "{name}");
    }
    assert!(check_name(&"x".repeat(65)).is_err());
}

#[test]
fn hostile_expressions_end_in_an_error() {
    for (text, problem) in [
        ("(".repeat(900), Problem::Deep),
        ("-".repeat(900), Problem::Deep),
        ("2^".repeat(400), Problem::Deep),
        ("sin(".repeat(200), Problem::Deep),
        ("1+".repeat(5000), Problem::Long(10_000)),
    ] {
        assert_eq!(Expression::parse(&text).unwrap_err().problem, problem);
    }
    let wide = format!("{}1", "1+".repeat(499));
    assert_eq!(evaluate(&wide, &guide()).unwrap().value, 500.0);
    for text in ["\u{0}", "µ", "°", "1°", "é(", "2 Ω^-", "((", ")", ",", "1 m^2.5", "1 m^99", "3 m/"] {
        let _ = evaluate(text, &guide());
    }
}
