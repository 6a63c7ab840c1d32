//! Fields as VTK's XML RectilinearGrid, which ParaView reads.
//!
//! Raw appended data, little-endian: each array is its length in bytes (`u64`) and its numbers. Coordinates are
//! `Float64`, values `Float32` vectors at the points, x fastest.

use std::fmt::Write;

/// A file of vector arrays `(name, [point][component])` at the points where lines along x, y and z meet.
pub(super) fn write(lines: &[&[f64]; 3], arrays: &[(&str, &[f32])]) -> Vec<u8> {
    let extent = lines.map(|line| format!("0 {}", line.len().saturating_sub(1))).join(" ");
    let mut head = String::from(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"RectilinearGrid\" version=\"1.0\" \
         byte_order=\"LittleEndian\" header_type=\"UInt64\">\n",
    );
    let mut offset = 0;
    // Writing to a string cannot fail.
    let _ = writeln!(head, "<RectilinearGrid WholeExtent=\"{extent}\">\n<Piece Extent=\"{extent}\">");
    head.push_str("<PointData>\n");
    for (name, values) in arrays {
        let name = escaped(name);
        let _ = writeln!(
            head,
            "<DataArray type=\"Float32\" Name=\"{name}\" NumberOfComponents=\"3\" format=\"appended\" \
             offset=\"{offset}\"/>"
        );
        offset += 8 + 4 * values.len();
    }
    head.push_str("</PointData>\n<CellData/>\n<Coordinates>\n");
    for (axis, line) in ["x", "y", "z"].iter().zip(lines) {
        let _ = writeln!(
            head,
            "<DataArray type=\"Float64\" Name=\"{axis}\" format=\"appended\" offset=\"{offset}\"/>"
        );
        offset += 8 + 8 * line.len();
    }
    head.push_str("</Coordinates>\n</Piece>\n</RectilinearGrid>\n<AppendedData encoding=\"raw\">\n_");
    let mut out = head.into_bytes();
    out.reserve(offset + 64);
    for (_, values) in arrays {
        out.extend((4 * values.len() as u64).to_le_bytes());
        values.iter().for_each(|x| out.extend(x.to_le_bytes()));
    }
    for line in lines {
        out.extend((8 * line.len() as u64).to_le_bytes());
        line.iter().for_each(|x| out.extend(x.to_le_bytes()));
    }
    out.extend(b"\n</AppendedData>\n</VTKFile>\n");
    out
}

fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn arrays_stand_where_the_header_says() {
        let (x, y, z) = ([0.0, 1.0], [0.0, 0.5, 2.0], [3.0]);
        let values: Vec<f32> = (0..18).map(|n| n as f32).collect();
        let file = write(&[&x, &y, &z], &[("E <re>", &values), ("H", &values)]);
        let mark = b"encoding=\"raw\">\n_";
        let start = file.windows(mark.len()).position(|w| w == mark).unwrap() + mark.len();
        let head = std::str::from_utf8(&file[..start]).unwrap();
        assert!(head.contains("Extent=\"0 1 0 2 0 0\"") && head.contains("Name=\"E &lt;re&gt;\""));
        let offsets: Vec<usize> =
            head.split("offset=\"").skip(1).map(|t| t.split('"').next().unwrap().parse().unwrap()).collect();
        let sizes = [72_u64, 72, 16, 24, 8];
        for (offset, size) in offsets.iter().zip(sizes) {
            let at = start + offset;
            assert_eq!(u64::from_le_bytes(file[at..at + 8].try_into().unwrap()), size);
        }
        let at = start + offsets[4] + 8;
        assert_eq!(f64::from_le_bytes(file[at..at + 8].try_into().unwrap()), 3.0);
        assert!(file[at + 8..].starts_with(b"\n</AppendedData>"));
    }
}
