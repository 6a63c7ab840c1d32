//! Scattering parameters.

use num_complex::Complex64;

use crate::error::{Error, Result};
use crate::simulation::Simulation;

/// S over frequency, for power waves a = (V + ZI)/(2√Z), b = (V − ZI)/(2√Z).
#[derive(Debug, Clone, PartialEq)]
pub struct SParameters {
    /// Frequencies in Hz.
    pub frequencies: Vec<f64>,
    /// Port names in order.
    pub ports: Vec<String>,
    /// Reference resistance of each port in Ω; none means the frequency-dependent wave impedance
    /// of the mode of a waveguide port.
    pub z_ref: Vec<Option<f64>>,
    /// Cut-off frequency of each port in Hz, 0 for lumped ports. Waves up to it carry no power, and S from or to
    /// the port means nothing there.
    pub cutoffs: Vec<f64>,
    /// The driven port of each column.
    pub columns: Vec<usize>,
    /// `s[f][i][c]`: from port `columns[c]` to port i at frequency f.
    pub s: Vec<Vec<Vec<Complex64>>>,
}

impl SParameters {
    /// Nothing driven yet.
    pub(crate) fn empty(frequencies: Vec<f64>, ports: Vec<String>, cutoffs: Vec<f64>) -> Self {
        let s = vec![vec![Vec::new(); ports.len()]; frequencies.len()];
        let z_ref = vec![None; ports.len()];
        Self { frequencies, ports, z_ref, cutoffs, columns: Vec::new(), s }
    }

    /// One column from a finished run: S_ij = b_i/a_j, 0 where nothing is incident.
    pub(crate) fn add(&mut self, simulation: &Simulation) {
        let Some(driven) = simulation.driven() else { return };
        self.z_ref = simulation.references();
        self.columns.push(driven);
        for (row, waves) in self.s.iter_mut().zip(simulation.waves(&self.frequencies)) {
            let a = waves[driven].0;
            for (s, (_, b)) in row.iter_mut().zip(waves) {
                s.push(if a.norm() > 0.0 { b / a } else { Complex64::new(0.0, 0.0) });
            }
        }
    }

    /// S from port j to port i (0-based) over frequency; none if j was not driven.
    pub fn parameter(&self, i: usize, j: usize) -> Option<Vec<Complex64>> {
        let column = self.columns.iter().position(|&c| c == j)?;
        (i < self.ports.len()).then(|| self.s.iter().map(|s| s[i][column]).collect())
    }

    /// The square matrix at frequency index f, columns in port order; an error if a port was
    /// not driven.
    pub fn matrix(&self, f: usize) -> Result<Vec<Vec<Complex64>>> {
        let n = self.ports.len();
        let order: Vec<usize> = (0..n)
            .map(|j| self.columns.iter().position(|&c| c == j).ok_or(j))
            .collect::<std::result::Result<_, _>>()
            .map_err(|j| {
                let name = &self.ports[j];
                Error::Export(format!("port '{name}' was not driven; make all ports active"))
            })?;
        let rows = self.s.get(f).ok_or_else(|| Error::Export(format!("no frequency number {f}")))?;
        Ok(rows.iter().map(|row| order.iter().map(|&c| row[c]).collect()).collect())
    }
}
