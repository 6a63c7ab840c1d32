//! What lies flat in an open side, where the absorbing layer begins.

use fit::{Place, Port, PortKind};
use hexmesh::{Axis, Mesh};

use crate::kinds::Condition;

/// Sides by their names in `boundaries`.
const NAMES: [[&str; 2]; 3] = [["x_min", "x_max"], ["y_min", "y_max"], ["z_min", "z_max"]];

/// What makes results doubtful because it lies in an open side of the mesh, before that is extended. What *crosses* a side, as
/// a line or the wall of a guide does, rightly goes on behind it; a sheet *in* the side would go on as a block.
pub(crate) fn warnings(mesh: &Mesh, sides: [[Condition; 2]; 3], ports: &[Port]) -> Vec<String> {
    let mut found = Vec::new();
    for axis in Axis::ALL {
        for (high, name) in NAMES[axis.index()].into_iter().enumerate() {
            if sides[axis.index()][high] != Condition::Open {
                continue;
            }
            let side = Side { mesh, axis, high: high == 1 };
            if let Some(at) = side.flat_conductor() {
                found.push(format!(
                    "a conductor lies in the open side `{name}` near {at} and goes on behind it as a block: keep the side away with \
                     `mesh/boundary_distance`, or make it `pec` in `boundaries`"
                ));
            }
            for port in ports.iter().filter(|port| side.holds(port)) {
                found.push(format!(
                    "`ports/{}` lies in the open side `{name}`, whose absorbing layer takes part of its field: keep the side away with \
                     `mesh/boundary_distance`",
                    port.name
                ));
            }
        }
    }
    found
}

struct Side<'a> {
    mesh: &'a Mesh,
    axis: Axis,
    high: bool,
}

impl Side<'_> {
    /// A place where a conductor lies in the side without crossing it.
    fn flat_conductor(&self) -> Option<Place> {
        let a = self.axis.index();
        let nodes = self.mesh.nodes();
        let (u, v) = ((a + 1) % 3, (a + 2) % 3);
        let in_side = |i: usize, j: usize| {
            let mut node = [0; 3];
            (node[a], node[u], node[v]) = (if self.high { nodes[a] - 1 } else { 0 }, i, j);
            node
        };
        let crosses = |mut node: [usize; 3]| {
            node[a] -= usize::from(self.high);
            self.mesh.is_pec_edge(node, self.axis)
        };
        for j in 0..nodes[v] {
            for i in 0..nodes[u] {
                let node = in_side(i, j);
                for along in [u, v] {
                    let mut next = node;
                    next[along] += 1;
                    if next[along] < nodes[along]
                        && self.mesh.is_pec_edge(node, Axis::ALL[along])
                        && !crosses(node)
                        && !crosses(next)
                    {
                        return Some(Place(Axis::ALL.map(|axis| self.mesh.lines(axis)[node[axis.index()]])));
                    }
                }
            }
        }
        None
    }

    /// True for a lumped port all of which lies in the side.
    fn holds(&self, port: &Port) -> bool {
        let PortKind::Lumped(lumped) = &port.kind else { return false };
        let (a, lines) = (self.axis.index(), self.mesh.lines(self.axis));
        let last = lines.len() - 1;
        // Ports snap to the nearest line.
        let (side, next) = if self.high { (lines[last], lines[last - 1]) } else { (lines[0], lines[1]) };
        let here = |point: [f64; 3]| (point[a] - side).abs() < (next - side).abs() / 2.0;
        here(lumped.start) && here(lumped.end)
    }
}
