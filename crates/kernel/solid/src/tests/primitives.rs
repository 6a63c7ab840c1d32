//! Every primitive against its formulas of volume and area.

use std::f64::consts::{PI, TAU};

use super::*;
use crate::Axis;

#[track_caller]
fn measures(feature: Feature, volume: f64, area: f64) -> Body {
    let body = one(feature);
    close(body.volume(), volume, EXACT);
    close(body.area(), area, EXACT);
    assert!(!body.is_sheet());
    body
}

#[test]
fn cuboid_of_a_waveguide() {
    let (a, b, l) = (22.86e-3, 10.16e-3, 40e-3);
    let body = measures(cuboid([0.0; 3], [a, b, l]), a * b * l, 2.0 * (a * b + b * l + l * a));
    assert_eq!(body.bounding_box().max, [a, b, l]);
    assert_eq!(body.bounding_box().min, [0.0; 3]);
}

#[test]
fn cylinder_and_tube() {
    let (r, h) = (3e-3_f64, 5e-3);
    let along = |inner_radius| Feature::Cylinder {
        from: [1e-3, 0.0, 0.0],
        to: [1e-3, h, 0.0],
        radius: r,
        inner_radius,
    };
    let body = measures(along(0.0), PI * r * r * h, TAU * r * (r + h));
    assert_eq!(body.bounding_box().min, [-2e-3, 0.0, -3e-3]);
    assert_eq!(body.bounding_box().max, [4e-3, 5e-3, 3e-3]);
    let i = 1e-3_f64;
    let ring = PI * (r * r - i * i);
    measures(along(i), ring * h, 2.0 * ring + TAU * (r + i) * h);
}

#[test]
fn cones() {
    let (r, q, h) = (3e-3_f64, 1e-3_f64, 4e-3_f64);
    let cone = |radius_from, radius_to| Feature::Cone {
        from: [0.0; 3],
        to: [h * 0.6, 0.0, h * 0.8],
        radius_from,
        radius_to,
    };
    let lateral = |a: f64, b: f64| PI * (a + b) * h.hypot(a - b);
    measures(cone(r, 0.0), PI * r * r * h / 3.0, PI * r * r + lateral(r, 0.0));
    measures(cone(0.0, r), PI * r * r * h / 3.0, PI * r * r + lateral(r, 0.0));
    let frustum = PI * h * (r * r + r * q + q * q) / 3.0;
    measures(cone(r, q), frustum, PI * (r * r + q * q) + lateral(r, q));
    measures(cone(r, r), PI * r * r * h, TAU * r * (r + h));
}

#[test]
fn sphere_and_torus() {
    let r = 2e-3_f64;
    let center = [1.0, -2.0, 0.5];
    let ball = Feature::Sphere { center, radius: r };
    measures(ball, 4.0 / 3.0 * PI * r.powi(3), 4.0 * PI * r * r);
    let (major_radius, minor_radius) = (5e-3, 2e-3);
    for axis in [Axis::X, Axis::Z, Axis::Along([1.0, 2.0, -3.0])] {
        let torus = Feature::Torus { center, axis, major_radius, minor_radius };
        let (volume, area) = (PI * minor_radius * minor_radius, TAU * minor_radius);
        measures(torus, volume * TAU * major_radius, area * TAU * major_radius);
    }
}

fn pyramid(axis: Axis, top: [f64; 2]) -> Feature {
    Feature::Pyramid { center: [1e-3, 2e-3, 3e-3], axis, base: [4e-3, 6e-3], top, height: 5e-3 }
}

#[test]
fn pyramids() {
    let (a, b, h) = (4e-3_f64, 6e-3_f64, 5e-3_f64);
    // Prismatoid: V = h/6 (base + 4 middle + top).
    for top in [[0.0, 0.0], [2e-3, 1e-3], [0.0, 6e-3], [3e-3, 0.0], [8e-3, 9e-3]] {
        let [c, d] = top;
        let volume = h / 6.0 * (a * b + (a + c) * (b + d) + c * d);
        let sides = (a + c) * h.hypot((b - d) / 2.0) + (b + d) * h.hypot((a - c) / 2.0);
        for axis in [Axis::X, Axis::Y, Axis::Z] {
            measures(pyramid(axis, top), volume, a * b + c * d + sides);
        }
    }
}

#[test]
fn a_pyramid_lies_along_the_coordinates_of_its_plane() {
    let of_y = one(pyramid(Axis::Y, [0.0, 0.0])).bounding_box();
    // The plane of Y has the coordinates (z, x).
    assert_eq!(of_y.min, [1e-3 - 3e-3, 2e-3, 1e-3]);
    assert_eq!(of_y.max, [4e-3, 7e-3, 5e-3]);
}

/// An L of 3 mm² either way round.
fn ell() -> Vec<[f64; 2]> {
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.0, 2.0], [0.0, 2.0]]
        .map(|[x, y]| [x * 1e-3, y * 1e-3])
        .to_vec()
}

#[test]
fn extrusions_either_way() {
    let mut polygon = ell();
    for height in [5e-3_f64, -5e-3] {
        polygon.reverse();
        let body = measures(
            Feature::Extrusion { polygon: polygon.clone(), normal: Axis::X, offset: 1e-3, height },
            3e-6 * 5e-3,
            6e-6 + 8e-3 * 5e-3,
        );
        let ends = [1e-3, 1e-3 + height];
        assert_eq!(body.bounding_box().min, [ends[0].min(ends[1]), 0.0, 0.0]);
        assert_eq!(body.bounding_box().max, [ends[0].max(ends[1]), 2e-3, 2e-3]);
    }
}

#[test]
fn revolutions_by_pappus() {
    let square = [[1.0, 0.0], [3.0, 0.0], [3.0, 2.0], [1.0, 2.0]].map(|[r, z]| [r * 1e-3, z * 1e-3]);
    for angle in [TAU, 360_f64.to_radians(), PI / 2.0, 5.0] {
        let turned = Feature::Revolution {
            polygon: square.to_vec(),
            origin: [0.0, 0.0, 7e-3],
            axis: Axis::Along([0.0, 0.0, -2.0]),
            angle,
        };
        let ends = if angle < 6.0 { 2.0 * 4e-6 } else { 0.0 };
        measures(turned, 4e-6 * 2e-3 * angle, 8e-3 * 2e-3 * angle + ends);
    }
    // A triangle with a side on the axis is a cone.
    let (r, h) = (3e-3_f64, 4e-3_f64);
    let cone = Feature::Revolution {
        polygon: vec![[0.0, 0.0], [r, 0.0], [0.0, h]],
        origin: [0.0; 3],
        axis: Axis::Z,
        angle: TAU,
    };
    measures(cone, PI * r * r * h / 3.0, PI * r * (r + r.hypot(h)));
}

#[test]
fn small_and_large_things_are_exact_too() {
    for size in [1e-6_f64, 1e-3, 1.0, 1e3] {
        let ball = Feature::Sphere { center: [0.0; 3], radius: size };
        measures(ball, 4.0 / 3.0 * PI * size.powi(3), 4.0 * PI * size * size);
    }
}

/// Name of the parameter that a feature is refused for.
#[track_caller]
fn refused(feature: Feature) -> &'static str {
    match fault(vec![("bad", feature)], "bad") {
        Fault::Parameter { parameter, .. } => parameter,
        other => panic!("{other}"),
    }
}

#[test]
fn impossible_numbers_are_named() {
    let ball = |radius| Feature::Sphere { center: [0.0; 3], radius };
    assert_eq!(refused(ball(0.0)), "radius");
    assert_eq!(refused(ball(-1.0)), "radius");
    assert_eq!(refused(ball(f64::NAN)), "radius");
    assert_eq!(refused(ball(f64::INFINITY)), "radius");
    assert_eq!(refused(ball(1e-10)), "radius");
    assert_eq!(refused(cuboid([0.0, f64::NAN, 0.0], [1.0; 3])), "min");
    assert_eq!(refused(cuboid([0.0; 3], [1.0, -1.0, 1.0])), "extent in y");
    assert_eq!(refused(cuboid([0.0; 3], [1.0, 0.0, 0.0])), "size");
    assert_eq!(refused(cuboid([0.0; 3], [0.0; 3])), "size");
    assert_eq!(refused(cuboid([0.0; 3], [1e9, 1.0, 1.0])), "max");
    let tube = |to, radius, inner_radius| Feature::Cylinder { from: [0.0; 3], to, radius, inner_radius };
    assert_eq!(refused(tube([0.0; 3], 1.0, 0.0)), "distance between from and to");
    assert_eq!(refused(tube([1.0; 3], 1.0, 1.0)), "inner_radius");
    assert_eq!(refused(tube([1.0; 3], 1.0, -0.5)), "inner_radius");
    let torus =
        |axis, minor_radius| Feature::Torus { center: [0.0; 3], axis, major_radius: 1.0, minor_radius };
    assert_eq!(refused(torus(Axis::Z, 1.0)), "minor_radius");
    assert_eq!(refused(torus(Axis::Along([0.0; 3]), 0.1)), "axis");
    let extruded = |polygon: &[[f64; 2]]| Feature::Extrusion {
        polygon: polygon.to_vec(),
        normal: Axis::Z,
        offset: 0.0,
        height: 1.0,
    };
    assert_eq!(refused(extruded(&[[0.0, 0.0], [1.0, 0.0]])), "polygon");
    let bow = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
    assert_eq!(refused(extruded(&bow)), "polygon");
    assert_eq!(refused(extruded(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])), "polygon");
    let spike = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 1.0], [0.0, 1.0]];
    assert_eq!(refused(extruded(&spike)), "polygon");
    let turned = |polygon: &[[f64; 2]], angle| Feature::Revolution {
        polygon: polygon.to_vec(),
        origin: [0.0; 3],
        axis: Axis::Z,
        angle,
    };
    let triangle = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    assert_eq!(refused(turned(&triangle, 0.0)), "angle");
    assert_eq!(refused(turned(&triangle, 7.0)), "angle");
    assert_eq!(refused(turned(&[[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 1.0)), "polygon");
}
