//! The graded Cartesian grid: primal lines and the dual lengths between cell centres.

use crate::error::{Error, Result};

/// A Cartesian axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// First axis, fastest in memory.
    X,
    /// Second axis.
    Y,
    /// Third axis, slowest in memory.
    Z,
}

impl Axis {
    /// The axes in order.
    pub const ALL: [Axis; 3] = [Axis::X, Axis::Y, Axis::Z];

    /// 0, 1 or 2.
    pub fn index(self) -> usize {
        self as usize
    }

    /// `x`, `y` or `z`.
    pub fn letter(self) -> char {
        ['x', 'y', 'z'][self.index()]
    }

    /// The axis `n` places further in the cycle x, y, z.
    pub(crate) fn turn(self, n: usize) -> Axis {
        Self::ALL[(self.index() + n) % 3]
    }
}

/// Largest number of cells along one axis.
const MOST_CELLS: usize = 1 << 20;

/// Node coordinates of a Cartesian grid, in metres.
///
/// Nodes, edges and faces are all numbered by their lowest node (i, j, k) with i fastest:
/// the x edge (i, j, k) goes from that node to (i+1, j, k); the x face (i, j, k) lies in the
/// plane x = x_i and belongs to the cells (j, k).
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    lines: [Vec<f64>; 3],
}

impl Grid {
    /// Checks the lines: at least two an axis, finite, strictly increasing.
    pub fn new(x: Vec<f64>, y: Vec<f64>, z: Vec<f64>) -> Result<Self> {
        let lines = [x, y, z];
        for axis in Axis::ALL {
            check(axis, &lines[axis.index()])?;
        }
        Ok(Self { lines })
    }

    /// Node coordinates along an axis (cells + 1 values).
    pub fn line(&self, axis: Axis) -> &[f64] {
        &self.lines[axis.index()]
    }

    /// Number of cells along each axis.
    pub fn cells(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.lines[a].len() - 1)
    }

    /// Number of nodes along each axis.
    pub fn nodes(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.lines[a].len())
    }

    /// Number of cells in all.
    pub fn cell_count(&self) -> u64 {
        self.cells().iter().map(|&n| n as u64).product()
    }

    /// Number of nodes in all.
    pub fn node_count(&self) -> u64 {
        self.nodes().iter().map(|&n| n as u64).product()
    }

    /// Cell sizes along an axis.
    pub fn steps(&self, axis: Axis) -> Vec<f64> {
        self.line(axis).windows(2).map(|w| w[1] - w[0]).collect()
    }

    /// Dual lengths along an axis, one a node: half of each neighbouring cell.
    pub fn duals(&self, axis: Axis) -> Vec<f64> {
        let steps = self.steps(axis);
        let half = |i: Option<usize>| i.and_then(|i| steps.get(i)).map_or(0.0, |d| d / 2.0);
        (0..=steps.len()).map(|i| half(i.checked_sub(1)) + half(Some(i))).collect()
    }

    /// Coordinates of a node in m; those of the last one for what lies beyond.
    pub(crate) fn node(&self, node: [usize; 3]) -> [f64; 3] {
        [0, 1, 2].map(|a| self.lines[a][node[a].min(self.lines[a].len() - 1)])
    }

    /// Coordinates of the middle of a cell in m.
    pub(crate) fn middle(&self, cell: [usize; 3]) -> [f64; 3] {
        let (low, high) = (self.node(cell), self.node(cell.map(|i| i + 1)));
        [0, 1, 2].map(|a| 0.5 * (low[a] + high[a]))
    }

    /// The node that lies at a coordinate to within 1 % of the smaller neighbouring cell.
    pub fn node_at(&self, axis: Axis, coordinate: f64) -> Option<usize> {
        let i = self.nearest(axis, coordinate);
        let line = self.line(axis);
        let below = if i > 0 { line[i] - line[i - 1] } else { f64::INFINITY };
        let above = line.get(i + 1).map_or(f64::INFINITY, |next| next - line[i]);
        ((coordinate - line[i]).abs() <= 0.01 * below.min(above)).then_some(i)
    }

    /// The node nearest to a coordinate.
    pub fn nearest(&self, axis: Axis, coordinate: f64) -> usize {
        let line = self.line(axis);
        let above = line.partition_point(|&v| v < coordinate).min(line.len() - 1);
        if above > 0 && coordinate - line[above - 1] <= line[above] - coordinate { above - 1 } else { above }
    }
}

fn check(axis: Axis, line: &[f64]) -> Result<()> {
    let fail = |index, reason: String| Err(Error::Grid { axis: axis.letter(), index, reason });
    if line.len() < 2 {
        return fail(line.len(), "an axis needs at least two lines; add more".into());
    }
    if line.len() > MOST_CELLS {
        return fail(line.len(), format!("more than {MOST_CELLS} lines; coarsen the mesh"));
    }
    for (index, &value) in line.iter().enumerate() {
        if !value.is_finite() {
            return fail(index, format!("the coordinate is {value}; give a finite number"));
        }
        if index > 0 && value <= line[index - 1] {
            let before = line[index - 1];
            return fail(
                index,
                format!(
                    "{value} m does not exceed its predecessor {before} m; \
                 sort the lines and drop doubles"
                ),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn duals_halve_at_the_ends() {
        let g = Grid::new(vec![0.0, 1.0, 3.0], vec![0.0, 1.0], vec![0.0, 1.0]).unwrap();
        assert_eq!(g.duals(Axis::X), vec![0.5, 1.5, 1.0]);
        assert_eq!(g.node_at(Axis::X, 1.005), Some(1));
        assert_eq!(g.node_at(Axis::X, 1.3), None);
        assert_eq!(g.nearest(Axis::X, -5.0), 0);
        assert_eq!(g.nearest(Axis::X, 9.0), 2);
    }

    #[test]
    fn bad_lines_are_named() {
        let unit = vec![0.0, 1.0];
        let e = Grid::new(unit.clone(), vec![0.0, 2.0, 2.0], unit.clone()).unwrap_err();
        assert!(matches!(e, Error::Grid { axis: 'y', index: 2, .. }));
        let e = Grid::new(unit.clone(), unit.clone(), vec![0.0, f64::NAN]).unwrap_err();
        assert!(matches!(e, Error::Grid { axis: 'z', index: 1, .. }));
        assert!(matches!(Grid::new(vec![], unit.clone(), unit), Err(Error::Grid { axis: 'x', .. })));
    }
}
