use serde_json::{Map, Number, Value};

use super::Measure;
use crate::expression::{self, ParameterTable, with_unit};
use crate::schema;
use crate::units::{DefaultUnits, Dimension, Quantity, format, format_number};

/// A property that has no value, and where it stands.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("property `{pointer}`: {problem}")]
pub struct Error {
    /// JSON pointer to the property, such as `/max/2`.
    pub pointer: String,
    /// What is wrong and what to do.
    pub problem: Problem,
}

/// Why a property has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The expression cannot be read or evaluated.
    #[error(transparent)]
    Expression(#[from] expression::Error),
    /// A number where a unit is needed.
    #[error("`{written}` has no unit but {} is expected: write `{}`, or set a default as in `units: {{{dimension}: {}}}`", .dimension.phrase(), with_unit(.written, *.dimension), .dimension.example())]
    NoUnit {
        /// As written.
        written: String,
        /// What is expected.
        dimension: Dimension,
    },
    /// A quantity of something else.
    #[error("`{written}` is {} but {} is expected", .found.phrase(), .expected.phrase())]
    Dimension {
        /// As written.
        written: String,
        /// What it measures.
        found: Dimension,
        /// What is expected.
        expected: Dimension,
    },
    /// No whole number, or a negative one.
    #[error("expected a whole number, zero or more, found `{written}`{}", aside(.written, ", which is ", .value, ""))]
    Whole {
        /// As written.
        written: String,
        /// Its value.
        value: String,
    },
    /// Outside the range that the schema sets.
    #[error("`{written}`{} must be {bound}", aside(.written, " is ", .value, " but"))]
    Range {
        /// As written.
        written: String,
        /// Its value.
        value: String,
        /// What is asked for, such as `greater than 0 m`.
        bound: String,
    },
    /// Neither number nor text.
    #[error("expected {}, found {found}", .measure.phrase())]
    Type {
        /// What is expected.
        measure: Measure,
        /// What stands there.
        found: &'static str,
    },
    /// Nested too deeply.
    #[error("the properties nest deeper than {} levels", schema::MAX_DEPTH)]
    Deep,
}

/// The properties with each number and expression under an `x-dimension` node of the schema replaced by
/// its value in SI. Everything else stays as it is, even where it does not fit the schema: that is for
/// its validation or deserialisation to say.
pub fn evaluate(
    properties: &Value,
    schema: &Value,
    parameters: &ParameterTable,
    units: &DefaultUnits,
) -> Result<Value, Error> {
    let walk = Walk { root: schema, parameters, units };
    walk.value(properties, schema, &mut Vec::new())
}

/// The value in SI of one property whose schema node asks for a quantity; its range is checked.
/// `null` stays where the node allows it.
pub fn evaluate_one(
    written: &Value,
    node: &Value,
    measure: Measure,
    parameters: &ParameterTable,
    units: &DefaultUnits,
) -> Result<Value, Problem> {
    let text = match written {
        _ if measure == Measure::Any => return Ok(written.clone()),
        Value::Null if schema::types(node).contains(&"null") => return Ok(Value::Null),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => {
            let found = type_name(other);
            return Err(Problem::Type { measure, found });
        }
    };
    let quantity = match written.as_f64() {
        Some(number) => Quantity::number(number),
        None => expression::evaluate(&text, parameters)?,
    };
    let dimension = match measure {
        Measure::Quantity(dimension) => dimension,
        _ => Dimension::NONE,
    };
    let value = in_dimension(quantity, &text, dimension, units)?;
    let value = match measure {
        Measure::Count => whole(value, &text)?,
        _ => Number::from_f64(value).ok_or_else(|| overflow(&text))?,
    };
    check_range(&value, &text, node, dimension)?;
    Ok(Value::Number(value))
}

struct Walk<'a> {
    root: &'a Value,
    parameters: &'a ParameterTable,
    units: &'a DefaultUnits,
}

impl Walk<'_> {
    fn value(&self, value: &Value, node: &Value, path: &mut Vec<String>) -> Result<Value, Error> {
        if path.len() > schema::MAX_DEPTH {
            return Err(error(path, Problem::Deep));
        }
        let node = schema::resolve(self.root, node);
        if let Some(measure) = Measure::of(node) {
            let value = evaluate_one(value, node, measure, self.parameters, self.units);
            return value.map_err(|problem| error(path, problem));
        }
        let mut value = value.clone();
        // `allOf` adds conditions and `oneOf`/`anyOf` one more description of the same value.
        for part in node.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            value = self.value(&value, part, path)?;
        }
        let chosen = schema::alternatives(node).and_then(|all| schema::choose(self.root, all, &value));
        let chosen = chosen.filter(|chosen| !std::ptr::eq(*chosen, node));
        if let Some(chosen) = chosen {
            // An alternative adds nothing to the pointer, but it counts for the depth.
            path.push(String::new());
            let nested = self.value(&value, chosen, path);
            path.pop();
            value = nested?;
        }
        match value {
            Value::Object(object) => self.object(object, node, path),
            Value::Array(items) => self.array(items, node, path),
            other => Ok(other),
        }
    }

    fn object(
        &self,
        object: Map<String, Value>,
        node: &Value,
        path: &mut Vec<String>,
    ) -> Result<Value, Error> {
        let mut out = Map::with_capacity(object.len());
        for (name, value) in object {
            let value = match schema::property(node, &name) {
                Some(schema) => {
                    self.step(name.replace('~', "~0").replace('/', "~1"), &value, schema, path)?
                }
                None => value,
            };
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }

    fn array(&self, items: Vec<Value>, node: &Value, path: &mut Vec<String>) -> Result<Value, Error> {
        let mut out = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            out.push(match schema::item(node, index) {
                Some(schema) => self.step(index.to_string(), &value, schema, path)?,
                None => value,
            });
        }
        Ok(Value::Array(out))
    }

    fn step(
        &self,
        name: String,
        value: &Value,
        schema: &Value,
        path: &mut Vec<String>,
    ) -> Result<Value, Error> {
        path.push(format!("/{name}"));
        let value = self.value(value, schema, path);
        path.pop();
        value
    }
}

fn error(path: &[String], problem: Problem) -> Error {
    let pointer = path.concat();
    Error { pointer, problem }
}

fn in_dimension(
    quantity: Quantity,
    written: &str,
    expected: Dimension,
    units: &DefaultUnits,
) -> Result<f64, Problem> {
    let Quantity { value, dimension } = quantity;
    if dimension == expected || (dimension.is_none() && value == 0.0) {
        return Ok(value);
    }
    let written = written.trim().to_owned();
    if !dimension.is_none() {
        return Err(Problem::Dimension { written, found: dimension, expected });
    }
    match units.unit(expected) {
        Some(unit) => Ok(unit.to_si(value)),
        None => Err(Problem::NoUnit { written, dimension: expected }),
    }
}

/// Whole numbers up to 2^53 are exact in the arithmetic they come from.
fn whole(value: f64, written: &str) -> Result<Number, Problem> {
    let rounded = value.round();
    // 0.3/0.1 is meant to be 3.
    let near = (value - rounded).abs() <= 1e-9 * rounded.abs().max(1.0);
    if !near || !(0.0..=9_007_199_254_740_992.0).contains(&rounded) {
        return Err(Problem::Whole { written: written.trim().to_owned(), value: format_number(value) });
    }
    Ok(Number::from(rounded as u64))
}

fn check_range(value: &Number, written: &str, node: &Value, dimension: Dimension) -> Result<(), Problem> {
    let Some(number) = value.as_f64() else {
        return Ok(());
    };
    let bound = |keyword: &str| node.get(keyword).and_then(Value::as_f64);
    // Bounds are few and simple numbers: `0 mm` says no more than `0`.
    let shown = |bound: f64| if bound == 0.0 { "0".to_owned() } else { format(bound, dimension) };
    let broken = [
        ("minimum", "at least", number.lt(&bound("minimum").unwrap_or(number))),
        ("maximum", "at most", number.gt(&bound("maximum").unwrap_or(number))),
        ("exclusiveMinimum", "greater than", bound("exclusiveMinimum").is_some_and(|least| number <= least)),
        ("exclusiveMaximum", "less than", bound("exclusiveMaximum").is_some_and(|most| number >= most)),
    ];
    for (keyword, relation, broken) in broken {
        if let (true, Some(limit)) = (broken, bound(keyword)) {
            return Err(Problem::Range {
                written: written.trim().to_owned(),
                value: format(number, dimension),
                bound: format!("{relation} {}", shown(limit)),
            });
        }
    }
    Ok(())
}

/// Tells the value of an expression; a plain quantity speaks for itself.
fn aside(written: &str, before: &str, value: &str, after: &str) -> String {
    match written.parse::<Quantity>() {
        Ok(_) => String::new(),
        Err(_) => format!("{before}{value}{after}"),
    }
}

fn overflow(written: &str) -> Problem {
    Problem::Expression(expression::Error {
        column: 1,
        problem: expression::Problem::Number(written.to_owned()),
    })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Object(_) => "a group of properties",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
    }
}
