#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::expression::ParameterTable;
use crate::units::DefaultUnits;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Everything {
    corner: [Length; 3],
    pair: (Frequency, Count),
    #[serde(default)]
    gap: Option<Length>,
    #[serde(default)]
    list: Vec<Nested>,
    #[serde(default)]
    by_name: BTreeMap<String, Resistance>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    either: Option<Either>,
    #[serde(default)]
    #[schemars(range(min = 1, max = 10))]
    steps: Option<Ratio>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nested {
    #[schemars(extend("exclusiveMinimum" = 0))]
    turn: Angle,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Shape {
    Ball { radius: Length },
    Pulse { radius: Time },
    Nothing,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Name(Side),
    Size(Length),
    Detail { size: Length },
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Side {
    Left,
    Right,
}

fn schema() -> Value {
    schemars::schema_for!(Everything).to_value()
}

fn run(properties: Value) -> Result<Value, Error> {
    let parameters: BTreeMap<String, String> =
        [("w", "2 mm"), ("n", "4"), ("q", "3")].map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let parameters = ParameterTable::evaluate(&parameters).unwrap();
    let mut units = DefaultUnits::default();
    units.set("frequency", "GHz").unwrap();
    evaluate(&properties, &schema(), &parameters, &units)
}

#[test]
fn typed_properties_come_out_of_expressions() {
    let evaluated = run(json!({
        "corner": [0, "w", "2*w + 1 mm"],
        "pair": [10, "n*2"],
        "gap": null,
        "list": [{"turn": "180 deg"}],
        "by_name": {"a": "50 ohm"},
        "shape": {"type": "pulse", "radius": "3 ns"},
        "either": {"size": "w"},
        "steps": "n/2",
        "name": "n*2",
    }))
    .unwrap();
    let typed: Everything = serde_json::from_value(evaluated).unwrap();
    assert_eq!(
        typed,
        Everything {
            corner: [Length(0.0), Length(0.002), Length(0.005)],
            pair: (Frequency(1e10), Count(8)),
            gap: None,
            list: vec![Nested { turn: Angle(std::f64::consts::PI) }],
            by_name: [("a".to_owned(), Resistance(50.0))].into(),
            shape: Some(Shape::Pulse { radius: Time(3e-9) }),
            either: Some(Either::Detail { size: Length(0.002) }),
            steps: Some(Ratio(2.0)),
            name: Some("n*2".to_owned()),
        }
    );
}

#[test]
fn alternatives_of_one_property_are_told_apart() {
    let either = |value: Value| {
        run(json!({"corner": [0, 0, 0], "pair": [0, 0], "either": value})).unwrap()["either"].clone()
    };
    assert_eq!(either(json!("left")), json!("left"));
    assert_eq!(either(json!("w")), json!(0.002));
    assert_eq!(either(Value::Null), Value::Null);
}

#[test]
fn errors_point_at_the_property() {
    let base = json!({"corner": [0, 0, 0], "pair": [0, 0]});
    for (name, value, message) in [
        (
            "corner",
            json!([0, 0, 3]),
            "property `/corner/2`: `3` has no unit but a length is expected: write `3 mm`, or set a default as in `units: {length: mm}`",
        ),
        (
            "corner",
            json!([0, "n*q", 0]),
            "property `/corner/1`: `n*q` has no unit but a length is expected: write `(n*q) * 1 mm`, or set a default as in `units: {length: mm}`",
        ),
        (
            "corner",
            json!([0, 0, "1 GHz"]),
            "property `/corner/2`: `1 GHz` is a frequency but a length is expected",
        ),
        (
            "pair",
            json!([0, "n/3"]),
            "property `/pair/1`: expected a whole number, zero or more, found `n/3`, which is 1.33333333333",
        ),
        ("pair", json!([0, -1]), "property `/pair/1`: expected a whole number, zero or more, found `-1`"),
        ("pair", json!([null, 0]), "property `/pair/0`: expected a frequency such as `3 GHz`, found nothing"),
        ("list", json!([{"turn": "0 deg"}]), "property `/list/0/turn`: `0 deg` must be greater than 0"),
        (
            "by_name",
            json!({"a/b": "x"}),
            "property `/by_name/a~1b`: unknown name `x`: define it under `parameters`, or correct it (column 1)",
        ),
        (
            "shape",
            json!({"type": "ball", "radius": "1 s"}),
            "property `/shape/radius`: `1 s` is a time but a length is expected",
        ),
        ("steps", json!("q*n"), "property `/steps`: `q*n` is 12 but must be at most 10"),
        ("steps", json!(true), "property `/steps`: expected a number or an expression, found true or false"),
        ("gap", json!("w*w"), "property `/gap`: `w*w` is an area but a length is expected"),
    ] {
        let mut properties = base.clone();
        properties[name] = value;
        assert_eq!(run(properties).unwrap_err().to_string(), message);
    }
}

#[test]
fn schemas_are_inlined_and_say_what_they_take() {
    let schema = schema();
    assert_eq!(schema["properties"]["corner"]["items"]["x-dimension"], "length");
    assert_eq!(schema["properties"]["gap"]["type"], json!(["number", "string", "null"]));
    assert_eq!(schema["properties"]["steps"]["maximum"], 10);
    assert_eq!(serde_json::to_string(&[Length(0.5)]).unwrap(), "[0.5]");
}

#[test]
fn a_hostile_depth_ends_in_an_error() {
    #[derive(Deserialize, JsonSchema)]
    struct Chain {
        next: Option<Box<Chain>>,
    }
    let mut value = json!({});
    for _ in 0..100 {
        value = json!({"next": value});
    }
    let schema = schemars::schema_for!(Chain).to_value();
    let error = evaluate(&value, &schema, &ParameterTable::default(), &DefaultUnits::default()).unwrap_err();
    assert_eq!(error.problem, Problem::Deep);
}
