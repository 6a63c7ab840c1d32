//! From the bodies of the model to what the kernel meshes.

use api::v1::Entity;
use api::{Code, Failure};
use base::common::{Material, MaterialType};
use compute::Entities;
use hexmesh::{Kind, Model, Solid};
use serde::Deserialize;

use crate::triangles::{self, Triangles};

/// What of a body's properties matters here.
#[derive(Debug, Deserialize)]
struct Body {
    material: String,
    mesh_priority: Option<i32>,
    is_sheet: bool,
    snap: [Vec<f64>; 3],
}

/// The bodies in the order of their names, with their materials; `fetch` gives a body's `mesh` blob.
pub(crate) fn model<B: AsRef<[u8]>>(
    entities: &Entities,
    background: &str,
    fetch: &dyn Fn(&Entity) -> Result<B, Failure>,
) -> Result<Model, Failure> {
    let known = compute::materials(entities)?;
    let mut model = Model::default();
    let indexed = |name: &str, who: &str, materials: &mut Vec<hexmesh::Material>| {
        if let Some(index) = materials.iter().position(|m| m.name == name) {
            return Ok(index);
        }
        let material = known.get(name).ok_or_else(|| {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            Code::Invalid
                .because(format!("`{who}`: there is no material `{name}`"))
                .remedy(format!("use one of: {}", names.join(", ")))
        })?;
        materials.push(hexmesh::Material { name: name.to_owned(), kind: kind(material) });
        Ok::<_, Failure>(materials.len() - 1)
    };
    model.background = indexed(background, "mesh/background", &mut model.materials)?;
    for entity in entities.of_kind("modeling.body") {
        let name = entity.path.strip_prefix("model/").unwrap_or(&entity.path);
        let body: Body = entities.typed(entity)?;
        let material = indexed(&body.material, &format!("geometry/{name}"), &mut model.materials)?;
        let priority = body.mesh_priority.or_else(|| known.get(&body.material).map(|m| m.mesh_priority));
        let bytes = fetch(entity)?;
        let Triangles { vertices, triangles } = triangles::read(bytes.as_ref()).map_err(|reason| {
            Code::Corrupt.because(format!("the triangles of `{}`: {reason}", entity.path))
        })?;
        model.solids.push(Solid {
            name: name.to_owned(),
            vertices,
            triangles,
            snap: body.snap,
            material,
            priority: priority.unwrap_or(0),
            is_sheet: body.is_sheet,
        });
    }
    Ok(model)
}

fn kind(material: &Material) -> Kind {
    match material.kind {
        MaterialType::Pec => Kind::Pec,
        MaterialType::Volumetric => Kind::Volumetric {
            epsilon_r: material.epsilon_r.0,
            mu_r: material.mu_r.0,
            conductivity: material.conductivity.0,
            magnetic_conductivity: material.magnetic_conductivity.0,
        },
    }
}
