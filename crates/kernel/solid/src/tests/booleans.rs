//! Booleans, chamfers and blends against exact volumes.

use std::f64::consts::PI;
use std::time::Instant;

use super::*;

/// A cube of 10 mm that overlaps [`cube`] in one of 5 mm.
fn shifted() -> Feature {
    cuboid([5e-3; 3], [15e-3; 3])
}

fn two() -> Vec<(&'static str, Feature)> {
    vec![("a", cube()), ("b", shifted())]
}

fn with(mut features: Vec<(&'static str, Feature)>, last: Feature) -> Vec<(&'static str, Feature)> {
    features.push(("result", last));
    features
}

#[test]
fn two_cubes() {
    let of = names(&["a", "b"]);
    let add = body(with(two(), Feature::Add { of: of.clone() }));
    close(add.volume(), 1875e-9, EXACT);
    let common = body(with(two(), Feature::Intersect { of }));
    close(common.volume(), 125e-9, EXACT);
    let cut = body(with(two(), subtract("a", &["b"])));
    close(cut.volume(), 875e-9, EXACT);
    close(cut.area(), 600e-6, EXACT);
    assert_eq!(cut.faces().unwrap().len(), 9);
    assert_eq!(cut.solid_count(), 1);
}

#[test]
fn intersecting_three_takes_what_is_in_all() {
    let mut features = two();
    features.push(("c", cuboid([0.0; 3], [6e-3; 3])));
    let of = names(&["a", "b", "c"]);
    let all = body(with(features, Feature::Intersect { of }));
    close(all.volume(), 1e-9, EXACT);
}

#[test]
fn a_block_minus_a_ball_and_a_bore() {
    let (r, q) = (4e-3_f64, 2e-3_f64);
    let features = vec![
        ("block", cuboid([-10e-3; 3], [10e-3; 3])),
        ("ball", Feature::Sphere { center: [10e-3, 10e-3, 10e-3], radius: r }),
        (
            "bore",
            Feature::Cylinder {
                from: [0.0, 0.0, -10e-3],
                to: [0.0, 0.0, 10e-3],
                radius: q,
                inner_radius: 0.0,
            },
        ),
        ("part", subtract("block", &["ball", "bore"])),
    ];
    let part = body(features);
    let removed = 4.0 / 3.0 * PI * r.powi(3) / 8.0 + PI * q * q * 20e-3;
    close(part.volume(), 8000e-9 - removed, EXACT);
}

#[test]
fn shapes_that_share_a_face_become_one_box() {
    let features = vec![
        ("a", cube()),
        ("b", cuboid([10e-3, 0.0, 0.0], [20e-3, 10e-3, 10e-3])),
        ("sum", Feature::Add { of: names(&["a", "b"]) }),
    ];
    let sum = body(features);
    close(sum.volume(), 2000e-9, EXACT);
    assert_eq!(sum.faces().unwrap().len(), 6);
    assert_eq!(sum.edges().unwrap().len(), 12);
}

#[test]
fn a_boolean_that_yields_nothing_says_so() {
    let apart = || vec![("a", cube()), ("b", cuboid([1.0; 3], [2.0; 3]))];
    let common = Feature::Intersect { of: names(&["a", "b"]) };
    let common = fault(with(apart(), common), "result");
    assert!(matches!(common, Fault::Empty(_)), "{common}");
    let around = vec![("a", cube()), ("b", cuboid([-1.0; 3], [1.0; 3]))];
    let gone = error(with(around, subtract("a", &["b"])));
    let text = gone.to_string();
    assert!(text.contains("feature 'result' (subtract): nothing is left"), "{text}");
}

#[test]
fn lists_too_short_are_refused() {
    for last in [Feature::Add { of: names(&["a"]) }, Feature::Intersect { of: vec![] }, subtract("a", &[])] {
        let found = fault(vec![("a", cube()), ("result", last)], "result");
        assert!(matches!(found, Fault::Parameter { .. }), "{found}");
    }
}

#[test]
fn chamfer_and_blend_of_one_edge() {
    // Middle of the edge of the cube along z at x = y = 10 mm, missed by a little.
    let edge = || Edges::Near(vec![[0.0101, 0.0101, 0.0052]]);
    let (size, l) = (2e-3_f64, 10e-3_f64);
    let chamfer = Feature::Chamfer { of: "a".to_owned(), edges: edge(), distance: size };
    let cut = body(vec![("a", cube()), ("result", chamfer)]);
    close(cut.volume(), 1000e-9 - 0.5 * size * size * l, EXACT);
    let round = body(vec![("a", cube()), ("result", blend("a", edge(), size))]);
    close(round.volume(), 1000e-9 - (1.0 - PI / 4.0) * size * size * l, EXACT);
}

#[test]
fn blending_every_edge_of_a_cube() {
    let (r, a) = (1e-3_f64, 8e-3_f64);
    let round = body(vec![("a", cube()), ("result", blend("a", Edges::All, r))]);
    // Steiner: a box grown by a ball.
    let volume = a.powi(3) + 6.0 * a * a * r + 3.0 * PI * r * r * a + 4.0 / 3.0 * PI * r.powi(3);
    close(round.volume(), volume, 1e-8);
    // Every edge of the rounded cube is smooth.
    let again = vec![
        ("a", cube()),
        ("round", blend("a", Edges::All, r)),
        ("again", blend("round", Edges::All, r / 2.0)),
    ];
    assert_eq!(fault(again, "again"), Fault::NoCorners);
}

#[test]
fn blending_the_rims_of_a_cylinder_leaves_its_seam() {
    let cylinder =
        Feature::Cylinder { from: [0.0; 3], to: [0.0, 0.0, 10e-3], radius: 5e-3, inner_radius: 0.0 };
    let r = 1e-3_f64;
    let round = body(vec![("a", cylinder), ("result", blend("a", Edges::All, r))]);
    // Pappus: the square r² less its quarter disc, turned about the axis, at both ends.
    let square = r * r * (5e-3 - r / 2.0);
    let quarter = PI * r * r / 4.0 * (5e-3 - r + 4.0 * r / (3.0 * PI));
    let volume = PI * 25e-6 * 10e-3 - 2.0 * 2.0 * PI * (square - quarter);
    close(round.volume(), volume, 1e-8);
}

#[test]
fn edges_that_are_not_there_and_radii_that_do_not_fit() {
    let far = Edges::Near(vec![[5e-3, 5e-3, 5e-3]]);
    let found = fault(vec![("a", cube()), ("r", blend("a", far, 1e-3))], "r");
    assert!(matches!(found, Fault::NoEdge { .. }), "{found}");
    let found = fault(vec![("a", cube()), ("r", blend("a", Edges::All, 6e-3))], "r");
    assert!(matches!(found, Fault::NoRoom { .. }), "{found}");
    let found = fault(vec![("a", cube()), ("r", blend("a", Edges::Near(vec![]), 1e-3))], "r");
    assert!(matches!(found, Fault::Parameter { .. }), "{found}");
    let chamfer = Feature::Chamfer { of: "a".to_owned(), edges: Edges::All, distance: 11e-3 };
    let found = fault(vec![("a", cube()), ("r", chamfer)], "r");
    assert!(matches!(found, Fault::NoRoom { .. }), "{found}");
}

#[test]
fn fifty_booleans_in_a_row() {
    let start = Instant::now();
    let mut features = vec![("plate".to_owned(), cuboid([0.0; 3], [100e-3, 50e-3, 2e-3]))];
    let mut last = "plate".to_owned();
    for i in 0..50 {
        let (x, y) = (f64::from(i % 10) * 10e-3 + 5e-3, f64::from(i / 10) * 10e-3 + 5e-3);
        let drill =
            Feature::Cylinder { from: [x, y, -1e-3], to: [x, y, 3e-3], radius: 3e-3, inner_radius: 0.0 };
        features.push((format!("drill {i}"), drill));
        let name = format!("plate {i}");
        features.push((name.clone(), subtract(&last, &[&format!("drill {i}")])));
        last = name;
    }
    let features: Vec<_> = features.iter().map(|(n, f)| (n.as_str(), f.clone())).collect();
    let plate = body(features);
    close(plate.volume(), 1e-5 - 50.0 * PI * 9e-6 * 2e-3, EXACT);
    eprintln!("50 booleans: {:?}", start.elapsed());
}
