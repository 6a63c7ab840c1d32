use base::quantity::Length;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{describe, entities, entity};
use crate::kinds::{Boundaries, Condition, Direction, LumpedPort, Monitor, Solver, WaveguidePort};

fn example<T: DeserializeOwned>(kind: &str) -> T {
    let kinds = describe().into_wire().kinds;
    let found = kinds.iter().find(|k| k.kind == kind).unwrap();
    let properties: Value = serde_json::from_str(&found.example).unwrap();
    let all = entities(vec![entity("it", kind, properties)]);
    all.typed(all.get("it").unwrap()).unwrap()
}

#[test]
fn examples_evaluate_and_read() {
    assert_eq!(example::<LumpedPort>("fit-td.lumped-port").start[2], Length(0.0016));
    assert_eq!(example::<WaveguidePort>("fit-td.waveguide-port").direction, Direction::PlusZ);
    assert_eq!(example::<Boundaries>("fit-td.boundaries").sides()[2], [Condition::Open; 2]);
    assert_eq!(example::<Boundaries>("fit-td.boundaries").sides()[0], [Condition::Pec; 2]);
    assert_eq!(example::<Monitor>("fit-td.monitor").plane.unwrap().y, Some(Length(0.00508)));
    let solver = example::<Solver>("fit-td.solver");
    assert_eq!((solver.fmax.0, solver.max_steps.0, solver.samples.0), (12e9, 100_000, 401));
}

#[test]
fn every_property_is_documented_and_places_are_marked() {
    let kinds = describe().into_wire().kinds;
    for kind in kinds.iter().filter(|kind| !kind.section.is_empty()) {
        let schema: Value = serde_json::from_str(&kind.schema).unwrap();
        assert!(!kind.description.is_empty(), "{}", kind.kind);
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property.get("description").is_some(), "{}: {name}", kind.kind);
        }
    }
    let monitor = entity("monitors/m", "fit-td.monitor", serde_json::json!({"plane": {"z": "1 mm"}}));
    let all = entities(vec![monitor]);
    let marks = all.annotated(all.get("monitors/m").unwrap(), "x-mesh-line").unwrap();
    assert_eq!(marks.len(), 1);
    assert_eq!((marks[0].pointer.as_str(), &marks[0].note), ("/plane/z", &serde_json::json!("z")));
}

#[test]
fn what_an_action_reads_is_declared_and_no_result() {
    let wire = describe().into_wire();
    let inputs: Vec<_> = wire.kinds.iter().filter(|k| !k.section.is_empty()).map(|k| &k.kind).collect();
    for read in wire.actions[0].reads.iter().filter(|kind| kind.starts_with("fit-td.")) {
        assert!(inputs.contains(&read), "{read}");
    }
    assert!(wire.actions[0].resumable);
}
