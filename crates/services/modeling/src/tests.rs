#![allow(clippy::unwrap_used, clippy::expect_used)]

use api::v1::{Entity, KindDescription};
use compute::{Description, Entities};
use serde_json::{Value, json};

use crate::describe;

pub(crate) fn entity(path: &str, kind: &str, properties: Value) -> Entity {
    Entity { path: path.into(), kind: kind.into(), properties: properties.to_string(), ..Entity::default() }
}

pub(crate) fn entities(list: Vec<Entity>) -> Entities {
    let site = base::common::kinds()
        .into_iter()
        .fold(Description::new("project", "", ""), |d, kind| d.kind("", kind))
        .into_wire();
    Entities::new(list, site.kinds.into_iter().chain(describe().into_wire().kinds)).unwrap()
}

fn inputs() -> Vec<KindDescription> {
    describe().into_wire().kinds.into_iter().filter(|kind| !kind.section.is_empty()).collect()
}

/// Each example evaluates with its schema, under parameters that it may use.
#[test]
fn examples_evaluate() {
    assert_eq!(inputs().len(), 21);
    for kind in inputs() {
        assert_eq!(kind.kind, format!("modeling.{}", kind.key));
        let example: Value = serde_json::from_str(&kind.example).unwrap();
        let all = entities(vec![
            entity("parameters/a", "project.parameter", json!({"value": "20 mm"})),
            entity("parameters/h", "project.parameter", json!({"value": "2 mm"})),
            entity("geometry/it", &kind.kind, example),
        ]);
        all.evaluated(all.get("geometry/it").unwrap()).unwrap();
    }
}

/// What an action reads must not hold what it writes: its result would never be up to date.
#[test]
fn the_build_reads_features_and_no_results() {
    let reads = &describe().into_wire().actions[0].reads;
    assert!(inputs().iter().all(|kind| reads.contains(&kind.kind)));
    assert!(
        reads.iter().all(|kind| !["modeling.", "modeling.model", "modeling.body"].contains(&kind.as_str()))
    );
}

#[test]
fn every_property_is_documented() {
    for kind in inputs() {
        let schema: Value = serde_json::from_str(&kind.schema).unwrap();
        assert!(!kind.description.is_empty(), "{}", kind.kind);
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property.get("description").is_some(), "{}: {name}", kind.kind);
        }
    }
}

#[cfg(feature = "kernel")]
mod kernel {
    use std::f64::consts::PI;

    use api::{Code, Failure};
    use base::progress::Silent;
    use solid::{Error, Feature};

    use super::*;
    use crate::{bodies, failure, inherit, model};

    /// A tetrahedron as text.
    fn tetrahedron() -> Vec<u8> {
        let corners = [[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]];
        let mut text = "solid t\n".to_owned();
        for side in [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]] {
            text.push_str("facet normal 0 0 0\nouter loop\n");
            for [x, y, z] in side.map(|i| corners[i as usize]) {
                text.push_str(&format!("vertex {x} {y} {z}\n"));
            }
            text.push_str("endloop\nendfacet\n");
        }
        (text + "endsolid t\n").into_bytes()
    }

    fn read(list: Vec<Entity>) -> Result<model::Read, Failure> {
        model::read(&entities(list), &|_| Ok(tetrahedron()))
    }

    fn cuboid(name: &str, max: [&str; 3], more: Value) -> Entity {
        let mut properties = json!({"min": [0, 0, 0], "max": max});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entity(&format!("geometry/{name}"), "modeling.cuboid", properties)
    }

    #[test]
    fn every_kind_of_feature_becomes_the_kernels() {
        for kind in inputs() {
            let example = serde_json::from_str(&kind.example).unwrap();
            let read = read(vec![
                entity("parameters/a", "project.parameter", json!({"value": "20 mm"})),
                entity("parameters/h", "project.parameter", json!({"value": "2 mm"})),
                entity("geometry/it", &kind.kind, example),
            ])
            .unwrap();
            let word = read.model.features[0].feature.kind();
            assert!(kind.key.contains(word), "{} became {word}", kind.key);
        }
    }

    #[test]
    fn a_tree_of_features_is_built_with_what_it_inherits() {
        let mm = "10 mm";
        let read = read(vec![
            entity("parameters/r", "project.parameter", json!({"value": "2 mm"})),
            cuboid("block", [mm, mm, mm], json!({"material": "steel", "mesh_priority": 3})),
            entity(
                "geometry/bore",
                "modeling.cylinder",
                json!({"from": ["5 mm", "5 mm", 0], "to": ["5 mm", "5 mm", mm], "radius": "r"}),
            ),
            entity("geometry/drilled", "modeling.subtract", json!({"from": "block", "tools": ["bore"]})),
            entity(
                "geometry/moved",
                "modeling.translate",
                json!({"of": "drilled", "by": [0, 0, mm], "material": "brass"}),
            ),
        ])
        .unwrap();
        let solids = solid::evaluate(&read.model, &Silent).unwrap();
        assert_eq!(solids.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["moved"]);
        let filling = inherit::fillings(&read)["moved"].clone();
        assert_eq!((filling.material.as_deref(), filling.mesh_priority), (Some("brass"), Some(3)));

        let body = solids.get("moved").unwrap();
        let made = bodies::describe("moved", body, &filling, &Silent).unwrap();
        let volume = 1e-6 - PI * 4e-6 * 0.01;
        assert!((made.properties["volume"].as_f64().unwrap() / volume - 1.0).abs() < 1e-9);
        assert_eq!(made.properties["bounding_box"], json!([[0.0, 0.0, 0.01], [0.01, 0.01, 0.02]]));
        assert_eq!(made.properties["snap"][2], json!([0.01, 0.02]));
        assert_eq!(made.properties["material"], "brass");
        assert_eq!(made.properties["faces"].as_array().unwrap().len(), 7);
        let [mesh, view, stl, step, brep] = &made.files;
        assert!(
            mesh.starts_with(b"OTTRI001")
                && view.starts_with(base::view::MAGIC)
                && step.starts_with(b"ISO-10303-21")
        );
        assert_eq!(stl.len(), 84 + 50 * made.triangles.triangles.len());
        assert!(solid::Body::from_brep(brep).is_ok());

        let overview = bodies::overview(&solids, "hash");
        assert_eq!((&overview["inputs"], &overview["bodies"]), (&json!("hash"), &json!(["moved"])));
        let files = bodies::whole(&solids, &[("moved".to_owned(), made.triangles)]).unwrap();
        assert_eq!(files.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["step", "stl"]);
    }

    #[test]
    fn an_imported_file_is_built_in_its_unit() {
        let read =
            read(vec![entity("geometry/it", "modeling.import-stl", json!({"file": "t.stl"}))]).unwrap();
        let solids = solid::evaluate(&read.model, &Silent).unwrap();
        let volume = solids.get("it").unwrap().volume();
        assert!((volume / (1e-6 / 6.0) - 1.0).abs() < 1e-9, "{volume}");
    }

    #[test]
    fn a_model_without_features_has_no_files() {
        let solids = solid::evaluate(&read(vec![]).unwrap().model, &Silent).unwrap();
        assert!(bodies::whole(&solids, &[]).unwrap().is_empty());
        assert_eq!(bodies::overview(&solids, "h")["bounding_box"], Value::Null);
    }

    fn broken(list: Vec<Entity>) -> Failure {
        failure::of(&solid::evaluate(&read(list).unwrap().model, &Silent).unwrap_err())
    }

    #[test]
    fn a_failing_feature_is_named_with_its_reason() {
        let far =
            entity("geometry/far", "modeling.sphere", json!({"center": ["1 m", 0, 0], "radius": "1 mm"}));
        let none = entity("geometry/none", "modeling.intersect", json!({"of": ["block", "far"]}));
        let block = || cuboid("block", ["1 mm"; 3], json!({}));
        let failure = broken(vec![block(), far, none]);
        assert_eq!(failure.code, Code::Geometry);
        assert!(failure.message.starts_with("`geometry/none` (intersect): nothing is left"), "{failure}");

        let flat = cuboid("flat", ["1 mm", "0 mm", "0 mm"], json!({}));
        assert!(broken(vec![flat]).message.starts_with("`geometry/flat` (cuboid)"));

        let twice = |name: &str| {
            entity(&format!("geometry/{name}"), "modeling.translate", json!({"of": "block", "by": [0, 0, 0]}))
        };
        let failure = broken(vec![block(), twice("m1"), twice("m2")]);
        assert_eq!(failure.places, ["geometry/m1", "geometry/m2"]);
        let failure = broken(vec![twice("m1")]);
        assert!(
            failure.message.contains("`geometry/m1`") && failure.message.contains("'block'"),
            "{failure}"
        );
    }

    #[test]
    fn a_value_out_of_range_is_named_before_anything_is_built() {
        let ball = entity("geometry/ball", "modeling.sphere", json!({"radius": "0 mm"}));
        let failure = read(vec![ball]).unwrap_err();
        assert!(
            failure.message.contains("geometry/ball") && failure.message.contains("/radius"),
            "{failure}"
        );
    }

    #[test]
    fn directions_and_edges_are_words_or_numbers() {
        let block = cuboid("block", ["1 mm"; 3], json!({}));
        let mirror = entity("geometry/m", "modeling.mirror", json!({"of": "block", "normal": [1, 1, 0]}));
        let blend = entity(
            "geometry/b",
            "modeling.blend",
            json!({"of": "m", "radius": "0.1 mm", "edges": [["1 mm", 0, "0.5 mm"]]}),
        );
        let read = read(vec![block, mirror, blend]).unwrap();
        let Feature::Blend { edges, .. } = &read.model.features[0].feature else { panic!() };
        assert_eq!(*edges, solid::Edges::Near(vec![[1e-3, 0.0, 5e-4]]));
        let Feature::Mirror { normal, .. } = &read.model.features[2].feature else { panic!() };
        assert_eq!(*normal, solid::Axis::Along([1.0, 1.0, 0.0]));
        assert!(!matches!(solid::evaluate(&read.model, &Silent), Err(Error::Cancelled)));
    }
}
