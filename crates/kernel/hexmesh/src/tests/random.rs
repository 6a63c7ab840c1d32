//! Heaps of random bodies, plates and slivers: what holds for every mesh.

use super::{shapes::*, *};
use proptest::{prelude::*, test_runner::RngSeed};

fn body() -> impl Strategy<Value = Solid> {
    // Few distinct values, so that faces coincide, and slivers far below the smallest step.
    let low = [0u8..8, 0u8..8, 0u8..8];
    let size = prop::array::uniform3(prop_oneof![Just(0.001), Just(0.03), Just(0.125), 0.01f64..0.5]);
    (low, size, 0usize..4, 1usize..4, -1i32..2, 0.0f64..1.5).prop_map(
        |(low, size, shape, material, priority, angle)| {
            let low = low.map(|n| f64::from(n) * 0.125);
            let high = [0, 1, 2].map(|a| low[a] + size[a]);
            let mut made = match shape {
                0 => plate(2, low[2], [low[0], low[1]], [high[0], high[1]], 3),
                1 => turned(cuboid(low, high, material), angle),
                2 => sphere(low, size[0], 7, material),
                _ => cuboid(low, high, material),
            };
            made.priority = priority;
            made
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..Default::default() })]

    #[test]
    fn every_mesh_is_whole(solids in prop::collection::vec(body(), 1..8), margin in 0.0f64..0.2) {
        let model = model(solids);
        let made = match generate(&model, &settings(0.05, margin), &Silent) {
            Ok(made) => made,
            Err(Error::ZeroThickness { .. }) => return Ok(()),
            Err(other) => panic!("{other}"),
        };
        prop_assert_eq!(&Mesh::decode(&made.mesh.encode()).unwrap(), &made.mesh);
        let held: u64 = made.statistics.solids.iter().map(|s| s.cells).sum();
        let background = made.mesh.cell_material.iter().filter(|m| **m == 0).count() as u64;
        prop_assert_eq!(held + background, made.statistics.cells);
        prop_assert!(made.statistics.largest_ratio.iter().all(|r| *r <= 2.0 + 1e-8));
        let [x, y, z] = Axis::ALL.map(|a| made.mesh.lines(a).windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max));
        prop_assert!(x.max(y).max(z) <= 0.05 * (1.0 + 1e-9));
    }
}
