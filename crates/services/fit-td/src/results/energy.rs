//! Energy over time.

use std::rc::Rc;

use api::Failure;
use fit::{Column, Problem, Solution};
use serde_json::json;

use super::series::{Curve, Series, Values};
use super::{Written, decibels, name};

/// The entity of the energy: in dB below its largest value as curves, in joules as CSV.
pub(super) fn entity(problem: &Problem, solution: &Solution, path: String) -> Result<Written, Failure> {
    let series = |unit, value: &dyn Fn(f64, f64) -> f64| {
        let one = |column: &Column| {
            let peak = column.energy.iter().map(|sample| sample.energy).fold(0.0, f64::max);
            Curve {
                name: format!("energy, {} driven", name(problem, column.driven)),
                unit,
                x: Rc::new(column.energy.iter().map(|sample| sample.time).collect()),
                values: Values::Real(column.energy.iter().map(|s| value(s.energy, peak)).collect()),
            }
        };
        Series { over: ("time", "s"), curves: solution.columns.iter().map(one).collect() }
    };
    let blobs =
        vec![("series", series("dB", &decibels).json()?), ("csv", series("J", &|energy, _| energy).csv())];
    let driven: Vec<&str> = solution.columns.iter().map(|c| name(problem, c.driven)).collect();
    let properties = json!({"driven": driven, "stop": problem.settings.energy_stop});
    Ok(Written { path, kind: "fit-td.energy", properties, blobs })
}
