//! Conductors: blocks, sheets, plates that became sheets, walls, wires.

use super::{shapes::*, *};

fn edges(mesh: &Mesh) -> u32 {
    mesh.pec_edges.iter().map(|m| m.count_ones()).sum()
}

/// Marked edges along an axis whose midpoint is in a box.
fn marked(mesh: &Mesh, axis: Axis, low: [f64; 3], high: [f64; 3]) -> (usize, usize) {
    let [nx, ny, nz] = mesh.nodes();
    let (mut set, mut all) = (0, 0);
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                let node = [i, j, k];
                let a = axis.index();
                if node[a] + 1 >= mesh.nodes()[a] {
                    continue;
                }
                let mut at = [mesh.x[i], mesh.y[j], mesh.z[k]];
                at[a] = 0.5 * (at[a] + mesh.lines(axis)[node[a] + 1]);
                if (0..3).all(|b| at[b] >= low[b] - 1e-9 && at[b] <= high[b] + 1e-9) {
                    all += 1;
                    set += usize::from(mesh.is_pec_edge(node, axis));
                }
            }
        }
    }
    (set, all)
}

#[test]
fn a_block_marks_all_edges_of_its_cells() {
    let made = mesh(&model(vec![cuboid([0.2; 3], [0.4; 3], 3)]), &settings(0.1, 0.4));
    // 2 × 2 × 2 cells: 3 directions × 2 × 3 × 3 edges.
    assert_eq!(edges(&made.mesh), 54);
    for axis in Axis::ALL {
        assert_eq!(marked(&made.mesh, axis, [0.2; 3], [0.4; 3]), (18, 18));
    }
}

#[test]
fn a_block_at_the_boundary_marks_no_edge_that_leaves() {
    let made = mesh(&model(vec![cuboid([0.0; 3], [1.0; 3], 3)]), &settings(0.1, 0.0));
    assert_eq!(edges(&made.mesh), 3 * 10 * 11 * 11);
    Mesh::decode(&made.mesh.encode()).unwrap();
}

#[test]
fn a_sheet_holds_its_outline_and_nothing_beside() {
    for axis in 0..3 {
        let sheet = plate(axis, 0.5, [0.2, 0.3], [0.6, 0.8], 3);
        let made = mesh(&model(vec![sheet]), &settings(0.1, 0.3));
        // 4 × 5 cells: 4 · 6 + 5 · 5 edges.
        assert_eq!(edges(&made.mesh), 49, "axis {axis}");
        assert!(made.quality.warnings.is_empty(), "{:?}", made.quality.warnings);
        assert_eq!(made.statistics.solids[0].sheet_edges, 49);
    }
}

/// A plate thinner than the smallest step snaps to one line and is the sheet there.
#[test]
fn a_thin_plate_becomes_a_sheet() {
    for axis in 0..3 {
        let (mut low, mut high) = ([0.2; 3], [0.8; 3]);
        (low[axis], high[axis]) = (0.5, 0.501);
        let thin = cuboid(low, high, 3);
        let made = mesh(&model(vec![thin]), &settings(0.1, 0.3));
        assert_eq!(edges(&made.mesh), 2 * 6 * 7, "axis {axis}");
        let moved = |w: &Warning| matches!(w, Warning::Merged { .. });
        assert!(made.quality.warnings.iter().all(moved), "{:?}", made.quality.warnings);
        assert_eq!(made.quality.warnings.len(), 1);
    }
}

#[test]
fn a_thin_rod_becomes_a_wire() {
    let rod = cuboid([0.5, 0.5, 0.2], [0.501, 0.501, 0.8], 3);
    let made = mesh(&model(vec![rod]), &settings(0.1, 0.3));
    assert_eq!(edges(&made.mesh), 6);
    let (set, _) = marked(&made.mesh, Axis::Z, [0.49, 0.49, 0.2], [0.51, 0.51, 0.8]);
    assert_eq!(set, 6);
}

/// The walls of a box, each thinner than a cell, stay tight on all six sides.
#[test]
fn thin_walls_of_a_hollow_box_stay_tight() {
    let shell = joined(cuboid([0.2; 3], [0.8; 3], 3), &cuboid([0.201; 3], [0.799; 3], 3));
    let made = mesh(&model(vec![shell]), &settings(0.1, 0.2));
    // The surface of 6³ cells: 6 · 6² faces, two edges each on average.
    assert_eq!(edges(&made.mesh), 6 * 6 * 6 * 2);
    assert_eq!(made.statistics.solids[0].cells, 0);
    assert!(made.quality.warnings.iter().all(|w| matches!(w, Warning::Merged { .. })));
}

#[test]
fn a_sheet_that_names_no_snap_coordinate_still_gets_its_line() {
    let mut sheet = plate(2, 0.537, [0.0, 0.0], [1.0, 1.0], 3);
    sheet.snap = Default::default();
    let made = mesh(&model(vec![sheet]), &settings(0.1, 0.3));
    assert!(made.mesh.z.contains(&0.537));
    assert_eq!(made.statistics.solids[0].sheet_edges, 220);
}

#[test]
fn a_slanted_sheet_is_a_tight_staircase() {
    let mut sheet = plate(2, 0.0, [0.0, 0.0], [1.0, 1.0], 3);
    for v in &mut sheet.vertices {
        v[2] = 0.37 * v[0] + 0.21;
    }
    sheet.snap[2].clear();
    let made = mesh(&model(vec![sheet]), &settings(0.1, 0.0));
    let m = &made.mesh;
    // Every column of cells along z is closed by one face whose four edges are marked.
    for j in 0..m.cells()[1] {
        for i in 0..m.cells()[0] {
            let closed = (0..m.nodes()[2]).any(|k| {
                m.is_pec_edge([i, j, k], Axis::X)
                    && m.is_pec_edge([i, j + 1, k], Axis::X)
                    && m.is_pec_edge([i, j, k], Axis::Y)
                    && m.is_pec_edge([i + 1, j, k], Axis::Y)
            });
            assert!(closed, "column {i} {j} is open");
        }
    }
}

#[test]
fn a_sheet_gives_way_to_a_higher_priority_only() {
    let sheet = plate(2, 0.5, [0.0, 0.0], [1.0, 1.0], 3);
    for (priority, holds) in [(0, true), (-1, true), (1, false)] {
        let mut block = cuboid([0.2; 3], [0.8; 3], 1);
        block.priority = priority;
        let made = mesh(&model(vec![sheet.clone(), block]), &settings(0.1, 0.1));
        let inner = marked(&made.mesh, Axis::X, [0.3, 0.3, 0.5], [0.7, 0.7, 0.5]);
        assert_eq!(inner.0 > 0, holds);
        let (set, all) = marked(&made.mesh, Axis::X, [0.0, 0.0, 0.5], [0.2, 1.0, 0.5]);
        assert_eq!(set, all);
    }
}

#[test]
fn what_leaves_no_trace_is_reported() {
    let mut speck = sphere([0.53; 3], 0.001, 6, 1);
    speck.name = "speck".to_owned();
    let made = mesh(&model(vec![cuboid([0.0; 3], [1.0; 3], 2), speck]), &settings(0.1, 0.0));
    assert_eq!(made.quality.warnings, vec![Warning::Lost { solid: "speck".to_owned() }]);
}
