//! The services of the site, as they tell of themselves with their records.
//!
//! Every service but this one calls every few seconds, and its name is that in its certificate. So this is where all of
//! them are known, the permanent ones and those that come and go, without anybody asking around.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{ServiceInfo, ServiceState, ServiceStatus};
use base::identity::Identity;
use runtime::TOLD;

use crate::record::cut;

/// Silence that is no trouble yet.
const SILENT: Duration = TOLD.saturating_mul(3);

/// How long one that has ended or is silent is still told.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Services that are known at most; what was heard of longest ago goes.
const MOST: usize = 10_000;

/// Most bytes of a text.
const TEXT: usize = 256;

struct Seen {
    status: ServiceStatus,
    at: Instant,
    at_ms: i64,
}

impl Seen {
    fn state(&self, now: Instant) -> ServiceState {
        if self.status.ending {
            ServiceState::Ended
        } else if now.saturating_duration_since(self.at) > SILENT {
            ServiceState::Silent
        } else {
            ServiceState::Running
        }
    }
}

/// All services that were heard of.
#[derive(Default)]
pub(crate) struct Presence {
    /// By name and instance.
    seen: Mutex<HashMap<(String, String), Seen>>,
}

impl Presence {
    /// Hears a service.
    pub(crate) fn heard(&self, sender: &Identity, mut status: ServiceStatus, now: Instant, now_ms: i64) {
        for text in [&mut status.host, &mut status.address, &mut status.version] {
            cut(text, TEXT);
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, one| now.saturating_duration_since(one.at) < REMEMBERED);
        let key = (sender.role.to_string(), sender.instance.clone());
        if seen.len() >= MOST && !seen.contains_key(&key) {
            let oldest = seen.iter().min_by_key(|(_, one)| one.at).map(|(key, _)| key.clone());
            oldest.and_then(|key| seen.remove(&key));
        }
        seen.insert(key, Seen { status, at: now, at_ms: now_ms });
    }

    /// All that are known, by name and instance.
    pub(crate) fn all(&self, now: Instant) -> Vec<ServiceInfo> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = seen.iter().filter(|(_, one)| now.saturating_duration_since(one.at) < REMEMBERED);
        let mut all: Vec<ServiceInfo> = lately
            .map(|((service, instance), one)| ServiceInfo {
                service: service.clone(),
                instance: instance.clone(),
                state: one.state(now).into(),
                status: Some(one.status.clone()),
                seen_ms: one.at_ms,
            })
            .collect();
        all.sort_by(|a, b| (&a.service, &a.instance).cmp(&(&b.service, &b.instance)));
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(name: &str) -> Identity {
        format!("spiffe://lab/{name}").parse().unwrap()
    }

    fn told(presence: &Presence, now: Instant) -> Vec<(String, ServiceState)> {
        let all = presence.all(now);
        all.into_iter().map(|one| (format!("{} {}", one.service, one.instance), one.state())).collect()
    }

    #[test]
    fn services_run_fall_silent_end_and_are_forgotten() {
        let (presence, start) = (Presence::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        presence.heard(&named("relay/0"), ServiceStatus::default(), at(0), 1);
        presence.heard(&named("compute/fit-td/a1"), ServiceStatus::default(), at(10), 2);
        let ending = ServiceStatus { ending: true, ..ServiceStatus::default() };
        presence.heard(&named("compute/fit-td/a0"), ending, at(10), 2);
        let expected = [
            ("compute/fit-td a0".to_owned(), ServiceState::Ended),
            ("compute/fit-td a1".to_owned(), ServiceState::Running),
            ("relay 0".to_owned(), ServiceState::Silent),
        ];
        assert_eq!(told(&presence, at(16)), expected);
        presence.heard(&named("relay/0"), ServiceStatus::default(), at(17), 3);
        assert_eq!(told(&presence, at(17))[2].1, ServiceState::Running);
        assert_eq!(told(&presence, at(615)).len(), 1);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let (presence, start) = (Presence::default(), Instant::now());
        for n in 0..MOST + 10 {
            let status = ServiceStatus { host: "h".repeat(10_000), ..ServiceStatus::default() };
            presence.heard(&named(&format!("relay/{n}")), status, start + Duration::from_micros(n as u64), 1);
        }
        let all = presence.all(start);
        assert_eq!(all.len(), MOST);
        assert!(all.iter().all(|one| one.status.as_ref().unwrap().host.len() <= TEXT));
        assert!(!all.iter().any(|one| one.instance == "0"));
    }
}
