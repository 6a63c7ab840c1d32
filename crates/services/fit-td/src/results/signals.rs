//! Port signals over time.

use std::rc::Rc;

use api::Failure;
use fit::{PortSignals, Problem, Solution};
use serde_json::json;

use super::series::{Curve, Series, Values};
use super::{Written, name};

/// Points a period of the highest frequency that the `series` keeps; the `csv` has all.
const POINTS: f64 = 20.0;

/// The entity of the signals.
pub(super) fn entity(problem: &Problem, solution: &Solution, path: String) -> Result<Written, Failure> {
    let dt = solution.columns.first().map_or(0.0, super::time_step);
    let thin = (1.0 / (POINTS * problem.excitation.fmax * dt)).floor();
    let thin = if thin.is_finite() && thin > 1.0 { thin as usize } else { 1 };
    let ports: Vec<&str> = problem.ports.iter().map(|port| port.name.as_str()).collect();
    let properties = json!({
        "ports": ports,
        "driven": solution.columns.iter().map(|c| name(problem, c.driven)).collect::<Vec<_>>(),
        "time_step": dt,
        "series_step": thin as f64 * dt,
    });
    let blobs = vec![
        ("series", curves(problem, solution, thin).json()?),
        ("csv", curves(problem, solution, 1).csv()),
    ];
    Ok(Written { path, kind: "fit-td.signals", properties, blobs })
}

fn curves(problem: &Problem, solution: &Solution, thin: usize) -> Series {
    let mut curves = Vec::new();
    for column in &solution.columns {
        let from = match solution.columns.len() {
            1 => String::new(),
            _ => format!(", {} driven", name(problem, column.driven)),
        };
        for (port, signals) in column.signals.iter().enumerate() {
            let port = name(problem, port);
            curves.push(curve(
                format!("voltage {port}{from}"),
                "V",
                &signals.v,
                signals.v_start,
                signals,
                thin,
            ));
            curves.push(curve(
                format!("current {port}{from}"),
                "A",
                &signals.i,
                signals.i_start,
                signals,
                thin,
            ));
        }
    }
    Series { over: ("time", "s"), curves }
}

fn curve(
    name: String,
    unit: &'static str,
    values: &[f64],
    start: f64,
    signals: &PortSignals,
    thin: usize,
) -> Curve {
    let x = (0..values.len()).step_by(thin).map(|n| start + n as f64 * signals.dt).collect();
    let values = values.iter().step_by(thin).copied().collect();
    Curve { name, unit, x: Rc::new(x), values: Values::Real(values) }
}
