//! When a failed call is made again.

use std::time::{Duration, Instant};

use api::{Code, Failure};

/// How long one goes on trying: with a platform that was just there, longer than with an address where
/// nothing ever answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until when.
    deadline: Instant,
    wait: Duration,
}

/// The first pause; each following one is twice as long.
const FIRST: Duration = Duration::from_millis(200);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(3);

impl Patience {
    /// For this long.
    pub fn lasting(time: Duration) -> Self {
        Self { deadline: Instant::now() + time, wait: FIRST }
    }

    /// Waits before the next attempt; gives the failure back where another attempt is of no use or too late.
    pub async fn pause(&mut self, failure: Failure) -> Result<(), Failure> {
        if !transient(failure.code) {
            return Err(failure);
        }
        let wait = match failure.retry_after_s {
            0 => self.wait,
            seconds => Duration::from_secs(seconds.into()),
        };
        if Instant::now() + wait > self.deadline {
            return Err(failure);
        }
        tokio::time::sleep(wait).await;
        self.wait = (self.wait * 2).min(LONGEST);
        Ok(())
    }
}

/// True for what heals by itself within seconds: a restart, a race. A full site or disk does not.
pub(crate) fn transient(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::Timeout | Code::Busy | Code::Crashed)
}
