//! A whole problem, and what it will need.

use std::collections::HashMap;

use crate::boundary::{Boundaries, Side};
use crate::error::{Error, Result};
use crate::excitation::Excitation;
use crate::grid::Grid;
use crate::materials::Materials;
use crate::monitors::Monitor;
use crate::ports::{Laid, Port};
use crate::timestep::stable_step;

/// How to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Most time steps a driven port may take.
    pub max_steps: u64,
    /// Stop once the energy is this fraction of its peak (after the pulse), such as 1e-5.
    pub energy_stop: f64,
    /// Number of frequencies of the S-parameters, evenly from fmin to fmax.
    pub frequency_samples: usize,
    /// Time step as a fraction of the stability limit, at most 1.
    pub courant: f64,
    /// Steps between energy checks.
    pub energy_interval: u64,
    /// Most bytes a simulation may take, by [`Problem::memory_estimate`].
    pub memory_limit: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_steps: 100_000,
            energy_stop: 1e-5,
            frequency_samples: 1001,
            courant: 0.99,
            energy_interval: 50,
            memory_limit: None,
        }
    }
}

/// Everything a simulation is made from. Lengths in metres, frequencies in hertz.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Mesh lines.
    pub grid: Grid,
    /// Filling.
    pub materials: Materials,
    /// The six sides.
    pub boundaries: Boundaries,
    /// The pulse.
    pub excitation: Excitation,
    /// Ports; S is numbered in this order.
    pub ports: Vec<Port>,
    /// Fields to record.
    pub monitors: Vec<Monitor>,
    /// How to run.
    pub settings: Settings,
}

impl Problem {
    /// Checks all that can be told without building the simulation; ports are checked against
    /// the mesh when a [`crate::Simulation`] is made.
    pub fn validate(&self) -> Result<()> {
        self.materials.validate(&self.grid)?;
        self.boundaries.validate(&self.grid)?;
        self.excitation.validate()?;
        let s = &self.settings;
        let setting = |name, reason: String| Err(Error::Setting { name, reason });
        if !(s.courant > 0.0 && s.courant <= 1.0) {
            return setting("courant", format!("{} is not in (0, 1]; 0.99 is usual", s.courant));
        }
        if !(s.energy_stop > 0.0 && s.energy_stop < 1.0) {
            return setting("energy_stop", format!("{} is not in (0, 1)", s.energy_stop));
        }
        if s.max_steps == 0 || s.energy_interval == 0 {
            return setting("max_steps", "steps and energy interval must be at least 1".into());
        }
        if s.frequency_samples == 0 || s.frequency_samples > 1_000_000 {
            return setting("frequency_samples", "give between 1 and 1,000,000".into());
        }
        for (i, port) in self.ports.iter().enumerate() {
            if self.ports[..i].iter().any(|other| other.name == port.name) {
                let reason = "the name is used twice; give each port its own".into();
                return Err(Error::Port { name: port.name.clone(), reason });
            }
        }
        self.monitors.iter().try_for_each(|m| m.validate(self))?;
        let needed = self.memory_estimate();
        match s.memory_limit {
            Some(limit) if needed > limit => Err(Error::TooLarge { needed, limit }),
            _ => Ok(()),
        }
    }

    /// The frequencies at which S is computed.
    pub fn frequencies(&self) -> Vec<f64> {
        let (a, b) = (self.excitation.fmin, self.excitation.fmax);
        match self.settings.frequency_samples {
            1 => vec![0.5 * (a + b)],
            n => (0..n).map(|i| a + (b - a) * i as f64 / (n - 1) as f64).collect(),
        }
    }

    /// Time step in s.
    pub(crate) fn step(&self) -> f64 {
        self.settings.courant * stable_step(&self.grid, &self.materials)
    }

    /// Cut-off frequency of each port in Hz, as mesh and time step have it; 0 for lumped ports. Up to it a port neither
    /// sends nor takes power, and the pulse is [`Excitation::above`] it.
    pub fn cutoffs(&self) -> Result<Vec<f64>> {
        self.validate()?;
        let dt = self.step();
        self.ports.iter().map(|port| Ok(Laid::new(self, port)?.cutoff(dt))).collect()
    }

    /// Bytes a simulation of this problem takes, from above: what changes
    /// ([`Problem::checkpoint_estimate`]), materials (2 a node, and 2 for conductors), row indices and distinct
    /// coefficient rows.
    pub fn memory_estimate(&self) -> u64 {
        let [nx, ny, nz] = self.grid.nodes().map(|n| n as u64);
        let table = self.distinct_rows().saturating_mul(6 * 8).saturating_mul(nx);
        // Conducting edges, and what lies inside of conductors.
        let masks = 2 * self.materials.pec_edges.len() as u64;
        let parts = [
            self.checkpoint_estimate(),
            self.grid.cell_count().saturating_mul(2),
            masks,
            ny.saturating_mul(nz).saturating_mul(24),
            table,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// Bytes of a checkpoint, from above: fields (24 a node), absorbing layers, monitors and port
    /// signals.
    pub fn checkpoint_estimate(&self) -> u64 {
        let signals = 16 * self.ports.len() as u64 * self.settings.max_steps.min(1 << 20);
        // Each driven port keeps its spectra and signals.
        let runs = 1 + self.ports.iter().filter(|p| p.active).count() as u64;
        let monitors: u64 = self
            .monitors
            .iter()
            .map(|m| runs.saturating_mul(m.bytes(&self.grid)))
            .fold(0, u64::saturating_add);
        let parts = [self.grid.node_count().saturating_mul(24), self.absorber_bytes(), signals, monitors];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// Two f32 for each E and H place in each absorbing layer: n−1 and n places deep.
    fn absorber_bytes(&self) -> u64 {
        let nodes = self.grid.node_count();
        Side::all()
            .map(|side| {
                let depth = (2 * self.boundaries.layer(side) as u64).saturating_sub(1);
                let across = nodes / self.grid.nodes()[side.axis.index()] as u64;
                depth.saturating_mul(across).saturating_mul(8)
            })
            .fold(0, u64::saturating_add)
    }

    /// Rows of nodes that differ in the materials or conducting edges around them, from above.
    fn distinct_rows(&self) -> u64 {
        let [nx, ny, nz] = self.grid.cells();
        let mut ids: HashMap<&[u16], usize> = HashMap::new();
        let rows: Vec<usize> = self
            .materials
            .cells
            .chunks_exact(nx)
            .map(|row| {
                let next = ids.len();
                *ids.entry(row).or_insert(next)
            })
            .collect();
        let mut same: HashMap<(usize, &[u8]), ()> = HashMap::new();
        let mut mixed = 0;
        for k in 0..=nz {
            for j in 0..=ny {
                let at = |j: usize, k: usize| rows.get(k * ny + j).copied().unwrap_or(0);
                let low = (j.saturating_sub(1), k.saturating_sub(1));
                let high = (j.min(ny - 1), k.min(nz - 1));
                let all = [at(low.0, low.1), at(high.0, low.1), at(low.0, high.1), at(high.0, high.1)];
                let start = (k * (ny + 1) + j) * (nx + 1);
                let pec = self.materials.pec_edges.get(start..=start + nx).unwrap_or(&[]);
                if all.iter().all(|&id| id == all[0]) {
                    same.insert((all[0], pec), ());
                } else {
                    mixed += 1;
                }
            }
        }
        // Rows on walls and at lumped ports add a few of their own.
        same.len() as u64 + mixed + 16
    }
}
