//! Every bad input has its error.

use super::{shapes::*, *};
use base::progress::Progress;

fn unit() -> Model {
    model(vec![cuboid([0.0; 3], [1.0; 3], 1)])
}

#[test]
fn impossible_settings_name_their_key() {
    type Change = fn(&mut Settings);
    let table: [(&str, Change); 9] = [
        ("maximum_frequency", |s| s.maximum_frequency = 0.0),
        ("maximum_frequency", |s| s.maximum_frequency = f64::NAN),
        ("steps_per_wavelength", |s| s.steps_per_wavelength = 0.5),
        ("maximum_edge_length", |s| s.maximum_edge_length = Some(-1.0)),
        ("smallest_mesh_step_ratio", |s| s.smallest_mesh_step_ratio = 0.9),
        ("equilibration_ratio", |s| s.equilibration_ratio = 0.99),
        ("boundary_distance.y.high", |s| s.boundary_distance[1][1] = Distance::Relative(-0.1)),
        ("refinements.gap.maximum_step", |s| {
            let name = "gap".to_owned();
            s.refinements.push(Refinement { name, low: [0.0; 3], high: [1.0; 3], maximum_step: 0.0 });
        }),
        ("refinements.gap.high.x", |s| {
            let name = "gap".to_owned();
            s.refinements.push(Refinement { name, low: [2.0; 3], high: [1.0; 3], maximum_step: 1.0 });
        }),
    ];
    for (wanted, change) in table {
        let mut settings = settings(0.1, 0.1);
        change(&mut settings);
        match error(&unit(), &settings) {
            Error::Setting { key, .. } => assert_eq!(key, wanted),
            other => panic!("{wanted}: {other}"),
        }
    }
}

#[test]
fn nothing_and_flat_domains_are_refused() {
    assert_eq!(error(&model(vec![]), &settings(0.1, 0.0)), Error::Nothing);
    let sheet = model(vec![plate(1, 0.5, [0.0; 2], [1.0; 2], 3)]);
    assert_eq!(error(&sheet, &settings(0.1, 0.0)), Error::ZeroThickness { axis: Axis::Y });
}

#[test]
fn a_domain_thinner_than_the_smallest_step_has_one_cell() {
    let made = mesh(&model(vec![plate(2, 0.5, [0.0; 2], [1.0; 2], 3)]), &settings(0.1, 1e-4));
    assert_eq!(made.mesh.cells()[2], 1);
}

#[test]
fn broken_solids_are_named() {
    let mut m = unit();
    m.solids[0].vertices[3][1] = f64::NAN;
    assert!(matches!(error(&m, &settings(0.1, 0.1)), Error::NotFinite { name, .. } if name == "shape"));
    let mut m = unit();
    m.solids[0].snap[2].push(f64::INFINITY);
    assert!(matches!(error(&m, &settings(0.1, 0.1)), Error::NotFinite { .. }));
    let mut m = unit();
    m.solids[0].triangles[5][2] = 8;
    assert!(matches!(
        error(&m, &settings(0.1, 0.1)),
        Error::VertexIndex { triangle: 5, vertex: 8, vertices: 8, .. }
    ));
    let mut m = unit();
    m.solids[0].triangles.clear();
    assert!(matches!(error(&m, &settings(0.1, 0.1)), Error::Empty { .. }));
    for (body, material) in [(3, 1), (1, 9)] {
        let mut m = model(vec![plate(0, 0.0, [0.0; 2], [1.0; 2], body)]);
        m.solids[0].material = material;
        let found = error(&m, &settings(0.1, 0.1));
        match material {
            1 => assert!(matches!(found, Error::VolumetricSheet { .. })),
            _ => assert!(matches!(found, Error::MaterialIndex { index: 9, .. })),
        }
    }
}

#[test]
fn an_open_solid_is_named() {
    for missing in 0..12 {
        let mut m = unit();
        m.solids[0].triangles.remove(missing);
        match generate(&m, &settings(0.1, 0.1), &Silent) {
            Err(Error::Open { solid, .. }) => assert_eq!(solid, "shape"),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("triangle {missing} is not missed"),
        }
    }
}

/// Three corners of a neighbour on one edge: no gap that a ray could find.
#[test]
fn a_corner_on_an_edge_is_no_gap() {
    let mut m = unit();
    m.solids[0].vertices.push([0.5, 0.0, 0.0]);
    let split = m.solids[0].triangles.iter().position(|t| *t == [0, 1, 5]).unwrap();
    m.solids[0].triangles[split] = [0, 8, 5];
    m.solids[0].triangles.push([8, 1, 5]);
    let made = mesh(&m, &settings(0.1, 0.1));
    close(made.statistics.solids[0].volume_error, 0.0, 1e-12);
}

#[test]
fn bad_materials_are_named() {
    let mut m = unit();
    m.materials[1] = medium("void", 0.0);
    assert!(matches!(error(&m, &settings(0.1, 0.1)), Error::Material { property: "epsilon_r", .. }));
    let mut m = unit();
    m.background = 4;
    assert!(matches!(error(&m, &settings(0.1, 0.1)), Error::MaterialIndex { .. }));
}

#[test]
fn fixed_lines_must_be_inside_and_apart() {
    let line = |name: &str, at| FixedLine { name: name.to_owned(), at };
    let mut s = settings(0.1, 0.1);
    s.fixed_lines[0] = vec![line("monitor", 1.2)];
    assert!(matches!(error(&unit(), &s), Error::LineOutside { name, .. } if name == "monitor"));
    s.fixed_lines[0] = vec![line("port 1", 0.5), line("port 2", 0.501)];
    assert!(matches!(error(&unit(), &s), Error::LinesTooClose { axis: Axis::X, .. }));
    s.fixed_lines[0] = vec![line("port 1", 0.5), line("port 2", 0.5)];
    generate(&unit(), &s, &Silent).unwrap();
}

#[test]
fn a_mesh_too_large_is_refused_with_its_size_at_once() {
    let mut s = settings(1e-7, 0.1);
    match error(&unit(), &s) {
        Error::TooLarge { cells, limit, .. } => {
            close(cells / 1.728e21, 1.0, 1e-3);
            assert_eq!(limit, s.memory_limit);
        }
        other => panic!("{other}"),
    }
    s = settings(0.1, 0.1);
    s.memory_limit = 1000;
    let text = error(&unit(), &s).to_string();
    assert!(text.contains("1728 cells") && text.contains("limit of 1000 B"), "{text}");
    // 13³ nodes take 16 bytes each.
    s.memory_limit = 16 * 13 * 13 * 13;
    let cells = mesh(&unit(), &s).statistics.cells;
    assert_eq!(cells, 1728);
    s.memory_limit -= 1;
    assert!(matches!(error(&unit(), &s), Error::TooLarge { .. }));
    s.maximum_edge_length = Some(1e-300);
    assert!(matches!(error(&unit(), &s), Error::TooLarge { .. }));
}

#[test]
fn cancelled_work_stops() {
    struct Stop;
    impl Progress for Stop {
        fn report(&self, _: f64, _: &str) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    assert_eq!(generate(&unit(), &settings(0.1, 0.1), &Stop), Err(Error::Cancelled));
}

#[test]
fn extreme_coordinates_do_not_panic() {
    for scale in [1e-300, 1e-30, 1e30, 1e150, 1e300, f64::MAX] {
        let m = model(vec![cuboid([0.0; 3], [scale; 3], 1)]);
        let mut s = Settings::new(1e9);
        s.boundary_distance = [[Distance::Relative(0.1); 2]; 3];
        let _ = generate(&m, &s, &Silent);
    }
}
