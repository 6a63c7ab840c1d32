//! Update coefficients, stored once for each distinct row along x.
//!
//! The state variables are the voltages e = E·Δ along primal edges and h = H·Δ̃ along dual
//! edges. Each update is f ← decay·f + scale·gain·(curl); `gain` and `decay` vary along the row,
//! `scale` is a product of two numbers, one for the row's j and one for its k, that carry the
//! cross lengths. So all rows through one material share one entry even on a graded mesh, and
//! memory is that of the fields (24 bytes a cell) plus the rows that truly differ.

use std::collections::HashMap;

use crate::boundary::Boundaries;
use crate::error::{Error, Result};
use crate::grid::{Axis, Grid};
use crate::materials::{Material, Materials};
use crate::{EPSILON_0, MU_0};

/// Electric or magnetic voltages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    E,
    H,
}

/// Conductances in siemens in parallel to single edges (lumped resistors), by component and node.
pub(crate) type Conductances = HashMap<(Axis, [usize; 3]), f64>;

/// One row of coefficients.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub gain: &'a [f32],
    /// Absent where the row is lossless.
    pub decay: Option<&'a [f32]>,
    pub scale: f32,
}

struct Component {
    /// Entry of each row, j fastest; 0 is the row that is never updated.
    rows: Vec<u32>,
    scale_j: Vec<f32>,
    scale_k: Vec<f32>,
}

/// Coefficients of all six components.
pub(crate) struct Coefficients {
    pub nodes: [usize; 3],
    pub dt: f64,
    e: [Component; 3],
    h: [Component; 3],
    table: Table,
}

impl Coefficients {
    pub fn new(
        grid: &Grid,
        materials: &Materials,
        boundaries: &Boundaries,
        extra: &Conductances,
        dt: f64,
    ) -> Result<Self> {
        let builder = Builder::new(grid, materials, boundaries, extra, dt);
        let mut table = Table::new(grid.nodes()[0]);
        let mut all = Vec::with_capacity(6);
        for kind in [Kind::E, Kind::H] {
            for axis in Axis::ALL {
                all.push(builder.component(kind, axis, &mut table)?);
            }
        }
        let mut all = all.into_iter();
        let mut three =
            || -> [Component; 3] { std::array::from_fn(|_| all.next().unwrap_or_else(Component::none)) };
        let (e, h) = (three(), three());
        table.index = HashMap::new();
        Ok(Self { nodes: grid.nodes(), dt, e, h, table })
    }

    fn component(&self, kind: Kind, c: usize) -> &Component {
        match kind {
            Kind::E => &self.e[c],
            Kind::H => &self.h[c],
        }
    }

    /// Coefficients of row (j, k); none where nothing is updated.
    #[inline]
    pub fn row(&self, kind: Kind, c: usize, j: usize, k: usize) -> Option<Row<'_>> {
        let comp = self.component(kind, c);
        let entry = comp.rows[k * self.nodes[1] + j] as usize;
        if entry == 0 {
            return None;
        }
        let (gain, decay) = self.table.entry(entry);
        Some(Row { gain, decay, scale: comp.scale_j[j] * comp.scale_k[k] })
    }

    /// (decay, gain·scale) at one place; gain 0 on perfectly conducting edges.
    pub fn at(&self, kind: Kind, c: usize, node: [usize; 3]) -> (f64, f64) {
        match self.row(kind, c, node[1], node[2]) {
            None => (1.0, 0.0),
            Some(row) => {
                let decay = row.decay.map_or(1.0, |d| f64::from(d[node[0]]));
                (decay, f64::from(row.gain[node[0]]) * f64::from(row.scale))
            }
        }
    }
}

impl Component {
    fn none() -> Self {
        Self { rows: Vec::new(), scale_j: Vec::new(), scale_k: Vec::new() }
    }
}

/// Distinct rows. Entry 0 is empty.
struct Table {
    stride: usize,
    gain: Vec<f32>,
    /// Place of each entry's decay row in `decays`, `u32::MAX` if lossless.
    decay: Vec<u32>,
    decays: Vec<f32>,
    index: HashMap<u64, Vec<u32>>,
    last: usize,
}

impl Table {
    fn new(stride: usize) -> Self {
        let (gain, decay) = (vec![0.0; stride], vec![u32::MAX]);
        Self { stride, gain, decay, decays: Vec::new(), index: HashMap::new(), last: 0 }
    }

    #[inline]
    fn entry(&self, entry: usize) -> (&[f32], Option<&[f32]>) {
        let n = self.stride;
        let decay = match self.decay[entry] {
            u32::MAX => None,
            at => Some(&self.decays[at as usize * n..(at as usize + 1) * n]),
        };
        (&self.gain[entry * n..(entry + 1) * n], decay)
    }

    fn intern(&mut self, gain: &[f32], decay: &[f32]) -> Result<u32> {
        if gain.iter().all(|&g| g == 0.0) {
            return Ok(0);
        }
        let lossless = decay.iter().all(|&d| d == 1.0);
        let decay = (!lossless).then_some(decay);
        if self.entry(self.last) == (gain, decay) {
            return Ok(self.last as u32);
        }
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for v in gain.iter().chain(decay.unwrap_or(&[])) {
            hash = (hash ^ u64::from(v.to_bits())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 29;
        }
        let known = self.index.get(&hash).map_or(&[][..], |v| v);
        if let Some(&entry) = known.iter().find(|&&e| self.entry(e as usize) == (gain, decay)) {
            self.last = entry as usize;
            return Ok(entry);
        }
        let entry = u32::try_from(self.decay.len())
            .ok()
            .filter(|&e| e < u32::MAX)
            .ok_or_else(|| Error::Materials("too many distinct rows; coarsen the mesh".into()))?;
        self.gain.extend_from_slice(gain);
        self.decay.push(match decay {
            None => u32::MAX,
            Some(row) => {
                let at = (self.decays.len() / self.stride) as u32;
                self.decays.extend_from_slice(row);
                at
            }
        });
        self.index.entry(hash).or_default().push(entry);
        self.last = entry as usize;
        Ok(entry)
    }
}

struct Builder<'a> {
    grid: &'a Grid,
    materials: &'a Materials,
    boundaries: &'a Boundaries,
    extra: &'a Conductances,
    steps: [Vec<f64>; 3],
    duals: [Vec<f64>; 3],
    dt: f64,
}

/// The cells around an edge or face of one row: offsets of cell rows with cross weights, and
/// whether the neighbours i−1, i along x count too.
struct Stencil {
    rows: Vec<(usize, f64)>,
    along: bool,
}

impl<'a> Builder<'a> {
    fn new(
        grid: &'a Grid,
        materials: &'a Materials,
        boundaries: &'a Boundaries,
        extra: &'a Conductances,
        dt: f64,
    ) -> Self {
        let steps = Axis::ALL.map(|a| grid.steps(a));
        let duals = Axis::ALL.map(|a| grid.duals(a));
        Self { grid, materials, boundaries, extra, steps, duals, dt }
    }

    /// Whether a component's places lie on nodes (true) or in cells (false) along an axis.
    fn on_nodes(kind: Kind, c: Axis, axis: Axis) -> bool {
        (c == axis) == (kind == Kind::H)
    }

    fn component(&self, kind: Kind, c: Axis, table: &mut Table) -> Result<Component> {
        let nodes = self.grid.nodes();
        let extent = |a: Axis| nodes[a.index()] - usize::from(!Self::on_nodes(kind, c, a));
        let mut rows = vec![0u32; nodes[1] * nodes[2]];
        let mut gain = vec![0f32; nodes[0]];
        let mut decay = vec![1f32; nodes[0]];
        let lossy = self.lossy_rows(kind, c);
        for k in 0..extent(Axis::Z) {
            for j in 0..extent(Axis::Y) {
                gain.fill(0.0);
                decay.fill(1.0);
                let n = extent(Axis::X);
                self.fill_row(kind, c, j, k, &mut gain[..n], &mut decay[..n]);
                if lossy.contains_key(&(j, k)) {
                    self.add_lumped(c, j, k, &mut gain, &mut decay);
                }
                if kind == Kind::E {
                    self.mask(c, j, k, &mut gain, &mut decay);
                }
                rows[k * nodes[1] + j] = table.intern(&gain, &decay)?;
            }
        }
        let scale = |axis: Axis| -> Vec<f32> {
            let a = axis.index();
            let own = c == axis;
            let lengths = match (kind, own) {
                (Kind::E, true) | (Kind::H, false) => &self.steps[a],
                (Kind::E, false) | (Kind::H, true) => &self.duals[a],
            };
            let power = |d: &f64| (if own { *d } else { 1.0 / d }) as f32;
            let mut v: Vec<f32> = lengths.iter().map(power).collect();
            v.resize(nodes[a], 0.0);
            v
        };
        Ok(Component { rows, scale_j: scale(Axis::Y), scale_k: scale(Axis::Z) })
    }

    fn stencil(&self, kind: Kind, c: Axis, j: usize, k: usize) -> Stencil {
        let [nx, ny, _] = self.grid.cells();
        let side = |axis: Axis, at: usize| -> Vec<(usize, f64)> {
            if !Self::on_nodes(kind, c, axis) {
                return vec![(at, 1.0)];
            }
            let steps = &self.steps[axis.index()];
            let below = at.checked_sub(1);
            let both = [below, Some(at).filter(|&i| i < steps.len())];
            both.into_iter().flatten().map(|i| (i, 0.5 * steps[i])).collect()
        };
        let (ys, zs) = (side(Axis::Y, j), side(Axis::Z, k));
        let rows = zs
            .iter()
            .flat_map(|&(z, wz)| ys.iter().map(move |&(y, wy)| ((z * ny + y) * nx, wy * wz)))
            .collect();
        Stencil { rows, along: Self::on_nodes(kind, c, Axis::X) }
    }

    /// gain = Δt·(length ratio along x)/⟨material⟩/(1+q), decay = (1−q)/(1+q), q = σΔt/2ε: the
    /// semi-implicit loss. ⟨ε⟩, ⟨σ⟩ are area-weighted over the four cells round an edge; ⟨μ⟩ is
    /// the length-weighted harmonic mean over the two cells of a dual edge.
    fn fill_row(&self, kind: Kind, c: Axis, j: usize, k: usize, gain: &mut [f32], decay: &mut [f32]) {
        let stencil = self.stencil(kind, c, j, k);
        let along_x = match (kind, c == Axis::X) {
            (Kind::E, true) | (Kind::H, false) => &self.steps[0],
            (Kind::E, false) | (Kind::H, true) => &self.duals[0],
        };
        let mut around: Vec<(u16, f64)> = Vec::with_capacity(4);
        for (i, (gain, decay)) in gain.iter_mut().zip(decay).enumerate() {
            around.clear();
            for &(row, weight) in &stencil.rows {
                if !stencil.along {
                    around.push((self.materials.cells[row + i], weight));
                    continue;
                }
                let steps = &self.steps[0];
                let below = i.checked_sub(1);
                for cell in [below, Some(i).filter(|&i| i < steps.len())].into_iter().flatten() {
                    around.push((self.materials.cells[row + cell], weight * 0.5 * steps[cell]));
                }
            }
            let (bulk, loss) = self.average(kind, &around);
            let q = 0.5 * self.dt * loss / bulk;
            let length = if c == Axis::X { along_x[i] } else { 1.0 / along_x[i] };
            *gain = (self.dt * length / bulk / (1.0 + q)) as f32;
            *decay = ((1.0 - q) / (1.0 + q)) as f32;
        }
    }

    /// (ε, σ) or (μ, σ_m) of a place. The magnetic loss is averaged so that the dissipation
    /// under a continuous flux density is kept.
    fn average(&self, kind: Kind, around: &[(u16, f64)]) -> (f64, f64) {
        let get = |m: u16| -> (f64, f64) {
            let m: &Material = &self.materials.table[usize::from(m)];
            match kind {
                Kind::E => (m.epsilon_r * EPSILON_0, m.conductivity),
                Kind::H => (m.mu_r * MU_0, m.magnetic_conductivity),
            }
        };
        let Some(&(first, _)) = around.first() else { return (1.0, 0.0) };
        if around.iter().all(|&(m, _)| m == first) {
            return get(first);
        }
        let total: f64 = around.iter().map(|(_, w)| w).sum();
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            around.iter().map(|&(m, w)| w * f(get(m).0, get(m).1)).sum::<f64>() / total
        };
        match kind {
            Kind::E => (sum(&|bulk, _| bulk), sum(&|_, loss| loss)),
            Kind::H => {
                let bulk = 1.0 / sum(&|bulk, _| 1.0 / bulk);
                (bulk, bulk * bulk * sum(&|b, loss| loss / (b * b)))
            }
        }
    }

    fn lossy_rows(&self, kind: Kind, c: Axis) -> HashMap<(usize, usize), ()> {
        let here = |axis: Axis| kind == Kind::E && axis == c;
        self.extra.keys().filter(|(a, _)| here(*a)).map(|(_, n)| ((n[1], n[2]), ())).collect()
    }

    /// Adds conductances G to q: q += GΔt/2C, C the capacitance of the dual face.
    fn add_lumped(&self, c: Axis, j: usize, k: usize, gain: &mut [f32], decay: &mut [f32]) {
        let scale = |axis: Axis, at: usize| {
            if c == axis { self.steps[axis.index()][at] } else { 1.0 / self.duals[axis.index()][at] }
        };
        for (i, (gain, decay)) in gain.iter_mut().zip(decay).enumerate() {
            let Some(g) = self.extra.get(&(c, [i, j, k])) else { continue };
            let (old_gain, old_decay) = (f64::from(*gain), f64::from(*decay));
            let q_old = (1.0 - old_decay) / (1.0 + old_decay);
            if !q_old.is_finite() {
                // So good a conductor that its own loss is all that f32 can hold: nothing in parallel matters.
                continue;
            }
            let lossless = old_gain * (1.0 + q_old);
            let per_capacitance = lossless * scale(Axis::Y, j) * scale(Axis::Z, k);
            let q = q_old + 0.5 * g * per_capacitance;
            *gain = (lossless / (1.0 + q)) as f32;
            *decay = ((1.0 - q) / (1.0 + q)) as f32;
        }
    }

    /// Stops the update of perfectly conducting edges.
    fn mask(&self, c: Axis, j: usize, k: usize, gain: &mut [f32], decay: &mut [f32]) {
        let nodes = self.grid.nodes();
        let on_wall = |axis: Axis, at: usize| {
            let a = axis.index();
            axis != c
                && ((at == 0 && self.boundaries.conducts(a, false))
                    || (at + 1 == nodes[a] && self.boundaries.conducts(a, true)))
        };
        let whole = on_wall(Axis::Y, j) || on_wall(Axis::Z, k);
        let start = (k * nodes[1] + j) * nodes[0];
        let bits = self.materials.pec_edges.get(start..start + nodes[0]);
        for (i, (gain, decay)) in gain.iter_mut().zip(decay).enumerate() {
            let marked = bits.is_some_and(|b| b[i] & (1 << c.index()) != 0);
            if whole || marked || on_wall(Axis::X, i) {
                *gain = 0.0;
                *decay = 1.0;
            }
        }
    }
}
