//! S-parameters.

use std::rc::Rc;

use api::Failure;
use fit::{Complex64, Problem, Solution, TouchstoneVersion};
use serde_json::{Value, json};

use super::series::{Curve, Series, Values};
use super::{Written, name};
use crate::band::travels;
use crate::names;

/// Power that may leave for a unit that enters: what the staircase and a well decayed signal are off by.
const GAIN: f64 = 1.02;

/// Warns of ports from which more power seems to leave than enters, which nothing passive does: the field had not
/// decayed, as in a resonator of high quality. Below its cut-off a port neither gives nor takes power.
pub(super) fn gains(problem: &Problem, solution: &Solution) -> Vec<String> {
    let s = &solution.s;
    let power = |f: f64, row: &Vec<Vec<Complex64>>, column: usize| {
        let open = row.iter().zip(&s.cutoffs).filter(|(_, cutoff)| travels(**cutoff, f));
        open.map(|(to, _)| to[column].norm_sqr()).sum::<f64>()
    };
    let worst = |column: usize, port: usize| {
        let open = s.frequencies.iter().zip(&s.s).filter(|(f, _)| travels(s.cutoffs[port], **f));
        open.map(|(f, row)| (*f, power(*f, row, column))).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let columns = s.columns.iter().enumerate();
    columns
        .filter_map(|(column, &port)| Some((port, worst(column, port)?)))
        .filter(|(_, (_, power))| *power > GAIN)
        .map(|(port, (frequency, power))| {
            format!(
                "port `{}`: {power:.2} times the power that enters seems to leave at {:.4} GHz, so the field had not \
                 decayed: lower `energy_stop`, raise `max_steps`",
                name(problem, port),
                frequency * 1e-9
            )
        })
        .collect()
}

/// The entity of the S-parameters. Touchstone needs every port driven, and its version 1.1 one reference
/// impedance for all; where that is not so, the blob is left out.
pub(super) fn entity(
    problem: &Problem,
    solution: &Solution,
    warnings: &[String],
    path: String,
) -> Result<Written, Failure> {
    let s = &solution.s;
    let x = Rc::new(s.frequencies.clone());
    let mut curves = Vec::new();
    let mut minima = Vec::new();
    for &from in &s.columns {
        for to in 0..s.ports.len() {
            let label = names::scattering(name(problem, to), name(problem, from));
            let values = s.parameter(to, from).unwrap_or_default();
            if to == from {
                minima.extend(minimum(&label, &s.frequencies, &values, s.cutoffs[from]));
            }
            curves.push(Curve { name: label, unit: "", x: x.clone(), values: Values::Complex(values) });
        }
    }
    let series = Series { over: ("frequency", "Hz"), curves };
    let notes: Vec<String> = warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    let mut blobs = vec![("series", series.json()?), ("csv", series.csv())];
    for (blob, version) in [("touchstone", TouchstoneVersion::V1_1), ("touchstone2", TouchstoneVersion::V2_0)]
    {
        if let Ok(text) = s.touchstone(version, &notes) {
            blobs.push((blob, text.into_bytes()));
        }
    }
    let properties = json!({
        "ports": s.ports,
        "driven": s.columns.iter().map(|&port| name(problem, port)).collect::<Vec<_>>(),
        "reference_impedance": s.z_ref,
        "cutoff": s.cutoffs.iter().map(|fc| (*fc > 0.0).then_some(*fc)).collect::<Vec<_>>(),
        "frequency_range": [problem.excitation.fmin, problem.excitation.fmax],
        "samples": s.frequencies.len(),
        "touchstone_extension": s.touchstone_extension(),
        "minima": minima,
        "warnings": warnings,
    });
    Ok(Written { path, kind: "fit-td.s-parameters", properties, blobs })
}

/// Where a reflection is least, above the cut-off (Hz) of its port. The kernel gives 0 where nothing is incident.
fn minimum(curve: &str, frequencies: &[f64], values: &[Complex64], cutoff: f64) -> Option<Value> {
    let sizes = frequencies.iter().zip(values).map(|(f, s)| (f, s.norm()));
    let sizes = sizes.filter(|(f, size)| travels(cutoff, **f) && *size > 0.0);
    let (frequency, size) = sizes.min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(json!({"curve": curve, "frequency": frequency, "db": (20.0 * size.log10()).max(-300.0)}))
}
