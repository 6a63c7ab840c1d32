//! Points at one place made one.

use std::collections::HashMap;

use crate::ffi::Vec3;

/// Points without repetition, and for each given point its place among them.
///
/// A point joins the first one nearer than `tolerance`; cells of that size are looked up with
/// their neighbours, so the cost is linear.
pub(crate) fn weld(points: &[Vec3], tolerance: f64) -> (Vec<Vec3>, Vec<u32>) {
    let tolerance = tolerance.max(f64::MIN_POSITIVE);
    let mut cells: HashMap<[i64; 3], Vec<u32>> = HashMap::new();
    let mut kept: Vec<Vec3> = Vec::new();
    let mut places = Vec::with_capacity(points.len());
    for &point in points {
        let cell = point.map(|x| (x / tolerance).floor() as i64);
        let known = neighbours(cell)
            .filter_map(|near| cells.get(&near))
            .flatten()
            .copied()
            .filter(|&i| {
                let by = crate::frame::sub(kept[i as usize], point);
                crate::frame::length(by) <= tolerance
            })
            .min();
        let place = known.unwrap_or_else(|| {
            let place = kept.len() as u32;
            kept.push(point);
            cells.entry(cell).or_default().push(place);
            place
        });
        places.push(place);
    }
    (kept, places)
}

fn neighbours(cell: [i64; 3]) -> impl Iterator<Item = [i64; 3]> {
    (0..27_i64).map(move |i| {
        [
            cell[0].saturating_add(i % 3 - 1),
            cell[1].saturating_add(i / 3 % 3 - 1),
            cell[2].saturating_add(i / 9 - 1),
        ]
    })
}
