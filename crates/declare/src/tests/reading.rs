use serde_json::json;

use super::{WHOLE, kinds, read, read_any_results};
use crate::{FileReference, UNITS_KIND, parse_draft};

#[test]
fn a_file_becomes_entities_with_their_expressions_kept() {
    let document = read(WHOLE).unwrap();
    assert_eq!(document.project, "wr90-iris");
    assert!(document.description.starts_with("A waveguide"));
    let found = |path: &str| {
        let entity = document.entities.iter().find(|entity| entity.path == path).unwrap();
        (entity.kind.clone(), entity.properties.clone())
    };
    for (path, kind, properties) in [
        ("units", UNITS_KIND, json!({"frequency": "GHz", "length": "mm"})),
        ("parameters/l", "project.parameter", json!({"value": "2*a"})),
        ("parameters/n", "project.parameter", json!({"value": 4})),
        ("geometry/hole", "modeling.cylinder", json!({"radius": "gap/2", "axis": "x"})),
        ("geometry/cut", "modeling.subtract", json!({"from": "block", "tools": ["hole", "housing"]})),
        (
            "geometry/block",
            "modeling.cuboid",
            json!({"min": [0, 0, 0], "max": ["a", 10.16, "l"], "material": "teflon"}),
        ),
        (
            "mesh",
            "cartesian-mesh.settings",
            json!({"maximum_frequency": 12, "steps_per_wavelength": "5*n",
                "boundary": {"x_min": {"absolute": "3 mm"}, "x_max": "none"}}),
        ),
    ] {
        assert_eq!(found(path), (kind.to_owned(), properties), "{path}");
    }
    let orders: Vec<usize> = document.entities.iter().map(|entity| entity.order).collect();
    assert_eq!(orders, (0..document.entities.len()).collect::<Vec<_>>());
    let file = FileReference {
        entity: "geometry/housing".to_owned(),
        pointer: "/file".to_owned(),
        file: "parts/housing.step".to_owned(),
        line: 22,
        column: 28,
    };
    assert_eq!(document.files, [file]);
}

#[test]
fn the_declared_properties_evaluate_to_what_the_service_deserialises() {
    let document = read(WHOLE).unwrap();
    let parameters = [("a", "22.86 mm"), ("l", "2*a")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    let parameters = base::expression::ParameterTable::evaluate(&parameters.into()).unwrap();
    let block = document.entities.iter().find(|entity| entity.path == "geometry/block").unwrap();
    let kind = kinds::kinds().inputs.into_iter().find(|kind| kind.kind == block.kind).unwrap();
    let evaluated =
        base::quantity::evaluate(&block.properties, &kind.schema, &parameters, &document.units).unwrap();
    assert_eq!(evaluated["max"], json!([0.02286, 0.01016, 0.04572]));
}

#[test]
fn aliases_and_tags_of_yaml_keep_their_meaning() {
    let document = read_any_results(
        "opentwin: 1\nproject: \"p\"\nparameters: {w: &w 3 mm, v: *w}\n\
         materials: {1: &m {epsilon_r: 2}, m2: *m}\nexports: {e: {of: !!str 12, format: 'x'}}\n",
    )
    .unwrap();
    let values: Vec<_> =
        document.entities.iter().map(|entity| (&entity.path[..], &entity.properties)).collect();
    assert_eq!(values[1], ("parameters/v", &json!({"value": "3 mm"})));
    assert_eq!(values[3], ("materials/m2", &json!({"epsilon_r": 2})));
    assert_eq!(values[4].1["of"], "12");
}

#[test]
fn a_half_finished_project_can_be_read_as_a_draft() {
    let text = "opentwin: 1\nproject: p\nsolvers: {s: {fit-td: {fmin: 3 GHz, fmax: 2 GHz}}}\nmonitors: {m: {}}\n\
                exports: {e: {of: nothing, format: none}}\n";
    assert!(read(text).is_err());
    let document = parse_draft(text, "p.yaml", &kinds::kinds()).unwrap();
    assert_eq!(document.entities.len(), 3);
    // What is wrong in itself is told of a draft too.
    assert!(parse_draft(&text.replace("fmax", "fmex"), "p.yaml", &kinds::kinds()).is_err());
}
