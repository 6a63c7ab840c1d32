//! How far a run is over all its steps, and when it will be done.

use std::time::Instant;

use crate::plan::Step;

/// What a long step counts for, beside one for a short one. Only one that saves checkpoints is worth saving them: so it
/// takes nearly all of the time, whatever it is preceded by.
const LONG: f64 = 20.0;

/// The share of each step in a run.
pub(crate) struct Course {
    /// Where each step begins and ends, from 0 to 1.
    spans: Vec<(f64, f64)>,
    /// The last long step, if there is one.
    long: Option<usize>,
}

impl Course {
    pub(crate) fn of(steps: &[Step]) -> Self {
        Self::weighing(steps.iter().map(|step| step.action.resumable))
    }

    fn weighing(long: impl IntoIterator<Item = bool>) -> Self {
        let long: Vec<bool> = long.into_iter().collect();
        let weight = |long: bool| if long { LONG } else { 1.0 };
        let whole: f64 = long.iter().map(|&long| weight(long)).sum();
        let mut from = 0.0;
        let spans = long.iter().map(|&long| {
            let begin = from;
            from += weight(long) / whole;
            (begin, from)
        });
        Self { spans: spans.collect(), long: long.iter().rposition(|&long| long) }
    }

    /// How much of the run is done at a fraction of a step.
    pub(crate) fn done(&self, index: usize, fraction: f64) -> f64 {
        let (from, to) = self.spans.get(index).copied().unwrap_or((1.0, 1.0));
        (from + (to - from) * fraction.clamp(0.0, 1.0)).clamp(0.0, 1.0)
    }

    /// Whether the pace of a step tells when the run will be done: not while a long one lies ahead, which goes at another.
    pub(crate) fn tells(&self, index: usize) -> bool {
        self.long.is_none_or(|long| index >= long)
    }
}

/// How fast a run goes since a step was begun.
#[derive(Default)]
pub(crate) struct Pace {
    first: Option<(Instant, f64)>,
}

impl Pace {
    /// Seconds to the end of the run if it goes on like this; negative while that cannot be told.
    pub(crate) fn left(&mut self, done: f64, now: Instant) -> f64 {
        let (since, from) = *self.first.get_or_insert((now, done));
        let gained = done - from;
        if gained <= 0.0 {
            return -1.0;
        }
        now.duration_since(since).as_secs_f64() * (1.0 - done) / gained
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_long_step_is_nearly_all_of_a_run() {
        let course = Course::weighing([false, false, true]);
        assert!(course.done(2, 0.0) < 0.1, "{}", course.done(2, 0.0));
        assert!((course.done(2, 1.0) - 1.0).abs() < 1e-12);
        let mut last = -1.0;
        for (index, fraction) in [(0, 0.0), (0, 0.5), (1, 0.0), (1, 0.9), (2, 0.0), (2, 0.5), (2, 1.0)] {
            let done = course.done(index, fraction);
            assert!(done > last, "{index} {fraction}");
            last = done;
        }
        let even = Course::weighing([false, false]);
        assert!((even.done(1, 0.0) - 0.5).abs() < 1e-12);
        assert!((even.done(0, 2.0) - 0.5).abs() < 1e-12, "a service that overshoots");
    }

    #[test]
    fn the_end_is_told_from_the_step_on_that_decides_it() {
        let course = Course::weighing([false, true, false]);
        assert_eq!([0, 1, 2].map(|index| course.tells(index)), [false, true, true]);
        assert!(Course::weighing([false, false]).tells(0));
    }

    #[test]
    fn what_is_left_fits_the_bar() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!(pace.left(0.2, start) < 0.0);
        // 0.3 in 30 s: 0.5 in 50 s.
        let left = pace.left(0.5, start + Duration::from_secs(30));
        assert!((left - 50.0).abs() < 1e-9, "{left}");
        assert!(pace.left(1.0, start + Duration::from_secs(80)).abs() < 1e-9);
    }
}
