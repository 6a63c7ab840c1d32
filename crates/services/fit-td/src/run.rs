//! The run itself: progress, curves, checkpoints, going on from one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Code, Failure};
use base::progress::Progress;
use compute::{Curve, Job};
use fit::{Error, Observer, Problem, Simulation, Snapshot, Solution};

use crate::failure;
use crate::state::{self, Snapshots, State, Stored};

/// What is run.
pub(crate) struct Plan<'a> {
    /// The problem.
    pub(crate) problem: Arc<Problem>,
    /// Path of the solver.
    pub(crate) target: &'a str,
    /// Steps from one checkpoint to the next, besides those by the clock.
    pub(crate) every: Option<u64>,
}

/// Who asked for the run.
pub(crate) trait Host {
    /// Takes progress; says when to stop.
    fn progress(&self) -> &dyn Progress;
    /// True where stopping means to go on later.
    fn draining(&self) -> bool;
    /// The failure of a run that was stopped.
    fn cancelled(&self) -> Failure;
    /// Takes a point of a convergence curve.
    fn point(&self, curve: &Curve<'_>, x: f64, y: f64);
    /// Keeps a checkpoint.
    fn checkpoint(&self, state: Vec<u8>, note: &str) -> Result<(), Failure>;
    /// The newest checkpoint that can be loaded.
    fn resume(&self, load: &dyn Fn(&[u8]) -> Result<State, Failure>) -> Option<State>;
    /// Bytes that may be taken.
    fn memory_limit(&self) -> Option<u64>;
}

impl Host for Job {
    fn progress(&self) -> &dyn Progress {
        self.progress()
    }

    fn draining(&self) -> bool {
        self.draining()
    }

    fn cancelled(&self) -> Failure {
        self.cancelled()
    }

    fn point(&self, curve: &Curve<'_>, x: f64, y: f64) {
        self.point(curve, x, y);
    }

    fn checkpoint(&self, state: Vec<u8>, note: &str) -> Result<(), Failure> {
        self.checkpoint(state, note)
    }

    fn resume(&self, load: &dyn Fn(&[u8]) -> Result<State, Failure>) -> Option<State> {
        self.resume(load)
    }

    fn memory_limit(&self) -> Option<u64> {
        self.memory_limit()
    }
}

/// Steps between looks at what is due.
const STRIDE: u64 = 50;

/// Checkpoints are saved this often at most by the clock.
const CHECKPOINTS: Duration = Duration::from_secs(30);

/// A checkpoint may cost this part of the time at most.
const SHARE: u32 = 20;

/// Points of curves are told this often at most.
const POINTS: Duration = Duration::from_millis(100);

/// Bytes that snapshots may take where no limit is set.
const SNAPSHOT_BYTES: u64 = 2 << 30;

/// Runs to the end, or until the host wants to stop.
pub(crate) fn drive(plan: &Plan<'_>, host: &dyn Host) -> Result<(Solution, Snapshots), Failure> {
    let mut state = match host.resume(&|bytes| State::load(&plan.problem, bytes)) {
        Some(state) => state,
        None => State::new(&plan.problem).map_err(|e| failure::of(e, plan.target))?,
    };
    let most = host.memory_limit().map_or(SNAPSHOT_BYTES, |limit| limit / 4);
    let mut pace = Pace::new(plan.every);
    let mut told = None;
    loop {
        let stride = plan.every.map_or(STRIDE, |every| every.min(STRIDE));
        let driven = state.solver.current().and_then(Simulation::driven).unwrap_or(0);
        let mut watch = Watch { host, driven, told: &mut told, snapshots: &mut state.snapshots, most };
        match state.solver.advance(stride, host.progress(), &mut watch) {
            Ok(true) => break,
            Ok(false) => {}
            Err(Error::Cancelled { .. }) => {
                if host.draining() {
                    save(&state, host)?;
                }
                return Err(host.cancelled());
            }
            Err(error) => return Err(failure::of(error, plan.target)),
        }
        check_snapshots(&state.snapshots, most, &plan.problem)?;
        if pace.due(stride) {
            let before = Instant::now();
            save(&state, host)?;
            pace.saved(before.elapsed());
        }
    }
    Ok((state.solver.solution(), state.snapshots))
}

fn save(state: &State, host: &dyn Host) -> Result<(), Failure> {
    host.checkpoint(state.save(), &state.note())
}

fn check_snapshots(snapshots: &Snapshots, most: u64, problem: &Problem) -> Result<(), Failure> {
    if snapshots.bytes() <= most {
        return Ok(());
    }
    let last = snapshots.list().last().and_then(|taken| problem.monitors.get(taken.monitor));
    let name = last.map_or("", |monitor| monitor.name.as_str());
    Err(Code::Memory
        .because(format!("`monitors/{name}`: its snapshots take more than the {} MiB allowed", most >> 20))
        .remedy("raise its `interval`, or restrict it to a plane or a smaller box"))
}

/// When a checkpoint is due.
struct Pace {
    every: Option<u64>,
    steps: u64,
    last: Instant,
    wait: Duration,
}

impl Pace {
    fn new(every: Option<u64>) -> Self {
        Self { every, steps: 0, last: Instant::now(), wait: CHECKPOINTS }
    }

    fn due(&mut self, steps: u64) -> bool {
        self.steps += steps;
        self.every.is_some_and(|every| self.steps >= every) || self.last.elapsed() >= self.wait
    }

    fn saved(&mut self, cost: Duration) {
        self.steps = 0;
        self.last = Instant::now();
        self.wait = CHECKPOINTS.max(cost * SHARE);
    }
}

struct Watch<'a> {
    host: &'a dyn Host,
    driven: usize,
    told: &'a mut Option<Instant>,
    snapshots: &'a mut Snapshots,
    /// Bytes that they may take.
    most: u64,
}

impl Observer for Watch<'_> {
    fn snapshot(&mut self, taken: Snapshot) {
        // The run ends at the next look; until then no more is held than the one that is too much.
        if self.snapshots.bytes() > self.most {
            return;
        }
        let Snapshot { monitor, time, values, .. } = taken;
        if self.snapshots.count(monitor) >= state::SNAPSHOTS {
            return;
        }
        self.snapshots.push(Stored { monitor, driven: self.driven, time, values });
    }

    fn interval(&mut self, simulation: &Simulation) {
        if self.told.is_some_and(|at| at.elapsed() < POINTS) && simulation.outcome().is_none() {
            return;
        }
        *self.told = Some(Instant::now());
        let ports = &simulation.problem().ports;
        let name = match ports.iter().filter(|port| port.active).count() {
            0 | 1 => "energy".to_owned(),
            _ => format!("energy, port {}", ports.get(self.driven).map_or("", |port| port.name.as_str())),
        };
        let curve = Curve { name: &name, unit: "dB", x_name: "time", x_unit: "s" };
        self.host.point(&curve, simulation.steps() as f64 * simulation.dt(), simulation.energy_db());
    }
}
