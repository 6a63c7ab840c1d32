//! Triangles as STL.

use std::fmt::Write;

use crate::error::{Error, Fault};
use crate::frame::{cross, sub, unit};
use crate::mesh::Mesh;

/// The two forms of STL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StlForm {
    /// Little-endian, 50 bytes a triangle; several bodies become one list.
    Binary,
    /// Text; each body is a solid of its name.
    Text,
}

impl Mesh {
    /// The triangles of bodies as an STL file in millimetres, the unit that readers expect.
    ///
    /// # Errors
    /// More triangles than the binary form can count.
    pub fn to_stl(bodies: &[(&str, &Mesh)], form: StlForm) -> Result<Vec<u8>, Error> {
        match form {
            StlForm::Binary => binary(bodies),
            StlForm::Text => Ok(text(bodies).into_bytes()),
        }
    }

    /// Normal and corners of each triangle, mm.
    fn facets(&self) -> impl Iterator<Item = [[f64; 3]; 4]> + '_ {
        self.corners().map(|[a, b, c]| {
            let normal = unit(cross(sub(b, a), sub(c, a))).unwrap_or_default();
            let [a, b, c] = [a, b, c].map(|p| p.map(|x| x * 1000.0));
            // Adding zero turns -0 into 0.
            [normal.map(|x| x + 0.0), a, b, c]
        })
    }
}

fn binary(bodies: &[(&str, &Mesh)]) -> Result<Vec<u8>, Error> {
    let count: usize = bodies.iter().map(|(_, mesh)| mesh.triangles.len()).sum();
    let Ok(total) = u32::try_from(count) else {
        return Err(Error::Body(Fault::TooMany {
            what: "triangles of a binary STL file",
            count,
            limit: u32::MAX as usize,
        }));
    };
    let mut out = Vec::with_capacity(84 + 50 * count);
    out.extend(b"binary STL, millimetres");
    out.resize(80, b' ');
    out.extend(total.to_le_bytes());
    for facet in bodies.iter().flat_map(|(_, mesh)| mesh.facets()) {
        for x in facet.as_flattened() {
            out.extend((*x as f32).to_le_bytes());
        }
        out.extend([0, 0]);
    }
    Ok(out)
}

fn text(bodies: &[(&str, &Mesh)]) -> String {
    let mut out = String::new();
    for (name, mesh) in bodies {
        // The name ends with its line.
        let name = name.replace(['\n', '\r'], " ");
        let _ = writeln!(out, "solid {name}");
        for [n, a, b, c] in mesh.facets() {
            let _ = writeln!(out, " facet normal {:e} {:e} {:e}\n  outer loop", n[0], n[1], n[2]);
            for p in [a, b, c] {
                let _ = writeln!(out, "   vertex {:e} {:e} {:e}", p[0], p[1], p[2]);
            }
            out.push_str("  endloop\n endfacet\n");
        }
        let _ = writeln!(out, "endsolid {name}");
    }
    out
}
