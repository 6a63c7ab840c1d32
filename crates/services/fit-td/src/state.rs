//! Where a run stands: the kernel's state and the snapshots taken so far.
//!
//! A checkpoint is, little-endian: magic `OTFTDRUN`, length of the kernel's checkpoint (`u64`) and that
//! checkpoint, number of snapshots (`u64`), and for each the monitor (`u64`), the driven port (`u64`), the time
//! (`f64`, s), the number of values (`u64`) and the values (`f32`). The kernel's part ties it to its problem.

use std::sync::Arc;

use api::{Code, Failure};
use fit::{Problem, Solver};

const MAGIC: &[u8; 8] = b"OTFTDRUN";

/// A snapshot of a time monitor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    /// Index of the monitor.
    pub(crate) monitor: usize,
    /// Index of the port that was driven.
    pub(crate) driven: usize,
    /// Time, s.
    pub(crate) time: f64,
    /// `[node][component]`, x fastest.
    pub(crate) values: Vec<f32>,
}

/// Snapshots that one monitor keeps: each is an array of its own in the result.
pub(crate) const SNAPSHOTS: usize = 4000;

/// Snapshots in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshots {
    list: Vec<Stored>,
    bytes: u64,
}

impl Snapshots {
    pub(crate) fn push(&mut self, taken: Stored) {
        self.bytes += 4 * taken.values.len() as u64;
        self.list.push(taken);
    }

    /// How many a monitor has taken.
    pub(crate) fn count(&self, monitor: usize) -> usize {
        self.list.iter().filter(|taken| taken.monitor == monitor).count()
    }

    /// Memory of their values.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All of them.
    pub(crate) fn list(&self) -> &[Stored] {
        &self.list
    }
}

/// Where a run stands.
pub(crate) struct State {
    /// The kernel.
    pub(crate) solver: Solver,
    /// Snapshots so far.
    pub(crate) snapshots: Snapshots,
}

impl State {
    /// At rest.
    pub(crate) fn new(problem: &Arc<Problem>) -> fit::Result<Self> {
        Ok(Self { solver: Solver::new(problem.clone())?, snapshots: Snapshots::default() })
    }

    /// What can be told of it in a few words.
    pub(crate) fn note(&self) -> String {
        match self.solver.current() {
            Some(run) => {
                let ports = &run.problem().ports;
                let name = run.driven().and_then(|d| ports.get(d)).map_or("", |port| port.name.as_str());
                format!("port `{name}`, step {}, energy {:.1} dB", run.steps(), run.energy_db())
            }
            None => "all ports done".to_owned(),
        }
    }

    /// As bytes.
    pub(crate) fn save(&self) -> Vec<u8> {
        let word = |out: &mut Vec<u8>, value: u64| out.extend(value.to_le_bytes());
        let mut out = MAGIC.to_vec();
        // The length, once it is known.
        word(&mut out, 0);
        let start = out.len();
        let mut out = self.solver.checkpoint_after(out);
        let length = (out.len() - start) as u64;
        out[start - 8..start].copy_from_slice(&length.to_le_bytes());
        out.reserve(self.snapshots.bytes() as usize + 40 * self.snapshots.list.len() + 8);
        word(&mut out, self.snapshots.list.len() as u64);
        for taken in &self.snapshots.list {
            word(&mut out, taken.monitor as u64);
            word(&mut out, taken.driven as u64);
            out.extend(taken.time.to_le_bytes());
            word(&mut out, taken.values.len() as u64);
            taken.values.iter().for_each(|x| out.extend(x.to_le_bytes()));
        }
        out
    }

    /// From bytes that [`State::save`] gave for the same problem.
    pub(crate) fn load(problem: &Arc<Problem>, bytes: &[u8]) -> Result<Self, Failure> {
        let mut input =
            Input(bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it is none of this service"))?);
        let length = input.size()?;
        let kernel = input.take(length)?;
        let mut snapshots = Snapshots::default();
        for _ in 0..input.word()? {
            snapshots.push(input.snapshot(problem)?);
        }
        if !input.0.is_empty() {
            return Err(damaged("something follows its end"));
        }
        let solver =
            Solver::resume(problem.clone(), kernel).map_err(|e| Code::Checkpoint.because(e.to_string()))?;
        Ok(Self { solver, snapshots })
    }
}

fn damaged(reason: &str) -> Failure {
    Code::Checkpoint.because(format!("the checkpoint cannot be read: {reason}"))
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(|| damaged("it is cut off"))?;
        self.0 = rest;
        Ok(head)
    }

    fn word(&mut self) -> Result<u64, Failure> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().unwrap_or_default()))
    }

    fn size(&mut self) -> Result<usize, Failure> {
        usize::try_from(self.word()?).map_err(|_| damaged("a length is too large"))
    }

    fn snapshot(&mut self, problem: &Problem) -> Result<Stored, Failure> {
        let (monitor, driven) = (self.size()?, self.size()?);
        let time = f64::from_bits(self.word()?);
        let count = self.size()?;
        let window = problem.monitors.get(monitor).map(|m| m.window(&problem.grid));
        if window.is_none_or(|w| 3 * w.count() != count) || driven >= problem.ports.len() {
            return Err(damaged("a snapshot does not fit its monitor"));
        }
        let bytes = self.take(4 * count)?;
        let values = bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect();
        Ok(Stored { monitor, driven, time, values })
    }
}
