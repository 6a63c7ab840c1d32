//! Lines between fixed lines: counts, positions, and equal rights for neighbours.
//!
//! Between two fixed lines the number of steps is ⌈∫ dx / h⌉, and h is cut off from above until
//! the integral *is* that integer: the ends keep their size and only the largest steps shrink,
//! so steps within stay within the ratio. Across a fixed line the ratio may still be too
//! large, where the cut reached the line. Then h of the larger side is capped at the line to
//! κ times the smaller step, κ = r ln r / (r − 1): a step that grows from there is at most r
//! times the smaller one. This is repeated until all is well or the smallest step is reached.

use crate::sizing::{Limit, Piece, Sizing};

/// Relative slack of comparisons, far above rounding and far below what matters.
const SLACK: f64 = 1e-10;
/// Sweeps over all fixed lines; a handful is usual.
const SWEEPS: usize = 500;

/// One axis about to be divided.
pub(crate) struct Grading {
    sizing: Sizing,
    intervals: Vec<Interval>,
    ratio: f64,
    floor: f64,
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    first: usize,
    last: usize,
    low: f64,
    high: f64,
    count: f64,
    /// Steps it must have whatever the sizing function says.
    least: f64,
    clip: f64,
    head: f64,
    tail: f64,
    /// The smallest step forbids to divide it further.
    frozen: bool,
}

impl Grading {
    /// Counts the steps under the limits alone.
    pub fn new(fixed: &[f64], largest: f64, smallest: f64, limits: &[Limit], ratio: f64) -> Self {
        let sizing = Sizing::new(fixed, largest, limits, ratio);
        let mut pieces = Vec::new();
        let mut intervals = Vec::with_capacity(fixed.len());
        let mut floor = smallest;
        for pair in fixed.windows(2) {
            let (first, last) = (sizing.index(pair[0]), sizing.index(pair[1]));
            let mut interval = Interval {
                first,
                last,
                low: pair[0],
                high: pair[1],
                count: 1.0,
                least: 1.0,
                clip: f64::INFINITY,
                head: 0.0,
                tail: 0.0,
                frozen: false,
            };
            solve(&sizing, &mut interval, &mut pieces);
            floor = floor.min(sizing.smallest(first, last));
            floor = floor.min((interval.high - interval.low) / interval.count);
            intervals.push(interval);
        }
        Grading { sizing, intervals, ratio, floor }
    }

    /// Number of steps as it stands; a float, since it may exceed every integer.
    pub fn count(&self) -> f64 {
        self.intervals.iter().map(|i| i.count).sum()
    }

    /// Divides further until neighbours across fixed lines are within the ratio.
    pub fn equilibrate(&mut self) {
        let mut pieces = Vec::new();
        for sweep in 0..SWEEPS {
            let mut changed = false;
            let inner = self.intervals.len().saturating_sub(1);
            for step in 0..inner {
                let i = if sweep % 2 == 0 { step } else { inner - 1 - step };
                let (tail, head) = (self.intervals[i].tail, self.intervals[i + 1].head);
                let limit = self.ratio * (1.0 + SLACK);
                if head > tail * limit {
                    changed |= self.shrink(i + 1, tail, true, &mut pieces);
                } else if tail > head * limit {
                    changed |= self.shrink(i, head, false, &mut pieces);
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Makes the step of interval `i` at its low (`rightward`) or high end at most `ratio`
    /// times `neighbour`. False if that cannot be.
    fn shrink(&mut self, i: usize, neighbour: f64, rightward: bool, pieces: &mut Vec<Piece>) -> bool {
        let mut interval = self.intervals[i];
        if interval.frozen {
            return false;
        }
        let growth = self.ratio - 1.0;
        let kappa = if growth > 1e-9 { self.ratio * growth.ln_1p() / growth } else { 1.0 };
        let (first, last) = (interval.first, interval.last);
        let before = self.sizing.save(first, last);
        if rightward {
            self.sizing.cap_rightward(first, last, kappa * neighbour);
        } else {
            self.sizing.cap_leftward(first, last, kappa * neighbour);
        }
        solve(&self.sizing, &mut interval, pieces);
        let uniform = (interval.high - interval.low) / interval.count;
        if uniform < self.floor * (1.0 - SLACK) {
            self.sizing.restore(first, before);
            return self.freeze(i, pieces);
        }
        self.intervals[i] = interval;
        true
    }

    /// Divides an interval as far as the smallest step allows, for good.
    fn freeze(&mut self, i: usize, pieces: &mut Vec<Piece>) -> bool {
        let interval = &mut self.intervals[i];
        interval.frozen = true;
        let most = ((interval.high - interval.low) / self.floor * (1.0 + SLACK)).floor();
        if most <= interval.count {
            return false;
        }
        interval.least = most;
        solve(&self.sizing, interval, pieces);
        true
    }

    /// The lines, fixed ones included bit for bit.
    pub fn lines(&self) -> Vec<f64> {
        let mut lines = vec![self.intervals[0].low];
        let mut pieces = Vec::new();
        for interval in &self.intervals {
            let total = self.sizing.pieces(interval.first, interval.last, interval.clip, &mut pieces);
            let unit = total / interval.count;
            let (mut p, mut passed) = (0, 0.0);
            for step in 1..interval.count as usize {
                let target = unit * step as f64;
                while p + 1 < pieces.len() && passed + pieces[p].count < target {
                    passed += pieces[p].count;
                    p += 1;
                }
                lines.push(pieces[p].position(target - passed));
            }
            lines.push(interval.high);
        }
        lines
    }
}

/// Number of steps, cut-off and end steps of an interval.
fn solve(sizing: &Sizing, interval: &mut Interval, pieces: &mut Vec<Piece>) {
    let (first, last) = (interval.first, interval.last);
    let length = interval.high - interval.low;
    let natural = sizing.pieces(first, last, f64::INFINITY, pieces);
    interval.count = (natural - SLACK * natural.max(1.0)).ceil().max(interval.least);
    interval.clip = f64::INFINITY;
    if natural < interval.count {
        // The integral falls from `count` or more at `low` to `natural` at `high`.
        let mut low = length / interval.count;
        let mut high = sizing.largest(first, last).max(low);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if sizing.pieces(first, last, middle, pieces) >= interval.count {
                low = middle;
            } else {
                high = middle;
            }
        }
        interval.clip = low;
    }
    let total = sizing.pieces(first, last, interval.clip, pieces);
    let unit = total / interval.count;
    interval.head = if interval.count < 2.0 { length } else { at(pieces, unit) - interval.low };
    interval.tail = if interval.count < 2.0 { length } else { interval.high - at(pieces, total - unit) };
}

fn at(pieces: &[Piece], target: f64) -> f64 {
    let mut passed = 0.0;
    for (p, piece) in pieces.iter().enumerate() {
        if passed + piece.count >= target || p + 1 == pieces.len() {
            return piece.position(target - passed);
        }
        passed += piece.count;
    }
    f64::NAN
}
