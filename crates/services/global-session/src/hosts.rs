//! The local-sessions that are there, as their heartbeats tell.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use api::v1::LocalSessionInfo;

/// A host that has not been heard of for this long is given no new sessions.
const SILENT: Duration = Duration::from_secs(4);

/// All hosts by instance name.
#[derive(Default)]
pub(crate) struct Hosts(HashMap<String, Host>);

pub(crate) struct Host {
    pub(crate) info: LocalSessionInfo,
    pub(crate) heard: Instant,
}

impl Hosts {
    pub(crate) fn heard(&mut self, info: LocalSessionInfo, now: Instant) {
        let known = self.0.insert(info.instance.clone(), Host { info, heard: now });
        if known.is_none() {
            tracing::info!("a local-session has joined");
        }
    }

    pub(crate) fn get(&self, instance: &str) -> Option<&Host> {
        self.0.get(instance)
    }

    /// Drops hosts that were silent for so long that nothing is expected of them any more.
    pub(crate) fn forget(&mut self, silent: Duration, now: Instant) {
        self.0.retain(|_, host| now.saturating_duration_since(host.heard) < silent);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Host> {
        self.0.values()
    }

    /// Those that are there and not leaving.
    pub(crate) fn alive(&self, now: Instant) -> impl Iterator<Item = &LocalSessionInfo> {
        let there = move |host: &&Host| now.saturating_duration_since(host.heard) < SILENT;
        self.0.values().filter(there).map(|host| &host.info).filter(|info| !info.draining)
    }

    /// The host that a new session should live on: of those that are there, not leaving and below `limit` sessions,
    /// first the ones that lack the fewest services of the site, then the least busy, then the one with the fewest
    /// sessions.
    pub(crate) fn choose(&self, limit: u32, now: Instant) -> Option<&LocalSessionInfo> {
        let alive: Vec<&LocalSessionInfo> = self.alive(now).collect();
        let services: BTreeSet<&String> = alive.iter().flat_map(|info| &info.services).collect();
        alive
            .iter()
            .filter(|info| info.sessions.len() < limit as usize)
            .min_by(|a, b| {
                let lacking = |i: &LocalSessionInfo| services.len() - i.services.len().min(services.len());
                lacking(a)
                    .cmp(&lacking(b))
                    .then(busy(a).total_cmp(&busy(b)))
                    .then(a.sessions.len().cmp(&b.sessions.len()))
                    .then(a.load.total_cmp(&b.load))
                    .then(a.instance.cmp(&b.instance))
            })
            .copied()
    }

    /// True if any host is there, full or not.
    pub(crate) fn any(&self, now: Instant) -> bool {
        self.0.values().any(|host| now.saturating_duration_since(host.heard) < SILENT)
    }
}

/// Runs a slot, those in the queue too.
fn busy(info: &LocalSessionInfo) -> f64 {
    f64::from(info.used_slots + info.queued) / f64::from(info.slots.max(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn info(instance: &str, services: &[&str], used: u32, sessions: usize) -> LocalSessionInfo {
        LocalSessionInfo {
            instance: instance.into(),
            services: services.iter().map(|&s| s.into()).collect(),
            slots: 4,
            used_slots: used,
            sessions: (0..sessions).map(|n| (n.to_string(), 0)).collect(),
            ..Default::default()
        }
    }

    fn chosen(infos: &[LocalSessionInfo], limit: u32) -> Option<String> {
        let now = Instant::now();
        let mut hosts = Hosts::default();
        infos.iter().for_each(|info| hosts.heard(info.clone(), now));
        hosts.choose(limit, now).map(|info| info.instance.clone())
    }

    #[test]
    fn the_least_busy_host_is_chosen() {
        let hosts = [info("a", &["x"], 3, 1), info("b", &["x"], 1, 9), info("c", &["x"], 1, 2)];
        assert_eq!(chosen(&hosts, 100).as_deref(), Some("c"));
    }

    #[test]
    fn a_host_with_all_services_goes_before_an_idle_one_without() {
        let hosts = [info("a", &["x"], 0, 0), info("b", &["x", "y"], 2, 5)];
        assert_eq!(chosen(&hosts, 100).as_deref(), Some("b"));
    }

    /// A Windows host has no modeling, and says so: it comes last, and still before nobody.
    #[test]
    fn a_windows_host_is_chosen_when_those_with_modeling_are_full() {
        let windows =
            LocalSessionInfo { os: "windows".into(), ..info("a", &["cartesian-mesh", "fit-td"], 0, 0) };
        let linux = info("b", &["cartesian-mesh", "fit-td", "modeling"], 4, 1);
        let hosts = [windows, linux];
        assert_eq!(chosen(&hosts, 2).as_deref(), Some("b"));
        assert_eq!(chosen(&hosts, 1).as_deref(), Some("a"));
    }

    #[test]
    fn full_and_leaving_and_silent_hosts_are_passed_over() {
        assert_eq!(chosen(&[info("a", &[], 0, 2)], 2), None);
        let leaving = LocalSessionInfo { draining: true, ..info("a", &[], 0, 0) };
        assert_eq!(chosen(&[leaving], 2), None);
        let start = Instant::now();
        let mut hosts = Hosts::default();
        hosts.heard(info("a", &[], 0, 0), start);
        assert!(hosts.choose(2, start + SILENT).is_none());
        assert!(!hosts.any(start + SILENT));
    }
}
