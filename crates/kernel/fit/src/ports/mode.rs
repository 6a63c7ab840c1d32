//! TE modes of a rectangular guide on the tensor grid of its cross-section.

use std::f64::consts::PI;

/// A mode as the grid carries it.
///
/// On a tensor grid the discrete H_w separates into X(u)·Y(v) with eigenvectors of the
/// one-dimensional second difference between cell centres (natural ends), so the mode is exact
/// for the mesh, graded or not, and modes are orthogonal to rounding.
pub(crate) struct Mode {
    /// E_u on edges (cell i, node j), j slow: nu·(nv+1) values, normalised to ∫|e|² dA = 1.
    pub eu: Vec<f64>,
    /// E_v on edges (node i, cell j), j slow: (nu+1)·nv values.
    pub ev: Vec<f64>,
    /// Square of the discrete cut-off wavenumber.
    pub kc2: f64,
}

impl Mode {
    /// TE_mn over the cells `du` × `dv`; m below the number of cells along u, n along v, not
    /// both 0.
    pub fn new(du: &[f64], dv: &[f64], m: usize, n: usize) -> Self {
        let ((x, lx), (y, ly)) = (eigenvector(du, m), eigenvector(dv, n));
        let (nu, nv) = (du.len(), dv.len());
        let (su, sv) = (spacings(du), spacings(dv));
        // TE_m0 has its field along +v, TE_0n along +u in the first half wave.
        let sign = if m == 0 { -1.0 } else { 1.0 };
        let mut eu = vec![0.0; nu * (nv + 1)];
        let mut ev = vec![0.0; (nu + 1) * nv];
        let mut norm = 0.0;
        for j in 1..nv {
            for i in 0..nu {
                let e = sign * x[i] * (y[j] - y[j - 1]) / sv[j];
                eu[j * nu + i] = e;
                norm += e * e * du[i] * sv[j];
            }
        }
        for j in 0..nv {
            for i in 1..nu {
                let e = -sign * (x[i] - x[i - 1]) / su[i] * y[j];
                ev[j * (nu + 1) + i] = e;
                norm += e * e * su[i] * dv[j];
            }
        }
        let norm = norm.sqrt();
        eu.iter_mut().chain(&mut ev).for_each(|e| *e /= norm);
        Self { eu, ev, kc2: lx + ly }
    }
}

/// Distances between the centres of neighbouring cells; `s[i]` is that of cells i−1 and i.
fn spacings(d: &[f64]) -> Vec<f64> {
    let mut s = vec![0.0; d.len() + 1];
    for i in 1..d.len() {
        s[i] = 0.5 * (d[i - 1] + d[i]);
    }
    s
}

/// The m-th eigenvector (positive at the start) and eigenvalue of the second difference, by
/// Rayleigh quotient iteration from the cosine of the continuum.
fn eigenvector(d: &[f64], m: usize) -> (Vec<f64>, f64) {
    let n = d.len();
    if m == 0 {
        return (vec![1.0; n], 0.0);
    }
    let s = spacings(d);
    let length: f64 = d.iter().sum();
    let mut at = 0.0;
    let mut x: Vec<f64> = d
        .iter()
        .map(|d| {
            at += d;
            (m as f64 * PI * (at - 0.5 * d) / length).cos()
        })
        .collect();
    let coupling = |i: usize| if i == 0 || i == n { 0.0 } else { 1.0 / s[i] };
    let mut lambda = rayleigh(&x, d, &coupling);
    for _ in 0..6 {
        let right: Vec<f64> = x.iter().zip(d).map(|(x, d)| x * d).collect();
        let mut y = solve(d, &coupling, lambda, right);
        let size = y.iter().zip(d).map(|(y, d)| y * y * d).sum::<f64>().sqrt();
        if !(size.is_finite() && size > 0.0) {
            break;
        }
        let sign = if y[0] < 0.0 { -1.0 } else { 1.0 };
        y.iter_mut().for_each(|v| *v *= sign / size);
        x = y;
        lambda = rayleigh(&x, d, &coupling);
    }
    (x, lambda)
}

fn rayleigh(x: &[f64], d: &[f64], coupling: &impl Fn(usize) -> f64) -> f64 {
    let stiff: f64 = (1..x.len()).map(|i| coupling(i) * (x[i] - x[i - 1]).powi(2)).sum();
    stiff / x.iter().zip(d).map(|(x, d)| x * x * d).sum::<f64>()
}

/// Solves (K − λM)y = r, tridiagonal; a vanishing pivot is nudged, as inverse iteration allows.
fn solve(d: &[f64], coupling: &impl Fn(usize) -> f64, lambda: f64, mut r: Vec<f64>) -> Vec<f64> {
    let n = d.len();
    let mut pivots = vec![0.0; n];
    for i in 0..n {
        let diagonal = coupling(i) + coupling(i + 1);
        let mut pivot = diagonal - lambda * d[i];
        if i > 0 {
            let factor = -coupling(i) / pivots[i - 1];
            pivot += factor * coupling(i);
            r[i] -= factor * r[i - 1];
        }
        let least = 1e-15 * (diagonal + lambda * d[i]);
        pivots[i] = if pivot.abs() < least { least } else { pivot };
    }
    for i in (0..n).rev() {
        let next = if i + 1 < n { coupling(i + 1) * r[i + 1] } else { 0.0 };
        r[i] = (r[i] + next) / pivots[i];
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a uniform mesh λ = (2/Δ · sin(mπ/2n))²; to rounding.
    #[test]
    fn uniform_eigenvalues() {
        let d = vec![0.1; 20];
        for m in 1..6 {
            let want = (20.0 * (m as f64 * PI / 40.0).sin()).powi(2);
            assert!((eigenvector(&d, m).1 / want - 1.0).abs() < 1e-10, "mode {m}");
        }
    }

    /// Modes on a graded mesh are orthogonal to 1e-9.
    #[test]
    fn graded_modes_are_orthogonal() {
        let du: Vec<f64> = (0..16).map(|i| 1.0 + 0.1 * f64::from(i)).collect();
        let dv: Vec<f64> = (0..9).map(|i| 2.0 - 0.1 * f64::from(i)).collect();
        let modes = [(1, 0), (0, 1), (2, 0), (1, 1)].map(|(m, n)| Mode::new(&du, &dv, m, n));
        let (su, sv) = (spacings(&du), spacings(&dv));
        for (a, p) in modes.iter().enumerate() {
            for (b, q) in modes.iter().enumerate() {
                let dot: f64 = (0..10 * 16)
                    .map(|n| p.eu[n] * q.eu[n] * du[n % 16] * sv[n / 16])
                    .chain((0..9 * 17).map(|n| p.ev[n] * q.ev[n] * su[n % 17] * dv[n / 17]))
                    .sum();
                let want = f64::from(u8::from(a == b));
                assert!((dot - want).abs() < 1e-9, "{a} {b} {dot}");
            }
        }
    }
}
