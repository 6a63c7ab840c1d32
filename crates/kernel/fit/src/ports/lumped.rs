//! Lumped ports: a resistive voltage source along mesh edges.

use num_complex::Complex64;

use super::fail;
use crate::coefficients::{Coefficients, Conductances, Kind};
use crate::error::Result;
use crate::grid::Axis;
use crate::problem::Problem;
use crate::sources::{Sources, Term};
use crate::update::Fields;

/// A source of resistance R that fills the box between `start` and `end` with edges along
/// `axis`: N edges in a chain and M chains side by side, each edge carrying R·M/N.
///
/// The positive terminal is at `start`: v = ∫E·dl from start to end, and i flows from the
/// source into the structure at the positive terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Lumped {
    /// One corner in m; lies on mesh nodes.
    pub start: [f64; 3],
    /// The opposite corner in m; differs from `start` along `axis` and, for a wide port, across.
    pub end: [f64; 3],
    /// Direction of the current.
    pub axis: Axis,
    /// Source resistance and reference impedance in Ω.
    pub resistance: f64,
}

/// The port on the mesh.
pub(crate) struct Laid {
    axis: Axis,
    edges: Vec<[usize; 3]>,
    offsets: Vec<usize>,
    /// Edges in a chain, chains side by side.
    along: usize,
    across: usize,
    sign: f64,
    pub resistance: f64,
    /// Source voltage of the step under way.
    pub source: f64,
    /// Voltage after the last step.
    pub before: f64,
}

impl Laid {
    pub fn new(problem: &Problem, name: &str, p: &Lumped) -> Result<Self> {
        if !(p.resistance.is_finite() && p.resistance > 0.0) {
            let r = p.resistance;
            return fail(name, format!("a resistance of {r} Ω is not positive; give one above 0"));
        }
        let grid = &problem.grid;
        let mut range = [(0, 0); 3];
        for axis in Axis::ALL {
            let a = axis.index();
            let node = |x: f64| match grid.node_at(axis, x) {
                Some(i) => Ok(i),
                None => {
                    let l = axis.letter();
                    let near = grid.line(axis)[grid.nearest(axis, x)];
                    fail(
                        name,
                        format!(
                            "{l} = {x} m lies on no mesh line (nearest {near} m); add a mesh line \
                         there or move the port"
                        ),
                    )
                }
            };
            let (i, j) = (node(p.start[a])?, node(p.end[a])?);
            range[a] = (i.min(j), i.max(j));
        }
        let a = p.axis.index();
        if range[a].0 == range[a].1 {
            return fail(
                name,
                format!(
                    "start {:?} and end {:?} touch no mesh edge along {}; set them apart",
                    p.start,
                    p.end,
                    p.axis.letter()
                ),
            );
        }
        let along = range[a].1 - range[a].0;
        range[a].1 -= 1;
        let mut edges = Vec::new();
        for k in range[2].0..=range[2].1 {
            for j in range[1].0..=range[1].1 {
                edges.extend((range[0].0..=range[0].1).map(|i| [i, j, k]));
            }
        }
        let [nx, ny, _] = grid.nodes();
        Ok(Self {
            axis: p.axis,
            offsets: edges.iter().map(|&[i, j, k]| (k * ny + j) * nx + i).collect(),
            across: edges.len() / along,
            edges,
            along,
            sign: if p.end[a] > p.start[a] { 1.0 } else { -1.0 },
            resistance: p.resistance,
            source: 0.0,
            before: 0.0,
        })
    }

    fn edge_resistance(&self) -> f64 {
        self.resistance * self.across as f64 / self.along as f64
    }

    pub fn conductances(&self, name: &str, all: &mut Conductances) -> Result<()> {
        for &edge in &self.edges {
            if all.insert((self.axis, edge), 1.0 / self.edge_resistance()).is_some() {
                return fail(
                    name,
                    format!(
                        "the {} edge at node {edge:?} belongs to another port too; move them apart",
                        self.axis.letter()
                    ),
                );
            }
        }
        Ok(())
    }

    /// Checks that no edge conducts perfectly; a driven port adds V_s/R_e to each edge current.
    pub fn attach(&mut self, name: &str, co: &Coefficients, mut driven: Option<&mut Sources>) -> Result<()> {
        let c = self.axis.index();
        for &edge in &self.edges {
            let (_, gain) = co.at(Kind::E, c, edge);
            if gain == 0.0 {
                return fail(
                    name,
                    format!(
                        "its {} edge at node {edge:?} lies in perfect conductor; shorten the port to \
                     the gap or move it",
                        self.axis.letter()
                    ),
                );
            }
            if let Some(sources) = driven.as_deref_mut() {
                let weight = gain * self.sign / (self.edge_resistance() * self.along as f64);
                let at = edge[1] * co.nodes[0] + edge[0];
                sources.add(Kind::E, edge[2], Term { component: c, at, weight, slot: 0 });
            }
        }
        Ok(())
    }

    /// (v, i) at the half step. v is the mean of the voltages before and after, the one the
    /// semi-implicit resistor sees, and i = (V_s − v)/R, so that the power of the port is
    /// exactly what the element takes or gives.
    pub fn sample(&mut self, fields: &Fields) -> (f64, f64) {
        let e = &fields.e[self.axis.index()];
        let sum: f64 = self.offsets.iter().map(|&at| f64::from(e[at])).sum();
        let now = self.sign * sum / self.across as f64;
        let v = 0.5 * (self.before + now);
        self.before = now;
        (v, (self.source - v) / self.resistance)
    }

    pub fn waves(&self, v: Complex64, i: Complex64) -> (Complex64, Complex64) {
        let root = 2.0 * self.resistance.sqrt();
        ((v + i * self.resistance) / root, (v - i * self.resistance) / root)
    }
}
