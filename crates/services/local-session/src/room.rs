//! Runs that find no room: they say why, wait, and ask again.

use std::time::{Duration, Instant};

use api::{Code, Failure};

use crate::execute::{Off, called_off};
use crate::journey::Journey;

/// Wait before the second try; doubled from then on. What a try itself took counts.
const FIRST: Duration = Duration::from_millis(500);

/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// What the step of a run that waits begins with.
const WAITING: &str = "waiting: ";

/// True if a start failed for want of room, which comes when other work ends.
pub(crate) fn lacking(failure: &Failure) -> bool {
    matches!(failure.code, Code::NoRoom | Code::ClusterQuota)
}

/// How long a run has been looking for room, and how often.
pub(crate) struct Search {
    since: Instant,
    tried: Instant,
    wait: Duration,
}

impl Search {
    pub(crate) fn begin(now: Instant) -> Self {
        Self { since: now, tried: now, wait: FIRST }
    }

    /// How long to wait before the next try, after one that ended `now`.
    fn next(&mut self, now: Instant) -> Duration {
        let wait = self.wait.saturating_sub(now.saturating_duration_since(self.tried));
        self.tried = now + wait;
        self.wait = (self.wait * 2).min(LONGEST);
        wait
    }

    /// True if that has been longer than the site wants a run to wait.
    fn too_long(&self, now: Instant, limit: Option<Duration>) -> bool {
        limit.is_some_and(|limit| now.saturating_duration_since(self.since) >= limit)
    }
}

impl Journey<'_> {
    /// Waits before the next try to find room. The run fails only where the site has set a limit, and never one that
    /// has got somewhere: its node may just have been emptied.
    pub(crate) async fn wait_for_room(
        &self,
        service: &str,
        failure: Failure,
        search: &mut Search,
    ) -> Result<(), Off> {
        let limit = self.host.instances.starter.spawner.room_fail();
        if search.too_long(Instant::now(), limit) && self.live.run().checkpoints.is_empty() {
            return Err(failure.into());
        }
        let wait = search.next(Instant::now());
        // Where the try itself waited, its reason has been told, and the next one tells whether it still holds.
        if !wait.is_zero() || !self.live.run().step.starts_with(WAITING) {
            self.tell_waiting(service, &failure.message).await;
        }
        tokio::select! {
            biased;
            off = called_off(self.host, self.live) => Err(off),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// Says what the run waits for, once for each reason.
    pub(crate) async fn tell_waiting(&self, service: &str, why: &str) {
        let step = format!("{WAITING}{why}");
        if self.live.run().step == step {
            return;
        }
        self.live.log("WARN", &format!("`{service}` waits: {why}"));
        // Recorded at once: nothing may come after it for a long time.
        self.live.note(|run| (run.step, run.eta_s) = (step, -1.0)).await;
    }

    /// Says that the wait is over.
    pub(crate) async fn tell_going_on(&self, index: usize) {
        if self.live.run().step.starts_with(WAITING) {
            let label = self.steps[index].action.label.clone();
            self.live.advance(|run| run.step = label).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_a_try_that_waited_itself_is_followed_at_once() {
        let begin = Instant::now();
        let mut search = Search::begin(begin);
        let mut now = begin;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = search.next(now);
            waits.push(wait.as_millis());
            now += wait;
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(search.next(now + Duration::from_secs(300)), Duration::ZERO);
    }

    #[test]
    fn only_a_site_that_wants_it_has_runs_fail_for_want_of_room() {
        let begin = Instant::now();
        let search = Search::begin(begin);
        let day = begin + Duration::from_secs(86_400);
        assert!(!search.too_long(day, None));
        assert!(search.too_long(day, Some(Duration::from_secs(60))));
        assert!(!search.too_long(begin + Duration::from_secs(59), Some(Duration::from_secs(60))));
    }
}
