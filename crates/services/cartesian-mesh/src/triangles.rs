//! The `mesh` blob of a body.

/// Corners and triangles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Triangles {
    /// Corners, m.
    pub(crate) vertices: Vec<[f64; 3]>,
    /// Three indices of corners each.
    pub(crate) triangles: Vec<[u32; 3]>,
}

const MAGIC: &[u8] = b"OTTRI001";
/// Magic and the two numbers.
const HEAD: usize = 24;

/// Reads a blob of the layout `OTTRI001`; the reason if it is none. Face numbers are of no use here.
pub(crate) fn read(bytes: &[u8]) -> Result<Triangles, String> {
    let (head, rest) = bytes.split_at_checked(HEAD).ok_or("it is cut off")?;
    if !head.starts_with(MAGIC) {
        return Err("it does not begin with OTTRI001".to_owned());
    }
    let number = |at: usize| {
        let bytes: [u8; 8] = head[at..at + 8].try_into().unwrap_or_default();
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let (vertices, triangles) = (number(8), number(16));
    let sizes = vertices.and_then(|n| n.checked_mul(24)).zip(triangles.and_then(|n| n.checked_mul(16)));
    let fits = sizes.and_then(|(v, t)| v.checked_add(t)) == Some(rest.len());
    let Some((size, _)) = sizes.filter(|_| fits) else {
        return Err(format!("it has {} bytes, which does not fit its numbers", bytes.len()));
    };
    let (points, indices) = rest.split_at(size);
    let count = triangles.unwrap_or_default();
    let (numbers, _) = points.as_chunks::<8>();
    let (indices, _) = indices[..12 * count].as_chunks::<4>();
    let (vertices, _) = numbers.as_chunks::<3>();
    let (triangles, _) = indices.as_chunks::<3>();
    Ok(Triangles {
        vertices: vertices.iter().map(|p| p.map(f64::from_le_bytes)).collect(),
        triangles: triangles.iter().map(|t| t.map(u32::from_le_bytes)).collect(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn blob() -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(3_u64.to_le_bytes());
        out.extend(1_u64.to_le_bytes());
        for x in [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.5_f64] {
            out.extend(x.to_le_bytes());
        }
        for i in [0, 1, 2, 7_u32] {
            out.extend(i.to_le_bytes());
        }
        out
    }

    #[test]
    fn a_blob_is_read() {
        let found = read(&blob()).unwrap();
        assert_eq!(found.vertices[2], [0.0, 1.0, 0.5]);
        assert_eq!(found.triangles, [[0, 1, 2]]);
    }

    #[test]
    fn damaged_blobs_are_refused() {
        let whole = blob();
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        let mut huge = whole.clone();
        huge[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(read(&huge).is_err());
        let mut other = whole;
        other[0] = b'X';
        assert!(read(&other).is_err());
    }
}
