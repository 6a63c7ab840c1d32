//! Results as entities.

mod energy;
mod fields;
mod netcdf;
mod scattering;
mod series;
mod signals;
mod view;
mod vtr;

use api::{Code, Failure};
use fit::{Column, Outcome, PortKind, Problem, Solution};
use serde_json::{Value, json};

use crate::state::{SNAPSHOTS, Snapshots};

/// An entity to be written.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its path.
    pub(crate) path: String,
    /// Its kind.
    pub(crate) kind: &'static str,
    /// Its properties.
    pub(crate) properties: Value,
    /// Its blobs by name.
    pub(crate) blobs: Vec<(&'static str, Vec<u8>)>,
}

/// Everything that a solution gives, below `path`. `doubts` are what makes its S-parameters doubtful.
pub(crate) fn all(
    problem: &Problem,
    solution: &Solution,
    snapshots: &Snapshots,
    doubts: &[String],
    path: &str,
    inputs: &str,
) -> Result<Vec<Written>, Failure> {
    let mut list = vec![
        Written {
            path: path.to_owned(),
            kind: "fit-td.result",
            properties: overview(problem, solution, inputs),
            blobs: Vec::new(),
        },
        scattering::entity(problem, solution, doubts, format!("{path}/s-parameters"))?,
        signals::entity(problem, solution, format!("{path}/signals"))?,
        energy::entity(problem, solution, format!("{path}/energy"))?,
    ];
    for (index, monitor) in problem.monitors.iter().enumerate() {
        let path = format!("{path}/fields/{}", monitor.name);
        list.extend(fields::entity(problem, solution, snapshots, index, path));
    }
    Ok(list)
}

/// Monitors that ended before the run did.
pub(crate) fn full(problem: &Problem, snapshots: &Snapshots) -> Vec<String> {
    let full = problem.monitors.iter().enumerate().filter(|(at, _)| snapshots.count(*at) >= SNAPSHOTS);
    full.map(|(_, monitor)| {
        format!(
            "`monitors/{}` has recorded {SNAPSHOTS} snapshots and no more: raise its `interval`",
            monitor.name
        )
    })
    .collect()
}

/// What makes the S-parameters of a solution doubtful.
pub(crate) fn doubts(solution: &Solution, problem: &Problem) -> Vec<String> {
    let unfinished = solution.columns.iter().filter(|column| column.outcome == Outcome::StepLimit);
    let truncated = unfinished.map(|column| {
        format!(
            "port `{}`: the energy is at {:.1} dB after {} steps, so results ripple: raise `max_steps`",
            name(problem, column.driven),
            final_db(column),
            steps(column)
        )
    });
    truncated.chain(scattering::gains(problem, solution)).collect()
}

fn overview(problem: &Problem, solution: &Solution, inputs: &str) -> Value {
    let ports: Vec<Value> = problem
        .ports
        .iter()
        .map(|port| {
            let kind = match port.kind {
                PortKind::Lumped(_) => "lumped",
                PortKind::Waveguide(_) => "waveguide",
            };
            json!({"name": port.name, "kind": kind, "driven": port.active})
        })
        .collect();
    let runs: Vec<Value> = solution
        .columns
        .iter()
        .map(|column| {
            json!({
                "port": name(problem, column.driven),
                "converged": column.outcome == Outcome::Converged,
                "steps": steps(column),
                "time": steps(column) as f64 * time_step(column),
                "energy_db": final_db(column),
            })
        })
        .collect();
    let worst = solution.columns.iter().map(final_db).fold(f64::NEG_INFINITY, f64::max);
    json!({
        "inputs": inputs,
        "ports": ports,
        "statistics": {
            "steps": solution.columns.iter().map(steps).sum::<usize>(),
            "time": solution.columns.iter().map(|c| steps(c) as f64 * time_step(c)).sum::<f64>(),
            "time_step": solution.columns.first().map(time_step),
            "cells": problem.grid.cell_count(),
            "memory_bytes": problem.memory_estimate(),
            "energy_db": worst,
            "runs": runs,
        },
    })
}

fn name(problem: &Problem, port: usize) -> &str {
    problem.ports.get(port).map_or("", |port| port.name.as_str())
}

fn steps(column: &Column) -> usize {
    column.signals.first().map_or(0, |signals| signals.v.len())
}

fn time_step(column: &Column) -> f64 {
    column.signals.first().map_or(0.0, |signals| signals.dt)
}

/// Energy at the end in dB below its largest value.
fn final_db(column: &Column) -> f64 {
    let peak = column.energy.iter().map(|sample| sample.energy).fold(0.0, f64::max);
    column.energy.last().map_or(0.0, |last| decibels(last.energy, peak))
}

/// 10 log₁₀ of a ratio of energies, not below -300 dB.
fn decibels(energy: f64, peak: f64) -> f64 {
    if peak > 0.0 { (10.0 * (energy / peak).log10()).max(-300.0) } else { 0.0 }
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Code::Internal.because(format!("{what}: {error}"))
}
