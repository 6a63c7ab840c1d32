//! Triangles for the eye: the view file of a body, in levels from coarse to fine.

use std::collections::{HashMap, HashSet};

use base::view::ViewData;
use serde_json::{Value, json};

use crate::frame::{length, sub};
use crate::mesh::Mesh;

/// Bodies of no more triangles need no coarser level: hundreds of them are drawn quickly by any computer.
const SMALL: usize = 200;

/// Cells along the diagonal of the levels that are tried, finest first: at the finest a cell is about a pixel of
/// a view that shows all of the body, the coarsest is for one of many bodies while a weak computer turns them.
const CELLS: [f64; 7] = [1000.0, 400.0, 160.0, 64.0, 24.0, 12.0, 6.0];

/// A level is worth its bytes where it has at most this part of the triangles of the next finer one.
const WORTH: f64 = 0.6;

/// And where it keeps at least this part of the body's area: what is thinner than a cell, as a coil of wire, would
/// fall together and be gone.
const KEPT_AREA: f64 = 0.5;

/// A cell of a grid, by its place.
type Cell = [i64; 3];

impl Mesh {
    /// The triangles as a view file of the content `surface`: a body of few triangles in one level, a larger one
    /// also in coarser levels, which come first. `docs/data-model.md` has the layout.
    #[must_use]
    pub fn to_view(&self) -> Vec<u8> {
        let (min, max) = self.corners_of_box();
        let origin = [0, 1, 2].map(|axis| f64::midpoint(min[axis], max[axis]));
        let mut data = ViewData::new();
        let mut levels: Vec<Value> = self
            .coarser(min, length(sub(max, min)))
            .iter()
            .map(|(mesh, error)| mesh.level(&mut data, origin, *error))
            .collect();
        levels.push(self.level(&mut data, origin, 0.0));
        data.finish(
            &json!({"content": "surface", "origin": origin, "min": min, "max": max, "levels": levels}),
        )
    }

    fn corners_of_box(&self) -> ([f64; 3], [f64; 3]) {
        let Some(&first) = self.vertices.first() else {
            return ([0.0; 3], [0.0; 3]);
        };
        self.vertices.iter().fold((first, first), |(mut min, mut max), vertex| {
            for axis in 0..3 {
                min[axis] = min[axis].min(vertex[axis]);
                max[axis] = max[axis].max(vertex[axis]);
            }
            (min, max)
        })
    }

    /// Coarser meshes with the size of their cells, coarsest first; none for small bodies.
    fn coarser(&self, min: [f64; 3], diagonal: f64) -> Vec<(Mesh, f64)> {
        let mut levels: Vec<(Mesh, f64)> = Vec::new();
        let mut finer = self.triangles.len();
        let area = self.area();
        for cells in CELLS {
            if finer <= SMALL || diagonal <= 0.0 {
                break;
            }
            let size = diagonal / cells;
            let mesh = self.clustered(min, size);
            let count = mesh.triangles.len();
            if (count as f64) <= WORTH * finer as f64 && count > 0 && mesh.area() >= KEPT_AREA * area {
                finer = count;
                levels.push((mesh, size));
            }
        }
        levels.reverse();
        levels
    }

    /// The mesh with all vertices of a cell drawn together. Where vertices of edges and of faces meet in a cell,
    /// those of edges decide its place, and ends of edges before others: corners stay where they are.
    fn clustered(&self, min: [f64; 3], size: f64) -> Mesh {
        let ranks = self.ranks();
        let mut numbers: HashMap<Cell, u32> = HashMap::new();
        // Sum, count and rank of each cell, in the order in which the cells are met: equal meshes give equal bytes.
        let mut cells: Vec<([f64; 3], f64, u8)> = Vec::new();
        let mut place = Vec::with_capacity(self.vertices.len());
        for (vertex, rank) in self.vertices.iter().zip(ranks) {
            let cell: Cell = [0, 1, 2].map(|axis| ((vertex[axis] - min[axis]) / size).floor() as i64);
            let next = cells.len() as u32;
            let number = *numbers.entry(cell).or_insert(next);
            if number == next {
                cells.push(([0.0; 3], 0.0, rank));
            }
            let (sum, count, best) = &mut cells[number as usize];
            if rank > *best {
                (*sum, *count, *best) = ([0.0; 3], 0.0, rank);
            }
            if rank == *best {
                *sum = [0, 1, 2].map(|axis| sum[axis] + vertex[axis]);
                *count += 1.0;
            }
            place.push(number);
        }
        let vertices = cells.into_iter().map(|(sum, count, _)| sum.map(|x| x / count)).collect();
        self.moved(vertices, &place)
    }

    /// For each vertex: 2 for an end of an edge, 1 for another vertex of an edge, 0 within a face.
    fn ranks(&self) -> Vec<u8> {
        let mut ranks = vec![0; self.vertices.len()];
        for edge in &self.edges {
            for &i in edge {
                ranks[i as usize] = ranks[i as usize].max(1);
            }
            for &i in edge.first().iter().chain(&edge.last()) {
                ranks[*i as usize] = 2;
            }
        }
        ranks
    }

    /// The mesh over other vertices; triangles that lose their area thereby, or lie twice on one face, are left out.
    fn moved(&self, vertices: Vec<[f64; 3]>, place: &[u32]) -> Mesh {
        let at = |i: u32| place[i as usize];
        let mut mesh = Mesh { vertices, ..Mesh::default() };
        let mut seen = HashSet::new();
        for (triangle, &face) in self.triangles.iter().zip(&self.face_of_triangle) {
            let corners = triangle.map(at);
            let [a, b, c] = corners;
            let mut sorted = corners;
            sorted.sort_unstable();
            if a != b && b != c && c != a && seen.insert((sorted, face)) {
                mesh.triangles.push(corners);
                mesh.face_of_triangle.push(face);
            }
        }
        for edge in &self.edges {
            let mut line: Vec<u32> = edge.iter().map(|&i| at(i)).collect();
            line.dedup();
            mesh.edges.push(if line.len() < 2 { Vec::new() } else { line });
        }
        mesh
    }

    /// Writes the mesh as one part and tells of it.
    fn level(&self, data: &mut ViewData, origin: [f64; 3], error: f64) -> Value {
        let part = data.part(|out| {
            for vertex in &self.vertices {
                (0..3).for_each(|axis| out.extend(((vertex[axis] - origin[axis]) as f32).to_le_bytes()));
            }
            let corners = self.triangles.as_flattened().iter().chain(&self.face_of_triangle);
            corners.for_each(|i| out.extend(i.to_le_bytes()));
            let mut end = 0_u32;
            for edge in &self.edges {
                end += edge.len() as u32;
                out.extend(end.to_le_bytes());
            }
            self.edges.iter().flatten().for_each(|i| out.extend(i.to_le_bytes()));
        });
        json!({
            "offset": part.offset, "bytes": part.bytes, "error": error,
            "vertices": self.vertices.len(), "triangles": self.triangles.len(),
            "edges": self.edges.len(), "edge_points": self.edges.iter().map(Vec::len).sum::<usize>(),
        })
    }
}
