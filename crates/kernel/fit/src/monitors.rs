//! Field monitors: E or H at the nodes of a region, over time or at frequencies.

use num_complex::{Complex32, Complex64};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::grid::{Axis, Grid};
use crate::problem::Problem;
use crate::update::Fields;
use crate::weights::Weights;

/// The field recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Electric field in V/m.
    E,
    /// Magnetic field in A/m.
    H,
}

/// Where to record. Corners snap to the nearest nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Region {
    /// Everything between two corners.
    Box {
        /// Lower corner in m.
        min: [f64; 3],
        /// Upper corner in m.
        max: [f64; 3],
    },
    /// A plane across the whole grid.
    Plane {
        /// Its normal.
        axis: Axis,
        /// Its coordinate in m.
        at: f64,
    },
}

/// When to record.
#[derive(Debug, Clone, PartialEq)]
pub enum Recording {
    /// Snapshots, handed to the observer about every `interval` seconds (in whole steps).
    Time {
        /// Seconds between snapshots.
        interval: f64,
    },
    /// Spectra at these frequencies in Hz, none above the band's fmax.
    Frequencies(Vec<f64>),
}

/// A field monitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    /// Name, used in messages and results.
    pub name: String,
    /// The field.
    pub quantity: Quantity,
    /// Where.
    pub region: Region,
    /// When.
    pub recording: Recording,
}

/// A block of nodes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Lowest node.
    pub low: [usize; 3],
    /// Highest node.
    pub high: [usize; 3],
}

impl Window {
    /// Nodes along each axis.
    pub fn shape(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.high[a] - self.low[a] + 1)
    }

    /// Nodes in all.
    pub fn count(&self) -> usize {
        self.shape().iter().product()
    }
}

/// A field at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Index of the monitor in the problem.
    pub monitor: usize,
    /// Steps done.
    pub step: u64,
    /// Time of the field in s.
    pub time: f64,
    /// The nodes.
    pub window: Window,
    /// `[node][component]`, x fastest.
    pub values: Vec<f32>,
}

/// A field at frequencies: X(f) = Δt' Σ x exp(−j2πft), not normalised to the pulse.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSpectrum {
    /// Index of the monitor in the problem.
    pub monitor: usize,
    /// Driven port, if any.
    pub driven: Option<usize>,
    /// The frequencies in Hz.
    pub frequencies: Vec<f64>,
    /// The nodes.
    pub window: Window,
    /// `[frequency][node][component]`, x fastest. Accumulated in f32 pairs; the rounding grows
    /// like √samples and stays near 1e-5 of the largest partial sum.
    pub values: Vec<Complex32>,
    /// Incident power wave of the driven port at its reference plane at each frequency in √W·s, 0 without one. A
    /// field times √2/incident is the phasor (peak) for 1 W incident with phase 0 there.
    pub incident: Vec<Complex64>,
}

impl Monitor {
    /// The nodes it covers.
    pub fn window(&self, grid: &Grid) -> Window {
        match &self.region {
            Region::Box { min, max } => {
                let near = |p: &[f64; 3]| Axis::ALL.map(|a| grid.nearest(a, p[a.index()]));
                Window { low: near(min), high: near(max) }
            }
            Region::Plane { axis, at } => {
                let (mut low, mut high) = ([0; 3], grid.cells());
                low[axis.index()] = grid.nearest(*axis, *at);
                high[axis.index()] = low[axis.index()];
                Window { low, high }
            }
        }
    }

    pub(crate) fn validate(&self, problem: &Problem) -> Result<()> {
        let fail = |reason: String| Err(Error::Monitor { name: self.name.clone(), reason });
        let sane = match &self.region {
            Region::Box { min, max } => (0..3).all(|a| min[a] <= max[a]),
            Region::Plane { at, .. } => at.is_finite(),
        };
        if !sane {
            return fail("its region is empty; give min ≤ max and finite coordinates".into());
        }
        match &self.recording {
            Recording::Time { interval } if !(*interval >= 0.0 && interval.is_finite()) => {
                fail(format!("an interval of {interval} s is none; give 0 or more"))
            }
            Recording::Frequencies(list) if list.is_empty() => {
                fail("it has no frequency; list at least one".into())
            }
            Recording::Frequencies(list) => {
                let top = problem.excitation.fmax;
                match list.iter().find(|f| !(0.0..=top).contains(*f)) {
                    Some(f) => fail(format!("{f} Hz is outside 0 to fmax = {top} Hz")),
                    None => Ok(()),
                }
            }
            Recording::Time { .. } => Ok(()),
        }
    }

    /// Bytes it takes in a running simulation.
    pub(crate) fn bytes(&self, grid: &Grid) -> u64 {
        let count = self.window(grid).shape().iter().fold(1, |n, &s| n * s as u64);
        match &self.recording {
            Recording::Time { .. } => count.saturating_mul(12),
            Recording::Frequencies(list) => count.saturating_mul(24 * list.len() as u64 + 12),
        }
    }
}

/// A monitor in a running simulation.
pub(crate) struct State {
    pub window: Window,
    quantity: Quantity,
    /// Steps between samples.
    every: u64,
    frequencies: Vec<f64>,
    pub sums: Vec<Complex32>,
}

impl State {
    pub fn new(problem: &Problem, monitor: &Monitor, dt: f64) -> Self {
        let window = monitor.window(&problem.grid);
        let (every, frequencies) = match &monitor.recording {
            Recording::Time { interval } => ((interval / dt).round(), Vec::new()),
            // Eight samples a period at fmax: what folds into the band lies more than 6 fmax
            // off the carrier, where the pulse holds nothing.
            Recording::Frequencies(list) => {
                ((1.0 / (8.0 * problem.excitation.fmax * dt)).floor(), list.clone())
            }
        };
        let sums = vec![Complex32::new(0.0, 0.0); 3 * window.count() * frequencies.len()];
        Self { window, quantity: monitor.quantity, every: every.max(1.0) as u64, frequencies, sums }
    }

    /// Takes a sample after `step` steps if one is due; a time monitor returns it.
    pub fn sample(
        &mut self,
        weights: &Weights,
        fields: &Fields,
        step: u64,
        dt: f64,
    ) -> Option<(f64, Vec<f32>)> {
        if !step.is_multiple_of(self.every) {
            return None;
        }
        let late = if self.quantity == Quantity::H { 0.5 } else { 0.0 };
        let time = (step as f64 - late) * dt;
        let values = weights.gather(fields, self.quantity, self.window);
        if self.frequencies.is_empty() {
            return Some((time, values));
        }
        let scale = self.every as f64 * dt;
        let phasors: Vec<Complex32> = self
            .frequencies
            .iter()
            .map(|f| Complex64::from_polar(scale, -2.0 * std::f64::consts::PI * f * time))
            .map(|p| Complex32::new(p.re as f32, p.im as f32))
            .collect();
        for (sums, phasor) in self.sums.chunks_exact_mut(values.len()).zip(phasors) {
            sums.par_chunks_mut(4096).zip(values.par_chunks(4096)).for_each(|(sums, values)| {
                for (sum, &v) in sums.iter_mut().zip(values) {
                    sum.re += phasor.re * v;
                    sum.im += phasor.im * v;
                }
            });
        }
        None
    }

    pub fn spectrum(&self, monitor: usize, driven: Option<usize>, incident: Vec<Complex64>) -> FieldSpectrum {
        FieldSpectrum {
            monitor,
            driven,
            frequencies: self.frequencies.clone(),
            window: self.window,
            values: self.sums.clone(),
            incident,
        }
    }

    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }
}
