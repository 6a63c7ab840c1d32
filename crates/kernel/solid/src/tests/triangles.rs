//! Tessellation: closed, outward, converging; and what snaps and can be picked.

use std::collections::HashMap;
use std::f64::consts::PI;

use super::*;
use crate::{Axis, Deflection, EdgeKind, FaceKind, Mesh, Quality};

fn zoo() -> Vec<(&'static str, Body)> {
    let ball = |x: f64| Feature::Sphere { center: [x, 0.0, 0.0], radius: 4e-3 };
    let cone = Feature::Cone { from: [0.0; 3], to: [0.0, 0.0, 5e-3], radius_from: 3e-3, radius_to: 0.0 };
    let torus = Feature::Torus {
        center: [0.0; 3],
        axis: Axis::Along([1.0, 1.0, 0.3]),
        major_radius: 5e-3,
        minor_radius: 2e-3,
    };
    let bored = vec![("a", cube()), ("b", ball(0.0)), ("c", subtract("a", &["b"]))];
    let lens = Feature::Intersect { of: names(&["a", "b"]) };
    let lens = vec![("a", ball(0.0)), ("b", ball(5e-3)), ("c", lens)];
    let round = vec![("a", cube()), ("b", blend("a", Edges::All, 2e-3))];
    vec![
        ("cube", one(cube())),
        ("ball", one(ball(1.0))),
        ("cone", one(cone)),
        ("torus", one(torus)),
        ("bored cube", body(bored)),
        ("lens", body(lens)),
        ("rounded cube", body(round)),
    ]
}

/// Every edge belongs to two triangles that run along it in opposite directions.
#[track_caller]
fn assert_watertight(mesh: &Mesh) {
    let mut seen: HashMap<(u32, u32), i32> = HashMap::new();
    for [a, b, c] in &mesh.triangles {
        for (p, q) in [(a, b), (b, c), (c, a)] {
            *seen.entry((*p, *q)).or_default() += 1;
        }
    }
    for ((p, q), count) in &seen {
        assert_eq!(*count, 1, "{p} {q}");
        assert_eq!(seen.get(&(*q, *p)), Some(&1), "{p} {q}");
    }
    let used = mesh.triangles.as_flattened();
    assert!(used.iter().all(|&i| (i as usize) < mesh.vertices.len()));
}

#[test]
fn closed_and_outward() {
    for (name, body) in zoo() {
        let mesh = body.tessellate(&Quality::default(), &Silent).unwrap();
        eprintln!("{name}: {} triangles", mesh.triangles.len());
        assert_watertight(&mesh);
        assert_eq!(mesh.triangles.len(), mesh.face_of_triangle.len());
        close(mesh.volume(), body.volume(), 0.02);
        close(mesh.area(), body.area(), 0.02);
        assert_eq!(mesh.edges.len(), body.edges().unwrap().len());
        let faces = body.faces().unwrap().len() as u32;
        assert!(mesh.face_of_triangle.iter().all(|face| *face < faces));
    }
}

#[test]
fn volume_converges_to_the_exact_one() {
    // An inscribed mesh of a curved body loses volume in proportion to its deflection.
    for (name, body) in zoo().into_iter().skip(1) {
        let error = |part: f64| {
            let quality = Quality { deflection: Deflection::Relative(part), angle: 1.5 };
            let mesh = body.tessellate(&quality, &Silent).unwrap();
            (mesh.volume() / body.volume() - 1.0).abs()
        };
        let (coarse, fine) = (error(4e-3), error(2.5e-4));
        eprintln!("{name}: {coarse:e} {fine:e}");
        assert!(fine < coarse / 6.0 && fine < 3e-3, "{name}: {coarse} {fine}");
    }
}

#[test]
fn edges_of_the_mesh_follow_the_edges() {
    let body = one(cube());
    let mesh = body.tessellate(&Quality::default(), &Silent).unwrap();
    assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (8, 12));
    for (edge, line) in body.edges().unwrap().iter().zip(&mesh.edges) {
        assert!(edge.corner && edge.kind == EdgeKind::Line);
        close(edge.length, 10e-3, EXACT);
        let mut ends = [line[0], line[line.len() - 1]].map(|i| mesh.vertices[i as usize]);
        let mut wanted = [edge.start, edge.end];
        ends.sort_by(|a, b| a.partial_cmp(b).unwrap());
        wanted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(ends, wanted);
    }
}

#[test]
fn faces_and_edges_tell_what_they_are() {
    let cylinder =
        one(Feature::Cylinder { from: [0.0; 3], to: [0.0, 0.0, 10e-3], radius: 5e-3, inner_radius: 0.0 });
    let faces = cylinder.faces().unwrap();
    let of = |kind| faces.iter().filter(move |face| face.kind == kind);
    assert_eq!((of(FaceKind::Plane).count(), of(FaceKind::Cylinder).count()), (2, 1));
    for cap in of(FaceKind::Plane) {
        close(cap.area, PI * 25e-6, EXACT);
        let outward = if cap.center[2] > 5e-3 { 1.0 } else { -1.0 };
        assert_eq!(cap.normal, [0.0, 0.0, outward]);
    }
    let edges = cylinder.edges().unwrap();
    let corners = edges.iter().filter(|edge| edge.corner);
    assert!(corners.clone().all(|edge| edge.kind == EdgeKind::Circle));
    assert_eq!((edges.len(), corners.count()), (3, 2));
}

#[test]
fn snapping_to_planes_and_edges() {
    let (a, b) = (22.86e-3, 10.16e-3);
    let features = vec![
        ("guide", cuboid([0.0; 3], [a, b, 0.1])),
        ("iris", cuboid([0.0, 0.0, 0.049], [7.1e-3, b, 0.0505])),
        ("air", subtract("guide", &["iris"])),
    ];
    let snap = body(features).snap_coordinates().unwrap();
    assert_eq!(snap, [vec![0.0, 7.1e-3, a], vec![0.0, b], vec![0.0, 0.049, 0.0505, 0.1]]);
    let ball = one(Feature::Sphere { center: [0.0; 3], radius: 2e-3 });
    assert_eq!(ball.snap_coordinates().unwrap(), [[-2e-3, 2e-3]; 3].map(Vec::from));
}

#[test]
fn impossible_qualities() {
    let cube = one(cube());
    for (deflection, angle) in [
        (Deflection::Relative(0.0), 0.3),
        (Deflection::Relative(f64::NAN), 0.3),
        (Deflection::Absolute(-1.0), 0.3),
        (Deflection::Relative(1e-3), 0.0),
        (Deflection::Relative(1e-3), f64::NAN),
    ] {
        let found = cube.tessellate(&Quality { deflection, angle }, &Silent).unwrap_err();
        assert!(matches!(found, Error::Body(Fault::Parameter { .. })), "{found}");
    }
}

#[test]
fn the_blob_has_the_documented_length() {
    let mesh = one(cube()).tessellate(&Quality::default(), &Silent).unwrap();
    let blob = mesh.to_blob();
    assert_eq!(&blob[..8], b"OTTRI001");
    assert_eq!(blob.len(), 24 + 8 * 24 + 12 * 16);
    assert_eq!(blob[8], 8);
    assert_eq!(blob[16], 12);
}

/// The levels of a view file: triangles, and the error that the header tells.
fn levels(view: &[u8]) -> (serde_json::Value, usize) {
    assert!(view.starts_with(base::view::MAGIC));
    let length = u64::from_le_bytes(view[8..16].try_into().unwrap()) as usize;
    (serde_json::from_slice(&view[16..16 + length]).unwrap(), 16 + length)
}

#[test]
fn a_small_body_is_viewed_in_one_level_with_its_edges() {
    let mesh = one(cube()).tessellate(&Quality::default(), &Silent).unwrap();
    let view = mesh.to_view();
    let (header, start) = levels(&view);
    let all = header["levels"].as_array().unwrap();
    assert_eq!((header["content"].as_str(), all.len()), (Some("surface"), 1));
    let level = &all[0];
    assert_eq!(
        (&level["vertices"], &level["triangles"], &level["edges"]),
        (&8.into(), &12.into(), &12.into())
    );
    let size = 12 * 8 + 16 * 12 + 4 * 12 + 4 * level["edge_points"].as_u64().unwrap();
    assert_eq!(level["bytes"], size);
    assert_eq!(view.len(), start + (size as usize).next_multiple_of(8));
    // The first vertex stands where it was, relative to the middle.
    let at = |i: usize| f32::from_le_bytes(view[start + 4 * i..start + 4 * i + 4].try_into().unwrap());
    for axis in 0..3 {
        let middle = header["origin"][axis].as_f64().unwrap();
        assert!((f64::from(at(axis)) + middle - mesh.vertices[0][axis]).abs() < 1e-9);
    }
}

#[test]
fn a_large_body_has_coarser_levels_that_stay_near_it() {
    let quality = Quality { deflection: Deflection::Relative(2e-5), angle: 0.02 };
    let ball = one(Feature::Sphere { center: [1.0, 0.0, 0.0], radius: 4e-3 });
    let mesh = ball.tessellate(&quality, &Silent).unwrap();
    assert!(mesh.triangles.len() > 25_000, "{}", mesh.triangles.len());
    let view = mesh.to_view();
    let (header, start) = levels(&view);
    let all = header["levels"].as_array().unwrap();
    assert!(all.len() >= 2, "{header}");
    let counts: Vec<u64> = all.iter().map(|level| level["triangles"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted() && counts[0] * 4 < mesh.triangles.len() as u64, "{counts:?}");
    assert_eq!(all.last().unwrap()["error"], 0.0);
    for level in all {
        let offset = start + level["offset"].as_u64().unwrap() as usize;
        let error = level["error"].as_f64().unwrap();
        for vertex in 0..level["vertices"].as_u64().unwrap() as usize {
            let at = |axis: usize| {
                let from = offset + 12 * vertex + 4 * axis;
                f64::from(f32::from_le_bytes(view[from..from + 4].try_into().unwrap()))
            };
            let radius = (0..3).map(|axis| at(axis).powi(2)).sum::<f64>().sqrt();
            assert!((radius - 4e-3).abs() < 1e-6 + 2.0 * error, "{radius} {error}");
        }
    }
    assert_eq!(view, mesh.to_view());
}

#[test]
fn a_body_of_some_thousand_triangles_can_be_thinned_to_some_dozens() {
    let quality = Quality { deflection: Deflection::Relative(1e-3), angle: 0.1 };
    let ball = one(Feature::Sphere { center: [0.0; 3], radius: 4e-3 });
    let mesh = ball.tessellate(&quality, &Silent).unwrap();
    assert!((3_000..20_000).contains(&mesh.triangles.len()), "{}", mesh.triangles.len());
    let (header, _) = levels(&mesh.to_view());
    let counts: Vec<u64> = header["levels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["triangles"].as_u64().unwrap())
        .collect();
    assert!(counts.len() >= 3 && counts.is_sorted() && (20..200).contains(&counts[0]), "{counts:?}");
}

#[test]
fn no_level_loses_what_is_thinner_than_its_cells() {
    let quality = Quality { deflection: Deflection::Relative(1e-5), angle: 0.1 };
    let ring = one(Feature::Torus { center: [0.0; 3], axis: Axis::Z, major_radius: 0.1, minor_radius: 5e-4 });
    let mesh = ring.tessellate(&quality, &Silent).unwrap();
    let (header, _) = levels(&mesh.to_view());
    let all = header["levels"].as_array().unwrap();
    assert!(mesh.triangles.len() > 2_000, "{}", mesh.triangles.len());
    // A cell of the coarsest level is not much thicker than the wire.
    for level in all {
        assert!(level["error"].as_f64().unwrap() < 4.0 * 5e-4, "{header}");
    }
}
