//! Polygons in a plane: simple, with an inside, counter-clockwise.

use crate::check::{coordinate, fault};
use crate::error::Fault;
use crate::scale::SHORTEST;

type P = [f64; 2];

/// Comparing every edge with every other stays quick up to here.
const MOST_CORNERS: usize = 5000;

/// The polygon counter-clockwise, without a closing copy of the first corner.
///
/// Fails where it has fewer than three corners, no area, or an edge that meets another.
pub(crate) fn checked(polygon: &[P]) -> Result<Vec<P>, Fault> {
    const NAME: &str = "polygon";
    if polygon.len() > MOST_CORNERS {
        return Err(Fault::TooMany {
            what: "corners of the polygon",
            count: polygon.len(),
            limit: MOST_CORNERS,
        });
    }
    for x in polygon.as_flattened() {
        coordinate(NAME, *x)?;
    }
    let mut corners = polygon.to_vec();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    if corners.len() < 3 {
        let count = format!("a list of {} corners", corners.len());
        return Err(fault(NAME, count, "it must have at least three"));
    }
    if let Some((i, j)) = meeting_edges(&corners) {
        let place = format!("one whose edges {} and {} meet", i + 1, j + 1);
        return Err(fault(NAME, place, "its edges must not cross, touch or have no length"));
    }
    let area = area(&corners);
    if area.abs() < SHORTEST * SHORTEST {
        return Err(fault(NAME, "one without area", "it must enclose something"));
    }
    if area < 0.0 {
        corners.reverse();
    }
    Ok(corners)
}

/// Signed area, positive counter-clockwise.
fn area(corners: &[P]) -> f64 {
    let origin = corners[0];
    let relative = |i: usize| {
        let p = corners[i % corners.len()];
        [p[0] - origin[0], p[1] - origin[1]]
    };
    let twice: f64 = (0..corners.len()).map(|i| cross(relative(i), relative(i + 1))).sum();
    0.5 * twice
}

fn meeting_edges(corners: &[P]) -> Option<(usize, usize)> {
    let n = corners.len();
    let edge = |i: usize| [corners[i], corners[(i + 1) % n]];
    for i in 0..n {
        let [a, b] = edge(i);
        if distance(a, b) < SHORTEST {
            return Some((i, (i + 1) % n));
        }
        for j in i + 1..n {
            let met = if j == i + 1 {
                folded(edge(i), edge(j))
            } else if i == 0 && j == n - 1 {
                folded(edge(j), edge(i))
            } else {
                meet(edge(i), edge(j))
            };
            if met {
                return Some((i, j));
            }
        }
    }
    None
}

/// Two edges that follow each other and fold back onto each other.
fn folded([a, b]: [P; 2], [_, c]: [P; 2]) -> bool {
    to_segment(c, [a, b]) < SHORTEST || to_segment(a, [b, c]) < SHORTEST
}

fn meet(s: [P; 2], t: [P; 2]) -> bool {
    let boxes_meet = (0..2).all(|k| {
        let low = |e: [P; 2]| e[0][k].min(e[1][k]);
        let high = |e: [P; 2]| e[0][k].max(e[1][k]);
        low(s) <= high(t) + SHORTEST && low(t) <= high(s) + SHORTEST
    });
    boxes_meet
        && (properly_cross(s, t)
            || to_segment(s[0], t) < SHORTEST
            || to_segment(s[1], t) < SHORTEST
            || to_segment(t[0], s) < SHORTEST
            || to_segment(t[1], s) < SHORTEST)
}

/// Each segment has its ends strictly on both sides of the other.
pub(crate) fn properly_cross(s: [P; 2], t: [P; 2]) -> bool {
    let side = |[a, b]: [P; 2], p: P| cross([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    side(s, t[0]) * side(s, t[1]) < 0.0 && side(t, s[0]) * side(t, s[1]) < 0.0
}

fn to_segment(p: P, [a, b]: [P; 2]) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let along = (p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1];
    let whole = d[0] * d[0] + d[1] * d[1];
    let t = if whole > 0.0 { (along / whole).clamp(0.0, 1.0) } else { 0.0 };
    distance(p, [a[0] + t * d[0], a[1] + t * d[1]])
}

fn distance(a: P, b: P) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn cross(a: P, b: P) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}
