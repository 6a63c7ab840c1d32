//! Cells outside of the mesh, behind open sides: room for absorbing layers and for what drives a waveguide.

use hexmesh::Mesh;

/// Cells to add by axis on the low and on the high side.
pub(crate) type Room = [[usize; 2]; 3];

/// Along one axis, which node and which cell of the mesh each node and cell of the larger one repeats.
struct Along {
    lines: Vec<f64>,
    node: Vec<usize>,
    cell: Vec<usize>,
}

impl Along {
    /// Outer cells are as long as the outermost of the mesh.
    fn new(lines: &[f64], [low, high]: [usize; 2]) -> Self {
        let last = lines.len() - 1;
        let (first_step, last_step) = (lines[1] - lines[0], lines[last] - lines[last - 1]);
        let before = (1..=low).rev().map(|n| lines[0] - n as f64 * first_step);
        let after = (1..=high).map(|n| lines[last] + n as f64 * last_step);
        let count = lines.len() + low + high;
        Self {
            lines: before.chain(lines.iter().copied()).chain(after).collect(),
            node: (0..count).map(|i| i.saturating_sub(low).min(last)).collect(),
            cell: (0..count - 1).map(|i| i.saturating_sub(low).min(last - 1)).collect(),
        }
    }
}

/// The mesh with its outermost cells repeated outwards: what stands at a side goes on behind it. Every axis of the
/// mesh has two lines at least, as a decoded one does.
pub(crate) fn extend(mesh: &Mesh, room: &Room) -> Mesh {
    let lines = [&mesh.x, &mesh.y, &mesh.z];
    let [x, y, z] = [0, 1, 2].map(|a| Along::new(lines[a], room[a]));
    let mut cell_material = Vec::with_capacity(x.cell.len() * y.cell.len() * z.cell.len());
    for &k in &z.cell {
        for &j in &y.cell {
            let row = mesh.cell_index([0, j, k]);
            cell_material.extend(x.cell.iter().map(|&i| mesh.cell_material[row + i]));
        }
    }
    let pec_edges = edges(mesh, &[&x, &y, &z]);
    Mesh {
        x: x.lines,
        y: y.lines,
        z: z.lines,
        cell_material,
        pec_edges,
        materials: mesh.materials.clone(),
        background: mesh.background,
    }
}

/// An edge repeats that of the outermost cell along its own axis, and that of the outermost node across.
fn edges(mesh: &Mesh, along: &[&Along; 3]) -> Vec<u8> {
    let [x, y, z] = along;
    let mut out = vec![0_u8; x.node.len() * y.node.len() * z.node.len()];
    let mut at = 0;
    for k in 0..z.node.len() {
        for j in 0..y.node.len() {
            for i in 0..x.node.len() {
                let place = [i, j, k];
                let mut mask = 0;
                for axis in 0..3 {
                    // No edge begins at the last node.
                    let Some(&own) = along[axis].cell.get(place[axis]) else { continue };
                    let mut from = [0, 1, 2].map(|a| along[a].node[place[a]]);
                    from[axis] = own;
                    mask |= mesh.pec_edges[mesh.node_index(from)] & (1 << axis);
                }
                out[at] = mask;
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexmesh::Axis;

    fn mesh() -> Mesh {
        let mut mesh = Mesh {
            x: vec![0.0, 1.0, 3.0],
            y: vec![0.0, 1.0],
            z: vec![0.0, 1.0],
            cell_material: vec![0, 1],
            pec_edges: vec![0; 12],
            ..Mesh::default()
        };
        let mut mark = |node, axis: Axis| {
            let at = mesh.node_index(node);
            mesh.pec_edges[at] |= 1 << axis.index();
        };
        mark([1, 0, 0], Axis::X);
        mark([2, 0, 0], Axis::Y);
        mesh
    }

    #[test]
    fn outer_cells_repeat_what_stands_at_the_side() {
        let large = extend(&mesh(), &[[1, 2], [0, 0], [0, 1]]);
        assert_eq!(large.x, [-1.0, 0.0, 1.0, 3.0, 5.0, 7.0]);
        assert_eq!(large.cell_material, [0, 0, 1, 1, 1, 0, 0, 1, 1, 1]);
        for i in 0..6 {
            // The x edge at the high side goes on, the last node has none; the y edge there repeats in planes.
            assert_eq!(large.is_pec_edge([i, 0, 0], Axis::X), (2..5).contains(&i), "{i}");
            assert_eq!(large.is_pec_edge([i, 0, 0], Axis::Y), i >= 3, "{i}");
            assert!(!large.is_pec_edge([i, 0, 0], Axis::Z));
            assert!(!large.is_pec_edge([i, 0, 1], Axis::X));
        }
    }

    #[test]
    fn no_room_changes_nothing() {
        assert_eq!(extend(&mesh(), &Room::default()), mesh());
    }
}
