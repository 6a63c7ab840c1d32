//! STL files, binary and text.

use crate::error::Fault;
use crate::ffi::Vec3;
use crate::scale::FARTHEST;

const HEAD: usize = 84;
const RECORD: usize = 50;

fn bad(reason: impl Into<String>) -> Fault {
    Fault::File { format: "STL", reason: reason.into() }
}

/// The corners of every triangle, in the file's unit.
pub(super) fn triangles(bytes: &[u8], most: usize) -> Result<Vec<[Vec3; 3]>, Fault> {
    let soup = match binary_count(bytes) {
        Some(count) => {
            limit(count, most)?;
            binary(bytes, count)
        }
        None if bytes.trim_ascii_start().starts_with(b"solid") => text(bytes, most)?,
        None => {
            return Err(bad(
                "it is neither text (it does not begin with 'solid') nor binary (its length does not fit its number of triangles)",
            ));
        }
    };
    if soup.is_empty() {
        return Err(bad("it holds no triangles"));
    }
    for (place, triangle) in soup.iter().enumerate() {
        let numbers = triangle.as_flattened();
        // In whatever unit: what is beyond this is beyond the kernel in micrometres too.
        if !numbers.iter().all(|x| x.is_finite() && x.abs() < FARTHEST * 1e9) {
            return Err(bad(format!("triangle {} has a corner that is not finite", place + 1)));
        }
    }
    Ok(soup)
}

fn limit(count: usize, most: usize) -> Result<(), Fault> {
    if count > most {
        return Err(Fault::TooMany { what: "triangles of the STL file", count, limit: most });
    }
    Ok(())
}

/// The number of triangles, where the length of the file agrees with it. Text files may have any
/// bytes at that place and binary ones may begin with "solid", so the length decides.
fn binary_count(bytes: &[u8]) -> Option<usize> {
    let count = bytes.get(HEAD - 4..HEAD)?;
    let count = u32::from_le_bytes(count.try_into().ok()?) as usize;
    let length = count.checked_mul(RECORD)?.checked_add(HEAD)?;
    (length == bytes.len()).then_some(count)
}

fn binary(bytes: &[u8], count: usize) -> Vec<[Vec3; 3]> {
    let number = |record: &[u8], at: usize| {
        let raw = std::array::from_fn(|i| record[at + i]);
        f64::from(f32::from_le_bytes(raw))
    };
    bytes[HEAD..]
        .chunks_exact(RECORD)
        .take(count)
        // The first three numbers are the normal, which the order of the corners gives as well.
        .map(|record| {
            std::array::from_fn(|corner| std::array::from_fn(|k| number(record, 12 + 12 * corner + 4 * k)))
        })
        .collect()
}

fn text(bytes: &[u8], most: usize) -> Result<Vec<[Vec3; 3]>, Fault> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let mut corners: Vec<Vec3> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line_bad = |what: &str| bad(format!("line {}: {what}", number + 1));
        let mut words = line.split_ascii_whitespace();
        match words.next().map(str::to_ascii_lowercase).as_deref() {
            Some("vertex") => {
                let numbers: Vec<f64> = words.map_while(|word| word.parse().ok()).collect();
                let corner =
                    <Vec3>::try_from(numbers).map_err(|_| line_bad("a vertex must have three numbers"))?;
                corners.push(corner);
            }
            Some("endloop") => {
                let triangle = <[Vec3; 3]>::try_from(std::mem::take(&mut corners))
                    .map_err(|_| line_bad("a facet must have three vertices"))?;
                limit(out.len() + 1, most)?;
                out.push(triangle);
            }
            _ => {}
        }
    }
    if !corners.is_empty() {
        return Err(bad("it ends within a facet"));
    }
    Ok(out)
}
