//! Cells: who owns them, how much of them, the same every time.

use super::{shapes::*, *};
use std::f64::consts::PI;

#[test]
fn an_aligned_cuboid_is_filled_exactly() {
    let made = mesh(&model(vec![cuboid([0.1, 0.2, 0.3], [0.53, 0.71, 0.97], 1)]), &settings(0.04, 0.2));
    let exact = 0.43 * 0.51 * 0.67;
    close(volume_of(&made.mesh, 1), exact, 1e-12);
    close(made.statistics.solids[0].volume_error, 0.0, 1e-12);
    for (axis, at) in [(Axis::X, 0.1), (Axis::X, 0.53), (Axis::Z, 0.97)] {
        assert!(made.mesh.lines(axis).contains(&at));
    }
    assert!(made.quality.warnings.is_empty(), "{:?}", made.quality.warnings);
}

/// The error of a staircase sphere is a lattice-point discrepancy: it scatters, so the order
/// is taken from means over shifted centres.
#[test]
fn the_volume_of_a_sphere_converges() {
    let mean_error = |step: f64| {
        let errors: f64 = (0..6)
            .map(|n| {
                let shift = 0.137 * f64::from(n) * step;
                let ball = sphere([shift, 0.7 * shift, 0.3 * shift], 1.0, 48, 1);
                let mut settings = settings(step, 0.0);
                for side in settings.boundary_distance.iter_mut().flatten() {
                    *side = Distance::Absolute(0.31 * step);
                }
                let made = mesh(&model(vec![ball]), &settings);
                made.statistics.solids[0].volume_error.abs()
            })
            .sum();
        errors / 6.0
    };
    let (coarse, fine) = (mean_error(0.2), mean_error(0.025));
    assert!(fine < coarse / 8.0, "coarse {coarse}, fine {fine}");
    assert!(fine < 1e-3, "fine {fine}");
}

#[test]
fn a_torus_keeps_its_hole_and_its_volume() {
    let made = mesh(&model(vec![torus(1.0, 0.4, 96)]), &settings(0.05, 0.1));
    assert_eq!(material_at(&made.mesh, [0.0, 0.0, 0.0]), 0);
    assert_eq!(material_at(&made.mesh, [1.0, 0.0, 0.0]), 1);
    assert_eq!(material_at(&made.mesh, [0.0, -1.0, 0.1]), 1);
    close(volume_of(&made.mesh, 1), 2.0 * PI * PI * 0.16, 0.03);
}

#[test]
fn a_turned_box_keeps_its_volume() {
    let block = turned(cuboid([-0.5, -0.3, 0.0], [0.5, 0.3, 0.4], 1), 0.5);
    let made = mesh(&model(vec![block]), &settings(0.02, 0.1));
    close(volume_of(&made.mesh, 1), 0.24, 0.24 * 0.01);
    close(made.statistics.solids[0].volume, 0.24, 1e-12);
}

/// Turned by 45° about z in a symmetric mesh, centres lie exactly on faces, edges and
/// corners of the surface.
#[test]
fn rays_through_edges_and_corners_are_no_trouble() {
    for n in 4..24u32 {
        let ball = sphere([0.0; 3], 1.0, n as usize, 1);
        let mut settings = settings(2.0 / f64::from(n), 0.0);
        settings.boundary_distance[0] = [Distance::Absolute(0.5); 2];
        let made = mesh(&model(vec![ball]), &settings);
        assert_eq!(material_at(&made.mesh, [0.01, 0.01, 0.01]), 1);
        assert_eq!(material_at(&made.mesh, [-1.4, 0.01, 0.01]), 0);
    }
}

#[test]
fn cavities_are_empty() {
    let shell = joined(cuboid([0.0; 3], [1.0; 3], 1), &cuboid([0.25; 3], [0.75; 3], 1));
    let made = mesh(&model(vec![shell]), &settings(0.1, 0.1));
    close(volume_of(&made.mesh, 1), 1.0 - 0.125, 1e-12);
    assert_eq!(material_at(&made.mesh, [0.5; 3]), 0);
}

#[test]
fn the_higher_priority_wins_then_the_later() {
    let outer = cuboid([0.0; 3], [1.0; 3], 1);
    let inner = cuboid([0.2; 3], [0.6; 3], 2);
    let plan = [(0, 0, 2), (1, 0, 1), (0, 1, 2), (-1, -1, 2)];
    for (first, second, winner) in plan {
        let mut solids = vec![outer.clone(), inner.clone()];
        (solids[0].name, solids[1].name) = ("outer".into(), "inner".into());
        solids[0].priority = first;
        solids[1].priority = second;
        let made = mesh(&model(solids), &settings(0.1, 0.1));
        assert_eq!(material_at(&made.mesh, [0.4; 3]), winner);
        assert_eq!(material_at(&made.mesh, [0.9; 3]), 1);
        let covered = made.quality.warnings.iter().any(|w| matches!(w, Warning::Covered { .. }));
        assert_eq!(covered, winner == 1);
        let lost = Warning::Tied { solid: "outer".into(), winner: "inner".into(), cells: 64 };
        assert_eq!(made.quality.warnings.contains(&lost), first == second, "{:?}", made.quality.warnings);
        close(made.statistics.solids[1].meshed_volume, 0.064, 1e-12);
    }
}

/// What a body is called decides nothing between a conductor, a medium and vacuum.
#[test]
fn among_equals_a_conductor_comes_before_a_medium_before_vacuum() {
    let [vacuum, dense, conductor] = [0, 1, 3];
    for materials in [[vacuum, dense], [dense, conductor], [vacuum, conductor]] {
        for turned in [false, true] {
            let mut solids =
                vec![cuboid([0.0; 3], [1.0; 3], materials[0]), cuboid([0.2; 3], [0.6; 3], materials[1])];
            if turned {
                solids.reverse();
            }
            let mut model = model(solids);
            if let Kind::Volumetric { epsilon_r, .. } = &mut model.materials[dense].kind {
                *epsilon_r = 4.0;
            }
            let made = mesh(&model, &settings(0.1, 0.1));
            assert_eq!(usize::from(material_at(&made.mesh, [0.4; 3])), materials[1]);
            let tied = made.quality.warnings.iter().any(|w| matches!(w, Warning::Tied { .. }));
            assert!(!tied, "{:?}", made.quality.warnings);
        }
    }
}

#[test]
fn solids_that_share_a_face_share_no_cell() {
    let left = cuboid([0.0; 3], [0.37, 1.0, 1.0], 1);
    let right = cuboid([0.37, 0.0, 0.0], [1.0; 3], 2);
    let made = mesh(&model(vec![left, right]), &settings(0.1, 0.0));
    close(volume_of(&made.mesh, 1), 0.37, 1e-12);
    close(volume_of(&made.mesh, 2), 0.63, 1e-12);
    close(volume_of(&made.mesh, 0), 0.0, 0.0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut solids = vec![torus(1.0, 0.4, 48), sphere([0.9, 0.1, 0.0], 0.5, 20, 3)];
    solids.push(plate(2, 0.1, [-1.0, -1.0], [1.0, 1.0], 3));
    let model = model(solids);
    let settings = settings(0.06, 0.1);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| mesh(&model, &settings))
    };
    let (one, many) = (run(1), run(5));
    assert!(one == many);
    assert_eq!(one.mesh.encode(), many.mesh.encode());
}

#[test]
fn a_surface_of_loose_triangles_is_closed_again() {
    let ball = sphere([0.0; 3], 1.0, 12, 1);
    let loose: Vec<[f64; 3]> = ball
        .triangles
        .iter()
        .flatten()
        .enumerate()
        // Rounding as a triangle file with few digits makes it.
        .map(|(n, v)| ball.vertices[*v as usize].map(|x| x + 1e-12 * (n % 7) as f64))
        .collect();
    let triangles = (0..loose.len() as u32 / 3).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect();
    let made = mesh(&model(vec![solid(loose, triangles, 1)]), &settings(0.1, 0.1));
    close(made.statistics.solids[0].volume_error, 0.0, 0.02);
}

#[test]
fn the_time_step_is_that_of_courant() {
    let made = mesh(&model(vec![cuboid([0.0; 3], [1.0; 3], 1)]), &settings(0.1, 0.0));
    let exact = 0.1 / (LIGHT_SPEED * 3f64.sqrt());
    close(made.statistics.time_step, exact, 1e-6 * exact);
    assert_eq!(made.statistics.cells, 1000);
    assert_eq!(made.statistics.nodes, 1331);
}
