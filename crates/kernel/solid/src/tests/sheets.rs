//! Sheets: bodies without an inside.

use super::*;
use crate::Axis;

#[test]
fn a_flat_cuboid_is_a_sheet() {
    for k in 0..3 {
        let mut max = [2e-3, 3e-3, 5e-3];
        let area = max[(k + 1) % 3] * max[(k + 2) % 3];
        max[k] = 0.0;
        let sheet = one(cuboid([0.0; 3], max));
        assert!(sheet.is_sheet());
        assert_eq!(sheet.volume(), 0.0);
        close(sheet.area(), area, EXACT);
        assert_eq!(sheet.bounding_box().max, max);
        let face = sheet.faces().unwrap()[0];
        assert_eq!(face.normal[k], 1.0);
    }
}

#[test]
fn a_patch_with_a_slot() {
    let features = vec![
        ("patch", cuboid([0.0, 0.0, 1e-3], [30e-3, 20e-3, 1e-3])),
        ("slot", cuboid([10e-3, 0.0, 0.0], [12e-3, 8e-3, 2e-3])),
        ("antenna", subtract("patch", &["slot"])),
    ];
    let sheet = body(features);
    assert!(sheet.is_sheet());
    close(sheet.area(), 600e-6 - 16e-6, EXACT);
    let snap = sheet.snap_coordinates().unwrap();
    assert_eq!(snap[0], [0.0, 10e-3, 12e-3, 30e-3]);
    assert_eq!(snap[1], [0.0, 8e-3, 20e-3]);
    assert_eq!(snap[2], [1e-3]);
}

#[test]
fn sheets_add_to_a_sheet() {
    let polygon = vec![[0.0, 0.0], [10e-3, 0.0], [0.0, 10e-3]];
    let triangle = Feature::Extrusion { polygon, normal: Axis::Z, offset: 1e-3, height: 0.0 };
    let features = vec![
        ("triangle", triangle),
        ("strip", cuboid([-5e-3, 0.0, 1e-3], [0.0, 2e-3, 1e-3])),
        ("sum", Feature::Add { of: names(&["triangle", "strip"]) }),
    ];
    let sum = body(features);
    assert!(sum.is_sheet());
    close(sum.area(), 60e-6, EXACT);
    assert_eq!(sum.faces().unwrap().len(), 1);
}

#[test]
fn a_sheet_and_a_solid_do_not_add() {
    let features = vec![
        ("solid", cube()),
        ("sheet", cuboid([0.0; 3], [1.0, 1.0, 0.0])),
        ("sum", Feature::Add { of: names(&["solid", "sheet"]) }),
    ];
    let text = fault(features, "sum").to_string();
    assert!(text.contains("all solids or all sheets"), "{text}");
}
