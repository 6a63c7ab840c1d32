//! Pairs of triangles that cross each other, found with a tree of boxes.

use base::progress::Progress;

use crate::bounds::Bounds;
use crate::error::Fault;
use crate::ffi::Vec3;
use crate::frame::{cross, dot, length, sub, unit};
use crate::polygon::properly_cross;

/// Enough to show that a surface is broken.
const ENOUGH: usize = 1000;
/// Triangles in a leaf of the tree.
const LEAF: usize = 8;

/// Pairs of triangles that share more than corners or an edge, ascending; at most [`ENOUGH`].
///
/// Contact within 1e-9 of the size counts as none: single precision makes more of it.
/// Cost O(n log n) for surfaces whose triangles are of similar size.
pub(super) fn crossings(
    points: &[Vec3],
    triangles: &[[u32; 3]],
    progress: &dyn Progress,
) -> Result<Vec<(u32, u32)>, Fault> {
    let tolerance = 1e-9 * Bounds::around(points.iter().copied()).diagonal();
    let boxes: Vec<Bounds> =
        triangles.iter().map(|t| Bounds::around(t.map(|i| points[i as usize]))).collect();
    let mut order: Vec<u32> = (0..triangles.len() as u32).collect();
    let mut nodes = Vec::new();
    divide(&mut order, 0, &boxes, &mut nodes);
    let mut found = Vec::new();
    for i in 0..triangles.len() as u32 {
        if i % 1024 == 0 && progress.cancelled() {
            return Err(Fault::Cancelled);
        }
        let mine = &boxes[i as usize];
        let mut waiting = vec![0];
        while let Some(node) = waiting.pop() {
            let Node { around, next, range } = &nodes[node];
            if !around.meets(mine, 0.0) {
                continue;
            }
            match next {
                Some(children) => waiting.extend(children),
                None => found.extend(order[range.clone()].iter().copied().filter_map(|j| {
                    let met = j > i
                        && boxes[j as usize].meets(mine, 0.0)
                        && cross_each_other(points, triangles[i as usize], triangles[j as usize], tolerance);
                    met.then_some((i, j))
                })),
            }
        }
        if found.len() >= ENOUGH {
            break;
        }
    }
    found.sort_unstable();
    Ok(found)
}

struct Node {
    around: Bounds,
    next: Option<[usize; 2]>,
    /// Triangles of a leaf, places in the tree's order.
    range: std::ops::Range<usize>,
}

/// Adds the tree over `order`, which begins at `start` of the whole; halves along the longest
/// extent, so its depth is the logarithm of the number.
fn divide(order: &mut [u32], start: usize, boxes: &[Bounds], nodes: &mut Vec<Node>) -> usize {
    let of = |i: u32| &boxes[i as usize];
    let around = order.iter().fold(Bounds::NOTHING, |all, &i| all.union(*of(i)));
    let place = nodes.len();
    nodes.push(Node { around, next: None, range: start..start + order.len() });
    if order.len() > LEAF {
        let extent = sub(around.max, around.min);
        let widest = (0..3).fold(0, |w, k| if extent[k] > extent[w] { k } else { w });
        let middle = |i: u32| of(i).min[widest] + of(i).max[widest];
        let half = order.len() / 2;
        order.select_nth_unstable_by(half, |&a, &b| middle(a).total_cmp(&middle(b)).then(a.cmp(&b)));
        let (low, high) = order.split_at_mut(half);
        let children = [divide(low, start, boxes, nodes), divide(high, start + half, boxes, nodes)];
        nodes[place].next = Some(children);
    }
    place
}

fn cross_each_other(points: &[Vec3], a: [u32; 3], b: [u32; 3], tolerance: f64) -> bool {
    let at = |t: [u32; 3]| t.map(|i| points[i as usize]);
    let (pa, pb) = (at(a), at(b));
    let (Some(na), Some(nb)) = (normal(pa), normal(pb)) else {
        return false;
    };
    let flat = pb.iter().all(|p| dot(na, sub(*p, pa[0])).abs() <= tolerance)
        && pa.iter().all(|p| dot(nb, sub(*p, pb[0])).abs() <= tolerance);
    if flat {
        return overlap_in_plane(a, b, pa, pb, na);
    }
    pierces(a, b, pa, pb, nb, tolerance) || pierces(b, a, pb, pa, na, tolerance)
}

fn normal([a, b, c]: [Vec3; 3]) -> Option<Vec3> {
    unit(cross(sub(b, a), sub(c, a)))
}

/// An edge of `a` that shares no corner with `b` goes through `b`.
fn pierces(a: [u32; 3], b: [u32; 3], pa: [Vec3; 3], pb: [Vec3; 3], nb: Vec3, tolerance: f64) -> bool {
    let height = pa.map(|p| dot(nb, sub(p, pb[0])));
    (0..3).any(|i| {
        let j = (i + 1) % 3;
        let through = (height[i] > tolerance && height[j] < -tolerance)
            || (height[i] < -tolerance && height[j] > tolerance);
        if !through || b.contains(&a[i]) || b.contains(&a[j]) {
            return false;
        }
        let t = height[i] / (height[i] - height[j]);
        let hit = std::array::from_fn(|k| pa[i][k] + t * (pa[j][k] - pa[i][k]));
        (0..3).all(|e| {
            let (p, q) = (pb[e], pb[(e + 1) % 3]);
            let side = sub(q, p);
            dot(cross(side, sub(hit, p)), nb) >= -tolerance * length(side)
        })
    })
}

/// Triangles of one plane share area.
fn overlap_in_plane(a: [u32; 3], b: [u32; 3], pa: [Vec3; 3], pb: [Vec3; 3], n: Vec3) -> bool {
    let drop = (0..3).fold(0, |w, k| if n[k].abs() > n[w].abs() { k } else { w });
    let flat = |p: Vec3| [p[(drop + 1) % 3], p[(drop + 2) % 3]];
    let (fa, fb) = (pa.map(flat), pb.map(flat));
    let crossed =
        (0..3).any(|i| (0..3).any(|j| properly_cross([fa[i], fa[(i + 1) % 3]], [fb[j], fb[(j + 1) % 3]])));
    crossed
        || (0..3).any(|i| !b.contains(&a[i]) && strictly_inside(fa[i], fb))
        || (0..3).any(|i| !a.contains(&b[i]) && strictly_inside(fb[i], fa))
        || folded(a, b, fa, fb)
}

fn side(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

fn strictly_inside(p: [f64; 2], t: [[f64; 2]; 3]) -> bool {
    let whole = side(t[0], t[1], t[2]);
    (0..3).all(|i| side(t[i], t[(i + 1) % 3], p) * whole.signum() > 1e-9 * whole.abs())
}

/// Two triangles over one edge, both on the same side of it.
fn folded(a: [u32; 3], b: [u32; 3], fa: [[f64; 2]; 3], fb: [[f64; 2]; 3]) -> bool {
    (0..3).any(|i| {
        let (p, q) = (a[i], a[(i + 1) % 3]);
        let apex = (0..3).find(|&j| b[j] != p && b[j] != q);
        match apex {
            Some(j) if b.contains(&p) && b.contains(&q) => {
                let (from, to) = (fa[i], fa[(i + 1) % 3]);
                side(from, to, fa[(i + 2) % 3]) * side(from, to, fb[j]) > 0.0
            }
            _ => false,
        }
    })
}
