//! The mode's own transmission line, which makes the incident wave.
//!
//! A guide mode is dispersive, so the wave to inject is found by running the mode on a line
//! discretised as the guide is: ε dV/dt = −∂I − W, μ dI/dt = −∂V, dW/dt = (k_c²/μ)V. With the
//! same Δ, Δt and k_c² it is the wave the grid carries, to rounding.

/// Cells of the absorbing end on each side, node of the source, node where the wave is taken.
const LAYER: usize = 60;
const SOURCE: usize = 70;
const TAP: usize = 80;
const NODES: usize = 151;

/// Constants of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Constants {
    pub epsilon: f64,
    pub mu: f64,
    pub kc2: f64,
    pub cell: f64,
    pub dt: f64,
    /// Line current that gives a wave of about 1 V in the band.
    pub current: f64,
    /// Corner of the absorber's frequency shift in rad/s.
    pub shift: f64,
}

/// The line and its state.
pub(crate) struct Line {
    constants: Constants,
    /// (b, c) of the absorber at nodes and between them.
    at_nodes: Vec<(f64, f64)>,
    at_cells: Vec<(f64, f64)>,
    v: Vec<f64>,
    i: Vec<f64>,
    w: Vec<f64>,
    psi_v: Vec<f64>,
    psi_i: Vec<f64>,
}

impl Line {
    pub fn new(constants: Constants) -> Self {
        let speed = 1.0 / (constants.epsilon * constants.mu).sqrt();
        let thickness = LAYER as f64 * constants.cell;
        // σ/ε with the optimum of a cubic grading, as in the layers of the grid.
        let rate_max = 0.8 * 4.0 * speed / constants.cell;
        let end = (NODES - 1) as f64;
        let values = |x: f64| {
            let inner = (LAYER as f64 - x).max(x - (end - LAYER as f64)).max(0.0);
            let depth = inner * constants.cell / thickness;
            if depth == 0.0 {
                return (0.0, 0.0);
            }
            let rate = rate_max * depth.powi(3);
            let b = (-(rate + constants.shift * (1.0 - depth)) * constants.dt).exp();
            (b, rate / (rate + constants.shift * (1.0 - depth)) * (b - 1.0))
        };
        Self {
            constants,
            at_nodes: (0..NODES).map(|n| values(n as f64)).collect(),
            at_cells: (0..NODES - 1).map(|n| values(n as f64 + 0.5)).collect(),
            v: vec![0.0; NODES],
            i: vec![0.0; NODES - 1],
            w: vec![0.0; NODES],
            psi_v: vec![0.0; NODES - 1],
            psi_i: vec![0.0; NODES],
        }
    }

    /// One step under the pulse's value; gives V at the tap before it and I half a cell behind
    /// the tap after the half step.
    pub fn advance(&mut self, pulse: f64) -> (f64, f64) {
        let Constants { epsilon, mu, kc2, cell, dt, current, .. } = self.constants;
        let v_tap = self.v[TAP];
        for n in 0..NODES - 1 {
            let d = self.v[n + 1] - self.v[n];
            let (b, c) = self.at_cells[n];
            self.psi_v[n] = b * self.psi_v[n] + c * d;
            self.i[n] -= dt / (mu * cell) * (d + self.psi_v[n]);
        }
        for n in 1..NODES - 1 {
            self.w[n] += dt * kc2 / mu * self.v[n];
        }
        for n in 1..NODES - 1 {
            let d = self.i[n] - self.i[n - 1];
            let (b, c) = self.at_nodes[n];
            self.psi_i[n] = b * self.psi_i[n] + c * d;
            self.v[n] -= dt / epsilon * ((d + self.psi_i[n]) / cell + self.w[n]);
        }
        self.v[SOURCE] += dt / (epsilon * cell) * current * pulse;
        (v_tap, self.i[TAP - 1])
    }

    fn parts(&mut self) -> [&mut Vec<f64>; 5] {
        [&mut self.v, &mut self.i, &mut self.w, &mut self.psi_v, &mut self.psi_i]
    }

    pub fn memory(&self) -> Vec<f64> {
        [&self.v, &self.i, &self.w, &self.psi_v, &self.psi_i].into_iter().flatten().copied().collect()
    }

    pub fn restore(&mut self, memory: &[f64]) -> bool {
        let total: usize = self.parts().iter().map(|p| p.len()).sum();
        if memory.len() != total {
            return false;
        }
        let mut rest = memory;
        for part in self.parts() {
            let (head, tail) = rest.split_at(part.len());
            part.copy_from_slice(head);
            rest = tail;
        }
        true
    }
}
