//! STEP and BREP: round trips, units, bad files, equal bytes.

use super::*;
use crate::{Format, Mesh, Quality, StlForm, write_step};

fn part() -> Vec<(&'static str, Feature)> {
    let ball = Feature::Sphere { center: [10e-3; 3], radius: 4e-3 };
    vec![("a", cube()), ("b", ball), ("part", subtract("a", &["b"]))]
}

fn step(bytes: Vec<u8>, scale: f64) -> Feature {
    Feature::Import { bytes, format: Format::Step, scale }
}

#[test]
fn step_round_trip() {
    let body = body(part());
    let file = body.to_step("part").unwrap();
    let back = one(step(file.clone(), 1.0));
    close(back.volume(), body.volume(), EXACT);
    close(back.area(), body.area(), EXACT);
    assert_eq!(back.bounding_box(), body.bounding_box());
    close(one(step(file, 2.0)).volume(), 8.0 * body.volume(), EXACT);
}

#[test]
fn step_in_another_unit() {
    let body = body(part());
    let text = String::from_utf8(body.to_step("part").unwrap()).unwrap();
    assert!(text.contains("SI_UNIT(.MILLI.,.METRE.)"));
    let metres = text.replace("SI_UNIT(.MILLI.,.METRE.)", "SI_UNIT($,.METRE.)");
    let back = one(step(metres.into_bytes(), 1e-3));
    close(back.volume(), body.volume(), 1e-8);
}

#[test]
fn step_of_several_bodies_has_their_names() {
    let solids = solids(vec![("the block", cube()), ("Jim's ε\\", cuboid([1.0; 3], [2.0; 3]))]);
    let list: Vec<_> = solids.iter().collect();
    let text = String::from_utf8(write_step(&list).unwrap()).unwrap();
    assert!(text.contains("PRODUCT('the block'"), "{text}");
    assert!(text.contains(r"PRODUCT('Jim''s \X4\000003B5\X0\\\'"));
    let back = one(step(text.into_bytes(), 1.0));
    assert_eq!(back.solid_count(), 2);
    close(back.volume(), 1.0 + 1e-6, EXACT);
}

#[test]
fn a_sheet_survives_step() {
    let sheet = one(cuboid([0.0; 3], [1e-3, 2e-3, 0.0]));
    let back = one(step(sheet.to_step("sheet").unwrap(), 1.0));
    assert!(back.is_sheet());
    close(back.area(), 2e-6, EXACT);
}

#[test]
fn touching_parts_of_a_file_become_one_body() {
    let features = vec![("a", cube()), ("b", cuboid([10e-3, 0.0, 0.0], [20e-3, 10e-3, 10e-3]))];
    let solids = solids(features);
    let list: Vec<_> = solids.iter().collect();
    let back = one(step(write_step(&list).unwrap(), 1.0));
    assert_eq!(back.solid_count(), 1);
    close(back.volume(), 2e-6, EXACT);
}

/// Joined solids would leave the sheet behind; apart from each other all of it is kept.
#[test]
fn a_sheet_beside_touching_parts_is_not_lost() {
    let file = |x: f64| {
        let sheet = cuboid([0.0, 0.0, 20e-3], [1e-3, 2e-3, 20e-3]);
        let features =
            vec![("a", cube()), ("b", cuboid([x, 0.0, 0.0], [x + 10e-3, 10e-3, 10e-3])), ("c", sheet)];
        let solids = solids(features);
        step(write_step(&solids.iter().collect::<Vec<_>>()).unwrap(), 1.0)
    };
    let found = fault(vec![("file", file(10e-3))], "file");
    assert!(matches!(found, Fault::File { format: "STEP", .. }), "{found}");
    assert!(found.to_string().contains("1 of its faces belong to no solid"), "{found}");
    let apart = one(file(11e-3));
    assert_eq!((apart.solid_count(), apart.faces().unwrap().len()), (2, 13));
}

#[test]
fn bad_step_files() {
    let good = body(part()).to_step("part").unwrap();
    let cut = good[..good.len() / 2].to_vec();
    let no_shape = b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n";
    for bytes in [Vec::new(), b"solid x".to_vec(), b"ISO-10303-21;".to_vec(), no_shape.to_vec(), cut] {
        let length = bytes.len();
        let found = error(vec![("file", step(bytes, 1.0))]);
        let text = found.to_string();
        assert!(text.starts_with("feature 'file' (import): "), "{length}: {text}");
    }
    let found = fault(vec![("file", step(good, 0.0))], "file");
    assert!(matches!(found, Fault::Parameter { .. }), "{found}");
}

#[test]
fn brep_round_trip() {
    let body = body(part());
    let text = body.to_brep().unwrap();
    let back = Body::from_brep(&text).unwrap();
    close(back.volume(), body.volume(), 1e-15);
    // Reading forgets which faces have been checked, so the first copy differs in those flags.
    let again = back.to_brep().unwrap();
    assert_eq!(Body::from_brep(&again).unwrap().to_brep().unwrap(), again);
    for bytes in [&b"nonsense"[..], b""] {
        let found = Body::from_brep(bytes).unwrap_err();
        assert!(matches!(found, Error::Body(_)), "{found}");
    }
    for part in 1..40 {
        let found = Body::from_brep(&text[..text.len() * part / 40]).unwrap_err();
        assert!(matches!(found, Error::Body(_)), "{found}");
    }
    let mut damaged = text;
    damaged[500] ^= 1;
    assert!(matches!(Body::from_brep(&damaged), Err(Error::Body(_))));
}

#[test]
fn equal_models_give_equal_bytes() {
    let files = || {
        let body = body(part());
        let mesh = body.tessellate(&Quality::default(), &Silent).unwrap();
        let stl = Mesh::to_stl(&[("part", &mesh)], StlForm::Binary).unwrap();
        (body.to_step("part").unwrap(), body.to_brep().unwrap(), stl, mesh.to_blob())
    };
    let first = files();
    let text = String::from_utf8_lossy(&first.0);
    assert!(text.contains("FILE_NAME('geometry','1970-01-01T00:00:00'"), "a date in the header");
    for _ in 0..3 {
        assert!(files() == first);
    }
}

#[test]
fn damaged_step_files_are_refused_rather_than_followed() {
    let good = body(part()).to_step("part").unwrap();
    // Marsaglia's xorshift: the same damage on every run.
    let mut state = 12_345_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let letters = b"0123456789#().,;'-E*$";
    let mut refused = 0;
    for _ in 0..100 {
        let mut file = good.clone();
        for _ in 0..3 {
            let at = next(file.len());
            file[at] = letters[next(letters.len())];
        }
        match evaluate(&model(vec![("file", step(file, 1.0))]), &Silent) {
            Ok(solids) => assert_eq!(solids.len(), 1),
            Err(found) => {
                assert!(matches!(found, Error::Feature { .. }), "{found}");
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused}");
}
