//! Rectangular waveguide ports.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::fail;
use super::line::{Constants, Line};
use super::mode::Mode;
use crate::boundary::{Boundary, Side};
use crate::coefficients::{Coefficients, Kind};
use crate::error::Result;
use crate::grid::Axis;
use crate::materials::Material;
use crate::problem::Problem;
use crate::sources::{Sources, Term};
use crate::update::Fields;
use crate::{EPSILON_0, MU_0};

/// Way from the port into the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Towards larger coordinates.
    Plus,
    /// Towards smaller coordinates.
    Minus,
}

/// One TE_mn mode of a homogeneously filled rectangular guide.
///
/// With the guide along `axis`, m counts half waves along the next axis in the cycle x, y, z and
/// n along the one after it (axis z: m along x, n along y; axis x: y, z; axis y: z, x). The guide
/// must go on behind the port, through an open boundary: the source lies two cells behind the
/// plane and sends only into the structure; what comes back ends in the absorber.
#[derive(Debug, Clone, PartialEq)]
pub struct Waveguide {
    /// Guide axis.
    pub axis: Axis,
    /// Way into the structure.
    pub sense: Sense,
    /// Lower corner of the cross-section in m; its component along `axis` is the port plane.
    pub min: [f64; 3],
    /// Upper corner; same component along `axis`.
    pub max: [f64; 3],
    /// Half waves (m, n).
    pub mode: (usize, usize),
    /// Distance from the port plane into the structure to which S refers, in m; may be negative.
    pub reference: f64,
}

/// Cells between the port plane and the source behind it.
const SOURCE_BEHIND: usize = 2;

/// A mode-weighted place: component, node, weight.
type Place = (usize, [usize; 3], f64);

/// The port on the mesh.
pub(crate) struct Laid {
    epsilon: f64,
    mu: f64,
    kc2: f64,
    cell: f64,
    dt: f64,
    reference: f64,
    /// Sums of e (and of h half a cell inside) that give V and I, with offsets into the arrays.
    voltage: Vec<(usize, usize, f64)>,
    current: Vec<(usize, usize, f64)>,
    walls: Vec<(usize, [usize; 3])>,
    source_e: Vec<Place>,
    source_h: Vec<Place>,
    line: Option<Line>,
}

/// The rectangle in nodes.
struct Frame {
    u: (usize, usize),
    v: (usize, usize),
    plane: usize,
}

impl Laid {
    pub fn new(problem: &Problem, name: &str, p: &Waveguide) -> Result<Self> {
        let frame = frame(problem, name, p)?;
        let source = source_plane(problem, name, p, frame.plane)?;
        let fill = filling(problem, name, p, &frame, source)?;
        let grid = &problem.grid;
        let (u, v) = (p.axis.turn(1), p.axis.turn(2));
        let (du, dv, dw) = (grid.steps(u), grid.steps(v), grid.steps(p.axis));
        let (du, dv) = (&du[frame.u.0..frame.u.1], &dv[frame.v.0..frame.v.1]);
        let (m, n) = p.mode;
        if (m, n) == (0, 0) || m >= du.len() || n >= dv.len() {
            return fail(
                name,
                format!(
                    "TE{m}{n} needs m, n not both 0 and below the {} × {} cells of the cross-section",
                    du.len(),
                    dv.len()
                ),
            );
        }
        let mode = Mode::new(du, dv, m, n);
        let plus = p.sense == Sense::Plus;
        let places = Places::new(grid, p.axis, &frame, &mode);
        let inside = if plus { frame.plane } else { frame.plane - 1 };
        let behind = if plus { source - 1 } else { source };
        let [nx, ny, _] = grid.nodes();
        let offsets = |list: Vec<Place>| -> Vec<(usize, usize, f64)> {
            list.into_iter().map(|(c, [i, j, k], w)| (c, (k * ny + j) * nx + i, w)).collect()
        };
        let sense = if plus { 1.0 } else { -1.0 };
        Ok(Self {
            epsilon: fill.epsilon_r * EPSILON_0,
            mu: fill.mu_r * MU_0,
            kc2: mode.kc2,
            cell: dw[inside],
            dt: 0.0,
            reference: p.reference,
            voltage: offsets(places.voltage(frame.plane)),
            current: offsets(places.current(inside, sense)),
            // From the source on: a guide that begins at the port only would let the source radiate beside it.
            walls: (source.min(frame.plane)..=source.max(frame.plane))
                .flat_map(|w| places.walls(w))
                .collect(),
            source_e: places.electric(source),
            source_h: places.magnetic(behind, sense),
            line: None,
        })
    }

    /// Checks the walls; a driven port makes its line and adds the source terms
    /// e += gain·I·e_t·(dual length), h ± = gain·V·e_t·(length): total field in the structure,
    /// scattered field behind (Taflove and Hagness, ch. 5).
    pub fn attach(
        &mut self,
        name: &str,
        problem: &Problem,
        co: &Coefficients,
        driven: Option<&mut Sources>,
    ) -> Result<()> {
        self.dt = co.dt;
        for &(c, node) in &self.walls {
            if co.at(Kind::E, c, node).1 != 0.0 {
                return fail(
                    name,
                    format!(
                        "the wall of the guide is not perfect conductor at {} ({} edge); bound the cross-section by \
                         conductor or by an edge of the grid that is no magnetic wall, at the port and \
                         {SOURCE_BEHIND} cells behind it",
                        crate::Place(problem.grid.node(node)),
                        Axis::ALL[c].letter()
                    ),
                );
            }
        }
        let open = |&(c, node, _): &Place| co.at(Kind::E, c, node).1 != 0.0;
        if let Some(&(_, node, _)) = self.source_e.iter().find(|p| !open(p)) {
            return fail(
                name,
                format!(
                    "there is perfect conductor in the cross-section at {}; clear the guide at the port and \
                     {SOURCE_BEHIND} cells behind it",
                    crate::Place(problem.grid.node(node))
                ),
            );
        }
        let band = problem.excitation;
        let top = 2.0 * PI * band.fmax * (self.epsilon * self.mu).sqrt();
        if top * top <= self.kc2 {
            let fc = self.cutoff(co.dt);
            return fail(
                name,
                format!(
                    "the mode is cut off below {fc:.4e} Hz, above the whole band; raise fmax or take \
                 a lower mode"
                ),
            );
        }
        let Some(sources) = driven else { return Ok(()) };
        for (kind, places) in [(Kind::E, &self.source_e), (Kind::H, &self.source_h)] {
            for &(component, node, w) in places {
                let weight = w * co.at(kind, component, node).1;
                let at = node[1] * co.nodes[0] + node[0];
                sources.add(kind, node[2], Term { component, at, weight, slot: 0 });
            }
        }
        let propagation = (top * top - self.kc2).sqrt();
        let shift = 0.1 * PI * (band.fmin + band.fmax);
        self.line = Some(Line::new(Constants {
            epsilon: self.epsilon,
            mu: self.mu,
            kc2: self.kc2,
            cell: self.cell,
            dt: self.dt,
            current: 2.0 * propagation / (2.0 * PI * band.fmax * self.mu),
            shift,
        }));
        Ok(())
    }

    /// Cut-off frequency in Hz, as mesh and time step have it: Ω²με = k_c² with Ω of [`Laid::waves`].
    pub fn cutoff(&self, dt: f64) -> f64 {
        let omega = (self.kc2 / (self.epsilon * self.mu)).sqrt();
        // Below 1 for a stable step, whose limit is that of the fastest mode of the whole grid.
        (0.5 * omega * dt).min(1.0).asin() / (PI * dt)
    }

    /// (V for the H terms, I for the E terms) of the coming step.
    pub fn advance(&mut self, pulse: f64) -> (f64, f64) {
        self.line.as_mut().map_or((0.0, 0.0), |line| line.advance(pulse))
    }

    /// Mode voltage in the port plane and current half a cell inside.
    pub fn sample(&self, fields: &Fields) -> (f64, f64) {
        let sum = |f: &[Vec<f32>; 3], list: &[(usize, usize, f64)]| -> f64 {
            list.iter().map(|&(c, at, w)| w * f64::from(f[c][at])).sum()
        };
        (sum(&fields.e, &self.voltage), sum(&fields.h, &self.current))
    }

    /// Power waves at the reference plane.
    ///
    /// The grid's own dispersion is used, (2/Δ)² sin²(βΔ/2) = Ω²με − k_c² with
    /// Ω = (2/Δt) sin(ωΔt/2), so that V in the plane and I half a cell further separate exactly:
    /// V = V⁺ + V⁻, I = Y(qV⁺ − V⁻/q), q = exp(−jβΔ/2), Y = √(Ω²με − k_c²)/(Ωμ).
    /// Below cut-off β = −jα and |Y| normalises, so the waves stay finite but carry no power.
    pub fn waves(&self, f: f64, v: Complex64, i: Complex64) -> (Complex64, Complex64) {
        let omega = 2.0 / self.dt * (PI * f * self.dt).sin();
        let k2 = omega * omega * self.mu * self.epsilon - self.kc2;
        let zero = Complex64::new(0.0, 0.0);
        if omega <= 0.0 || k2 == 0.0 {
            return (zero, zero);
        }
        let root = match k2 > 0.0 {
            true => Complex64::new(k2.sqrt(), 0.0),
            false => Complex64::new(0.0, -(-k2).sqrt()),
        };
        let half = (root * 0.5 * self.cell).asin();
        let q = (-Complex64::i() * half).exp();
        let y = root / (omega * self.mu);
        let plus = (i / y + v / q) / (q + 1.0 / q);
        let minus = (v * q - i / y) / (q + 1.0 / q);
        let norm = (y * half.cos()).norm().sqrt();
        let shift = (-Complex64::i() * half * (2.0 / self.cell * self.reference)).exp();
        (plus * norm * shift, minus * norm / shift)
    }

    pub fn memory(&self) -> Vec<f64> {
        self.line.as_ref().map_or(Vec::new(), Line::memory)
    }

    pub fn restore(&mut self, memory: &[f64]) -> bool {
        match &mut self.line {
            Some(line) => line.restore(memory),
            None => memory.is_empty(),
        }
    }
}

/// The mode laid onto edges.
struct Places<'a> {
    axes: [usize; 3],
    frame: &'a Frame,
    mode: &'a Mode,
    du: Vec<f64>,
    dv: Vec<f64>,
    su: Vec<f64>,
    sv: Vec<f64>,
}

impl<'a> Places<'a> {
    fn new(grid: &crate::Grid, axis: Axis, frame: &'a Frame, mode: &'a Mode) -> Self {
        let (u, v) = (axis.turn(1), axis.turn(2));
        let (du, dv) = (grid.steps(u), grid.steps(v));
        let (su, sv) = (grid.duals(u), grid.duals(v));
        Self { axes: [u.index(), v.index(), axis.index()], frame, mode, du, dv, su, sv }
    }

    fn node(&self, iu: usize, iv: usize, plane: usize) -> [usize; 3] {
        let mut node = [0; 3];
        node[self.axes[0]] = self.frame.u.0 + iu;
        node[self.axes[1]] = self.frame.v.0 + iv;
        node[self.axes[2]] = plane;
        node
    }

    /// Lists u edges (component, weight) and v edges of the inside of the cross-section; the
    /// weights get (e, length along the edge, dual length across).
    fn list(
        &self,
        plane: usize,
        (cu, wu): (usize, impl Fn(f64, f64, f64) -> f64),
        (cv, wv): (usize, impl Fn(f64, f64, f64) -> f64),
    ) -> Vec<Place> {
        let (nu, nv) = (self.frame.u.1 - self.frame.u.0, self.frame.v.1 - self.frame.v.0);
        let (u0, v0) = (self.frame.u.0, self.frame.v.0);
        let mut all = Vec::new();
        for j in 1..nv {
            for i in 0..nu {
                let w = wu(self.mode.eu[j * nu + i], self.du[u0 + i], self.sv[v0 + j]);
                all.push((cu, self.node(i, j, plane), w));
            }
        }
        for j in 0..nv {
            for i in 1..nu {
                let w = wv(self.mode.ev[j * (nu + 1) + i], self.dv[v0 + j], self.su[u0 + i]);
                all.push((cv, self.node(i, j, plane), w));
            }
        }
        all
    }

    fn voltage(&self, plane: usize) -> Vec<Place> {
        let w = |e, _, dual| e * dual;
        self.list(plane, (self.axes[0], w), (self.axes[1], w))
    }

    /// H_v shares its place with E_u: H = ±w×E/Z.
    fn current(&self, plane: usize, sense: f64) -> Vec<Place> {
        let u = |e, length, _| sense * e * length;
        let v = |e, length, _| -sense * e * length;
        self.list(plane, (self.axes[1], u), (self.axes[0], v))
    }

    fn electric(&self, plane: usize) -> Vec<Place> {
        let w = |e, _, dual| e * dual;
        self.list(plane, (self.axes[0], w), (self.axes[1], w))
    }

    fn magnetic(&self, plane: usize, sense: f64) -> Vec<Place> {
        self.current(plane, sense)
    }

    fn walls(&self, plane: usize) -> Vec<(usize, [usize; 3])> {
        let (nu, nv) = (self.frame.u.1 - self.frame.u.0, self.frame.v.1 - self.frame.v.0);
        let along_u = (0..nu).flat_map(|i| [0, nv].map(|j| (self.axes[0], self.node(i, j, plane))));
        let along_v = (0..nv).flat_map(|j| [0, nu].map(|i| (self.axes[1], self.node(i, j, plane))));
        along_u.chain(along_v).collect()
    }
}

fn frame(problem: &Problem, name: &str, p: &Waveguide) -> Result<Frame> {
    let node = |axis: Axis, x: f64| match problem.grid.node_at(axis, x) {
        Some(i) => Ok(i),
        None => {
            let near = problem.grid.line(axis)[problem.grid.nearest(axis, x)];
            let l = axis.letter();
            fail(name, format!("{l} = {x} m lies on no mesh line (nearest {near} m); add a mesh line there"))
        }
    };
    let range = |axis: Axis| -> Result<(usize, usize)> {
        let a = axis.index();
        let (low, high) = (node(axis, p.min[a])?, node(axis, p.max[a])?);
        if high < low + 2 {
            let l = axis.letter();
            return fail(
                name,
                format!(
                    "the cross-section {:?} to {:?} has under two cells along {l}; refine the mesh",
                    p.min, p.max
                ),
            );
        }
        Ok((low, high))
    };
    let a = p.axis.index();
    if p.min[a] != p.max[a] || !p.reference.is_finite() {
        return fail(
            name,
            format!("the port must be flat along {} and its reference distance finite", p.axis.letter()),
        );
    }
    let (u, v) = (range(p.axis.turn(1))?, range(p.axis.turn(2))?);
    Ok(Frame { u, v, plane: node(p.axis, p.min[a])? })
}

/// The plane of the source, with room behind it.
fn source_plane(problem: &Problem, name: &str, p: &Waveguide, plane: usize) -> Result<usize> {
    let plus = p.sense == Sense::Plus;
    let back = Side { axis: p.axis, high: !plus };
    let cells = problem.grid.cells()[p.axis.index()];
    let [low, high] = [false, true].map(|high| problem.boundaries.layer(Side { axis: p.axis, high }));
    if !matches!(problem.boundaries.side(back), Boundary::Open(_)) {
        return fail(name, format!("the side behind it, {}, must be open", back.name()));
    }
    let line = problem.grid.line(p.axis);
    let fits = if plus {
        plane > low + SOURCE_BEHIND && plane + high < cells
    } else {
        plane + high + SOURCE_BEHIND < cells && plane > low
    };
    if !fits {
        return fail(
            name,
            format!(
                "{} = {} m is too near the absorbing layers, which take {low} cells at the lower and \
             {high} at the upper end; leave {} cells behind the port and one before it",
                p.axis.letter(),
                line[plane],
                SOURCE_BEHIND + 1
            ),
        );
    }
    Ok(if plus { plane - SOURCE_BEHIND } else { plane + SOURCE_BEHIND })
}

/// The one lossless material of the guide from a cell behind the source to a cell inside.
fn filling(problem: &Problem, name: &str, p: &Waveguide, frame: &Frame, source: usize) -> Result<Material> {
    let (u, v, w) = (p.axis.turn(1).index(), p.axis.turn(2).index(), p.axis.index());
    let [nx, ny, _] = problem.grid.cells();
    let cells = source.min(frame.plane) - 1..source.max(frame.plane) + 1;
    let mut first: Option<Material> = None;
    for iw in cells {
        for iv in frame.v.0..frame.v.1 {
            for iu in frame.u.0..frame.u.1 {
                let mut at = [0; 3];
                (at[u], at[v], at[w]) = (iu, iv, iw);
                let index = problem.materials.cells[(at[2] * ny + at[1]) * nx + at[0]];
                let here = problem.materials.table[usize::from(index)];
                if *first.get_or_insert(here) != here {
                    return fail(
                        name,
                        format!(
                            "the filling of the guide changes at {}; make it homogeneous at the port",
                            crate::Place(problem.grid.middle(at))
                        ),
                    );
                }
            }
        }
    }
    let fill = first.unwrap_or(Material::VACUUM);
    if fill.conductivity != 0.0 || fill.magnetic_conductivity != 0.0 {
        return fail(name, "the filling of the guide is lossy; make it lossless at the port".into());
    }
    Ok(fill)
}
