//! Motions and patterns.

use std::f64::consts::{PI, TAU};

use super::*;
use crate::{Axis, Repeat};

fn of() -> String {
    "a".to_owned()
}

fn moved(feature: Feature) -> Body {
    body(vec![("a", cuboid([0.0; 3], [1e-3, 2e-3, 3e-3])), ("result", feature)])
}

#[test]
fn translate_rotate_scale_mirror() {
    let body = moved(Feature::Translate { of: of(), by: [5e-3, 0.0, -1e-3] });
    close(body.volume(), 6e-9, EXACT);
    assert_eq!(body.bounding_box().min, [5e-3, 0.0, -1e-3]);
    let body = moved(Feature::Rotate { of: of(), axis: Axis::Z, center: [1e-3, 0.0, 0.0], angle: PI / 2.0 });
    close(body.volume(), 6e-9, EXACT);
    assert_eq!(body.bounding_box().min, [-1e-3, -1e-3, 0.0]);
    assert_eq!(body.bounding_box().max, [1e-3, 0.0, 3e-3]);
    let body = moved(Feature::Scale { of: of(), factor: 3.0, center: [1e-3, 2e-3, 3e-3] });
    close(body.volume(), 27.0 * 6e-9, EXACT);
    close(body.area(), 9.0 * 22e-6, EXACT);
    assert_eq!(body.bounding_box().min, [-2e-3, -4e-3, -6e-3]);
    let body = moved(Feature::Mirror { of: of(), point: [-1e-3, 0.0, 0.0], normal: Axis::X });
    close(body.volume(), 6e-9, EXACT);
    assert_eq!(body.bounding_box().min, [-3e-3, 0.0, 0.0]);
    assert_eq!(body.bounding_box().max, [-2e-3, 2e-3, 3e-3]);
}

#[test]
fn a_mirrored_body_still_looks_outward() {
    let body = moved(Feature::Mirror { of: of(), point: [0.0; 3], normal: Axis::Along([1.0, 1.0, 0.0]) });
    let mesh = body.tessellate(&crate::Quality::default(), &Silent).unwrap();
    close(mesh.volume(), 6e-9, 1e-8);
}

#[test]
fn keeping_the_original() {
    let mirror = Feature::Mirror { of: of(), point: [0.0; 3], normal: Axis::X };
    let model = Model { features: vec![Named::new("a", cube()), Named::keeping("b", mirror)] };
    let solids = evaluate(&model, &Silent).unwrap();
    let found: Vec<&str> = solids.iter().map(|(name, _)| name).collect();
    assert_eq!(found, ["a", "b"]);
    assert_eq!(solids.bounding_box().unwrap().min, [-0.01, 0.0, 0.0]);
}

fn pattern(repeat: Repeat, unite: bool) -> Feature {
    Feature::Pattern { of: of(), repeat, unite }
}

fn row(by: f64, count: u32) -> Repeat {
    Repeat::Linear { by: [by, 0.0, 0.0], count }
}

#[test]
fn patterns() {
    let apart = moved(pattern(row(2e-3, 5), false));
    close(apart.volume(), 30e-9, EXACT);
    assert_eq!(apart.solid_count(), 5);
    let joined = moved(pattern(row(0.5e-3, 5), true));
    close(joined.volume(), 3.0 * 6e-9, EXACT);
    assert_eq!((joined.solid_count(), joined.faces().unwrap().len()), (1, 6));
    let ring = Repeat::Circular { axis: Axis::Z, center: [10e-3, 0.0, 0.0], angle: TAU / 6.0, count: 6 };
    let ring = moved(pattern(ring, false));
    close(ring.volume(), 36e-9, EXACT);
    assert_eq!(ring.solid_count(), 6);
}

#[test]
fn impossible_patterns() {
    let found = |repeat, unite| {
        let features = vec![("a", cube()), ("p", pattern(repeat, unite))];
        fault(features, "p")
    };
    assert_eq!(found(row(5e-3, 3), false), Fault::Overlap(1, 2));
    for repeat in [row(0.0, 3), row(1e-3, 0), row(1e-3, 1_000_000), row(f64::NAN, 2)] {
        let fault = found(repeat, true);
        assert!(matches!(fault, Fault::Parameter { .. }), "{fault}");
    }
}

#[test]
fn impossible_motions() {
    let bad = [
        Feature::Translate { of: of(), by: [f64::NAN; 3] },
        Feature::Rotate { of: of(), axis: Axis::Along([0.0; 3]), center: [0.0; 3], angle: 1.0 },
        Feature::Scale { of: of(), factor: 0.0, center: [0.0; 3] },
        Feature::Scale { of: of(), factor: -1.0, center: [0.0; 3] },
    ];
    for feature in bad {
        let found = fault(vec![("a", cube()), ("m", feature)], "m");
        assert!(matches!(found, Fault::Parameter { .. }), "{found}");
    }
}
