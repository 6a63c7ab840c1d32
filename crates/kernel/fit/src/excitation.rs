//! The pulse that drives a port.

use std::f64::consts::{LN_10, PI};

use crate::error::{Error, Result};

/// A Gaussian pulse over the band fmin … fmax.
///
/// s(t) = exp(−(t−t₀)²/2τ²) · cos(2πf₀(t−t₀)), with f₀ the middle of the band and τ such that
/// the spectrum at the band edges is 20 dB below its peak: 2πBτ = √(2 ln 10), B half the band.
/// With fmin = 0 the pulse is a plain Gaussian (f₀ = 0, B = fmax), so direct current is excited
/// too. t₀ = 6τ: the pulse starts and ends at 1.5e-8 of its peak, the rounding of the fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excitation {
    /// Lowest frequency of interest in Hz, may be 0.
    pub fmin: f64,
    /// Highest frequency of interest in Hz.
    pub fmax: f64,
}

impl Excitation {
    pub(crate) fn validate(&self) -> Result<()> {
        let (a, b) = (self.fmin, self.fmax);
        if !(a.is_finite() && b.is_finite() && a >= 0.0 && b > a) {
            return Err(Error::Excitation(format!(
                "the band {a} Hz to {b} Hz is not one; give 0 ≤ fmin < fmax"
            )));
        }
        Ok(())
    }

    /// Carrier frequency f₀.
    pub fn carrier(&self) -> f64 {
        if self.fmin > 0.0 { 0.5 * (self.fmin + self.fmax) } else { 0.0 }
    }

    fn tau(&self) -> f64 {
        let half = if self.fmin > 0.0 { 0.5 * (self.fmax - self.fmin) } else { self.fmax };
        (2.0 * LN_10).sqrt() / (2.0 * PI * half)
    }

    /// Time after which the pulse is over, 2t₀.
    pub fn duration(&self) -> f64 {
        12.0 * self.tau()
    }

    /// The pulse at time t, between −1 and 1; exactly 0 outside its duration.
    pub fn value(&self, t: f64) -> f64 {
        if !(0.0..=self.duration()).contains(&t) {
            return 0.0;
        }
        let s = t - 0.5 * self.duration();
        (-0.5 * (s / self.tau()).powi(2)).exp() * (2.0 * PI * self.carrier() * s).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spectrum stands 20 dB down at the edges, to 1 %.
    #[test]
    fn band_edges() {
        for (fmin, fmax) in [(0.0, 1e9), (8e9, 12e9)] {
            let e = Excitation { fmin, fmax };
            let dt = 0.01 / fmax;
            let at = |f: f64| {
                let (mut re, mut im) = (0.0, 0.0);
                for n in 0..(e.duration() / dt) as usize {
                    let t = n as f64 * dt;
                    re += e.value(t) * (2.0 * PI * f * t).cos();
                    im += e.value(t) * (2.0 * PI * f * t).sin();
                }
                re.hypot(im)
            };
            assert!((at(fmax) / at(e.carrier()) - 0.1).abs() < 1e-3);
        }
    }
}
