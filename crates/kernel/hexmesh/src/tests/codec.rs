//! The bytes: there and back, and nothing but an error from damaged ones.

use super::{shapes::*, *};
use proptest::{prelude::*, test_runner::RngSeed};

fn sample() -> Mesh {
    let solids = vec![sphere([0.5; 3], 0.4, 8, 2), cuboid([0.1; 3], [0.3; 3], 3)];
    mesh(&model(solids), &settings(0.1, 0.1)).mesh
}

#[test]
fn what_is_written_is_read_and_small() {
    let mesh = sample();
    let bytes = mesh.encode();
    assert_eq!(Mesh::decode(&bytes).unwrap(), mesh);
    assert_eq!(&bytes[..12], b"OTHEXMSH\x01\0\0\0");
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = sample().encode();
    for length in 0..bytes.len() {
        assert!(matches!(Mesh::decode(&bytes[..length]), Err(Error::Encoding { .. })));
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(Mesh::decode(&longer).is_err());
}

#[test]
fn a_small_file_cannot_ask_for_all_memory() {
    let mut bytes = sample().encode();
    bytes[12..24].fill(0xff);
    assert!(matches!(Mesh::decode(&bytes), Err(Error::Encoding { offset: 12, .. })));
    assert!(Mesh::decode_within(&sample().encode(), 100).is_err());
}

#[test]
fn edges_that_leave_are_refused() {
    for (axis, bit) in [(0, 1), (1, 2), (2, 4)] {
        let mut mesh = sample();
        let mut node = [0; 3];
        node[axis] = mesh.nodes()[axis] - 1;
        let at = mesh.node_index(node);
        mesh.pec_edges[at] |= bit;
        assert!(Mesh::decode(&mesh.encode()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Default::default() })]

    #[test]
    fn damaged_bytes_never_panic(places in prop::collection::vec((0usize..4000, any::<u8>()), 1..6)) {
        let mut bytes = sample().encode();
        for (at, value) in places {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        // Either an error, or a mesh that is whole.
        if let Ok(mesh) = Mesh::decode_within(&bytes, 1 << 24) {
            let cells: usize = mesh.cells().iter().product();
            prop_assert_eq!(mesh.cell_material.len(), cells);
        }
    }
}
