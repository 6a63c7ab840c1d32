//! A heap of triangles as closed, oriented, nested surfaces.

use base::progress::Progress;

use crate::bounds::Bounds;
use crate::error::Fault;
use crate::ffi::Vec3;
use crate::frame::{cross, dot, length, sub, unit};
use crate::scale::{TOLERANCE, inward, point_outward};
use crate::weld::weld;

use super::crossing;

/// Corners nearer than this part of the diagonal are one: STL's single precision resolves no more.
const WELD: f64 = 1e-7;

/// Triangles over shared points, mm.
pub(super) struct Surface {
    pub points: Vec<Vec3>,
    triangles: Vec<[u32; 3]>,
    /// For each triangle the connected part that it belongs to; empty before orientation.
    part: Vec<u32>,
    parts: usize,
    /// Triangles that share an edge; empty before orientation.
    neighbours: Vec<[u32; 2]>,
}

/// Surfaces that bound solids.
pub(super) struct Nest {
    pub triangles: Vec<[u32; 3]>,
    /// For each triangle its shell.
    pub shells: Vec<u32>,
    /// For each shell its solid.
    pub solids: Vec<u32>,
    pub solid_count: usize,
}

/// Edge of a triangle: its ends in ascending order, the triangle, whether it runs upward.
type Side = (u32, u32, u32, bool);

impl Surface {
    /// Triangles of `corners`, three for each; those without three distinct corners are dropped.
    pub(super) fn welded(corners: &[Vec3]) -> Result<Self, Fault> {
        let diagonal = Bounds::around(corners.iter().copied()).diagonal();
        let (points, places) = weld(corners, (WELD * diagonal).max(inward(TOLERANCE)));
        let triangles: Vec<[u32; 3]> = places
            .as_chunks::<3>()
            .0
            .iter()
            .copied()
            .filter(|[a, b, c]| a != b && b != c && c != a)
            .collect();
        if triangles.is_empty() {
            return Err(Fault::Empty("every triangle of the file is smaller than it can resolve"));
        }
        Ok(Self { points, triangles, part: Vec::new(), parts: 0, neighbours: Vec::new() })
    }

    /// Finds the connected parts and turns their triangles the same way round.
    ///
    /// Fails where an edge does not belong to exactly two triangles, or a part has one side only.
    pub(super) fn oriented(mut self) -> Result<Self, Fault> {
        let mut sides: Vec<Side> = Vec::with_capacity(3 * self.triangles.len());
        for (i, &[a, b, c]) in (0_u32..).zip(&self.triangles) {
            for (p, q) in [(a, b), (b, c), (c, a)] {
                sides.push((p.min(q), p.max(q), i, p < q));
            }
        }
        sides.sort_unstable();
        self.check_closed(&sides)?;
        // Each triangle has three neighbours, with true where it must be turned against this one.
        let mut near: Vec<Vec<(u32, bool)>> = vec![Vec::new(); self.triangles.len()];
        for pair in sides.as_chunks::<2>().0 {
            let [(_, _, i, up), (_, _, j, other_up)] = *pair;
            near[i as usize].push((j, up == other_up));
            near[j as usize].push((i, up == other_up));
            self.neighbours.push([i, j]);
        }
        self.turn(&near)?;
        Ok(self)
    }

    fn check_closed(&self, sides: &[Side]) -> Result<(), Fault> {
        let edges = sides.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
        let (mut open, mut crowded) = (Vec::new(), Vec::new());
        for edge in edges {
            match edge.len() {
                1 => open.push(edge[0]),
                2 => {}
                _ => crowded.push(edge[0]),
            }
        }
        let middle = |side: &Side| {
            let (a, b) = (self.points[side.0 as usize], self.points[side.1 as usize]);
            point_outward(std::array::from_fn(|k| 0.5 * (a[k] + b[k])))
        };
        if let Some(first) = open.first() {
            return Err(Fault::Open { edges: open.len(), at: middle(first) });
        }
        if let Some(first) = crowded.first() {
            return Err(Fault::NonManifold { edges: crowded.len(), at: middle(first) });
        }
        Ok(())
    }

    fn turn(&mut self, near: &[Vec<(u32, bool)>]) -> Result<(), Fault> {
        const NONE: u32 = u32::MAX;
        let count = self.triangles.len();
        let mut turned = vec![false; count];
        self.part = vec![NONE; count];
        let mut parts = 0;
        for start in 0..count {
            if self.part[start] != NONE {
                continue;
            }
            self.part[start] = parts;
            let mut waiting = vec![start];
            while let Some(i) = waiting.pop() {
                for &(j, against) in &near[i] {
                    let j = j as usize;
                    if self.part[j] == NONE {
                        self.part[j] = parts;
                        turned[j] = turned[i] != against;
                        waiting.push(j);
                    } else if turned[j] != (turned[i] != against) {
                        return Err(Fault::OneSided);
                    }
                }
            }
            parts += 1;
        }
        for (triangle, _) in self.triangles.iter_mut().zip(turned).filter(|(_, t)| *t) {
            triangle.swap(1, 2);
        }
        self.parts = parts as usize;
        Ok(())
    }

    /// The part of all neighbours that lie in one plane.
    pub(super) fn flat_part(&self) -> f64 {
        let normal = |i: u32| {
            let [a, b, c] = self.triangles[i as usize].map(|p| self.points[p as usize]);
            unit(cross(sub(b, a), sub(c, a))).unwrap_or_default()
        };
        let flat = |pair: &&[u32; 2]| length(cross(normal(pair[0]), normal(pair[1]))) < 1e-9;
        let count = self.neighbours.iter().filter(flat).count();
        count as f64 / self.neighbours.len().max(1) as f64
    }

    pub(super) fn check_crossings(&self, progress: &dyn Progress) -> Result<(), Fault> {
        let found = crossing::crossings(&self.points, &self.triangles, progress)?;
        match found.first() {
            None => Ok(()),
            Some(&(first, _)) => {
                let corners = self.triangles[first as usize].map(|i| self.points[i as usize]);
                let third = |k: usize| corners.iter().map(|p| p[k]).sum::<f64>() / 3.0;
                Err(Fault::SelfIntersecting {
                    pairs: found.len(),
                    at: point_outward(std::array::from_fn(third)),
                })
            }
        }
    }

    /// Parts within an even number of others are outsides of solids, the rest are cavities of the
    /// part around them. The triangles look out of the material.
    pub(super) fn nested(&self) -> Result<Nest, String> {
        let parts = self.by_part();
        let volumes: Vec<f64> = parts.iter().map(|part| self.volume(part)).collect();
        if let Some(flat) = volumes.iter().position(|v| *v == 0.0) {
            return Err(format!("part {} encloses nothing", flat + 1));
        }
        let around = self.surrounding(&parts, &volumes);
        let mut solids = vec![0; parts.len()];
        let mut solid_count = 0;
        for part in 0..parts.len() {
            if around[part].len().is_multiple_of(2) {
                solids[part] = solid_count;
                solid_count += 1;
            }
        }
        for part in 0..parts.len() {
            let depth = around[part].len();
            if !depth.is_multiple_of(2) {
                let outside = around[part].iter().find(|&&p| around[p].len() == depth - 1);
                let outside = outside.ok_or("its surfaces are nested in no order")?;
                solids[part] = solids[*outside];
            }
        }
        let inward = |part: usize| !around[part].len().is_multiple_of(2);
        let mut nest = Nest {
            triangles: self.triangles.clone(),
            shells: self.part.clone(),
            solids,
            solid_count: solid_count as usize,
        };
        for (triangle, &part) in nest.triangles.iter_mut().zip(&self.part) {
            let part = part as usize;
            if (volumes[part] < 0.0) != inward(part) {
                triangle.swap(1, 2);
            }
        }
        Ok(nest)
    }

    fn by_part(&self) -> Vec<Vec<[Vec3; 3]>> {
        let mut parts = vec![Vec::new(); self.parts];
        for (triangle, &part) in self.triangles.iter().zip(&self.part) {
            parts[part as usize].push(triangle.map(|i| self.points[i as usize]));
        }
        parts
    }

    /// For each part those that it lies in. Surfaces do not cross, so one point decides.
    fn surrounding(&self, parts: &[Vec<[Vec3; 3]>], volumes: &[f64]) -> Vec<Vec<usize>> {
        let boxes: Vec<Bounds> =
            parts.iter().map(|part| Bounds::around(part.as_flattened().iter().copied())).collect();
        (0..parts.len())
            .map(|inner| {
                let point = parts[inner][0][0];
                (0..parts.len())
                    .filter(|&outer| {
                        outer != inner
                            && volumes[outer].abs() > volumes[inner].abs()
                            && boxes[outer].contains(point)
                            && winding(&parts[outer], point).abs() > 0.5
                    })
                    .collect()
            })
            .collect()
    }

    fn volume(&self, part: &[[Vec3; 3]]) -> f64 {
        let origin = self.points[0];
        let sixfold: f64 = part
            .iter()
            .map(|t| {
                let [a, b, c] = t.map(|p| sub(p, origin));
                dot(a, cross(b, c))
            })
            .sum();
        sixfold / 6.0
    }
}

/// How often a closed surface winds around a point: the sum of the solid angles of its triangles
/// over 4π, each by the formula of van Oosterom and Strackee (IEEE Trans. Biomed. Eng. 30, 1983):
/// tan(Ω/2) = a·(b×c) / (abc + (a·b)c + (b·c)a + (c·a)b).
fn winding(triangles: &[[Vec3; 3]], point: Vec3) -> f64 {
    let sum: f64 = triangles
        .iter()
        .map(|t| {
            let [a, b, c] = t.map(|p| sub(p, point));
            let (la, lb, lc) = (length(a), length(b), length(c));
            let below = la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb;
            2.0 * dot(a, cross(b, c)).atan2(below)
        })
        .sum();
    sum / (4.0 * std::f64::consts::PI)
}
