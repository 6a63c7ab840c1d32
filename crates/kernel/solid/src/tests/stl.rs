//! STL: import of good and bad surfaces, and back.

use super::*;
use crate::{Format, Mesh, Quality, StlForm};

fn import(bytes: Vec<u8>, scale: f64) -> Feature {
    Feature::Import { bytes, format: Format::Stl, scale }
}

fn mesh(feature: Feature) -> Mesh {
    one(feature).tessellate(&Quality::default(), &Silent).unwrap()
}

fn file(mesh: &Mesh) -> Vec<u8> {
    Mesh::to_stl(&[("it", mesh)], StlForm::Binary).unwrap()
}

/// The fault that a surface is refused for.
fn refused(mesh: &Mesh) -> Fault {
    fault(vec![("file", import(file(mesh), 1e-3))], "file")
}

/// Surfaces beside each other in one list.
fn together(parts: &[Mesh]) -> Mesh {
    let mut all = Mesh::default();
    for part in parts {
        let base = all.vertices.len() as u32;
        all.vertices.extend(&part.vertices);
        all.triangles.extend(part.triangles.iter().map(|t| t.map(|i| i + base)));
    }
    all
}

fn block(from: f64, to: f64) -> Mesh {
    mesh(cuboid([from; 3], [to; 3]))
}

#[test]
fn a_cube_comes_back_with_six_faces() {
    let cube = mesh(cube());
    for form in [StlForm::Binary, StlForm::Text] {
        let bytes = Mesh::to_stl(&[("cube", &cube)], form).unwrap();
        let body = one(import(bytes, 1e-3));
        assert!(!body.is_sheet());
        close(body.volume(), 1e-6, 1e-7);
        assert_eq!(body.faces().unwrap().len(), 6);
    }
}

#[test]
fn a_ball_keeps_the_volume_of_its_triangles_and_can_be_cut() {
    let ball = mesh(Feature::Sphere { center: [0.0; 3], radius: 5e-3 });
    let body = one(import(file(&ball), 1e-3));
    // Single precision in the file.
    close(body.volume(), ball.volume(), 1e-6);
    let half = super::body(vec![
        ("ball", import(file(&ball), 1e-3)),
        ("tool", cuboid([-1.0, -1.0, 0.0], [1.0; 3])),
        ("half", subtract("ball", &["tool"])),
    ]);
    close(half.volume(), ball.volume() / 2.0, 1e-3);
}

#[test]
fn triangles_that_look_inward_or_anyhow_are_turned() {
    let mut cube = block(0.0, 10e-3);
    for triangle in cube.triangles.iter_mut().step_by(2) {
        triangle.swap(0, 1);
    }
    close(one(import(file(&cube), 1e-3)).volume(), 1e-6, 1e-7);
    for triangle in &mut cube.triangles {
        triangle.swap(0, 1);
    }
    close(one(import(file(&cube), 1e-3)).volume(), 1e-6, 1e-7);
}

#[test]
fn cavities_and_islands() {
    let nested = together(&[block(4e-3, 6e-3), block(0.0, 10e-3), block(1e-3, 9e-3), block(20e-3, 21e-3)]);
    let body = one(import(file(&nested), 1e-3));
    assert_eq!(body.solid_count(), 3);
    close(body.volume(), (1000.0 - 512.0 + 8.0 + 1.0) * 1e-9, 1e-6);
}

#[test]
fn open_surfaces_are_counted() {
    let mut cube = block(0.0, 10e-3);
    cube.triangles.pop();
    let found = refused(&cube);
    assert!(matches!(found, Fault::Open { edges: 3, .. }), "{found}");
}

#[test]
fn edges_with_more_than_two_facets() {
    let corner = mesh(cuboid([10e-3, 10e-3, 0.0], [20e-3, 20e-3, 10e-3]));
    let found = refused(&together(&[block(0.0, 10e-3), corner]));
    assert!(matches!(found, Fault::NonManifold { edges: 1, .. }), "{found}");
}

#[test]
fn surfaces_that_cross() {
    let found = refused(&together(&[block(0.0, 10e-3), block(5e-3, 15e-3)]));
    assert!(matches!(found, Fault::SelfIntersecting { .. }), "{found}");
    // One surface through itself: a corner pulled through the opposite faces.
    let mut pulled = mesh(Feature::Sphere { center: [0.0; 3], radius: 5e-3 });
    let top = pulled.vertices.iter().position(|p| p[2] > 4.999e-3).unwrap();
    pulled.vertices[top] = [0.0, 0.0, -9e-3];
    let found = refused(&pulled);
    assert!(matches!(found, Fault::SelfIntersecting { .. }), "{found}");
}

#[test]
fn a_surface_with_one_side() {
    // The least triangulation of the projective plane, with its six corners anywhere in general
    // position: closed, every edge twice, no orientation.
    let triangles = [
        [0, 1, 2],
        [0, 2, 3],
        [0, 3, 4],
        [0, 4, 5],
        [0, 5, 1],
        [1, 2, 4],
        [2, 3, 5],
        [3, 4, 1],
        [4, 5, 2],
        [5, 1, 3],
    ];
    let mesh = Mesh {
        vertices: (0..6).map(|i: i32| [i, i * i, i * i * i].map(|x| f64::from(x) * 1e-3)).collect(),
        triangles: triangles.to_vec(),
        ..Mesh::default()
    };
    assert_eq!(refused(&mesh), Fault::OneSided);
}

#[test]
fn files_that_are_no_stl() {
    let mut cut = file(&block(0.0, 1e-3));
    cut.truncate(200);
    let mut not_finite = file(&block(0.0, 1e-3));
    not_finite[96..100].copy_from_slice(&f32::NAN.to_le_bytes());
    let files: [&[u8]; 7] = [
        b"",
        b"PK\x03\x04",
        b"solid nothing\nendsolid nothing\n",
        b"solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0\nendloop\n",
        b"solid x\nouter loop\nvertex 0 0 0\nvertex 0 0 1\n",
        &cut,
        &not_finite,
    ];
    for bytes in files {
        let found = fault(vec![("file", import(bytes.to_vec(), 1e-3))], "file");
        assert!(matches!(found, Fault::File { format: "STL", .. }), "{found}");
    }
    let flat = b"solid x\nouter loop\nvertex 0 0 0\nvertex 0 0 0\nvertex 0 0 0\nendloop\n";
    let found = fault(vec![("file", import(flat.to_vec(), 1e-3))], "file");
    assert!(matches!(found, Fault::Empty(_)), "{found}");
    let found = fault(vec![("file", import(file(&block(0.0, 1.0)), f64::NAN))], "file");
    assert!(matches!(found, Fault::Parameter { .. }), "{found}");
}
