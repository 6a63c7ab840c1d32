//! Sheets parallel to the mesh, strips that became a line.
//!
//! An edge of the mesh plane belongs to a flat conductor if its midpoint lies in one of the
//! projected triangles or on their outline (closed rule, so a strip collapsed to a line is a
//! wire).

use crate::{
    conductor::{Marks, Tally, others},
    settings::Axis,
    surface::Surface,
};

type Point = [f64; 2];

impl Marks<'_> {
    /// Marks a surface that is flat along `axis`.
    pub fn flat(&mut self, solid: usize, surface: &Surface, axis: Axis, tolerance: f64) -> Tally {
        let at = surface.low[axis.index()];
        let plane =
            self.grid.line_at(axis, at, tolerance).unwrap_or_else(|| self.grid.nearest_line(axis, at));
        let (u, v) = others(axis);
        let mut marked = Tally::default();
        for triangle in &surface.triangles {
            let corners = triangle.map(|c| {
                let p = surface.vertices[c as usize];
                [p[u], p[v]]
            });
            for (along, beside) in [(u, v), (v, u)] {
                marked += self.flat_edges(solid, (axis, plane), (along, beside), &corners, tolerance);
            }
        }
        marked
    }

    fn flat_edges(
        &mut self,
        solid: usize,
        (axis, plane): (Axis, usize),
        (along, beside): (usize, usize),
        corners: &[Point; 3],
        tolerance: f64,
    ) -> Tally {
        let grid = self.grid;
        let (u, _) = others(axis);
        let swap = along != u;
        let range = |line: &[f64], c: usize| {
            let low = corners.iter().map(|p| p[c]).fold(f64::INFINITY, f64::min);
            let high = corners.iter().map(|p| p[c]).fold(f64::NEG_INFINITY, f64::max);
            let first = line.partition_point(|x| *x < low - tolerance);
            first..line.partition_point(|x| *x <= high + tolerance)
        };
        let mut marked = Tally::default();
        for i in range(&grid.centres[along], usize::from(swap)) {
            for j in range(&grid.lines[beside], usize::from(!swap)) {
                let (a, b) = (grid.centres[along][i], grid.lines[beside][j]);
                let point = if swap { [b, a] } else { [a, b] };
                if holds(corners, point, tolerance) {
                    let mut node = [0; 3];
                    node[axis.index()] = plane;
                    node[along] = i;
                    node[beside] = j;
                    marked += self.mark(solid, Axis::ALL[along], node);
                }
            }
        }
        marked
    }
}

/// True if the point is in the closed triangle, or within the tolerance of it.
fn holds(corners: &[Point; 3], p: Point, tolerance: f64) -> bool {
    let [a, b, c] = *corners;
    let side = |a: Point, b: Point| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    let sides = [side(a, b), side(b, c), side(c, a)];
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let inside = area != 0.0 && (sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0));
    inside || [(a, b), (b, c), (c, a)].iter().any(|(a, b)| distance(*a, *b, p) <= tolerance)
}

/// Distance of a point from the stretch between `a` and `b`.
fn distance(a: Point, b: Point, p: Point) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let length = d[0] * d[0] + d[1] * d[1];
    let dot = (p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1];
    let share = if length > 0.0 { (dot / length).clamp(0.0, 1.0) } else { 0.0 };
    (p[0] - a[0] - share * d[0]).hypot(p[1] - a[1] - share * d[1])
}
