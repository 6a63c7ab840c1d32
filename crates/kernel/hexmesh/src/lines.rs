//! The lines that have to be there, and what is merged to keep them apart.

use crate::{
    Error,
    domain::Domain,
    model::{Model, Solid},
    settings::{Axis, Settings},
    sizing::Limit,
    warp::Warp,
};
use std::cmp::Ordering;

/// One axis before it is divided.
pub(crate) struct Fixed {
    /// Lines in ascending order, from one end of the domain to the other.
    pub lines: Vec<f64>,
    /// Limits of the step, moved along with the lines.
    pub limits: Vec<Limit>,
    /// Moves geometry onto the lines.
    pub warp: Warp,
    /// Snap coordinates that moved: solid, from, to.
    pub merged: Vec<(usize, f64, f64)>,
}

/// Why a line is wanted; later ones weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Edge,
    Face,
    Wanted,
    Boundary,
}

#[derive(Debug, Clone)]
struct Candidate {
    at: f64,
    rank: Rank,
    area: f64,
    priority: i32,
    /// Solid or index into the fixed lines of the settings.
    owner: usize,
}

/// Lines, limits and warp of an axis.
pub(crate) fn fixed(axis: Axis, model: &Model, settings: &Settings, domain: &Domain) -> Result<Fixed, Error> {
    let limits = limits(axis.index(), model, settings, domain);
    let mut candidates = candidates(axis, model, settings, domain)?;
    let (low, high) = (domain.low[axis.index()], domain.high[axis.index()]);
    let middle = 0.5 * (low + high);
    candidates.sort_by(|a, b| heavier(a, b, middle));
    let mut kept: Vec<(f64, usize)> = Vec::new();
    for (c, candidate) in candidates.iter().enumerate() {
        let place = kept.partition_point(|k| k.0 < candidate.at);
        let close = [place.wrapping_sub(1), place]
            .into_iter()
            .filter_map(|p| kept.get(p))
            .map(|k| (k, (k.0 - candidate.at).abs()))
            .filter(|(k, gap)| *gap < apart(k.0, candidate.at, domain, &limits))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match close {
            // The ends of a domain thinner than the smallest step stay two.
            _ if candidate.rank == Rank::Boundary => kept.insert(place, (candidate.at, c)),
            None => kept.insert(place, (candidate.at, c)),
            Some((k, gap)) if candidate.rank == Rank::Wanted && gap > domain.tolerance => {
                return Err(Error::LinesTooClose {
                    first: line_name(&candidates[k.1], axis, settings),
                    second: line_name(candidate, axis, settings),
                    axis,
                    distance: gap,
                    smallest: apart(k.0, candidate.at, domain, &limits),
                });
            }
            Some(_) => {}
        }
    }
    let lines: Vec<f64> = kept.iter().map(|k| k.0).collect();
    Ok(snap(candidates, lines, limits, domain.tolerance))
}

fn line_name(candidate: &Candidate, axis: Axis, settings: &Settings) -> String {
    match settings.fixed_lines[axis.index()].get(candidate.owner) {
        Some(line) if candidate.rank == Rank::Wanted => line.name.clone(),
        _ => "boundary of the domain".to_owned(),
    }
}

/// Order of importance: rank, area of the faces there, priority, nearness to the boundary.
fn heavier(a: &Candidate, b: &Candidate, middle: f64) -> Ordering {
    (b.rank.cmp(&a.rank))
        .then(b.area.total_cmp(&a.area))
        .then(b.priority.cmp(&a.priority))
        .then((b.at - middle).abs().total_cmp(&(a.at - middle).abs()))
        .then(a.at.total_cmp(&b.at))
        .then(a.owner.cmp(&b.owner))
}

/// How far two lines must be apart: the smallest step, or what is finer between them.
fn apart(a: f64, b: f64, domain: &Domain, limits: &[Limit]) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    limits.iter().filter(|l| l.low < high && l.high > low).map(|l| l.step).fold(domain.smallest, f64::min)
}

fn snap(candidates: Vec<Candidate>, lines: Vec<f64>, mut limits: Vec<Limit>, tolerance: f64) -> Fixed {
    let nearest = |at: f64| {
        let next = lines.partition_point(|l| *l < at).min(lines.len() - 1);
        let below = lines[next.saturating_sub(1)];
        if at - below <= lines[next] - at { below } else { lines[next] }
    };
    let mut knots: Vec<(f64, f64)> = candidates.iter().map(|c| (c.at, nearest(c.at))).collect();
    knots.sort_by(|a, b| a.0.total_cmp(&b.0));
    knots.dedup_by(|a, b| a.0 == b.0);
    let mut merged: Vec<(usize, f64, f64)> = candidates
        .iter()
        .filter(|c| c.rank < Rank::Wanted)
        .map(|c| (c.owner, c.at, nearest(c.at)))
        .filter(|(_, from, to)| (from - to).abs() > tolerance)
        .collect();
    merged.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let warp = Warp::new(knots, tolerance);
    for limit in &mut limits {
        limit.low = warp.apply(limit.low);
        limit.high = warp.apply(limit.high);
    }
    limits.retain(|l| l.high > l.low);
    Fixed { lines, limits, warp, merged }
}

fn candidates(
    axis: Axis,
    model: &Model,
    settings: &Settings,
    domain: &Domain,
) -> Result<Vec<Candidate>, Error> {
    let a = axis.index();
    let (low, high) = (domain.low[a], domain.high[a]);
    let line = |at, rank, owner| Candidate { at, rank, area: 0.0, priority: 0, owner };
    let mut all = vec![line(low, Rank::Boundary, usize::MAX), line(high, Rank::Boundary, usize::MAX)];
    for (owner, wanted) in settings.fixed_lines[a].iter().enumerate() {
        let at = wanted.at;
        if at < low - domain.tolerance || at > high + domain.tolerance {
            let name = wanted.name.clone();
            return Err(Error::LineOutside { name, axis, at, low, high });
        }
        all.push(line(at, Rank::Wanted, owner));
    }
    for (owner, solid) in model.solids.iter().enumerate() {
        let mut snap = solid.snap[a].clone();
        snap.retain(|at| *at >= low - domain.tolerance && *at <= high + domain.tolerance);
        let (lowest, highest) = (domain.solids[owner].0[a], domain.solids[owner].1[a]);
        if highest - lowest <= domain.tolerance {
            // A sheet has nowhere to be but on a line.
            snap.push(lowest);
        }
        snap.sort_by(f64::total_cmp);
        snap.dedup_by(|b, a| *b - *a <= domain.tolerance);
        let areas = face_areas(solid, a, &snap, domain.tolerance);
        for (at, area) in snap.into_iter().zip(areas) {
            let rank = if area > 0.0 { Rank::Face } else { Rank::Edge };
            all.push(Candidate { at, rank, area, priority: solid.priority, owner });
        }
    }
    Ok(all)
}

/// Area of the triangles that lie in the plane of each of the ascending coordinates.
fn face_areas(solid: &Solid, a: usize, snap: &[f64], tolerance: f64) -> Vec<f64> {
    let mut areas = vec![0.0; snap.len()];
    if snap.is_empty() {
        return areas;
    }
    for corners in &solid.triangles {
        let [p, q, r] = corners.map(|v| solid.vertices[v as usize]);
        let low = p[a].min(q[a]).min(r[a]);
        let high = p[a].max(q[a]).max(r[a]);
        if high - low > 2.0 * tolerance {
            continue;
        }
        let next = snap.partition_point(|s| *s < low - tolerance);
        if snap.get(next).is_some_and(|s| *s <= high + tolerance) {
            let (u, v) = ((a + 1) % 3, (a + 2) % 3);
            let cross = (q[u] - p[u]) * (r[v] - p[v]) - (q[v] - p[v]) * (r[u] - p[u]);
            areas[next] += 0.5 * cross.abs();
        }
    }
    areas
}

/// Limits of the step along an axis: wavelengths inside solids, and refinements.
fn limits(a: usize, model: &Model, settings: &Settings, domain: &Domain) -> Vec<Limit> {
    let per_wave = settings.maximum_frequency * settings.steps_per_wavelength;
    let mut all = Vec::new();
    for (solid, (low, high)) in model.solids.iter().zip(&domain.solids) {
        let kind = &model.materials[solid.material].kind;
        if let Some(speed) = kind.wave_speed() {
            all.push(Limit { low: low[a], high: high[a], step: speed / per_wave });
        }
    }
    for r in &settings.refinements {
        let inside = (0..3).all(|b| r.low[b] <= domain.high[b] && r.high[b] >= domain.low[b]);
        if inside {
            all.push(Limit { low: r.low[a], high: r.high[a], step: r.maximum_step });
        }
    }
    all.retain(|l| l.step < domain.largest);
    for limit in &mut all {
        limit.low = limit.low.max(domain.low[a]);
        limit.high = limit.high.min(domain.high[a]);
    }
    all.retain(|l| l.high > l.low);
    all
}
