//! The box that is meshed, and the steps that hold everywhere in it.

use crate::{
    Error, check,
    model::{LIGHT_SPEED, Model},
    settings::{Axis, Distance, Settings},
};

/// Fewest steps along the longest side of the domain, whatever the wavelength.
pub const FEWEST_STEPS: f64 = 10.0;

/// Lengths below this fraction of the longest side are rounding, not geometry.
const ROUNDING: f64 = 1e-9;

/// The box and its scales.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub low: [f64; 3],
    pub high: [f64; 3],
    /// Largest step allowed in the background, m.
    pub largest: f64,
    /// Smallest step that snapping and equilibration may make, m.
    pub smallest: f64,
    /// Coordinates closer than this are the same, m.
    pub tolerance: f64,
    /// Lowest and highest coordinates a solid.
    pub solids: Vec<([f64; 3], [f64; 3])>,
}

impl Domain {
    pub fn new(model: &Model, settings: &Settings) -> Result<Self, Error> {
        let solids: Vec<_> = model.solids.iter().map(check::bounds).collect();
        let (mut low, mut high) = ([0.0; 3], [0.0; 3]);
        for axis in Axis::ALL {
            let a = axis.index();
            (low[a], high[a]) = extent(&solids, settings, a);
            let size = high[a] - low[a];
            let reach = |side: usize| match settings.boundary_distance[a][side] {
                Distance::Absolute(d) => d,
                Distance::Relative(share) => share * size,
            };
            low[a] -= reach(0);
            high[a] += reach(1);
        }
        let size = |a: usize| high[a] - low[a];
        let longest = size(0).max(size(1)).max(size(2));
        if model.solids.is_empty() && longest <= 0.0 {
            return Err(Error::Nothing);
        }
        let scale = (0..3).map(|a| low[a].abs().max(high[a].abs())).fold(longest, f64::max);
        if !(scale.is_finite() && longest.is_finite()) {
            let name = "boundary_distance".to_owned();
            return Err(Error::NotFinite { name, what: "the domain's size".to_owned() });
        }
        for axis in Axis::ALL {
            if size(axis.index()) <= ROUNDING * longest.max(1e-3 * scale) {
                return Err(Error::ZeroThickness { axis });
            }
        }
        let largest = largest_step(model, settings).min(longest / FEWEST_STEPS);
        let smallest = largest / settings.smallest_mesh_step_ratio;
        // Far from the origin floats are coarser than the domain's own scale.
        let tolerance = (ROUNDING * longest).min(1e-3 * smallest).max(1e-14 * scale);
        Ok(Domain { low, high, largest, smallest, tolerance, solids })
    }
}

/// Extent of all solids; without any, of the fixed lines; without those, the origin.
fn extent(solids: &[([f64; 3], [f64; 3])], settings: &Settings, a: usize) -> (f64, f64) {
    let lows = solids.iter().map(|s| s.0[a]);
    let highs = solids.iter().map(|s| s.1[a]);
    let lines = || settings.fixed_lines[a].iter().map(|l| l.at);
    if solids.is_empty() {
        let low = lines().reduce(f64::min).unwrap_or(0.0);
        return (low, lines().reduce(f64::max).unwrap_or(0.0));
    }
    (lows.fold(f64::INFINITY, f64::min), highs.fold(f64::NEG_INFINITY, f64::max))
}

fn largest_step(model: &Model, settings: &Settings) -> f64 {
    let speed = model.materials[model.background].kind.wave_speed().unwrap_or(LIGHT_SPEED);
    let wave = speed / settings.maximum_frequency / settings.steps_per_wavelength;
    wave.min(settings.maximum_edge_length.unwrap_or(f64::INFINITY))
}
