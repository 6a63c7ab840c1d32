//! Bodies as entities.

use base::progress::Progress;
use serde_json::{Value, json};
use solid::{Body, BoundingBox, Edge, EdgeKind, Error, Face, FaceKind, Mesh, Quality, Solids, StlForm};

use crate::kinds::Filling;

/// Faces and edges that the properties of a body list at most; more of them nobody picks by hand, and the
/// entity would outgrow a message.
const MOST_LISTED: usize = 2000;

/// A body ready to be written.
pub(crate) struct Described {
    /// Its properties.
    pub(crate) properties: Value,
    /// Its files `mesh`, `view`, `stl`, `step` and `brep`.
    pub(crate) files: [Vec<u8>; 5],
    /// Its triangles.
    pub(crate) triangles: Mesh,
}

/// Measures a body and writes its files.
pub(crate) fn describe(
    name: &str,
    body: &Body,
    filling: &Filling,
    progress: &dyn Progress,
) -> Result<Described, Error> {
    progress.report(0.0, &format!("triangles of `{name}`"));
    let triangles = body.tessellate(&Quality::default(), progress)?;
    progress.report(0.7, &format!("files of `{name}`"));
    let (faces, edges) = (body.faces()?, body.edges()?);
    let properties = json!({
        "material": filling.material.as_deref().unwrap_or("vacuum"),
        "mesh_priority": filling.mesh_priority,
        "is_sheet": body.is_sheet(),
        "solids": body.solid_count(),
        "volume": body.volume(),
        "area": body.area(),
        "bounding_box": corners(&body.bounding_box()),
        "snap": body.snap_coordinates()?,
        "triangles": triangles.triangles.len(),
        "face_count": faces.len(),
        "edge_count": edges.len(),
        "faces": faces.iter().take(MOST_LISTED).map(face).collect::<Vec<_>>(),
        "edges": edges.iter().take(MOST_LISTED).map(edge).collect::<Vec<_>>(),
    });
    let files = [
        triangles.to_blob(),
        triangles.to_view(),
        Mesh::to_stl(&[(name, &triangles)], StlForm::Binary)?,
        body.to_step(name)?,
        body.to_brep()?,
    ];
    Ok(Described { properties, files, triangles })
}

/// The files of the whole model, by name; a model without bodies has none.
pub(crate) fn whole(
    solids: &Solids,
    triangles: &[(String, Mesh)],
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    if solids.is_empty() {
        return Ok(Vec::new());
    }
    let bodies: Vec<(&str, &Body)> = solids.iter().collect();
    let meshes: Vec<(&str, &Mesh)> = triangles.iter().map(|(name, mesh)| (name.as_str(), mesh)).collect();
    Ok(vec![("step", solid::write_step(&bodies)?), ("stl", Mesh::to_stl(&meshes, StlForm::Binary)?)])
}

/// Properties of the model.
pub(crate) fn overview(solids: &Solids, inputs: &str) -> Value {
    let names: Vec<&str> = solids.iter().map(|(name, _)| name).collect();
    json!({
        "inputs": inputs,
        "bodies": names,
        "bounding_box": solids.bounding_box().as_ref().map(corners),
    })
}

fn corners(around: &BoundingBox) -> [[f64; 3]; 2] {
    [around.min, around.max]
}

fn face(face: &Face) -> Value {
    let kind = match face.kind {
        FaceKind::Plane => "plane",
        FaceKind::Cylinder => "cylinder",
        FaceKind::Cone => "cone",
        FaceKind::Sphere => "sphere",
        FaceKind::Torus => "torus",
        FaceKind::Other => "other",
    };
    json!({"kind": kind, "area": face.area, "center": face.center, "normal": face.normal})
}

fn edge(edge: &Edge) -> Value {
    let kind = match edge.kind {
        EdgeKind::Line => "line",
        EdgeKind::Circle => "circle",
        EdgeKind::Ellipse => "ellipse",
        EdgeKind::Other => "other",
        EdgeKind::Pole => "pole",
    };
    json!({"kind": kind, "corner": edge.corner, "length": edge.length,
           "start": edge.start, "middle": edge.middle, "end": edge.end})
}
