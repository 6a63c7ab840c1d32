//! Lines of all axes with what is derived from them.

use crate::settings::Axis;

/// Lines, centres and steps of the three axes.
pub(crate) struct Grid {
    pub lines: [Vec<f64>; 3],
    pub centres: [Vec<f64>; 3],
    pub steps: [Vec<f64>; 3],
}

impl Grid {
    pub fn new(lines: [Vec<f64>; 3]) -> Self {
        let pairs = |f: fn(f64, f64) -> f64| {
            [0, 1, 2].map(|a: usize| lines[a].windows(2).map(|w| f(w[0], w[1])).collect())
        };
        let centres = pairs(|a, b| a + 0.5 * (b - a));
        let steps = pairs(|a, b| b - a);
        Grid { lines, centres, steps }
    }

    pub fn cells(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.steps[a].len())
    }

    pub fn nodes(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.lines[a].len())
    }

    pub fn node(&self, [i, j, k]: [usize; 3]) -> usize {
        let [nx, ny, _] = self.nodes();
        i + nx * (j + ny * k)
    }

    pub fn cell(&self, [i, j, k]: [usize; 3]) -> usize {
        let [nx, ny, _] = self.cells();
        i + nx * (j + ny * k)
    }

    /// Index of the line at a coordinate, if there is one within the tolerance.
    pub fn line_at(&self, axis: Axis, at: f64, tolerance: f64) -> Option<usize> {
        let lines = &self.lines[axis.index()];
        let next = lines.partition_point(|l| *l < at - tolerance);
        (next < lines.len() && (lines[next] - at).abs() <= tolerance).then_some(next)
    }

    /// Index of the line nearest to a coordinate.
    pub fn nearest_line(&self, axis: Axis, at: f64) -> usize {
        let lines = &self.lines[axis.index()];
        let next = lines.partition_point(|l| *l < at).min(lines.len() - 1);
        let below = next.saturating_sub(1);
        if at - lines[below] <= lines[next] - at { below } else { next }
    }
}
