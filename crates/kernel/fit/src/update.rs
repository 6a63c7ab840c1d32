//! The leap-frog step: fields, row kernels and their order over the cores.
//!
//! Both half steps go through memory once: while a slab of planes is swept upwards, H of plane k
//! and then E of plane k are updated, E(k) needing H(k) and H(k−1), H(k) needing the old E(k)
//! and E(k+1). The lowest E plane of a slab needs H of the slab below and waits for a second,
//! short phase. Every value is computed by the same operations whatever the slabs are, so the
//! bits do not depend on the number of threads.

use rayon::prelude::*;

use crate::coefficients::{Coefficients, Kind, Row};
use crate::cpml::Cpml;
use crate::sources::Sources;

/// Electric and magnetic voltages, each component an array over all nodes, x fastest.
///
/// Places outside the grid (the x edge of the last node and so on) stay 0.
#[derive(Clone, PartialEq)]
pub(crate) struct Fields {
    pub e: [Vec<f32>; 3],
    pub h: [Vec<f32>; 3],
}

impl Fields {
    pub fn zero(nodes: [usize; 3]) -> Self {
        let one = || vec![0f32; nodes.iter().product()];
        let three = || [one(), one(), one()];
        Self { e: three(), h: three() }
    }
}

/// What stays the same over all steps.
pub(crate) struct Stepper {
    pub coefficients: Coefficients,
    pub cpml: Cpml,
    pub sources: Sources,
    pub zeros: Vec<f32>,
}

/// Source values of one step: for the H terms at the old, for the E terms at the half step.
pub(crate) struct Drive<'a> {
    pub h: &'a [f64],
    pub e: &'a [f64],
}

type Planes<'a> = [&'a [f32]; 3];
type PlanesMut<'a> = [&'a mut [f32]; 3];

/// One slab in the first phase.
struct Slab<'a> {
    first: usize,
    e_first: Planes<'a>,
    e_above: Option<Planes<'a>>,
    e: PlanesMut<'a>,
    h: PlanesMut<'a>,
    psi_e: &'a mut [Vec<f32>],
    psi_h: &'a mut [Vec<f32>],
}

/// Fewest planes worth a slab of their own.
const THINNEST: usize = 4;

impl Stepper {
    /// One full step.
    pub fn step(
        &self,
        fields: &mut Fields,
        psi_e: &mut [Vec<f32>],
        psi_h: &mut [Vec<f32>],
        drive: &Drive<'_>,
    ) {
        let [nx, ny, nz] = self.coefficients.nodes;
        let plane = nx * ny;
        let threads = rayon::current_num_threads();
        let count = if threads == 1 { 1 } else { (2 * threads).min(nz / THINNEST).max(1) };
        let bounds: Vec<usize> = (0..=count).map(|s| s * nz / count).collect();
        {
            let mut slabs = cut(fields, psi_e, psi_h, &bounds, plane);
            if let [only] = slabs.as_mut_slice() {
                self.sweep(only, drive);
            } else {
                slabs.par_iter_mut().for_each(|slab| self.sweep(slab, drive));
            }
        }
        for &k in &bounds[..count] {
            let at = k * plane;
            let Fields { e, h } = &mut *fields;
            let here = each(|c| &h[c][at..at + plane]);
            let below = if k == 0 { [&self.zeros[..]; 3] } else { each(|c| &h[c][at - plane..at]) };
            let e = e.each_mut().map(|v| &mut v[at..at + plane]);
            self.e_plane(k, e, here, below, &mut psi_e[k], drive.e);
        }
    }

    fn sweep(&self, slab: &mut Slab<'_>, drive: &Drive<'_>) {
        let plane = self.zeros.len();
        let count = slab.h[0].len() / plane;
        for p in 0..count {
            let k = slab.first + p;
            let (below, rest) = split3(&mut slab.h, p * plane);
            let mut here = rest.map(|v| &mut v[..plane]);
            {
                let e_here =
                    if p == 0 { slab.e_first } else { each(|c| &slab.e[c][(p - 1) * plane..p * plane]) };
                let above = if p + 1 == count {
                    slab.e_above
                } else {
                    Some(each(|c| &slab.e[c][p * plane..(p + 1) * plane]))
                };
                self.h_plane(k, &mut here, e_here, above, &mut slab.psi_h[p], drive.h);
            }
            if p > 0 {
                let e = slab.e.each_mut().map(|v| &mut v[(p - 1) * plane..p * plane]);
                let below = below.map(|v| &v[(p - 1) * plane..]);
                let here = here.map(|v| &*v);
                self.e_plane(k, e, here, below, &mut slab.psi_e[p - 1], drive.e);
            }
        }
    }

    fn h_plane(
        &self,
        k: usize,
        h: &mut PlanesMut<'_>,
        e: Planes<'_>,
        above: Option<Planes<'_>>,
        psi: &mut [f32],
        values: &[f64],
    ) {
        let [nx, ny, _] = self.coefficients.nodes;
        let row = |c: usize, j: usize| self.coefficients.row(Kind::H, c, j, k);
        for j in 0..ny {
            let a = j * nx;
            if let Some(up) = above {
                if let Some(r) = row(0, j) {
                    let (b, z) = (a + nx, a + nx);
                    curl(&mut h[0][a..b], r, &up[1][a..], &e[1][a..], &e[2][z..], &e[2][a..]);
                }
                if let Some(r) = row(1, j) {
                    let f = &mut h[1][a..a + nx - 1];
                    curl(f, r, &e[2][a + 1..], &e[2][a..], &up[0][a..], &e[0][a..]);
                }
            }
            if let Some(r) = row(2, j) {
                let f = &mut h[2][a..a + nx - 1];
                curl(f, r, &e[0][a + nx..], &e[0][a..], &e[1][a + 1..], &e[1][a..]);
            }
        }
        self.cpml.h_plane(&self.coefficients, k, h, e, above, psi);
        self.sources.apply(Kind::H, k, values, h);
    }

    fn e_plane(
        &self,
        k: usize,
        mut e: PlanesMut<'_>,
        h: Planes<'_>,
        below: Planes<'_>,
        psi: &mut [f32],
        values: &[f64],
    ) {
        let [nx, ny, _] = self.coefficients.nodes;
        let row = |c: usize, j: usize| self.coefficients.row(Kind::E, c, j, k);
        for j in 0..ny {
            let a = j * nx;
            let before = |c: usize| -> &[f32] { if j == 0 { &self.zeros } else { &h[c][a - nx..] } };
            if let Some(r) = row(0, j) {
                let f = &mut e[0][a..a + nx - 1];
                curl(f, r, &h[2][a..], before(2), &h[1][a..], &below[1][a..]);
            }
            if let Some(r) = row(1, j) {
                let f = &mut e[1][a..a + nx];
                first(f, r, h[0][a] - below[0][a], h[2][a]);
                let (f, r) = (&mut f[1..], r.skip_first());
                curl(f, r, &h[0][a + 1..], &below[0][a + 1..], &h[2][a + 1..], &h[2][a..]);
            }
            if let Some(r) = row(2, j) {
                let f = &mut e[2][a..a + nx];
                let old = before(0);
                first(f, r, h[1][a], h[0][a] - old[0]);
                let (f, r) = (&mut f[1..], r.skip_first());
                curl(f, r, &h[1][a + 1..], &h[1][a..], &h[0][a + 1..], &old[1..]);
            }
        }
        self.cpml.e_plane(&self.coefficients, k, &mut e, h, below, psi);
        self.sources.apply(Kind::E, k, values, &mut e);
    }
}

impl<'a> Row<'a> {
    fn skip_first(self) -> Self {
        Row { gain: &self.gain[1..], decay: self.decay.map(|d| &d[1..]), scale: self.scale }
    }
}

/// f ← decay·f + scale·gain·((p − q) − (r − s)) along a row.
#[inline]
fn curl(f: &mut [f32], row: Row<'_>, p: &[f32], q: &[f32], r: &[f32], s: &[f32]) {
    let n = f.len();
    let (gain, scale) = (&row.gain[..n], row.scale);
    let (p, q, r, s) = (&p[..n], &q[..n], &r[..n], &s[..n]);
    match row.decay {
        None => {
            for i in 0..n {
                f[i] += scale * gain[i] * ((p[i] - q[i]) - (r[i] - s[i]));
            }
        }
        Some(decay) => {
            let decay = &decay[..n];
            for i in 0..n {
                f[i] = decay[i] * f[i] + scale * gain[i] * ((p[i] - q[i]) - (r[i] - s[i]));
            }
        }
    }
}

/// The first place of a row, whose neighbour at i−1 lies outside and counts as 0.
#[inline]
fn first(f: &mut [f32], row: Row<'_>, plus: f32, minus: f32) {
    let decay = row.decay.map_or(1.0, |d| d[0]);
    f[0] = decay * f[0] + row.scale * row.gain[0] * (plus - minus);
}

fn each<'a>(f: impl Fn(usize) -> &'a [f32]) -> Planes<'a> {
    [f(0), f(1), f(2)]
}

fn split3<'a>(v: &'a mut PlanesMut<'_>, at: usize) -> (Planes<'a>, PlanesMut<'a>) {
    let [a, b, c] = v;
    let (a0, a1) = a.split_at_mut(at);
    let (b0, b1) = b.split_at_mut(at);
    let (c0, c1) = c.split_at_mut(at);
    ([a0, b0, c0], [a1, b1, c1])
}

fn cut<'a>(
    fields: &'a mut Fields,
    psi_e: &'a mut [Vec<f32>],
    psi_h: &'a mut [Vec<f32>],
    bounds: &[usize],
    plane: usize,
) -> Vec<Slab<'a>> {
    let mut slabs: Vec<Slab<'a>> = Vec::with_capacity(bounds.len() - 1);
    let mut e = fields.e.each_mut().map(|v| &mut v[..]);
    let mut h = fields.h.each_mut().map(|v| &mut v[..]);
    let (mut psi_e, mut psi_h) = (psi_e, psi_h);
    for w in bounds.windows(2) {
        let count = w[1] - w[0];
        let take = |v: &mut PlanesMut<'a>, n: usize| -> PlanesMut<'a> {
            v.each_mut().map(|v| {
                let (head, tail) = std::mem::take(v).split_at_mut(n);
                *v = tail;
                head
            })
        };
        let e_first = take(&mut e, plane).map(|v| &*v);
        if let Some(last) = slabs.last_mut() {
            last.e_above = Some(e_first);
        }
        let (_, tail) = std::mem::take(&mut psi_e).split_at_mut(1);
        let (own_psi_e, tail) = tail.split_at_mut(count - 1);
        psi_e = tail;
        let (own_psi_h, tail) = std::mem::take(&mut psi_h).split_at_mut(count);
        psi_h = tail;
        slabs.push(Slab {
            first: w[0],
            e_first,
            e_above: None,
            e: take(&mut e, (count - 1) * plane),
            h: take(&mut h, count * plane),
            psi_e: own_psi_e,
            psi_h: own_psi_h,
        });
    }
    slabs
}
