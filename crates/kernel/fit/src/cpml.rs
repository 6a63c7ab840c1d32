//! Absorbing layers: convolutional PML with complex-frequency-shifted stretching.
//!
//! s = κ + σ/(α + jωε₀) turns ∂ into (1/κ)∂ + ψ, with the recursion ψ ← bψ + c∂ (Roden and
//! Gedney, Microw. Opt. Technol. Lett. 27, 334, 2000). The layer acts as a correction after the
//! plain update, so the main kernels know nothing of it. In voltages the stretched difference
//! needs no metric: the recursion works on the difference of neighbouring voltages itself.

use crate::boundary::{Absorber, Boundary, Side};
use crate::coefficients::{Coefficients, Kind};
use crate::problem::Problem;
use crate::{EPSILON_0, MU_0};

/// Recursion coefficients at one kind of place of one layer.
struct Profile {
    /// First node or cell of the layer.
    start: usize,
    b: Vec<f32>,
    c: Vec<f32>,
    /// 1/κ − 1.
    k: Vec<f32>,
}

struct Layer {
    axis: usize,
    e: Profile,
    h: Profile,
}

/// All layers of a problem.
pub(crate) struct Cpml {
    nodes: [usize; 3],
    layers: Vec<Layer>,
}

type Planes<'a> = [&'a [f32]; 3];

impl Cpml {
    pub fn new(problem: &Problem, dt: f64) -> Self {
        let mut layers = Vec::new();
        for side in Side::all() {
            if let Boundary::Open(absorber) = problem.boundaries.side(side) {
                layers.push(layer(problem, side, absorber, dt));
            }
        }
        Self { nodes: problem.grid.nodes(), layers }
    }

    /// Number of ψ values of a plane.
    pub fn plane_len(&self, kind: Kind, k: usize) -> usize {
        let [nx, ny, _] = self.nodes;
        let len = |l: &Layer| {
            let p = l.profile(kind);
            let n = p.b.len();
            match l.axis {
                0 => n * ny,
                1 => n * nx,
                _ if (p.start..p.start + n).contains(&k) => nx * ny,
                _ => 0,
            }
        };
        2 * self.layers.iter().map(len).sum::<usize>()
    }

    /// Corrects H of plane k; `e` is plane k and `above` plane k+1.
    pub fn h_plane(
        &self,
        co: &Coefficients,
        k: usize,
        h: &mut [&mut [f32]; 3],
        e: Planes<'_>,
        above: Option<Planes<'_>>,
        psi: &mut [f32],
    ) {
        let nx = self.nodes[0];
        self.plane(Kind::H, co, k, h, psi, |axis, g, at| match axis {
            0 => Some((&e[g][at + 1..], &e[g][at..])),
            1 => Some((e[g].get(at + nx..)?, &e[g][at..])),
            _ => Some((&above?[g][at..], &e[g][at..])),
        });
    }

    /// Corrects E of plane k; `h` is plane k and `below` plane k−1.
    pub fn e_plane(
        &self,
        co: &Coefficients,
        k: usize,
        e: &mut [&mut [f32]; 3],
        h: Planes<'_>,
        below: Planes<'_>,
        psi: &mut [f32],
    ) {
        let nx = self.nodes[0];
        self.plane(Kind::E, co, k, e, psi, |axis, g, at| match axis {
            0 => Some((&h[g][at..], &h[g][at - 1..])),
            1 => Some((&h[g][at..], &h[g][at - nx..])),
            _ => Some((&h[g][at..], &below[g][at..])),
        });
    }

    /// Goes through the layers of a plane; `pair` gives the two rows whose difference along
    /// `axis` of component g is stretched, from a position in the plane on.
    fn plane<'a>(
        &self,
        kind: Kind,
        co: &Coefficients,
        k: usize,
        f: &mut [&mut [f32]; 3],
        mut psi: &mut [f32],
        pair: impl Fn(usize, usize, usize) -> Option<(&'a [f32], &'a [f32])>,
    ) {
        let [nx, ny, _] = self.nodes;
        // E_{a+2} and H_{a+1} take the derivative along a with a plus sign, the others minus.
        let sign = if kind == Kind::H { 1.0 } else { -1.0 };
        for l in &self.layers {
            let p = l.profile(kind);
            let n = p.b.len();
            let inside = k.checked_sub(p.start).filter(|&d| d < n);
            for (turn, sign) in [(1, sign), (2, -sign)] {
                let (c, g) = ((l.axis + turn) % 3, (l.axis + 3 - turn) % 3);
                let (rows, width) = match (l.axis, inside) {
                    (0, _) => (0..ny, n),
                    (1, _) => (p.start..p.start + n, nx),
                    (_, Some(_)) => (0..ny, nx),
                    (_, None) => (0..0, nx),
                };
                let (own, rest) = psi.split_at_mut(rows.len() * width);
                psi = rest;
                for (j, psi) in rows.zip(own.chunks_exact_mut(width)) {
                    let Some(row) = co.row(kind, c, j, k) else { continue };
                    let i = if l.axis == 0 { p.start } else { 0 };
                    let at = j * nx + i;
                    let Some((plus, minus)) = pair(l.axis, g, at) else { continue };
                    let f = &mut f[c][at..at + width];
                    let gain = &row.gain[i..i + width];
                    let s = sign * row.scale;
                    match (l.axis, inside) {
                        (0, _) => stretch(f, gain, s, psi, p, plus, minus),
                        (1, _) => stretch_by(f, gain, s, psi, p.at(j - p.start), plus, minus),
                        (_, Some(d)) => stretch_by(f, gain, s, psi, p.at(d), plus, minus),
                        (_, None) => {}
                    }
                }
            }
        }
    }
}

impl Layer {
    fn profile(&self, kind: Kind) -> &Profile {
        match kind {
            Kind::E => &self.e,
            Kind::H => &self.h,
        }
    }
}

impl Profile {
    fn at(&self, i: usize) -> [f32; 3] {
        [self.b[i], self.c[i], self.k[i]]
    }
}

/// Stretching that varies along the row (layers normal to x).
fn stretch(f: &mut [f32], gain: &[f32], s: f32, psi: &mut [f32], p: &Profile, u: &[f32], v: &[f32]) {
    let n = f.len();
    let (gain, psi, u, v) = (&gain[..n], &mut psi[..n], &u[..n], &v[..n]);
    let (b, c, k) = (&p.b[..n], &p.c[..n], &p.k[..n]);
    for i in 0..n {
        let d = u[i] - v[i];
        psi[i] = b[i] * psi[i] + c[i] * d;
        f[i] += s * gain[i] * (psi[i] + k[i] * d);
    }
}

/// The same stretching along the whole row (layers normal to y and z).
fn stretch_by(f: &mut [f32], gain: &[f32], s: f32, psi: &mut [f32], p: [f32; 3], u: &[f32], v: &[f32]) {
    // The last place of components that live in cells along x stays outside.
    let n = f.len().min(u.len()).min(v.len());
    let (f, gain, psi, u, v) = (&mut f[..n], &gain[..n], &mut psi[..n], &u[..n], &v[..n]);
    let [b, c, k] = p;
    for i in 0..n {
        let d = u[i] - v[i];
        psi[i] = b * psi[i] + c * d;
        f[i] += s * gain[i] * (psi[i] + k * d);
    }
}

fn layer(problem: &Problem, side: Side, absorber: Absorber, dt: f64) -> Layer {
    let line = problem.grid.line(side.axis);
    let (n, last) = (absorber.cells, line.len() - 1);
    let inner = if side.high { line[last - n] } else { line[n] };
    let wall = if side.high { line[last] } else { line[0] };
    let thickness = (wall - inner).abs();
    let index = outer_index(problem, side);
    let eta = (MU_0 / EPSILON_0).sqrt() * index;
    let sigma_max = absorber.sigma * (absorber.order + 1.0) * n as f64 / (eta * thickness);
    let middle = 0.5 * (problem.excitation.fmin + problem.excitation.fmax);
    let alpha_max = absorber.alpha * 2.0 * std::f64::consts::PI * EPSILON_0 * middle;
    let values = |x: f64| -> [f32; 3] {
        let depth = ((x - inner).abs() / thickness).min(1.0);
        let graded = depth.powf(absorber.order);
        let sigma = sigma_max * graded;
        let kappa = 1.0 + (absorber.kappa - 1.0) * graded;
        let alpha = alpha_max * (1.0 - depth);
        let b = (-(sigma / kappa + alpha) * dt / EPSILON_0).exp();
        let lossy = sigma * kappa + kappa * kappa * alpha;
        let c = if lossy > 0.0 { sigma * (b - 1.0) / lossy } else { 0.0 };
        [b as f32, c as f32, (1.0 / kappa - 1.0) as f32]
    };
    let profile = |start: usize, places: Vec<f64>| {
        let all: Vec<[f32; 3]> = places.into_iter().map(values).collect();
        let pick = |m: usize| all.iter().map(|v| v[m]).collect();
        Profile { start, b: pick(0), c: pick(1), k: pick(2) }
    };
    let nodes = if side.high { last - n + 1..last } else { 1..n };
    let cells = if side.high { last - n..last } else { 0..n };
    Layer {
        axis: side.axis.index(),
        e: profile(nodes.start, nodes.map(|i| line[i]).collect()),
        h: profile(cells.start, cells.map(|i| 0.5 * (line[i] + line[i + 1])).collect()),
    }
}

/// Mean refractive index of the outermost cells of a side: a denser filling needs less σ.
fn outer_index(problem: &Problem, side: Side) -> f64 {
    let cells = problem.grid.cells();
    let a = side.axis.index();
    let fixed = if side.high { cells[a] - 1 } else { 0 };
    let (u, v) = (side.axis.turn(1).index(), side.axis.turn(2).index());
    let mut sum = 0.0;
    for iv in 0..cells[v] {
        for iu in 0..cells[u] {
            let mut at = [fixed; 3];
            (at[u], at[v]) = (iu, iv);
            let cell = (at[2] * cells[1] + at[1]) * cells[0] + at[0];
            let m = &problem.materials.table[usize::from(problem.materials.cells[cell])];
            sum += (m.epsilon_r * m.mu_r).sqrt();
        }
    }
    sum / (cells[u] * cells[v]) as f64
}
