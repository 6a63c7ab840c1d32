//! Port signals in time and their transform.

use num_complex::Complex64;
use rayon::prelude::*;

/// Voltage and current of one port over time.
#[derive(Debug, Clone, PartialEq)]
pub struct PortSignals {
    /// Time step in s.
    pub dt: f64,
    /// Time of the first voltage sample in s; the others follow every `dt`.
    pub v_start: f64,
    /// Time of the first current sample in s.
    pub i_start: f64,
    /// Voltage in V. Waveguide ports: amplitude of the mode normalised to ∫|e|² dA = 1.
    pub v: Vec<f64>,
    /// Current into the structure in A.
    pub i: Vec<f64>,
}

impl PortSignals {
    /// Sample times of the voltage.
    pub fn v_times(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.v.len()).map(|n| self.v_start + n as f64 * self.dt)
    }

    /// Sample times of the current.
    pub fn i_times(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.i.len()).map(|n| self.i_start + n as f64 * self.dt)
    }

    /// (V, I) at each frequency.
    pub fn spectrum(&self, frequencies: &[f64]) -> Vec<(Complex64, Complex64)> {
        let one = |&f: &f64| {
            (transform(&self.v, self.v_start, self.dt, f), transform(&self.i, self.i_start, self.dt, f))
        };
        frequencies.par_iter().map(one).collect()
    }
}

/// X(f) = Δt Σ x_n exp(−j2πf(t₀ + nΔt)). The phasor is turned by recurrence and set afresh every
/// 256 samples, so that its rounding stays below 1e-13.
pub(crate) fn transform(x: &[f64], start: f64, dt: f64, f: f64) -> Complex64 {
    let omega = -2.0 * std::f64::consts::PI * f;
    let turn = Complex64::from_polar(1.0, omega * dt);
    let mut sum = Complex64::new(0.0, 0.0);
    for (block, samples) in x.chunks(256).enumerate() {
        let mut phasor = Complex64::from_polar(1.0, omega * (start + (256 * block) as f64 * dt));
        for &v in samples {
            sum += phasor * v;
            phasor *= turn;
        }
    }
    sum * dt
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Gaussian transforms to a Gaussian; the trapezoidal rule is exact to rounding here.
    #[test]
    fn gaussian() {
        let (dt, tau, centre) = (1e-3, 0.05, 0.5);
        let x: Vec<f64> =
            (0..1000).map(|n| (-0.5 * ((f64::from(n) * dt - centre) / tau).powi(2)).exp()).collect();
        for f in [0.0, 1.0, 5.0] {
            let w = 2.0 * std::f64::consts::PI * f;
            let size = tau * (2.0 * std::f64::consts::PI).sqrt() * (-0.5 * (w * tau).powi(2)).exp();
            let want = Complex64::from_polar(size, -w * centre);
            assert!((transform(&x, 0.0, dt, f) - want).norm() < 1e-12);
        }
    }
}
