//! When to start again what has ended: 10 s, 20 s, 40 s … 5 min, forgotten after 10 good minutes.

use std::time::{Duration, Instant};

/// Waits between restarts.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    good: Duration,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::starting_at(Duration::from_secs(10))
    }
}

impl Backoff {
    /// As the default, but with another first wait.
    pub fn starting_at(first: Duration) -> Self {
        Self { first, longest: Duration::from_secs(300), good: Duration::from_secs(600), failures: 0 }
    }

    /// How long to wait after an instance that ran from `started` has failed. The first failure after a good
    /// time is answered at once: what ran well for long is most likely well again.
    pub fn failed(&mut self, started: Instant, now: Instant) -> Duration {
        if now.saturating_duration_since(started) >= self.good {
            self.failures = 0;
        }
        let wait = match self.failures {
            0 => Duration::ZERO,
            n => self.first.saturating_mul(1 << (n - 1).min(16)).min(self.longest),
        };
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Restarts since the last good time.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes_and_are_forgotten_after_ten_good_ones() {
        let mut backoff = Backoff::default();
        let start = Instant::now();
        let soon = start + Duration::from_secs(1);
        let waits: Vec<u64> = (0..8).map(|_| backoff.failed(start, soon).as_secs()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(backoff.failed(start, start + Duration::from_secs(601)).as_secs(), 0);
    }
}
