//! Where power enters and leaves.

mod line;
pub(crate) mod lumped;
mod mode;
pub(crate) mod waveguide;

use num_complex::Complex64;

pub use lumped::Lumped;
pub use waveguide::{Sense, Waveguide};

use crate::coefficients::{Coefficients, Conductances};
use crate::error::{Error, Result};
use crate::excitation::Excitation;
use crate::grid::Grid;
use crate::problem::Problem;
use crate::signals::PortSignals;
use crate::sources::Sources;
use crate::update::Fields;

/// A port.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// Unique name, used in messages and results.
    pub name: String,
    /// What it is.
    pub kind: PortKind,
    /// Whether the solver drives it; a port that is not driven still terminates and listens.
    pub active: bool,
}

/// The kinds of ports.
#[derive(Debug, Clone, PartialEq)]
pub enum PortKind {
    /// A voltage source with a series resistance between two points.
    Lumped(Lumped),
    /// One TE mode of a rectangular waveguide.
    Waveguide(Waveguide),
}

/// A port as laid out on the mesh.
pub(crate) enum Laid {
    Lumped(lumped::Laid),
    Waveguide(Box<waveguide::Laid>),
}

/// A port in a running simulation.
pub(crate) struct State {
    pub laid: Laid,
    pub signals: PortSignals,
    /// What the port sends, if it is driven.
    pulse: Option<Excitation>,
}

pub(crate) fn fail<T>(name: &str, reason: String) -> Result<T> {
    Err(Error::Port { name: name.to_owned(), reason })
}

impl Laid {
    pub fn new(problem: &Problem, port: &Port) -> Result<Self> {
        match &port.kind {
            PortKind::Lumped(p) => lumped::Laid::new(problem, &port.name, p).map(Laid::Lumped),
            PortKind::Waveguide(p) => {
                waveguide::Laid::new(problem, &port.name, p).map(|laid| Laid::Waveguide(Box::new(laid)))
            }
        }
    }

    /// Frequency in Hz up to which the port neither sends nor takes power, as mesh and time step have it.
    pub fn cutoff(&self, dt: f64) -> f64 {
        match self {
            Laid::Lumped(_) => 0.0,
            Laid::Waveguide(p) => p.cutoff(dt),
        }
    }

    pub fn conductances(&self, name: &str, grid: &Grid, all: &mut Conductances) -> Result<()> {
        match self {
            Laid::Lumped(p) => p.conductances(name, grid, all),
            Laid::Waveguide(_) => Ok(()),
        }
    }
}

impl State {
    /// Ties a laid-out port to the coefficients; a driven one adds its sources.
    pub fn new(
        mut laid: Laid,
        name: &str,
        problem: &Problem,
        co: &Coefficients,
        driven: Option<&mut Sources>,
    ) -> Result<Self> {
        let pulse = driven.is_some().then(|| problem.excitation.above(laid.cutoff(co.dt)));
        let (v, i) = match &mut laid {
            Laid::Lumped(p) => {
                p.attach(name, &problem.grid, co, driven)?;
                (0.5, 0.5)
            }
            Laid::Waveguide(p) => {
                p.attach(name, problem, co, driven)?;
                (1.0, 0.5)
            }
        };
        let dt = co.dt;
        let signals = PortSignals { dt, v_start: v * dt, i_start: i * dt, v: Vec::new(), i: Vec::new() };
        Ok(Self { laid, signals, pulse })
    }

    /// Time after which the port sends no more.
    pub fn silent_after(&self) -> f64 {
        self.pulse.map_or(0.0, |pulse| pulse.duration())
    }

    /// Source values (for H, for E) of the step that starts at n·Δt.
    pub fn drive(&mut self, step: u64) -> (f64, f64) {
        let Some(pulse) = self.pulse else { return (0.0, 0.0) };
        let middle = pulse.value((step as f64 + 0.5) * self.signals.dt);
        match &mut self.laid {
            Laid::Lumped(p) => {
                p.source = middle;
                (0.0, middle)
            }
            Laid::Waveguide(p) => p.advance(middle),
        }
    }

    /// Takes the samples after a step.
    pub fn record(&mut self, fields: &Fields) {
        let (v, i) = match &mut self.laid {
            Laid::Lumped(p) => p.sample(fields),
            Laid::Waveguide(p) => p.sample(fields),
        };
        self.signals.v.push(v);
        self.signals.i.push(i);
    }

    /// Incident and reflected power waves from the spectra of voltage and current.
    pub fn waves(&self, f: f64, v: Complex64, i: Complex64) -> (Complex64, Complex64) {
        match &self.laid {
            Laid::Lumped(p) => p.waves(f, self.signals.dt, v, i),
            Laid::Waveguide(p) => p.waves(f, v, i),
        }
    }

    /// Reference resistance; none if it is the mode's own wave impedance.
    pub fn reference(&self) -> Option<f64> {
        match &self.laid {
            Laid::Lumped(p) => Some(p.resistance),
            Laid::Waveguide(_) => None,
        }
    }

    /// Internal state besides the signals, for checkpoints.
    pub fn memory(&self) -> Vec<f64> {
        match &self.laid {
            Laid::Lumped(p) => vec![p.before, p.source],
            Laid::Waveguide(p) => p.memory(),
        }
    }

    /// Puts back what [`State::memory`] gave; false if the length does not fit.
    pub fn restore(&mut self, memory: &[f64]) -> bool {
        match &mut self.laid {
            Laid::Lumped(p) => match memory {
                [before, source] => {
                    (p.before, p.source) = (*before, *source);
                    true
                }
                _ => false,
            },
            Laid::Waveguide(p) => p.restore(memory),
        }
    }
}
