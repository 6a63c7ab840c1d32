#![allow(clippy::unwrap_used, clippy::expect_used)]

use api::v1::{Entity, KindDescription};
use api::{Code, Failure};
use base::progress::Silent;
use compute::{Description, Entities};
use serde_json::{Value, json};

use crate::settings::{Distance, Settings};
use crate::{bodies, describe, failure, grid, planes, settings};

fn entity(path: &str, kind: &str, properties: Value) -> Entity {
    Entity { path: path.into(), kind: kind.into(), properties: properties.to_string(), ..Entity::default() }
}

/// Another service's port: a point and a plane where lines have to be.
fn port() -> KindDescription {
    let length = json!({"type": ["number", "string"], "x-dimension": "length"});
    let mut plane = length.clone();
    plane["x-mesh-line"] = json!("z");
    let schema = json!({"type": "object", "properties": {
        "start": {"type": "array", "items": length, "x-mesh-line": "point"}, "at": plane}});
    KindDescription { kind: "other.port".into(), schema: schema.to_string(), ..Default::default() }
}

fn entities(list: Vec<Entity>) -> Entities {
    let site = base::common::kinds()
        .into_iter()
        .fold(Description::new("project", "", ""), |d, kind| d.kind("", kind))
        .into_wire();
    let kinds = site.kinds.into_iter().chain(describe().into_wire().kinds).chain([port()]);
    Entities::new(list, kinds).unwrap()
}

/// A box as its 12 triangles.
fn blob(min: [f64; 3], max: [f64; 3]) -> Vec<u8> {
    let corner = |i: usize| [0, 1, 2].map(|a| if i >> a & 1 == 1 { max[a] } else { min[a] });
    let sides = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5_u32]];
    let triangles: Vec<u32> = sides.iter().flat_map(|&[a, b, c, d]| [a, b, c, a, c, d]).collect();
    let mut out = b"OTTRI001".to_vec();
    out.extend(8_u64.to_le_bytes());
    out.extend(12_u64.to_le_bytes());
    (0..8).flat_map(corner).for_each(|x| out.extend(x.to_le_bytes()));
    triangles.iter().chain(&vec![0; 12]).for_each(|i| out.extend(i.to_le_bytes()));
    out
}

fn body(name: &str, material: &str) -> Entity {
    let properties = json!({"material": material, "mesh_priority": null, "is_sheet": false, "volume": 1e-9,
                            "snap": [[0.0, 0.001], [0.0, 0.001], [0.0, 0.001]]});
    entity(&format!("model/{name}"), "modeling.body", properties)
}

fn cube(_: &Entity) -> Result<Vec<u8>, Failure> {
    Ok(blob([0.0; 3], [0.001; 3]))
}

#[test]
fn the_example_of_the_settings_evaluates_and_reads() {
    let kinds = describe().into_wire().kinds;
    let example: Value = serde_json::from_str(&kinds[0].example).unwrap();
    let all = entities(vec![entity("mesh", "cartesian-mesh.settings", example)]);
    let read: Settings = settings::read(&all).unwrap();
    assert_eq!(read.boundary_distance.all, Some(Distance::Absolute(base::quantity::Length(0.01))));
    let kernel = read.to_kernel().unwrap();
    assert_eq!(
        kernel.boundary_distance[0],
        [hexmesh::Distance::Absolute(0.01), hexmesh::Distance::Relative(0.2)]
    );
    assert_eq!(kernel.boundary_distance[2][0], hexmesh::Distance::Absolute(0.0));
    assert_eq!(kernel.maximum_frequency, 12e9);
    assert_eq!(kernel.fixed_lines[2][0].at, 0.005);
    assert_eq!(kernel.refinements[0].maximum_step, 1e-4);
}

#[test]
fn defaults_are_those_that_users_know() {
    let all =
        entities(vec![entity("mesh", "cartesian-mesh.settings", json!({"maximum_frequency": "1 GHz"}))]);
    let read = settings::read(&all).unwrap();
    assert_eq!(read.background, "vacuum");
    assert_eq!(read.to_kernel().unwrap(), hexmesh::Settings::new(1e9));
    let schema: Value = serde_json::from_str(&describe().into_wire().kinds[0].schema).unwrap();
    assert_eq!(schema["properties"]["steps_per_wavelength"]["default"], 15.0);
}

#[test]
fn a_project_without_settings_is_told_what_to_add() {
    let failure = settings::read(&entities(vec![])).unwrap_err();
    assert_eq!(failure.code, Code::Mesh);
    assert!(failure.what_to_do().contains("maximum_frequency"));
}

#[test]
fn bodies_get_their_materials_and_priorities() {
    let all = entities(vec![
        entity("materials/board", "project.material", json!({"epsilon_r": 4.3, "mesh_priority": 7})),
        entity("materials/air", "project.material", json!({})),
        body("a", "board"),
        body("b", "pec"),
    ]);
    let model = bodies::model(&all, "air", &cube).unwrap();
    let names: Vec<_> = model.materials.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["air", "board", "pec"]);
    assert_eq!((model.solids[0].priority, model.solids[0].material), (7, 1));
    assert!(model.materials[2].kind.is_pec());
    assert_eq!(model.solids[1].triangles.len(), 12);
}

#[test]
fn an_unknown_material_names_the_feature() {
    let failure = bodies::model(&entities(vec![body("a", "unobtainium")]), "vacuum", &cube).unwrap_err();
    assert!(failure.message.contains("geometry/a") && failure.message.contains("unobtainium"), "{failure}");
}

#[test]
fn marked_quantities_become_lines() {
    let all = entities(vec![
        entity("ports/1", "other.port", json!({"start": ["1 mm", "2 mm", "3 mm"], "at": "4 mm"})),
        entity("ports/2", "other.port", json!({"at": "4 mm"})),
    ]);
    let mut lines = <[Vec<hexmesh::FixedLine>; 3]>::default();
    planes::add(&all, &mut lines).unwrap();
    let found = lines.map(|list| list.iter().map(|l| (l.name.clone(), l.at)).collect::<Vec<_>>());
    let named = |name: &str, at| (name.to_owned(), at);
    assert_eq!(found[0], [named("ports/1/start", 0.001)]);
    assert_eq!(found[2], [named("ports/1/start", 0.003), named("ports/1/at", 0.004)]);
}

#[test]
fn a_cube_is_meshed_and_reported() {
    let all = entities(vec![
        body("a", "pec"),
        entity(
            "mesh",
            "cartesian-mesh.settings",
            json!({"maximum_frequency": "10 GHz",
               "boundary_distance": {"all": "1 mm"}}),
        ),
        entity("ports/1", "other.port", json!({"at": "1.5 mm"})),
    ]);
    let settings = settings::read(&all).unwrap();
    let model = bodies::model(&all, &settings.background, &cube).unwrap();
    let mut kernel = settings.to_kernel().unwrap();
    planes::add(&all, &mut kernel.fixed_lines).unwrap();
    let made = hexmesh::generate(&model, &kernel, &Silent).unwrap();
    assert!(made.mesh.z.contains(&0.0015));
    let properties = grid::properties(&made, &[], "hash").unwrap();
    assert_eq!(properties["inputs"], "hash");
    assert_eq!(properties["materials"], json!(["vacuum", "pec"]));
    assert_eq!(properties["lines"][2].as_array().unwrap().len(), made.mesh.z.len());
    assert_eq!(properties["statistics"]["cells"], made.statistics.cells);
}

#[test]
fn errors_name_the_entity() {
    let all = entities(vec![entity(
        "mesh",
        "cartesian-mesh.settings",
        json!({"maximum_frequency": "10 GHz", "boundary_distance": {"all": "1 m"}}),
    )]);
    let mut kernel = settings::read(&all).unwrap().to_kernel().unwrap();
    let model = bodies::model(&all, "vacuum", &cube).unwrap();
    kernel.memory_limit = 1000;
    let failure = failure::of(&hexmesh::generate(&model, &kernel, &Silent).unwrap_err());
    assert_eq!(failure.code, Code::Memory);
    assert!(failure.message.starts_with("`mesh`: ") && failure.message.contains("1000"), "{failure}");

    let all = entities(vec![body("a", "pec"), entity("ports/1", "other.port", json!({"at": "5 m"}))]);
    let mut kernel = hexmesh::Settings::new(1e9);
    planes::add(&all, &mut kernel.fixed_lines).unwrap();
    let model = bodies::model(&all, "vacuum", &cube).unwrap();
    let failure = failure::of(&hexmesh::generate(&model, &kernel, &Silent).unwrap_err());
    assert_eq!(failure.code, Code::Mesh);
    assert!(failure.message.starts_with("`ports/1/at`: "), "{failure}");
}
