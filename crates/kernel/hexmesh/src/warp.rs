//! The piecewise linear map that moves what snaps exactly onto the lines it snapped to.

/// A monotone map of one axis, given by knots.
#[derive(Debug, Clone, Default)]
pub(crate) struct Warp {
    /// Coordinate before and after, ascending in both.
    knots: Vec<(f64, f64)>,
    tolerance: f64,
}

impl Warp {
    /// `knots` are ascending in their first value and not descending in their second.
    /// Coordinates within `tolerance` of a knot are taken to be that knot.
    pub fn new(knots: Vec<(f64, f64)>, tolerance: f64) -> Self {
        Warp { knots, tolerance }
    }

    /// Where `x` goes. Knots go exactly to their target; beyond the last knot all shift alike.
    pub fn apply(&self, x: f64) -> f64 {
        let next = self.knots.partition_point(|k| k.0 < x);
        let above = self.knots.get(next);
        let below = next.checked_sub(1).and_then(|i| self.knots.get(i));
        match (below, above) {
            (_, Some(k)) if k.0 - x <= self.tolerance => k.1,
            (Some(k), _) if x - k.0 <= self.tolerance => k.1,
            (Some(a), Some(b)) => {
                let (shift_a, shift_b) = (a.1 - a.0, b.1 - b.0);
                let share = (x - a.0) / (b.0 - a.0);
                // Written as a shift, so that where nothing moves no bit changes.
                (x + (shift_a + share * (shift_b - shift_a))).clamp(a.1, b.1)
            }
            (Some(k), None) | (None, Some(k)) => x + (k.1 - k.0),
            (None, None) => x,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_are_hit_exactly_and_the_rest_is_linear() {
        let warp = Warp::new(vec![(0.0, 0.0), (0.3, 0.25), (1.0, 1.0)], 1e-9);
        assert_eq!(warp.apply(0.3 + 1e-12), 0.25);
        assert_eq!(warp.apply(0.0), 0.0);
        assert!((warp.apply(0.15) - 0.125).abs() < 1e-15);
        assert!((warp.apply(0.65) - 0.625).abs() < 1e-15);
    }

    #[test]
    fn without_shift_every_bit_stays() {
        let warp = Warp::new(vec![(0.0, 0.0), (0.3, 0.3), (1.0, 1.0)], 0.0);
        for x in [0.1, 0.2999, 0.7, 0.123_456_789] {
            assert_eq!(warp.apply(x), x);
        }
    }
}
