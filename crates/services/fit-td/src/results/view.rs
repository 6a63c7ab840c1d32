//! Fields as view files of the content `field`: planes that can be fetched one by one, and thinned volumes.
//!
//! Vectors are stored in 16 bits, as parts of the largest component: 90 dB, more than any picture shows, in half of
//! the bytes. `docs/data-model.md` has the layout.

use base::view::ViewData;
use serde_json::{Value, json};

/// A recorded quantity at one moment or frequency.
pub(super) struct Quantity<'a> {
    /// What the entity says of it.
    pub(super) about: &'a Value,
    /// Its vectors at the points, x fastest; for a phasor the real and then the imaginary ones.
    pub(super) parts: Vec<&'a [f32]>,
}

/// Thinned volumes have at most this many points: more is neither seen as arrows nor painted on surfaces.
const MOST_POINTS: usize = 500_000;

/// No thinner volume is made of one of at most this many points.
const FEW_POINTS: usize = 4_000;

/// The indices along an axis, for all axes.
type Lattice = [Vec<usize>; 3];

/// A view file of quantities at the points where lines along x, y and z meet.
pub(super) fn write(lines: &[&[f64]; 3], quantities: &[Quantity<'_>]) -> Vec<u8> {
    let size = lines.map(<[f64]>::len);
    let mut data = ViewData::new();
    let coordinates: Vec<Value> = lines
        .iter()
        .map(|line| data.part(|out| line.iter().for_each(|x| out.extend(x.to_le_bytes()))).to_json())
        .collect();
    let levels = levels(size);
    // Thinned volumes come before the planes, of which few are ever fetched.
    let volumes: Vec<Vec<Value>> = quantities
        .iter()
        .map(|quantity| {
            levels.iter().map(|(_, lattice)| put(&mut data, quantity, size, lattice, [0, 1, 2])).collect()
        })
        .collect();
    let arrays: Vec<Value> = quantities
        .iter()
        .zip(volumes)
        .map(|(quantity, volumes)| {
            let mut about = quantity.about.clone();
            about["scale"] = json!(scale(quantity));
            about["levels"] = json!(volumes);
            about["planes"] = json!([0, 1, 2].map(|axis| planes(&mut data, quantity, size, axis)));
            about
        })
        .collect();
    let described: Vec<Value> = levels
        .iter()
        .map(|(stride, lattice)| json!({"stride": stride, "size": lattice.each_ref().map(Vec::len)}))
        .collect();
    data.finish(&json!({
        "content": "field", "size": size, "coordinates": coordinates, "levels": described, "arrays": arrays,
    }))
}

/// Thinned lattices with their strides, coarsest first; none for what has no volume.
fn levels(size: [usize; 3]) -> Vec<(usize, Lattice)> {
    let mut found = Vec::new();
    if size.iter().any(|count| *count < 2) {
        return found;
    }
    let mut stride = 1;
    loop {
        let lattice = size.map(|count| thinned(count, stride));
        let points: usize = lattice.iter().map(Vec::len).product();
        if points <= MOST_POINTS {
            found.push((stride, lattice));
        }
        if points <= FEW_POINTS || stride >= 1 << 16 {
            break;
        }
        stride *= 2;
    }
    found.reverse();
    found
}

/// Every `stride`-th of so many points, and the last.
fn thinned(count: usize, stride: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).step_by(stride).collect();
    if indices.last().is_some_and(|last| last + 1 < count) {
        indices.push(count - 1);
    }
    indices
}

/// All planes across an axis, one after the other; null where they would be lines.
fn planes(data: &mut ViewData, quantity: &Quantity<'_>, size: [usize; 3], axis: usize) -> Value {
    let (u, v) = ([1, 0, 0][axis], [2, 2, 1][axis]);
    if size[u] < 2 || size[v] < 2 {
        return Value::Null;
    }
    put(data, quantity, size, &size.map(|count| (0..count).collect()), [u, v, axis])
}

/// Writes the points of a lattice, the first axis of `order` fastest.
fn put(
    data: &mut ViewData,
    quantity: &Quantity<'_>,
    size: [usize; 3],
    lattice: &Lattice,
    order: [usize; 3],
) -> Value {
    let steps = [1, size[0], size[0] * size[1]];
    let scale = scale(quantity);
    let part = data.part(|out| {
        for k in &lattice[order[2]] {
            for j in &lattice[order[1]] {
                for i in &lattice[order[0]] {
                    let point = i * steps[order[0]] + j * steps[order[1]] + k * steps[order[2]];
                    for values in &quantity.parts {
                        for value in values.get(3 * point..3 * point + 3).unwrap_or(&[0.0; 3]) {
                            out.extend(quantised(*value, scale).to_le_bytes());
                        }
                    }
                }
            }
        }
    });
    part.to_json()
}

/// What a step of the 16 bits means.
fn scale(quantity: &Quantity<'_>) -> f32 {
    let values = quantity.parts.iter().flat_map(|part| part.iter());
    values.filter(|x| x.is_finite()).fold(0.0_f32, |largest, x| largest.max(x.abs())) / f32::from(i16::MAX)
}

fn quantised(value: f32, scale: f32) -> i16 {
    // A conversion saturates, and what is not a number becomes zero.
    if scale > 0.0 { (value / scale).round() as i16 } else { 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    struct Read {
        header: Value,
        data: Vec<u8>,
    }

    fn read(file: &[u8]) -> Read {
        let length = u64::from_le_bytes(file[8..16].try_into().unwrap()) as usize;
        let header = serde_json::from_slice(&file[16..16 + length]).unwrap();
        Read { header, data: file[16 + length..].to_vec() }
    }

    impl Read {
        fn numbers(&self, part: &Value) -> Vec<i16> {
            let at = |name: &str| part[name].as_u64().unwrap() as usize;
            let bytes = &self.data[at("offset")..at("offset") + at("bytes")];
            bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
        }
    }

    /// Vectors that tell their place: x of 100 i + 10 j + k.
    fn told(size: [usize; 3]) -> Vec<f32> {
        let mut values = Vec::new();
        for k in 0..size[2] {
            for j in 0..size[1] {
                for i in 0..size[0] {
                    values.extend([(100 * i + 10 * j + k) as f32, 0.0, -1.0]);
                }
            }
        }
        values
    }

    #[test]
    fn each_plane_is_one_range_whatever_its_axis() {
        let size = [4, 3, 2];
        let lines = size.map(|count| (0..count).map(|i| i as f64).collect::<Vec<_>>());
        let values = told(size);
        let about = json!({"name": "E"});
        let file =
            write(&lines.each_ref().map(Vec::as_slice), &[Quantity { about: &about, parts: vec![&values] }]);
        let read = read(&file);
        let array = &read.header["arrays"][0];
        let scale = array["scale"].as_f64().unwrap();
        for (axis, place) in [(0, 3), (1, 1), (2, 1)] {
            let all = read.numbers(&array["planes"][axis]);
            let plane = &all[place * all.len() / size[axis]..(place + 1) * all.len() / size[axis]];
            let xs: Vec<i64> = plane
                .as_chunks::<3>()
                .0
                .iter()
                .map(|point| (f64::from(point[0]) * scale).round() as i64)
                .collect();
            let wanted: Vec<i64> = match axis {
                0 => vec![300, 310, 320, 301, 311, 321],
                1 => vec![10, 110, 210, 310, 11, 111, 211, 311],
                _ => vec![1, 101, 201, 301, 11, 111, 211, 311, 21, 121, 221, 321],
            };
            assert_eq!(xs, wanted);
        }
        assert_eq!(array["name"], "E");
    }

    #[test]
    fn volumes_are_thinned_down_to_few_points_and_keep_their_ends() {
        let size = [101, 90, 80];
        let lines = size.map(|count| (0..count).map(|i| i as f64).collect::<Vec<_>>());
        let values = vec![1.0; 3 * size.iter().product::<usize>()];
        let about = json!({"name": "E"});
        let parts = vec![values.as_slice(), values.as_slice()];
        let read = read(&write(&lines.each_ref().map(Vec::as_slice), &[Quantity { about: &about, parts }]));
        let levels = read.header["levels"].as_array().unwrap();
        // 727,200 points are too many; 51 × 46 × 41 and so on are not.
        assert_eq!(
            levels.iter().map(|level| level["stride"].as_u64().unwrap()).collect::<Vec<_>>(),
            [8, 4, 2]
        );
        assert_eq!(levels[0]["size"], json!([14, 13, 11]));
        let coarse = read.numbers(&read.header["arrays"][0]["levels"][0]);
        assert_eq!(coarse.len(), 14 * 13 * 11 * 6);
        assert!(coarse.iter().all(|value| *value == i16::MAX));
        assert_eq!(thinned(10, 4), [0, 4, 8, 9]);
        assert_eq!(thinned(9, 4), [0, 4, 8]);
    }

    #[test]
    fn a_plane_has_no_volume_and_nothing_is_not_divided_by() {
        let values = vec![0.0, f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let about = json!({});
        let lines: [&[f64]; 3] = [&[0.0, 1.0], &[2.0], &[0.0, 3.0]];
        let read = read(&write(&lines, &[Quantity { about: &about, parts: vec![&values] }]));
        let array = &read.header["arrays"][0];
        assert_eq!((&array["planes"][0], &array["planes"][2]), (&Value::Null, &Value::Null));
        assert_eq!(read.numbers(&array["planes"][1]), [0; 12]);
        assert_eq!(read.header["levels"], json!([]));
    }
}
