//! Field energy, the measure of when to stop and whether all is well.

use rayon::prelude::*;

use crate::coefficients::{Coefficients, Kind};
use crate::update::Fields;

/// Field energy at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergySample {
    /// Time steps done.
    pub step: u64,
    /// Time in s.
    pub time: f64,
    /// Energy in J.
    pub energy: f64,
}

/// The conserved energy of the leap-frog scheme,
/// W = ½ eᵀM_ε e + ½ hᵀM_μ h − ½Δt eᵀ(Cᵀh), with e at n and h at n−½.
///
/// The last term takes h to the time of e; with it W is constant to rounding in a lossless,
/// closed domain (it equals ½ e_nᵀM_ε e_{n−1} + ½ hᵀM_μ h), and positive below the stability
/// limit. Summed in f64 within each plane and then over planes in order, so that the bits are
/// those of any number of threads.
///
/// Whatever the fields are, W ≥ (1 − Δt/Δt_max)·U with U = ½ eᵀM_ε e + ½ hᵀM_μ h. Beyond the
/// limit fields grow with W = 0, for it is conserved; where W is that small beside U, U is given,
/// so that growth shows and is not taken for rest.
pub(crate) fn energy(co: &Coefficients, fields: &Fields) -> f64 {
    let planes: Vec<[f64; 2]> =
        (0..co.nodes[2]).into_par_iter().map(|k| plane_energy(co, fields, k)).collect();
    let [parts, cross] = planes.iter().fold([0.0; 2], |sum, plane| [sum[0] + plane[0], sum[1] + plane[1]]);
    let whole = parts - cross;
    if whole < LEAST * parts { parts } else { whole }
}

/// Least W as a part of U: below that of any Courant factor of use.
const LEAST: f64 = 1e-3;

/// U and ½Δt eᵀ(Cᵀh) of a plane.
fn plane_energy(co: &Coefficients, fields: &Fields, k: usize) -> [f64; 2] {
    let [nx, ny, _] = co.nodes;
    let (mut parts, mut cross) = (0.0, 0.0);
    for j in 0..ny {
        let at = (k * ny + j) * nx;
        for c in 0..3 {
            if let Some(row) = co.row(Kind::H, c, j, k) {
                let h = &fields.h[c][at..at + nx];
                for (i, &h) in h.iter().enumerate() {
                    parts += weight(co.dt, &row, i) * f64::from(h) * f64::from(h);
                }
            }
            if let Some(row) = co.row(Kind::E, c, j, k) {
                let (u, v) = ((c + 1) % 3, (c + 2) % 3);
                let back = [1, nx, nx * ny];
                let inside = [None, Some(j), Some(k)];
                let e = &fields.e[c][at..at + nx];
                for (i, &e) in e.iter().enumerate() {
                    let diff = |along: usize, g: usize| -> f64 {
                        let here = fields.h[g][at + i];
                        let low = inside[along].unwrap_or(i) == 0;
                        let before = if low { 0.0 } else { fields.h[g][at + i - back[along]] };
                        f64::from(here) - f64::from(before)
                    };
                    let e = f64::from(e);
                    let w = weight(co.dt, &row, i);
                    if w > 0.0 {
                        parts += w * e * e;
                        cross += co.dt * e * (diff(u, v) - diff(v, u));
                    }
                }
            }
        }
    }
    [0.5 * parts, 0.5 * cross]
}

/// The diagonal material matrix, recovered from gain = Δt/M/(1+q) and decay = (1−q)/(1+q).
fn weight(dt: f64, row: &crate::coefficients::Row<'_>, i: usize) -> f64 {
    let gain = f64::from(row.gain[i]) * f64::from(row.scale);
    let decay = row.decay.map_or(1.0, |d| f64::from(d[i]));
    if gain > 0.0 { 0.5 * dt * (1.0 + decay) / gain } else { 0.0 }
}
