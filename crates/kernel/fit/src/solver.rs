//! All active ports, one after the other.

use std::sync::Arc;

use base::progress::Progress;
use num_complex::Complex64;

use crate::EnergySample;
use crate::checkpoint::{Reader, Writer};
use crate::error::{Error, Result};
use crate::monitors::FieldSpectrum;
use crate::problem::Problem;
use crate::signals::PortSignals;
use crate::simulation::{Observer, Outcome, Simulation};
use crate::sparameters::SParameters;

/// What one driven port gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The driven port.
    pub driven: usize,
    /// How the run ended.
    pub outcome: Outcome,
    /// Signals of all ports.
    pub signals: Vec<PortSignals>,
    /// Energy over time.
    pub energy: Vec<EnergySample>,
    /// Frequency monitors.
    pub spectra: Vec<FieldSpectrum>,
}

/// All results.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Scattering parameters.
    pub s: SParameters,
    /// One entry a driven port.
    pub columns: Vec<Column>,
}

/// Goes over the active ports.
pub struct Solver {
    problem: Arc<Problem>,
    active: Vec<usize>,
    finished: Vec<Column>,
    s: SParameters,
    /// The run under way; none once all are finished.
    current: Option<Simulation>,
}

/// Progress of one port out of several.
struct Part<'a> {
    whole: &'a dyn Progress,
    before: usize,
    count: usize,
    name: &'a str,
}

impl Progress for Part<'_> {
    fn report(&self, done: f64, what: &str) {
        let done = (self.before as f64 + done) / self.count as f64;
        self.whole.report(done, &format!("port '{}': {what}", self.name));
    }

    fn cancelled(&self) -> bool {
        self.whole.cancelled()
    }
}

impl Solver {
    /// Checks the problem and lays out the first run.
    pub fn new(problem: Arc<Problem>) -> Result<Self> {
        let active = active(&problem)?;
        let current = Some(Simulation::new(problem.clone(), active.first().copied())?);
        let s = empty(&problem)?;
        Ok(Self { problem, active, finished: Vec::new(), s, current })
    }

    /// Does at most `steps` steps of the run under way and tells whether all runs are finished.
    /// Between calls is the moment for [`Solver::checkpoint`].
    pub fn advance(
        &mut self,
        steps: u64,
        progress: &dyn Progress,
        observer: &mut dyn Observer,
    ) -> Result<bool> {
        let Some(current) = &mut self.current else { return Ok(true) };
        let driven = self.active[self.finished.len()];
        let part = Part {
            whole: progress,
            before: self.finished.len(),
            count: self.active.len(),
            name: &self.problem.ports[driven].name,
        };
        let Some(outcome) = current.run_some(steps, &part, observer)? else { return Ok(false) };
        self.s.add(current);
        self.finished.push(Column {
            driven,
            outcome,
            signals: current.ports.iter().map(|p| p.signals.clone()).collect(),
            energy: current.history.clone(),
            spectra: current.spectra(),
        });
        // The old run goes before the next is laid out: only one is ever in memory.
        self.current = None;
        if let Some(&next) = self.active.get(self.finished.len()) {
            self.current = Some(Simulation::new(self.problem.clone(), Some(next))?);
        }
        Ok(self.current.is_none())
    }

    /// Runs to the end. After [`Error::Cancelled`] the solver can be checkpointed or run on.
    pub fn run(&mut self, progress: &dyn Progress, observer: &mut dyn Observer) -> Result<()> {
        while !self.advance(u64::MAX, progress, observer)? {}
        Ok(())
    }

    /// The run under way.
    pub fn current(&self) -> Option<&Simulation> {
        self.current.as_ref()
    }

    /// Runs finished so far.
    pub fn finished(&self) -> &[Column] {
        &self.finished
    }

    /// The results of the finished runs.
    pub fn solution(self) -> Solution {
        Solution { s: self.s, columns: self.finished }
    }

    /// The results so far and the state of the run under way.
    pub fn checkpoint(&self) -> Vec<u8> {
        self.checkpoint_after(Vec::new())
    }

    /// The same behind what `out` holds, so that nobody has to copy it there.
    pub fn checkpoint_after(&self, out: Vec<u8>) -> Vec<u8> {
        let mut w = Writer::new(&self.problem, out);
        w.word(self.finished.len() as u64);
        for (n, column) in self.finished.iter().enumerate() {
            save_column(&mut w, column);
            let flat = self.s.s.iter().flatten().flat_map(|row| [row[n].re, row[n].im]);
            w.f64s(&flat.collect::<Vec<_>>());
        }
        let z: Vec<f64> = self.s.z_ref.iter().map(|z| z.unwrap_or(0.0)).collect();
        w.f64s(&z);
        if let Some(current) = &self.current {
            current.save(&mut w);
        }
        w.finish()
    }

    /// Goes on from a checkpoint of the same problem; the results are those of an unbroken run,
    /// bit for bit.
    pub fn resume(problem: Arc<Problem>, data: &[u8]) -> Result<Self> {
        let active = active(&problem)?;
        let mut r = Reader::new(&problem, data)?;
        let mut s = empty(&problem)?;
        let mut finished = Vec::new();
        let count = r.word()?;
        if count > active.len() as u64 {
            return Err(Error::Checkpoint("it has more runs than active ports".into()));
        }
        for &driven in &active[..count as usize] {
            finished.push(load_column(&mut r, &problem, driven)?);
            let flat = r.f64s()?;
            let all = flat.as_chunks::<2>().0;
            if all.len() != s.frequencies.len() * s.ports.len() {
                return Err(Error::Checkpoint("a column of S has the wrong length".into()));
            }
            for (row, pair) in s.s.iter_mut().flatten().zip(all) {
                row.push(Complex64::new(pair[0], pair[1]));
            }
            s.columns.push(driven);
        }
        let z = r.f64s()?;
        s.z_ref = z.into_iter().map(|z| (z > 0.0).then_some(z)).collect();
        s.z_ref.resize(s.ports.len(), None);
        let current = match active.get(finished.len()) {
            Some(_) => Some(Simulation::load(problem.clone(), &mut r)?),
            None => None,
        };
        r.end()?;
        Ok(Self { problem, active, finished, s, current })
    }
}

fn active(problem: &Problem) -> Result<Vec<usize>> {
    let active: Vec<usize> = (0..problem.ports.len()).filter(|&p| problem.ports[p].active).collect();
    if active.is_empty() {
        let reason = "no port is active; make at least one active".into();
        return Err(Error::Setting { name: "active ports", reason });
    }
    Ok(active)
}

fn empty(problem: &Problem) -> Result<SParameters> {
    let names = problem.ports.iter().map(|p| p.name.clone()).collect();
    Ok(SParameters::empty(problem.frequencies(), names, problem.cutoffs()?))
}

fn flat(values: &[Complex64]) -> Vec<f64> {
    values.iter().flat_map(|c| [c.re, c.im]).collect()
}

fn save_column(w: &mut Writer, column: &Column) {
    w.word(u64::from(column.outcome == Outcome::Converged));
    for s in &column.signals {
        w.f64s(&[s.dt, s.v_start, s.i_start]);
        w.f64s(&s.v);
        w.f64s(&s.i);
    }
    let energy: Vec<f64> = column.energy.iter().flat_map(|s| [s.step as f64, s.time, s.energy]).collect();
    w.f64s(&energy);
    w.word(column.spectra.len() as u64);
    for spectrum in &column.spectra {
        w.word(spectrum.monitor as u64);
        w.f64s(&spectrum.frequencies);
        w.f64s(&flat(&spectrum.incident));
        let values: Vec<f32> = spectrum.values.iter().flat_map(|c| [c.re, c.im]).collect();
        w.f32s(&values);
    }
}

fn load_column(r: &mut Reader<'_>, problem: &Problem, driven: usize) -> Result<Column> {
    let broken = || Error::Checkpoint("a finished run does not fit the problem".into());
    let outcome = if r.word()? == 1 { Outcome::Converged } else { Outcome::StepLimit };
    let mut signals = Vec::new();
    for _ in &problem.ports {
        let times = r.f64s()?;
        let &[dt, v_start, i_start] = times.as_slice() else { return Err(broken()) };
        signals.push(PortSignals { dt, v_start, i_start, v: r.f64s()?, i: r.f64s()? });
    }
    let energy = r.f64s()?;
    let energy = energy.as_chunks::<3>().0.iter();
    let energy = energy.map(|t| EnergySample { step: t[0] as u64, time: t[1], energy: t[2] }).collect();
    let mut spectra = Vec::new();
    for _ in 0..r.word()?.min(problem.monitors.len() as u64) {
        let monitor = usize::try_from(r.word()?).map_err(|_| broken())?;
        let window = problem.monitors.get(monitor).ok_or_else(broken)?.window(&problem.grid);
        let frequencies = r.f64s()?;
        let incident = r.f64s()?;
        let incident = incident.as_chunks::<2>().0.iter();
        let incident = incident.map(|c| Complex64::new(c[0], c[1])).collect();
        let count = window.count().checked_mul(3 * frequencies.len()).ok_or_else(broken)?;
        let values = r.complexes(count)?;
        let driven = Some(driven);
        spectra.push(FieldSpectrum { monitor, driven, frequencies, window, values, incident });
    }
    Ok(Column { driven, outcome, signals, energy, spectra })
}
