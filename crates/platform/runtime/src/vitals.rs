//! What a service says of itself every few seconds: that it is there, since when, and what it takes of its host.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::ServiceStatus;
use system::usage;

use crate::caller::now_ms;
use crate::context::Context;

/// How often it is told. A service of which nothing was heard for three of these counts as silent.
pub const TOLD: Duration = Duration::from_secs(5);

/// Shorter than this the clock of the kernel tells too little.
const SPAN: Duration = Duration::from_secs(1);

/// A look at what was computed, and what the look before that one came to.
struct Look {
    at: Instant,
    computed: Option<Duration>,
    cores: f64,
}

/// Tells how this process is.
pub struct Vitals {
    fixed: ServiceStatus,
    look: Mutex<Look>,
}

impl Vitals {
    /// From now on.
    pub fn new(context: &Context) -> Self {
        let fixed = ServiceStatus {
            host: usage::host_name(),
            address: context.address.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: std::process::id(),
            started_ms: now_ms(),
            ..ServiceStatus::default()
        };
        let look = Look { at: Instant::now(), computed: usage::computed(), cores: 0.0 };
        Self { fixed, look: Mutex::new(look) }
    }

    /// How it is now.
    pub fn now(&self) -> ServiceStatus {
        ServiceStatus { cores: self.cores(), memory_bytes: usage::memory(), ..self.fixed.clone() }
    }

    fn cores(&self) -> f64 {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let span = look.at.elapsed();
        if span >= SPAN {
            let computed = usage::computed();
            let cores = busy(look.computed, computed, span);
            *look = Look { at: Instant::now(), computed, cores };
        }
        look.cores
    }
}

/// Cores that were busy in a span.
fn busy(before: Option<Duration>, now: Option<Duration>, span: Duration) -> f64 {
    match (before, now) {
        (Some(before), Some(now)) if !span.is_zero() => {
            now.saturating_sub(before).as_secs_f64() / span.as_secs_f64()
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_cores_are_what_was_computed_of_the_time() {
        let seconds = |s| Some(Duration::from_secs(s));
        assert!((busy(seconds(10), seconds(16), Duration::from_secs(4)) - 1.5).abs() < 1e-12);
        assert!(busy(None, seconds(16), Duration::from_secs(4)).abs() < 1e-12);
        assert!(busy(seconds(16), seconds(10), Duration::from_secs(4)).abs() < 1e-12);
    }
}
