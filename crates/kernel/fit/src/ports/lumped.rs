//! Lumped ports: a resistive voltage source along mesh edges.

use num_complex::Complex64;

use super::fail;
use crate::coefficients::{Coefficients, Conductances, Kind};
use crate::error::Result;
use crate::grid::{Axis, Grid};
use crate::place::Place;
use crate::problem::Problem;
use crate::sources::{Sources, Term};
use crate::update::Fields;

/// A source of resistance R that fills the box between `start` and `end` with edges along `axis`,
/// as a resistive block would: chains of edges side by side share the current by the part of the
/// box's cross-section they stand for, and edges in a chain the voltage by their length.
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

/// One edge of a port.
struct Edge {
    node: [usize; 3],
    offset: usize,
    /// Shares of the port's current and voltage.
    current: f64,
    voltage: f64,
}

/// The port on the mesh.
pub(crate) struct Laid {
    axis: Axis,
    edges: Vec<Edge>,
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
        Ok(Self {
            axis: p.axis,
            edges: edges(grid, a, range),
            sign: if p.end[a] > p.start[a] { 1.0 } else { -1.0 },
            resistance: p.resistance,
            source: 0.0,
            before: 0.0,
        })
    }

    pub fn conductances(&self, name: &str, grid: &Grid, all: &mut Conductances) -> Result<()> {
        for edge in &self.edges {
            let conductance = edge.current / (edge.voltage * self.resistance);
            if all.insert((self.axis, edge.node), conductance).is_some() {
                return fail(
                    name,
                    format!(
                        "the {} edge at {} belongs to another port too; move them apart",
                        self.axis.letter(),
                        Place(grid.node(edge.node))
                    ),
                );
            }
        }
        Ok(())
    }

    /// Checks that no edge conducts perfectly; a driven port adds its share of V_s/R to each.
    pub fn attach(
        &mut self,
        name: &str,
        grid: &Grid,
        co: &Coefficients,
        mut driven: Option<&mut Sources>,
    ) -> Result<()> {
        let c = self.axis.index();
        for edge in &self.edges {
            let (_, gain) = co.at(Kind::E, c, edge.node);
            if gain == 0.0 {
                return fail(
                    name,
                    format!(
                        "its {} edge at {} lies in perfect conductor; shorten the port to the gap or move it",
                        self.axis.letter(),
                        Place(grid.node(edge.node))
                    ),
                );
            }
            if let Some(sources) = driven.as_deref_mut() {
                let weight = gain * self.sign * edge.current / self.resistance;
                let at = edge.node[1] * co.nodes[0] + edge.node[0];
                let term = Term { component: c, at, weight, slot: 0 };
                sources.add(Kind::E, edge.node[2], term);
            }
        }
        Ok(())
    }

    /// (v, i) at the half step. v is the mean of the voltages before and after, the one the
    /// semi-implicit resistor sees, and i = (V_s − v)/R, so that the power of the port is
    /// exactly what the element takes or gives.
    pub fn sample(&mut self, fields: &Fields) -> (f64, f64) {
        let e = &fields.e[self.axis.index()];
        let sum: f64 = self.edges.iter().map(|p| p.current * f64::from(e[p.offset])).sum();
        let now = self.sign * sum;
        let v = 0.5 * (self.before + now);
        self.before = now;
        (v, (self.source - v) / self.resistance)
    }

    /// Power waves a = (v + Ri)/(2√(R cos θ)), b = (v − Ri)/(2√(R cos θ)), θ = πfΔt.
    ///
    /// v is the mean of two steps, E cos θ for a field that turns by 2θ a step, and i belongs to the half step between: their
    /// product is the power of the scheme. Guides pair the voltage of a step with the current of a half step, which is that
    /// power over cos θ. With the root the waves of both are of one measure, so that S21 = S12 from one kind to the other;
    /// S among lumped ports does not know it. From a quarter turn on there is nothing to measure.
    pub fn waves(&self, f: f64, dt: f64, v: Complex64, i: Complex64) -> (Complex64, Complex64) {
        let turn = (std::f64::consts::PI * f * dt).cos();
        if turn <= 0.0 {
            return (Complex64::default(), Complex64::default());
        }
        let root = 2.0 * (self.resistance * turn).sqrt();
        ((v + i * self.resistance) / root, (v - i * self.resistance) / root)
    }
}

/// The edges along axis `a` between two nodes, both included across.
fn edges(grid: &Grid, a: usize, range: [(usize, usize); 3]) -> Vec<Edge> {
    // Shares along each axis: lengths of cells along the port, dual lengths within the box across.
    let share = |axis: Axis| -> Vec<f64> {
        let (low, high) = range[axis.index()];
        let line = grid.line(axis);
        let whole = line[high] - line[low];
        if axis.index() == a {
            return (low..high).map(|i| (line[i + 1] - line[i]) / whole).collect();
        }
        if low == high {
            return vec![1.0];
        }
        let end = |i: usize| line[i.clamp(low, high)];
        (low..=high).map(|i| 0.5 * (end(i + 1) - end(i.saturating_sub(1))) / whole).collect()
    };
    let shares = Axis::ALL.map(share);
    let [nx, ny, _] = grid.nodes();
    let mut edges = Vec::new();
    for (k, z) in shares[2].iter().enumerate() {
        for (j, y) in shares[1].iter().enumerate() {
            for (i, x) in shares[0].iter().enumerate() {
                let voltage = [x, y, z][a];
                let node = [range[0].0 + i, range[1].0 + j, range[2].0 + k];
                let offset = (node[2] * ny + node[1]) * nx + node[0];
                edges.push(Edge { node, offset, current: x * y * z / voltage, voltage: *voltage });
            }
        }
    }
    edges
}
