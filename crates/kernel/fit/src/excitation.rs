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

    /// The pulse of a port that nothing leaves below `cutoff` (Hz): fmin is raised to it, at most to 0.8 fmax. What does
    /// not travel would stay behind as a static field.
    pub fn above(self, cutoff: f64) -> Self {
        Self { fmin: self.fmin.max(cutoff.min(0.8 * self.fmax)), ..self }
    }

    /// Size of the spectrum at f (Hz) as a part of its size at the carrier: 10^−((f−f₀)/B)² and the mirror image at −f₀.
    /// Valid down to about 1e-8, the ends of the pulse.
    pub fn level(&self, f: f64) -> f64 {
        let (carrier, half) = (self.carrier(), self.half_band());
        let bell = |x: f64| 10f64.powf(-(x / half).powi(2));
        (bell(f - carrier) + bell(f + carrier)) / (1.0 + bell(2.0 * carrier))
    }

    /// B.
    fn half_band(&self) -> f64 {
        if self.fmin > 0.0 { 0.5 * (self.fmax - self.fmin) } else { self.fmax }
    }

    fn tau(&self) -> f64 {
        (2.0 * LN_10).sqrt() / (2.0 * PI * self.half_band())
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

    /// The spectrum stands 20 dB down at the edges, to 1 %, and elsewhere where `level` has it, to 1e-6 of the peak.
    #[test]
    fn band_edges() {
        for (fmin, fmax) in [(0.0, 1e9), (8e9, 12e9), (0.2e9, 1e9)] {
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
            for f in [0.0, 0.3 * fmax, 0.6 * fmax, 0.9 * fmax, 1.1 * fmax] {
                let (level, seen) = (e.level(f), at(f) / at(e.carrier()));
                assert!((level - seen).abs() < 1e-6, "{fmin}, {fmax} at {f}: {level} for {seen}");
            }
        }
    }

    #[test]
    fn nothing_is_sent_below_cut_off() {
        let e = Excitation { fmin: 0.0, fmax: 10e9 };
        assert_eq!(e.above(0.0), e);
        assert_eq!(e.above(6e9), Excitation { fmin: 6e9, fmax: 10e9 });
        assert_eq!(e.above(9e9), Excitation { fmin: 8e9, fmax: 10e9 });
        assert_eq!(Excitation { fmin: 7e9, ..e }.above(6e9).fmin, 7e9);
    }
}
