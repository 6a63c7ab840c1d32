//! Where fields have diverged.

use crate::grid::Grid;
use crate::update::Fields;

/// Component and coordinates in m: of the values that are not finite the one nearest to their middle, since what is no
/// number spreads to all sides by a cell a step; where all are finite the largest one, in V/m or A/m times the length of
/// its edge.
pub(crate) fn place(grid: &Grid, fields: &Fields) -> (&'static str, [f64; 3]) {
    let all = [
        ("Ex", &fields.e[0]),
        ("Ey", &fields.e[1]),
        ("Ez", &fields.e[2]),
        ("Hx", &fields.h[0]),
        ("Hy", &fields.h[1]),
        ("Hz", &fields.h[2]),
    ];
    let [nx, ny, _] = grid.nodes();
    let node = |at: usize| [at % nx, at / nx % ny, at / nx / ny];
    let mut middle = [0.0; 3];
    let mut count = 0.0;
    let mut largest = (0.0f32, "Ex", 0);
    for (name, values) in all {
        for (at, &value) in values.iter().enumerate() {
            if !value.is_finite() {
                count += 1.0;
                middle.iter_mut().zip(node(at)).for_each(|(sum, n)| *sum += n as f64);
            } else if value.abs() > largest.0 {
                largest = (value.abs(), name, at);
            }
        }
    }
    let (name, at) = if count == 0.0 {
        (largest.1, largest.2)
    } else {
        let middle = middle.map(|sum| sum / count);
        let away = |at: usize| -> f64 {
            node(at).iter().zip(middle).map(|(&n, m)| (n as f64 - m) * (n as f64 - m)).sum()
        };
        let bad = all.iter().flat_map(|(name, values)| {
            values.iter().enumerate().filter(|(_, v)| !v.is_finite()).map(move |(at, _)| (*name, at))
        });
        bad.min_by(|a, b| away(a.1).total_cmp(&away(b.1))).unwrap_or(("Ex", 0))
    };
    (name, grid.node(node(at)))
}
