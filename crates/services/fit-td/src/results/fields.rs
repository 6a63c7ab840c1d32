//! Recorded fields.

use std::borrow::Cow;

use base::units::{self, Dimension};
use fit::{Axis, Column, FieldSpectrum, Problem, Quantity, Recording, Solution};
use serde_json::{Value, json};

use super::{Written, name, netcdf, view, vtr};
use crate::band;
use crate::state::Snapshots;

/// One array of a field, and what the entity says of it.
struct Array<'a> {
    label: String,
    values: Cow<'a, [f32]>,
}

/// The entity of a monitor's field; none where nothing was recorded, as by a snapshot interval longer than the run, or at
/// frequencies outside of the band.
pub(super) fn entity(
    problem: &Problem,
    solution: &Solution,
    snapshots: &Snapshots,
    monitor: usize,
    path: String,
) -> Option<Written> {
    let known = problem.monitors.get(monitor)?;
    let window = known.window(&problem.grid);
    let (letter, unit) = match known.quantity {
        Quantity::E => ("E", "V/m"),
        Quantity::H => ("H", "A/m"),
    };
    let recorded = match &known.recording {
        Recording::Frequencies(_) => phasors(problem, solution, monitor, letter),
        Recording::Time { .. } => moments(problem, solution, snapshots, monitor, letter),
    };
    if recorded.arrays.is_empty() {
        return None;
    }
    let lines = Axis::ALL.map(|axis| {
        let a = axis.index();
        &problem.grid.line(axis)[window.low[a]..=window.high[a]]
    });
    let mut properties = json!({
        "quantity": letter,
        "unit": unit,
        "grid": window.shape(),
        "extent": [low(&lines), high(&lines)],
        "maximum": recorded.maximum,
        "arrays": recorded.described,
    });
    match &known.recording {
        Recording::Frequencies(_) => {
            properties["frequencies"] = json!(recorded.frequencies);
            properties["normalisation"] = json!("phasors (peak) for an incident power of 1 W");
        }
        Recording::Time { .. } => properties["times"] = json!(recorded.times),
    }
    let file = match &known.recording {
        Recording::Frequencies(_) => {
            let arrays = recorded.arrays.iter().map(|array| (array.label.as_str(), &*array.values));
            ("vtr", vtr::write(&lines, &arrays.collect::<Vec<_>>()))
        }
        Recording::Time { .. } => ("nc", film(problem, solution, snapshots, monitor, &lines, (letter, unit))),
    };
    let blobs = vec![file, ("view", view::write(&lines, &recorded.shown()))];
    Some(Written { path, kind: "fit-td.field", properties, blobs })
}

/// The moments of all driven ports on one axis of time: all runs have the same steps.
fn film(
    problem: &Problem,
    solution: &Solution,
    snapshots: &Snapshots,
    monitor: usize,
    lines: &[&[f64]; 3],
    (letter, unit): (&str, &str),
) -> Vec<u8> {
    let of = |driven: usize| {
        snapshots.list().iter().filter(move |taken| taken.monitor == monitor && taken.driven == driven)
    };
    let times = |column: &Column| of(column.driven).map(|taken| taken.time).collect::<Vec<f64>>();
    let longest = solution.columns.iter().map(times).max_by_key(Vec::len).unwrap_or_default();
    let series = |column: &Column| netcdf::Series {
        names: Axis::ALL.map(|axis| {
            let port = match solution.columns.len() {
                1 => String::new(),
                _ => format!("_from_{}", name(problem, column.driven)),
            };
            format!("{letter}_{}{port}", axis.letter())
        }),
        moments: of(column.driven).map(|taken| taken.values.as_slice()).collect(),
    };
    let fields: Vec<netcdf::Series<'_>> = solution.columns.iter().map(series).collect();
    netcdf::write(lines, unit, &longest, &fields)
}

fn low(lines: &[&[f64]; 3]) -> [f64; 3] {
    lines.map(|line| line.first().copied().unwrap_or(0.0))
}

fn high(lines: &[&[f64]; 3]) -> [f64; 3] {
    lines.map(|line| line.last().copied().unwrap_or(0.0))
}

#[derive(Default)]
struct Recorded<'a> {
    arrays: Vec<Array<'a>>,
    described: Vec<Value>,
    frequencies: Vec<f64>,
    times: Vec<f64>,
    maximum: f64,
}

/// Only where the driven port sent something: what is divided by next to nothing is noise.
fn phasors(problem: &Problem, solution: &Solution, monitor: usize, letter: &str) -> Recorded<'static> {
    let mut recorded = Recorded::default();
    for column in &solution.columns {
        let Some(spectrum) = column.spectra.iter().find(|s| s.monitor == monitor) else { continue };
        let cutoff = solution.s.cutoffs.get(column.driven).copied().unwrap_or(0.0);
        for (at, &frequency) in spectrum.frequencies.iter().enumerate() {
            if !band::sends(problem.excitation, cutoff, frequency) {
                continue;
            }
            if !recorded.frequencies.contains(&frequency) {
                recorded.frequencies.push(frequency);
            }
            recorded.phasor(problem, solution, column, spectrum, at, letter);
        }
    }
    recorded
}

impl Recorded<'_> {
    /// The recorded quantities for a view: parts of a phasor belong together.
    fn shown(&self) -> Vec<view::Quantity<'_>> {
        let mut arrays = self.arrays.iter();
        let mut shown = Vec::with_capacity(self.described.len());
        for about in &self.described {
            let complex = about["complex"] == true;
            let parts: Vec<&[f32]> =
                arrays.by_ref().take(1 + usize::from(complex)).map(|array| &*array.values).collect();
            shown.push(view::Quantity { about, parts });
        }
        shown
    }

    fn phasor(
        &mut self,
        problem: &Problem,
        solution: &Solution,
        column: &Column,
        spectrum: &FieldSpectrum,
        at: usize,
        letter: &str,
    ) {
        let count = 3 * spectrum.window.count();
        let frequency = spectrum.frequencies[at];
        let port = name(problem, column.driven);
        let label = format!("{letter} at {}{}", short(frequency, Dimension::FREQUENCY), from(solution, port));
        // The incident wave gives size and phase: fields are those of a wave of 1 W with phase zero at its port.
        let incident = spectrum.incident.get(at).copied().unwrap_or_default();
        let scale = match incident.norm() {
            0.0 => fit::Complex64::default(),
            _ => std::f64::consts::SQRT_2 / incident,
        };
        let Some(values) = spectrum.values.get(at * count..(at + 1) * count) else { return };
        let mut parts = [Vec::with_capacity(count), Vec::with_capacity(count)];
        let mut largest = 0.0_f64;
        for point in values.as_chunks::<3>().0 {
            let mut square = 0.0;
            for value in point {
                let value = fit::Complex64::new(f64::from(value.re), f64::from(value.im)) * scale;
                square += value.norm_sqr();
                parts[0].push(value.re as f32);
                parts[1].push(value.im as f32);
            }
            largest = largest.max(square);
        }
        let maximum = largest.sqrt();
        self.maximum = self.maximum.max(maximum);
        self.described.push(json!({
            "name": label, "port": port, "frequency": frequency, "maximum": maximum, "complex": true,
        }));
        let [re, im] = parts;
        self.arrays.push(Array { label: format!("{label} re"), values: re.into() });
        self.arrays.push(Array { label: format!("{label} im"), values: im.into() });
    }
}

fn moments<'a>(
    problem: &Problem,
    solution: &Solution,
    snapshots: &'a Snapshots,
    monitor: usize,
    letter: &str,
) -> Recorded<'a> {
    let mut recorded = Recorded::default();
    for taken in snapshots.list().iter().filter(|taken| taken.monitor == monitor) {
        let port = name(problem, taken.driven);
        let label = format!("{letter} at {}{}", short(taken.time, Dimension::TIME), from(solution, port));
        let square = |point: &[f32; 3]| point.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let maximum = taken.values.as_chunks::<3>().0.iter().map(square).fold(0.0, f64::max).sqrt();
        recorded.maximum = recorded.maximum.max(maximum);
        recorded.times.push(taken.time);
        recorded.described.push(json!({
            "name": label, "port": port, "time": taken.time, "maximum": maximum, "complex": false,
        }));
        recorded.arrays.push(Array { label, values: taken.values.as_slice().into() });
    }
    recorded
}

/// Names the driven port where there were several.
fn from(solution: &Solution, port: &str) -> String {
    if solution.columns.len() > 1 { format!(" from {port}") } else { String::new() }
}

/// Six digits tell moments apart and can still be read.
fn short(value: f64, dimension: Dimension) -> String {
    units::format(format!("{value:.5e}").parse().unwrap_or(value), dimension)
}
