//! Curves as the `series` and `csv` blobs.

use std::fmt::Write;
use std::rc::Rc;

use api::Failure;
use fit::Complex64;
use serde_json::{Value, json};

/// Curves over one quantity.
pub(crate) struct Series {
    /// Name and unit of what they are over.
    pub(crate) over: (&'static str, &'static str),
    /// The curves.
    pub(crate) curves: Vec<Curve>,
}

/// A curve.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) x: Rc<Vec<f64>>,
    pub(crate) values: Values,
}

/// Real or complex values.
pub(crate) enum Values {
    Real(Vec<f64>),
    Complex(Vec<Complex64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Real(list) => list.len(),
            Self::Complex(list) => list.len(),
        }
    }
}

impl Series {
    /// The blob `series`; `x` is given once where all curves share it.
    pub(crate) fn json(&self) -> Result<Vec<u8>, Failure> {
        let shared = self.shared();
        let curves: Vec<Value> = self
            .curves
            .iter()
            .map(|curve| {
                let mut value = match &curve.values {
                    Values::Real(y) => json!({"name": curve.name, "unit": curve.unit, "y": y}),
                    Values::Complex(list) => json!({
                        "name": curve.name,
                        "unit": curve.unit,
                        "re": list.iter().map(|c| c.re).collect::<Vec<_>>(),
                        "im": list.iter().map(|c| c.im).collect::<Vec<_>>(),
                    }),
                };
                if shared.is_none() {
                    value["x"] = json!(*curve.x);
                }
                value
            })
            .collect();
        let mut x = json!({"name": self.over.0, "unit": self.over.1});
        if let Some(values) = shared {
            x["values"] = json!(**values);
        }
        let whole = json!({"x": x, "curves": curves});
        serde_json::to_vec(&whole).map_err(|e| super::internal("the curves cannot be written", &e))
    }

    /// The blob `csv`: one row a point, a column (two for complex values) a curve; where curves have points of
    /// their own, each has its own column of them.
    pub(crate) fn csv(&self) -> Vec<u8> {
        let shared = self.shared().is_some();
        let over = format!("{} ({})", self.over.0, self.over.1);
        let mut columns: Vec<String> = if shared { vec![over.clone()] } else { Vec::new() };
        for curve in &self.curves {
            let unit = if curve.unit.is_empty() { String::new() } else { format!(" ({})", curve.unit) };
            if !shared {
                columns.push(over.clone());
            }
            match curve.values {
                Values::Real(_) => columns.push(format!("{}{unit}", curve.name)),
                Values::Complex(_) => {
                    columns.extend(["re", "im"].map(|part| format!("{part} {}{unit}", curve.name)));
                }
            }
        }
        let mut out: String = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
        out.push('\n');
        let rows = self.curves.iter().map(|curve| curve.values.len()).max().unwrap_or(0);
        for row in 0..rows {
            self.row(row, shared, &mut out);
        }
        out.into_bytes()
    }

    fn row(&self, row: usize, shared: bool, out: &mut String) {
        let mut first = true;
        let mut cell = |value: Option<f64>| {
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(out, "{value:e}");
            }
        };
        if shared {
            cell(self.curves.first().and_then(|curve| curve.x.get(row).copied()));
        }
        for curve in &self.curves {
            if !shared {
                cell(curve.x.get(row).copied());
            }
            match &curve.values {
                Values::Real(list) => cell(list.get(row).copied()),
                Values::Complex(list) => {
                    cell(list.get(row).map(|c| c.re));
                    cell(list.get(row).map(|c| c.im));
                }
            }
        }
        out.push('\n');
    }

    /// The points, where all curves have the same.
    fn shared(&self) -> Option<&Rc<Vec<f64>>> {
        let first = &self.curves.first()?.x;
        let same = |curve: &Curve| Rc::ptr_eq(&curve.x, first) || curve.x == *first;
        self.curves.iter().all(same).then_some(first)
    }
}

/// Names of ports may hold commas and quotes.
fn quoted(name: &str) -> String {
    if name.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn curve(name: &str, x: &[f64], values: Values) -> Curve {
        Curve { name: name.into(), unit: "V", x: Rc::new(x.to_vec()), values }
    }

    #[test]
    fn shared_points_stand_once() {
        let complex = Values::Complex(vec![Complex64::new(1.0, 2.0), Complex64::new(3.0, 4.0)]);
        let curves = vec![
            curve("a", &[0.5, 1.0], Values::Real(vec![7.0, 8.0])),
            curve("S(x,\"y\")", &[0.5, 1.0], complex),
        ];
        let series = Series { over: ("time", "s"), curves };
        let value: Value = serde_json::from_slice(&series.json().unwrap()).unwrap();
        assert_eq!(value["x"], json!({"name": "time", "unit": "s", "values": [0.5, 1.0]}));
        assert_eq!(value["curves"][0], json!({"name": "a", "unit": "V", "y": [7.0, 8.0]}));
        assert_eq!(value["curves"][1]["im"], json!([2.0, 4.0]));
        let text = String::from_utf8(series.csv()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r#"time (s),a (V),"re S(x,""y"") (V)","im S(x,""y"") (V)""#);
        assert_eq!(lines[2], "1e0,8e0,3e0,4e0");
    }

    #[test]
    fn curves_of_different_length_keep_their_points() {
        let curves = vec![
            curve("a", &[0.0], Values::Real(vec![1.0])),
            curve("b", &[0.0, 2.0], Values::Real(vec![1.0, 3.0])),
        ];
        let series = Series { over: ("time", "s"), curves };
        let value: Value = serde_json::from_slice(&series.json().unwrap()).unwrap();
        assert_eq!(value["curves"][1]["x"], json!([0.0, 2.0]));
        let text = String::from_utf8(series.csv()).unwrap();
        assert_eq!(text.lines().nth(2), Some(",,2e0,3e0"));
    }
}
