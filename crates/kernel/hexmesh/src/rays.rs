//! Where axis-parallel rays through cell centres cross a surface.
//!
//! For rays along axis `a`, triangles are first cut with the plane w = const of a row of rays
//! (w, v: the other axes), which gives segments in (v, a); these are cut with the rays. Both
//! cuts are half-open: an edge counts if exactly one of its ends is at or below the plane, a
//! segment if exactly one of its ends is at or below the ray. The point where an edge meets
//! the plane is computed from its lower end upwards, thus it is the same number for both
//! triangles of the edge. In the plane of a closed surface the segments thus form closed
//! loops whatever the rounding, and each loop passes a ray an even number of times: a ray
//! never slips through an edge or a corner, nor hits it twice.

use crate::{settings::Axis, surface::Surface};

/// Cuts one surface with rows of rays along one axis.
pub(crate) struct Rays<'a> {
    surface: &'a Surface,
    main: usize,
    across: usize,
    along: usize,
}

/// A crossing: number of the ray in its row, coordinate along the ray.
pub(crate) type Crossing = (u32, f64);

impl<'a> Rays<'a> {
    /// Rays along `axis`; rows are counted along the last of the other two axes.
    pub fn new(surface: &'a Surface, axis: Axis) -> Self {
        let (across, along) = match axis {
            Axis::X => (1, 2),
            Axis::Y => (0, 2),
            Axis::Z => (0, 1),
        };
        Rays { surface, main: axis.index(), across, along }
    }

    /// Crossings of the row at `w` with rays at the ascending coordinates `rays`, sorted by
    /// ray, then along the ray.
    pub fn row(&self, w: f64, rays: &[f64], out: &mut Vec<Crossing>) {
        out.clear();
        let s = self.surface;
        if w < s.low[self.along] || w > s.high[self.along] {
            return;
        }
        for triangle in &s.triangles {
            let p = triangle.map(|v| s.vertices[v as usize]);
            let below = p.map(|q| q[self.along] <= w);
            if below[0] == below[1] && below[1] == below[2] {
                continue;
            }
            let mut ends = [(0.0, 0.0); 2];
            let mut found = 0;
            for (i, j) in [(0, 1), (1, 2), (2, 0)] {
                if below[i] != below[j] {
                    ends[found] = if below[i] { self.cut(p[i], p[j], w) } else { self.cut(p[j], p[i], w) };
                    found += 1;
                }
            }
            segment(ends, rays, out);
        }
        out.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }

    /// (v, a) where the edge from `low` to `high` meets the plane.
    fn cut(&self, low: [f64; 3], high: [f64; 3], w: f64) -> (f64, f64) {
        let share = (w - low[self.along]) / (high[self.along] - low[self.along]);
        let at = |a: usize| low[a] + share * (high[a] - low[a]);
        (at(self.across), at(self.main))
    }
}

fn segment([p, q]: [(f64, f64); 2], rays: &[f64], out: &mut Vec<Crossing>) {
    let (p, q) = if p.0 <= q.0 { (p, q) } else { (q, p) };
    // The ray at v crosses if p.0 <= v < q.0.
    let first = rays.partition_point(|v| *v < p.0);
    for (ray, v) in rays.iter().enumerate().skip(first) {
        if *v >= q.0 {
            break;
        }
        let share = (v - p.0) / (q.0 - p.0);
        let at = p.1 + share * (q.1 - p.1);
        out.push((ray as u32, at.clamp(p.1.min(q.1), p.1.max(q.1))));
    }
}
