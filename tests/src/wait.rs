//! Waiting for something, with a deadline.

use std::time::{Duration, Instant};

/// Beyond any real wait on a busy machine; what takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer; fails the test at the deadline.
#[track_caller]
pub fn until<T>(what: &str, deadline: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < deadline, "waited {deadline:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
