//! Triangles on the boundary of a body.

use base::progress::Progress;

use crate::check::fault;
use crate::error::{Error, Fault};
use crate::ffi::{RawMesh, Shape, Vec3};
use crate::scale::{TOLERANCE, inward, point_outward};
use crate::weld::weld;

/// How closely triangles follow curved faces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Largest distance between a triangle and its face.
    pub deflection: Deflection,
    /// Largest angle between neighbouring segments of a curve, rad; 0.02 to 1.5.
    pub angle: f64,
}

/// A distance, of one body or in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deflection {
    /// In diagonals of the bounding box; 1e-6 to 1.
    Relative(f64),
    /// In metres, within the same range of diagonals.
    Absolute(f64),
}

impl Default for Quality {
    /// A thousandth of the diagonal and 0.2 rad (31 segments for a circle).
    fn default() -> Self {
        Self { deflection: Deflection::Relative(1e-3), angle: 0.2 }
    }
}

/// Triangles that share their vertices.
///
/// For a solid they form a closed surface: every edge belongs to two triangles that run along it
/// in opposite directions (four where two solids of the body touch in an edge).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mesh {
    /// Positions, m.
    pub vertices: Vec<[f64; 3]>,
    /// Corners, counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
    /// For each triangle the face that it lies on, as [`crate::Body::faces`] counts.
    pub face_of_triangle: Vec<u32>,
    /// For each edge, as [`crate::Body::edges`] counts, the vertices along it; empty for poles.
    pub edges: Vec<Vec<u32>>,
}

pub(crate) fn triangles(
    shape: &Shape,
    diagonal: f64,
    quality: &Quality,
    progress: &dyn Progress,
) -> Result<Mesh, Error> {
    let deflection = match quality.deflection {
        Deflection::Relative(part) => part * diagonal,
        Deflection::Absolute(length) => inward(length),
    };
    if !(1e-6 * diagonal..=diagonal).contains(&deflection) {
        let rule = "it must be between 1e-6 and 1 diagonals of the body";
        return Err(fault("deflection", format!("{:?}", quality.deflection), rule).into());
    }
    if !(0.02..=1.5).contains(&quality.angle) {
        return Err(fault("angle", quality.angle, "it must be between 0.02 and 1.5 rad").into());
    }
    let raw = shape.tessellate(deflection, quality.angle, progress)?;
    if u32::try_from(raw.vertices.len()).is_err() {
        return Err(Error::Body(Fault::TooMany {
            what: "vertices of the triangles",
            count: raw.vertices.len(),
            limit: u32::MAX as usize,
        }));
    }
    Ok(shared(&raw))
}

/// One vertex for each place; triangles that thereby lose their area (at poles) are left out.
fn shared(raw: &RawMesh) -> Mesh {
    let (vertices, places) = weld(&raw.vertices, inward(TOLERANCE));
    let place = |i: u32| places[i as usize];
    let mut mesh = Mesh { vertices: vertices.into_iter().map(point_outward).collect(), ..Mesh::default() };
    for (triangle, &face) in raw.triangles.iter().zip(&raw.faces) {
        let [a, b, c] = triangle.map(place);
        if a != b && b != c && c != a {
            mesh.triangles.push([a, b, c]);
            mesh.face_of_triangle.push(face);
        }
    }
    let mut start = 0;
    for &end in &raw.line_ends {
        let mut line: Vec<u32> = raw.lines[start..end as usize].iter().map(|&i| place(i)).collect();
        line.dedup();
        mesh.edges.push(line);
        start = end as usize;
    }
    mesh
}

impl Mesh {
    /// Volume enclosed by the triangles, m³: the divergence theorem for the field r/3, that is the
    /// sum of the signed tetrahedra between each triangle and one point.
    #[must_use]
    pub fn volume(&self) -> f64 {
        use crate::frame::{cross, dot, sub};
        // A point of the mesh as origin: far from the true one, digits would cancel.
        let Some(&origin) = self.vertices.first() else {
            return 0.0;
        };
        let sixfold: f64 =
            self.corners().map(|[a, b, c]| dot(sub(a, origin), cross(sub(b, origin), sub(c, origin)))).sum();
        sixfold / 6.0
    }

    /// Area of the triangles, m².
    #[must_use]
    pub fn area(&self) -> f64 {
        use crate::frame::{cross, length, sub};
        let twice: f64 = self.corners().map(|[a, b, c]| length(cross(sub(b, a), sub(c, a)))).sum();
        0.5 * twice
    }

    /// The three positions of each triangle.
    pub(crate) fn corners(&self) -> impl Iterator<Item = [Vec3; 3]> + '_ {
        self.triangles.iter().map(|triangle| triangle.map(|i| self.vertices[i as usize]))
    }

    /// The triangles as the little-endian blob `OTTRI001`: the magic, numbers of vertices and
    /// triangles (`u64`), vertices (3 × `f64`, m), triangles (3 × `u32`), faces (`u32`).
    #[must_use]
    pub fn to_blob(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24 + 24 * self.vertices.len() + 16 * self.triangles.len());
        out.extend(b"OTTRI001");
        out.extend((self.vertices.len() as u64).to_le_bytes());
        out.extend((self.triangles.len() as u64).to_le_bytes());
        for x in self.vertices.as_flattened() {
            out.extend(x.to_le_bytes());
        }
        for i in self.triangles.as_flattened().iter().chain(&self.face_of_triangle) {
            out.extend(i.to_le_bytes());
        }
        out
    }
}
