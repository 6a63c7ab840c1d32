//! The sizing function along one axis: largest step at a place, limited in slope.
//!
//! h(x) = min over limits of (value + g · distance to the limit's interval), piecewise linear
//! with slopes 0, +g, −g. Lines equidistributed in ν = ∫ dx / h then have steps whose
//! neighbours differ at most by e^g: along ν the derivative of ln h is h'(x), which is within
//! ±g. With g = ln r this is the ratio r, and a lone limit gives exactly the geometric series.

/// A largest step on an interval of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

/// A stretch on which h is linear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    start: f64,
    size: f64,
    slope: f64,
    /// ∫ dx / h over the stretch.
    pub count: f64,
}

impl Piece {
    fn new(start: f64, length: f64, size: f64, slope: f64) -> Self {
        let count = if slope == 0.0 { length / size } else { (slope * length / size).ln_1p() / slope };
        Piece { start, size, slope, count }
    }

    /// Coordinate where ∫ dx / h from the start of the stretch is `count`.
    pub fn position(&self, count: f64) -> f64 {
        if self.slope == 0.0 {
            self.start + self.size * count
        } else {
            self.start + self.size * (self.slope * count).exp_m1() / self.slope
        }
    }
}

/// The sizing function. Sizes at a point are kept for either side, because a limit put on
/// after the fact (see `grade`) holds on one side of a fixed line only.
#[derive(Debug, Clone)]
pub(crate) struct Sizing {
    points: Vec<f64>,
    flat: Vec<f64>,
    left: Vec<f64>,
    right: Vec<f64>,
    slope: f64,
}

impl Sizing {
    /// From limits on intervals, breaking also at every fixed line. `fixed` is ascending and
    /// spans the domain.
    pub fn new(fixed: &[f64], largest: f64, limits: &[Limit], ratio: f64) -> Self {
        let (low, high) = (fixed[0], fixed[fixed.len() - 1]);
        let mut points: Vec<f64> = fixed.to_vec();
        for limit in limits {
            points.extend([limit.low, limit.high].into_iter().filter(|p| *p > low && *p < high));
        }
        points.sort_by(f64::total_cmp);
        points.dedup();
        let mut flat = vec![largest; points.len() - 1];
        for limit in limits {
            let first = points.partition_point(|p| *p < limit.low);
            let last = points.partition_point(|p| *p < limit.high);
            let last = last.min(flat.len());
            for size in flat.iter_mut().take(last).skip(first) {
                *size = size.min(limit.step);
            }
        }
        let slope = ratio.ln().max(1e-9);
        let sizes = envelope(&points, &flat, slope);
        Sizing { points, flat, left: sizes.clone(), right: sizes, slope }
    }

    /// Index of a point that is known to be one.
    pub fn index(&self, point: f64) -> usize {
        self.points.partition_point(|p| *p < point)
    }

    /// Smallest limit between two points.
    pub fn smallest(&self, first: usize, last: usize) -> f64 {
        self.flat[first..last].iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Largest limit between two points.
    pub fn largest(&self, first: usize, last: usize) -> f64 {
        self.flat[first..last].iter().copied().fold(0.0, f64::max)
    }

    /// The sizes between two points, to be put back by `restore`.
    pub fn save(&self, first: usize, last: usize) -> (Vec<f64>, Vec<f64>) {
        (self.right[first..last].to_vec(), self.left[first + 1..=last].to_vec())
    }

    /// Puts back what `save` took from the point `first` on.
    pub fn restore(&mut self, first: usize, (right, left): (Vec<f64>, Vec<f64>)) {
        self.right[first..first + right.len()].copy_from_slice(&right);
        self.left[first + 1..=first + left.len()].copy_from_slice(&left);
    }

    /// Stretches between two points, with h cut off at `clip`.
    pub fn pieces(&self, first: usize, last: usize, clip: f64, out: &mut Vec<Piece>) -> f64 {
        out.clear();
        for s in first..last {
            self.segment(s, clip, out);
        }
        out.iter().map(|p| p.count).sum()
    }

    fn segment(&self, s: usize, clip: f64, out: &mut Vec<Piece>) {
        let (start, end) = (self.points[s], self.points[s + 1]);
        let (length, g) = (end - start, self.slope);
        let top = self.flat[s].min(clip);
        let (a, b) = (self.right[s].min(top), self.left[s + 1].min(top));
        let rise = (top - a) / g;
        let fall = length - (top - b) / g;
        let (rise, fall) = if rise <= fall {
            (rise, fall)
        } else {
            let meet = ((b - a + g * length) / (2.0 * g)).clamp(0.0, length);
            (meet, meet)
        };
        if rise > 0.0 {
            out.push(Piece::new(start, rise, a, g));
        }
        if fall > rise {
            out.push(Piece::new(start + rise, fall - rise, top, 0.0));
        }
        if length > fall {
            let size = b + g * (length - fall);
            out.push(Piece::new(start + fall, length - fall, size, -g));
        }
    }

    /// Limits h to `size` at the point `first`, growing from there up to the point `last`.
    pub fn cap_rightward(&mut self, first: usize, last: usize, size: f64) {
        self.right[first] = self.right[first].min(size);
        for s in first..last {
            let reach = self.right[s] + self.slope * (self.points[s + 1] - self.points[s]);
            self.left[s + 1] = self.left[s + 1].min(reach);
            if s + 1 < last {
                self.right[s + 1] = self.right[s + 1].min(self.left[s + 1]);
            }
        }
    }

    /// Limits h to `size` at the point `last`, growing from there down to the point `first`.
    pub fn cap_leftward(&mut self, first: usize, last: usize, size: f64) {
        self.left[last] = self.left[last].min(size);
        for s in (first..last).rev() {
            let reach = self.left[s + 1] + self.slope * (self.points[s + 1] - self.points[s]);
            self.right[s] = self.right[s].min(reach);
            if s > first {
                self.left[s] = self.left[s].min(self.right[s]);
            }
        }
    }
}

/// Sizes at the points under the flat limits between them, no steeper than `slope`.
fn envelope(points: &[f64], flat: &[f64], slope: f64) -> Vec<f64> {
    let n = points.len();
    let mut sizes = vec![f64::INFINITY; n];
    for (s, size) in flat.iter().enumerate() {
        sizes[s] = sizes[s].min(*size);
        sizes[s + 1] = sizes[s + 1].min(*size);
    }
    for p in 1..n {
        sizes[p] = sizes[p].min(sizes[p - 1] + slope * (points[p] - points[p - 1]));
    }
    for p in (0..n - 1).rev() {
        sizes[p] = sizes[p].min(sizes[p + 1] + slope * (points[p + 1] - points[p]));
    }
    sizes
}
