//! One run: one driven port, from rest until the energy is gone.

use std::sync::Arc;

use base::progress::Progress;
use num_complex::Complex64;

use crate::coefficients::{Coefficients, Conductances, Kind};
use crate::cpml::Cpml;
use crate::divergence;
use crate::energy::{EnergySample, energy};
use crate::error::{Error, Result};
use crate::grid::Axis;
use crate::monitors::{self, FieldSpectrum, Quantity, Snapshot};
use crate::ports::{self, Laid};
use crate::problem::Problem;
use crate::signals::PortSignals;
use crate::sources::Sources;
use crate::update::{Drive, Fields, Stepper};
use crate::weights::Weights;

/// Watches a run from within, between steps.
pub trait Observer {
    /// A time monitor took a snapshot. After a resume, snapshots after the checkpoint come again
    /// with the same bits.
    fn snapshot(&mut self, _snapshot: Snapshot) {}

    /// An energy interval ended: the moment to take a checkpoint or to look at signals.
    fn interval(&mut self, _simulation: &Simulation) {}
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The energy fell below the stop level.
    Converged,
    /// The allowed steps were used up; results carry truncation ripple.
    StepLimit,
}

/// A problem in motion.
pub struct Simulation {
    pub(crate) problem: Arc<Problem>,
    pub(crate) driven: Option<usize>,
    stepper: Stepper,
    weights: Weights,
    pub(crate) fields: Fields,
    pub(crate) psi_e: Vec<Vec<f32>>,
    pub(crate) psi_h: Vec<Vec<f32>>,
    pub(crate) ports: Vec<ports::State>,
    pub(crate) monitors: Vec<monitors::State>,
    pub(crate) history: Vec<EnergySample>,
    pub(crate) peak: f64,
    pub(crate) step: u64,
}

/// Growth over the peak that passive matter cannot show once the pulse is over.
const RUNAWAY: f64 = 100.0;

impl Simulation {
    /// Lays the problem out on the mesh. `driven` is the port that sends the pulse; with none,
    /// the fields are what [`Simulation::set_electric`] makes them.
    pub fn new(problem: Arc<Problem>, driven: Option<usize>) -> Result<Self> {
        problem.validate()?;
        if let Some(port) = driven.filter(|&p| p >= problem.ports.len()) {
            let reason = format!("there are only {} ports", problem.ports.len());
            return Err(Error::Port { name: (port + 1).to_string(), reason });
        }
        let dt = problem.step();
        Self::with_step(problem, driven, dt)
    }

    fn with_step(problem: Arc<Problem>, driven: Option<usize>, dt: f64) -> Result<Self> {
        let laid: Vec<Laid> = problem.ports.iter().map(|p| Laid::new(&problem, p)).collect::<Result<_>>()?;
        let mut extra = Conductances::new();
        for (port, laid) in problem.ports.iter().zip(&laid) {
            laid.conductances(&port.name, &problem.grid, &mut extra)?;
        }
        let (grid, boundaries) = (&problem.grid, &problem.boundaries);
        let co = Coefficients::new(grid, &problem.materials, boundaries, &extra, dt)?;
        let [nx, ny, nz] = grid.nodes();
        let mut sources = Sources::new(nz);
        let mut states = Vec::new();
        for (n, (port, laid)) in problem.ports.iter().zip(laid).enumerate() {
            let target = (driven == Some(n)).then_some(&mut sources);
            states.push(ports::State::new(laid, &port.name, &problem, &co, target)?);
        }
        let cpml = Cpml::new(&problem, dt);
        let psi = |kind| (0..nz).map(|k| vec![0f32; cpml.plane_len(kind, k)]).collect();
        let (psi_e, psi_h) = (psi(Kind::E), psi(Kind::H));
        let monitors = problem.monitors.iter().map(|m| monitors::State::new(&problem, m, dt)).collect();
        Ok(Self {
            weights: Weights::new(&problem),
            fields: Fields::zero(grid.nodes()),
            stepper: Stepper { coefficients: co, cpml, sources, zeros: vec![0.0; nx * ny] },
            problem,
            driven,
            psi_e,
            psi_h,
            ports: states,
            monitors,
            history: Vec::new(),
            peak: 0.0,
            step: 0,
        })
    }

    /// The problem.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The driven port.
    pub fn driven(&self) -> Option<usize> {
        self.driven
    }

    /// Time step in s.
    pub fn dt(&self) -> f64 {
        self.stepper.coefficients.dt
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Electric field in V/m along an edge; 0 outside the grid.
    pub fn electric(&self, axis: Axis, node: [usize; 3]) -> f64 {
        self.edge(axis, node).map_or(0.0, |(at, length)| f64::from(self.fields.e[axis.index()][at]) / length)
    }

    /// Sets the electric field along an edge, as a start value; perfectly conducting edges and
    /// places outside the grid stay 0.
    pub fn set_electric(&mut self, axis: Axis, node: [usize; 3], value: f64) {
        let Some((at, length)) = self.edge(axis, node) else { return };
        if self.stepper.coefficients.at(Kind::E, axis.index(), node).1 != 0.0 {
            self.fields.e[axis.index()][at] = (value * length) as f32;
        }
    }

    fn edge(&self, axis: Axis, node: [usize; 3]) -> Option<(usize, f64)> {
        let (nodes, a) = (self.problem.grid.nodes(), axis.index());
        if (0..3).any(|b| node[b] + usize::from(a == b) >= nodes[b]) {
            return None;
        }
        let line = self.problem.grid.line(axis);
        let at = (node[2] * nodes[1] + node[1]) * nodes[0] + node[0];
        Some((at, line[node[a] + 1] - line[node[a]]))
    }

    /// Field energy now, in J.
    pub fn energy(&self) -> f64 {
        energy(&self.stepper.coefficients, &self.fields)
    }

    /// Energy at each interval so far.
    pub fn energy_history(&self) -> &[EnergySample] {
        &self.history
    }

    /// Signals of a port so far.
    pub fn signals(&self, port: usize) -> Option<&PortSignals> {
        self.ports.get(port).map(|p| &p.signals)
    }

    /// Does `count` steps; fails once the fields diverge.
    pub fn step_many(&mut self, count: u64, observer: &mut dyn Observer) -> Result<()> {
        (0..count).try_for_each(|_| self.step_once(observer))
    }

    fn step_once(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let (mut h, mut e) = (0.0, 0.0);
        for port in &mut self.ports {
            let (dh, de) = port.drive(self.step);
            (h, e) = (h + dh, e + de);
        }
        let drive = Drive { h: &[h], e: &[e] };
        self.stepper.step(&mut self.fields, &mut self.psi_e, &mut self.psi_h, &drive);
        self.step += 1;
        for port in &mut self.ports {
            port.record(&self.fields);
        }
        let dt = self.dt();
        for (monitor, state) in self.monitors.iter_mut().enumerate() {
            let taken = state.sample(&self.weights, &self.fields, self.step, dt);
            if let Some((time, values)) = taken {
                let (step, window) = (self.step, state.window);
                observer.snapshot(Snapshot { monitor, step, time, window, values });
            }
        }
        if self.step.is_multiple_of(self.problem.settings.energy_interval) {
            self.take_energy()?;
            observer.interval(self);
        }
        Ok(())
    }

    fn take_energy(&mut self) -> Result<()> {
        let energy = self.energy();
        let (step, time) = (self.step, self.step as f64 * self.dt());
        self.history.push(EnergySample { step, time, energy });
        let driving = !self.pulse_over(step) || self.history.len() == 1;
        if !energy.is_finite() || (!driving && energy > RUNAWAY * self.peak.max(f64::MIN_POSITIVE)) {
            let (field, at) = divergence::place(&self.problem.grid, &self.fields);
            return Err(Error::Diverged { step, field, at });
        }
        self.peak = self.peak.max(energy);
        Ok(())
    }

    fn pulse_over(&self, step: u64) -> bool {
        let end = self.ports.iter().map(ports::State::silent_after).fold(0.0, f64::max);
        step as f64 * self.dt() > end
    }

    /// Energy relative to its peak at the last check, in dB.
    pub fn energy_db(&self) -> f64 {
        match self.history.last() {
            Some(last) if self.peak > 0.0 => 10.0 * (last.energy / self.peak).max(f64::MIN_POSITIVE).log10(),
            _ => 0.0,
        }
    }

    /// How the run ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        let settings = &self.problem.settings;
        let quiet = self.history.last().is_some_and(|last| {
            self.pulse_over(last.step) && last.energy <= settings.energy_stop * self.peak
        });
        if quiet {
            return Some(Outcome::Converged);
        }
        (self.step >= settings.max_steps).then_some(Outcome::StepLimit)
    }

    /// Goes on until the energy is gone or the steps are used up. Cancelling returns an error
    /// but keeps the simulation whole: it can be checkpointed or run on.
    pub fn run(&mut self, progress: &dyn Progress, observer: &mut dyn Observer) -> Result<Outcome> {
        loop {
            if let Some(outcome) = self.run_some(u64::MAX, progress, observer)? {
                return Ok(outcome);
            }
        }
    }

    /// The same for at most `steps` steps; none while there is more to do.
    pub fn run_some(
        &mut self,
        steps: u64,
        progress: &dyn Progress,
        observer: &mut dyn Observer,
    ) -> Result<Option<Outcome>> {
        for _ in 0..steps {
            if let Some(outcome) = self.outcome() {
                progress.report(1.0, &self.status());
                return Ok(Some(outcome));
            }
            if progress.cancelled() {
                return Err(Error::Cancelled { step: self.step });
            }
            self.step_once(observer)?;
            if self.step.is_multiple_of(self.problem.settings.energy_interval) {
                progress.report(self.done(), &self.status());
            }
        }
        Ok(self.outcome())
    }

    fn done(&self) -> f64 {
        let settings = &self.problem.settings;
        let by_steps = self.step as f64 / settings.max_steps as f64;
        let by_energy = if self.pulse_over(self.step) {
            self.energy_db() / (10.0 * settings.energy_stop.log10())
        } else {
            0.0
        };
        by_steps.max(by_energy).clamp(0.0, 1.0)
    }

    fn status(&self) -> String {
        format!("step {}, energy {:.1} dB", self.step, self.energy_db())
    }

    /// Incident and reflected power waves `[frequency][port]` in √W·s.
    pub fn waves(&self, frequencies: &[f64]) -> Vec<Vec<(Complex64, Complex64)>> {
        let spectra: Vec<_> = self.ports.iter().map(|p| p.signals.spectrum(frequencies)).collect();
        let one = |(n, &f): (usize, &f64)| {
            let pair = |(port, s): (&ports::State, &Vec<_>)| {
                let (v, i): (Complex64, Complex64) = s[n];
                port.waves(f, v, i)
            };
            self.ports.iter().zip(&spectra).map(pair).collect()
        };
        frequencies.iter().enumerate().map(one).collect()
    }

    /// Reference resistances of the ports; none for waveguide modes.
    pub(crate) fn references(&self) -> Vec<Option<f64>> {
        self.ports.iter().map(ports::State::reference).collect()
    }

    /// What the frequency monitors have gathered.
    pub fn spectra(&self) -> Vec<FieldSpectrum> {
        let one = |(n, m): (usize, &monitors::State)| {
            let list = m.frequencies();
            let incident = match self.driven {
                Some(p) => self.waves(list).into_iter().map(|w| w[p].0).collect(),
                None => vec![Complex64::new(0.0, 0.0); list.len()],
            };
            (!list.is_empty()).then(|| m.spectrum(n, self.driven, incident))
        };
        self.monitors.iter().enumerate().filter_map(one).collect()
    }

    /// The field at the nodes of a monitor's region now.
    pub fn field(&self, quantity: Quantity, window: monitors::Window) -> Result<Vec<f32>> {
        let nodes = self.problem.grid.nodes();
        if (0..3).any(|a| window.low[a] > window.high[a] || window.high[a] >= nodes[a]) {
            let reason = format!("nodes {:?} to {:?} are not in the grid", window.low, window.high);
            return Err(Error::Monitor { name: "window".into(), reason });
        }
        Ok(self.weights.gather(&self.fields, quantity, window))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Boundaries, Boundary, Excitation, Grid, Material, Materials, Settings};

    /// A closed box of 10³ cells of vacuum; its fastest mode has 0.988 of the frequency that the step is made for.
    fn cavity() -> Arc<Problem> {
        let line: Vec<f64> = (0..=10).map(|i| 0.1 * f64::from(i)).collect();
        let grid = Grid::new(line.clone(), line.clone(), line).unwrap();
        Arc::new(Problem {
            materials: Materials::uniform(&grid, Material::VACUUM),
            grid,
            boundaries: Boundaries::all(Boundary::Pec),
            excitation: Excitation { fmin: 0.0, fmax: 1e9 },
            ports: Vec::new(),
            monitors: Vec::new(),
            settings: Settings::default(),
        })
    }

    fn after(factor: f64, steps: u64) -> (Simulation, Result<()>) {
        let problem = cavity();
        let dt = factor * crate::timestep::stable_step(&problem.grid, &problem.materials);
        let mut simulation = Simulation::with_step(problem, None, dt).unwrap();
        simulation.set_electric(Axis::Z, [4, 5, 3], 1.0);
        let end = simulation.step_many(steps, &mut Silent);
        (simulation, end)
    }

    /// The fastest mode is 0.02 % beyond its limit and grows 75 times in energy in each interval. Its conserved energy is zero
    /// all the while, and told nothing in 1000 steps.
    #[test]
    fn fields_that_grow_are_noticed_while_they_are_finite() {
        let (simulation, end) = after(1.0127, 1000);
        let Err(Error::Diverged { step, at, .. }) = end else { panic!("{end:?}") };
        assert_eq!(step, 100);
        assert!(at.iter().all(|x| (0.0..=1.0).contains(x)), "{at:?}");
        let fields = simulation.fields.e.iter().chain(&simulation.fields.h);
        assert!(fields.flatten().all(|value| value.is_finite()));
        assert_eq!(simulation.outcome(), None);
    }

    #[test]
    fn fields_at_the_limit_do_not_grow() {
        let (simulation, end) = after(1.0, 1000);
        assert_eq!(end, Ok(()));
        let history = simulation.energy_history();
        assert!(history.iter().all(|s| (s.energy / history[0].energy - 1.0).abs() < 1e-4), "{history:?}");
    }
}
