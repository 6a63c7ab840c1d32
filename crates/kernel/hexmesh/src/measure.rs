//! Measures a mesh for its report.

use crate::{
    conductor::Tally,
    domain::Domain,
    fill::Filling,
    grid::Grid,
    lines::Fixed,
    model::{LIGHT_SPEED, Model},
    report::{Quality, Ratio, SolidStatistics, Statistics, Warning},
    settings::{Axis, Settings},
    surface,
};

/// Volume errors beyond this deserve a warning.
const VOLUME_ERROR: f64 = 0.05;

pub(crate) fn statistics(
    model: &Model,
    domain: &Domain,
    grid: &Grid,
    filling: &Filling,
    bodies: &[bool],
    tallies: &[Tally],
    edges: &[u8],
) -> Statistics {
    let fold = |start: f64, f: fn(f64, f64) -> f64| {
        [0, 1, 2].map(|a: usize| grid.steps[a].iter().copied().fold(start, f))
    };
    let smallest_step = fold(f64::INFINITY, f64::min);
    let largest_ratio = Axis::ALL.map(|a| worst(grid, a).map_or(1.0, |r| r.ratio));
    let [nx, ny, nz] = grid.cells().map(|n| n as u64);
    let nodes = grid.nodes().iter().map(|n| *n as u64).product();
    let solids = (0..model.solids.len()).map(|s| {
        let solid = &model.solids[s];
        let volume = if solid.is_sheet { 0.0 } else { surface::volume(solid) };
        let meshed_volume = filling.volume[s];
        let sheet = !bodies[s] || meshed_volume == 0.0 && tallies[s].own;
        SolidStatistics {
            name: solid.name.clone(),
            cells: filling.cells[s],
            sheet_edges: tallies[s].new,
            volume,
            meshed_volume,
            volume_error: if sheet || volume == 0.0 { 0.0 } else { meshed_volume / volume - 1.0 },
        }
    });
    Statistics {
        cells: filling.owner.len() as u64,
        nodes,
        outer_faces: 2 * (nx * ny + ny * nz + nz * nx),
        pec_edges: edges.iter().map(|mask| u64::from(mask.count_ones())).sum(),
        smallest_step,
        largest_step: fold(0.0, f64::max),
        largest_ratio,
        step_limit: domain.largest,
        step_floor: domain.smallest,
        time_step: time_step(model, filling, smallest_step),
        solids: solids.collect(),
    }
}

fn time_step(model: &Model, filling: &Filling, smallest: [f64; 3]) -> f64 {
    let used = |s: &usize| filling.cells[*s] > 0;
    let held: u64 = filling.cells.iter().sum();
    let background = (held < filling.owner.len() as u64).then_some(model.background);
    let speed = (0..model.solids.len())
        .filter(used)
        .map(|s| model.solids[s].material)
        .chain(background)
        .filter_map(|m| model.materials[m].kind.wave_speed())
        .reduce(f64::max)
        .unwrap_or(LIGHT_SPEED);
    1.0 / (speed * smallest.iter().map(|d| 1.0 / (d * d)).sum::<f64>().sqrt())
}

/// Warnings of what was decided by the order of the list alone.
pub(crate) fn ties(model: &Model, filling: &Filling) -> impl Iterator<Item = Warning> {
    let name = |solid: usize| model.solids[solid].name.clone();
    filling.ties.iter().map(move |(&(loser, winner), &cells)| Warning::Tied {
        solid: name(loser),
        winner: name(winner),
        cells,
    })
}

/// The line with the largest ratio of its neighbouring steps, the lowest one of equals.
fn worst(grid: &Grid, axis: Axis) -> Option<Ratio> {
    let mut worst: Option<Ratio> = None;
    for ratio in ratios(grid, axis) {
        if worst.is_none_or(|w| ratio.ratio > w.ratio) {
            worst = Some(ratio);
        }
    }
    worst
}

fn ratios(grid: &Grid, axis: Axis) -> impl Iterator<Item = Ratio> {
    let a = axis.index();
    grid.steps[a].windows(2).zip(&grid.lines[a][1..]).map(move |(steps, at)| {
        let ratio = (steps[0] / steps[1]).max(steps[1] / steps[0]);
        Ratio { axis, at: *at, ratio }
    })
}

pub(crate) fn quality(
    model: &Model,
    settings: &Settings,
    domain: &Domain,
    grid: &Grid,
    fixed: &[Fixed],
    statistics: &Statistics,
    tallies: &[Tally],
) -> Quality {
    let mut warnings = Vec::new();
    for (figures, tally) in statistics.solids.iter().zip(tallies) {
        let solid = figures.name.clone();
        if figures.cells == 0 && !tally.own {
            let covered = figures.meshed_volume > 0.0;
            warnings.push(if covered { Warning::Covered { solid } } else { Warning::Lost { solid } });
        } else if figures.volume_error.abs() > VOLUME_ERROR {
            warnings.push(Warning::Volume { solid, error: figures.volume_error });
        }
    }
    for axis in Axis::ALL {
        for &(s, from, to) in &fixed[axis.index()].merged {
            let solid = model.solids[s].name.clone();
            warnings.push(Warning::Merged { solid, axis, from, to });
        }
        let limit = settings.equilibration_ratio * (1.0 + 1e-9);
        let beyond = ratios(grid, axis).filter(|r| r.ratio > limit);
        warnings.extend(beyond.map(|Ratio { axis, at, ratio }| Warning::Ratio { axis, at, ratio }));
    }
    for r in &settings.refinements {
        if (0..3).any(|a| r.low[a] > domain.high[a] || r.high[a] < domain.low[a]) {
            warnings.push(Warning::RefinementOutside { name: r.name.clone() });
        }
    }
    let worst_ratio = Axis::ALL
        .into_iter()
        .filter_map(|axis| worst(grid, axis))
        .reduce(|a, b| if b.ratio > a.ratio { b } else { a });
    Quality { worst_ratio, warnings }
}
