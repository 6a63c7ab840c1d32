//! Refuses what cannot be meshed before any work is done.

use crate::{
    Error,
    model::{Kind, Material, Model, Solid},
    settings::{Axis, Distance, Settings},
};

/// Checks model and settings.
pub(crate) fn all(model: &Model, settings: &Settings) -> Result<(), Error> {
    numbers(settings)?;
    distances(settings)?;
    named(settings)?;
    count("materials", model.materials.len(), usize::from(u16::MAX))?;
    count("solids", model.solids.len(), u32::MAX as usize - 1)?;
    for material in &model.materials {
        check_material(material)?;
    }
    index("background", model.background, model)?;
    for solid in &model.solids {
        check_solid(solid, model)?;
    }
    Ok(())
}

fn setting(key: &str, value: f64, ok: bool, must: &'static str) -> Result<(), Error> {
    if ok { Ok(()) } else { Err(Error::Setting { key: key.to_owned(), value, must }) }
}

fn numbers(s: &Settings) -> Result<(), Error> {
    let positive = |x: f64| x.is_finite() && x > 0.0;
    let from_one = |x: f64| x.is_finite() && x >= 1.0;
    let f = s.maximum_frequency;
    setting("maximum_frequency", f, positive(f), "a finite number above 0 (Hz)")?;
    let n = s.steps_per_wavelength;
    setting("steps_per_wavelength", n, from_one(n), "a finite number of at least 1")?;
    if let Some(edge) = s.maximum_edge_length {
        setting("maximum_edge_length", edge, positive(edge), "a finite length above 0 (m)")?;
    }
    let r = s.smallest_mesh_step_ratio;
    setting("smallest_mesh_step_ratio", r, from_one(r), "a finite number of at least 1")?;
    let r = s.equilibration_ratio;
    setting("equilibration_ratio", r, from_one(r), "a finite number of at least 1")
}

fn distances(s: &Settings) -> Result<(), Error> {
    for axis in Axis::ALL {
        for (side, name) in s.boundary_distance[axis.index()].iter().zip(["low", "high"]) {
            let (Distance::Absolute(d) | Distance::Relative(d)) = *side;
            let key = format!("boundary_distance.{axis}.{name}");
            setting(&key, d, d.is_finite() && d >= 0.0, "finite and not negative")?;
        }
    }
    Ok(())
}

fn named(s: &Settings) -> Result<(), Error> {
    for axis in Axis::ALL {
        for line in &s.fixed_lines[axis.index()] {
            finite(&line.name, "the fixed line", &[line.at])?;
        }
    }
    for r in &s.refinements {
        finite(&r.name, "a corner of the refinement", &r.low)?;
        finite(&r.name, "a corner of the refinement", &r.high)?;
        let key = format!("refinements.{}.maximum_step", r.name);
        let step = r.maximum_step;
        setting(&key, step, step.is_finite() && step > 0.0, "a finite length above 0 (m)")?;
        for axis in 0..3 {
            let key = format!("refinements.{}.high.{}", r.name, Axis::ALL[axis]);
            let high = r.high[axis];
            setting(&key, high, high >= r.low[axis], "at least the low corner")?;
        }
    }
    Ok(())
}

fn count(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found <= limit { Ok(()) } else { Err(Error::TooMany { what, found, limit }) }
}

fn finite(name: &str, what: &str, values: &[f64]) -> Result<(), Error> {
    if values.iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(Error::NotFinite { name: name.to_owned(), what: what.to_owned() })
}

fn index(name: &str, index: usize, model: &Model) -> Result<(), Error> {
    let materials = model.materials.len();
    if index < materials {
        return Ok(());
    }
    Err(Error::MaterialIndex { name: name.to_owned(), index, materials })
}

fn check_material(material: &Material) -> Result<(), Error> {
    let Kind::Volumetric { epsilon_r, mu_r, conductivity, magnetic_conductivity } = material.kind else {
        return Ok(());
    };
    let positive = |x: f64| x.is_finite() && x > 0.0;
    let loss = |x: f64| x.is_finite() && x >= 0.0;
    let table = [
        ("epsilon_r", epsilon_r, positive(epsilon_r), "finite and above 0"),
        ("mu_r", mu_r, positive(mu_r), "finite and above 0"),
        ("conductivity", conductivity, loss(conductivity), "finite and not negative"),
        (
            "magnetic_conductivity",
            magnetic_conductivity,
            loss(magnetic_conductivity),
            "finite and not negative",
        ),
    ];
    for (property, value, ok, must) in table {
        if !ok {
            return Err(Error::Material { material: material.name.clone(), property, value, must });
        }
    }
    Ok(())
}

fn check_solid(solid: &Solid, model: &Model) -> Result<(), Error> {
    index(&solid.name, solid.material, model)?;
    if solid.triangles.is_empty() {
        return Err(Error::Empty { solid: solid.name.clone() });
    }
    for (v, vertex) in solid.vertices.iter().enumerate() {
        if !vertex.iter().all(|x| x.is_finite()) {
            let what = format!("vertex {v}");
            return Err(Error::NotFinite { name: solid.name.clone(), what });
        }
    }
    for axis in Axis::ALL {
        finite(&solid.name, &format!("a snap coordinate on {axis}"), &solid.snap[axis.index()])?;
    }
    let vertices = solid.vertices.len();
    for (triangle, corners) in solid.triangles.iter().enumerate() {
        for &vertex in corners {
            if vertex as usize >= vertices {
                let solid = solid.name.clone();
                return Err(Error::VertexIndex { solid, triangle, vertex, vertices });
            }
        }
    }
    let material = &model.materials[solid.material];
    let (low, high) = bounds(solid);
    let flat = (0..3).any(|a| low[a] == high[a]);
    if (solid.is_sheet || flat) && !material.kind.is_pec() {
        return Err(Error::VolumetricSheet { solid: solid.name.clone(), material: material.name.clone() });
    }
    Ok(())
}

/// Lowest and highest coordinates of the vertices that triangles use.
pub(crate) fn bounds(solid: &Solid) -> ([f64; 3], [f64; 3]) {
    let mut low = [f64::INFINITY; 3];
    let mut high = [f64::NEG_INFINITY; 3];
    for &v in solid.triangles.iter().flatten() {
        for (a, x) in solid.vertices[v as usize].into_iter().enumerate() {
            low[a] = low[a].min(x);
            high[a] = high[a].max(x);
        }
    }
    (low, high)
}
