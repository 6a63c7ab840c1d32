//! What is measured of the whole site, and how many local-sessions it should have.

use std::time::Instant;

use api::v1::LocalSessionInfo;
use metrics::gauge;

use crate::service::GlobalSession;

/// Sets all gauges.
pub(crate) fn set(site: &GlobalSession) {
    let now = Instant::now();
    let sessions = site.directory.count() as u32;
    let (alive, waiting) = {
        let mut state = site.lock();
        let alive: Vec<LocalSessionInfo> = state.hosts.alive(now).cloned().collect();
        (alive, state.waiting.count(now))
    };
    let site_wants = Wants { free_slots: site.free_slots, per_host: site.per_host, sessions, waiting };
    let sum = |number: fn(&LocalSessionInfo) -> u32| -> u32 {
        alive.iter().map(number).fold(0, u32::saturating_add)
    };
    let gauges = [
        ("opentwin_site_local_sessions", alive.len() as u32),
        ("opentwin_site_slots", sum(|host| host.slots)),
        ("opentwin_site_slots_free", sum(|host| host.slots.saturating_sub(host.used_slots))),
        ("opentwin_site_runs_queued", sum(|host| host.queued)),
        ("opentwin_site_sessions", sessions),
        ("opentwin_site_sessions_waiting", waiting),
        ("opentwin_site_local_sessions_wanted", wanted(&alive, &site_wants)),
    ];
    for (name, value) in gauges {
        gauge!(name).set(f64::from(value));
    }
}

/// What counts for the size of the site besides its hosts.
struct Wants {
    free_slots: u32,
    per_host: u32,
    sessions: u32,
    waiting: u32,
}

/// How many local-sessions there should be: so many that the wanted slots are free and all sessions have a place, and
/// never so few that one with work would have to go. A set of numbered pods gives up its highest number first, so as
/// many are kept as the highest busy number says.
fn wanted(alive: &[LocalSessionInfo], wants: &Wants) -> u32 {
    let busy = |host: &LocalSessionInfo| {
        host.used_slots > 0 || host.queued > 0 || host.sessions.values().any(|&runs| runs > 0)
    };
    let taken = alive.iter().map(|host| host.used_slots.saturating_add(host.queued));
    // Without any host it is not known how many slots one has.
    let slots = alive.iter().map(|host| host.slots.max(1)).max();
    let by_runs = slots.map_or(1, |slots| taken.fold(wants.free_slots, u32::saturating_add).div_ceil(slots));
    let by_sessions = wants.sessions.saturating_add(wants.waiting).div_ceil(wants.per_host.max(1));
    let keep = alive.iter().filter(|host| busy(host)).filter_map(|host| number(&host.instance)).max();
    let keep = keep.map_or(0, |highest| highest.saturating_add(1));
    by_runs.max(by_sessions).max(keep).max(1)
}

/// The number that an instance's name is or ends with, as those of pods do.
fn number(instance: &str) -> Option<u32> {
    let digits = instance.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|&number| number < 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(instance: &str, used: u32, queued: u32) -> LocalSessionInfo {
        LocalSessionInfo {
            instance: instance.into(),
            slots: 4,
            used_slots: used,
            queued,
            ..LocalSessionInfo::default()
        }
    }

    fn wants(sessions: u32, waiting: u32) -> Wants {
        Wants { free_slots: 2, per_host: 10, sessions, waiting }
    }

    #[test]
    fn a_site_grows_with_its_queue_and_its_sessions() {
        assert_eq!(wanted(&[], &wants(0, 0)), 1);
        assert_eq!(wanted(&[host("0", 2, 0)], &wants(1, 0)), 1);
        assert_eq!(wanted(&[host("0", 3, 0)], &wants(1, 0)), 2);
        assert_eq!(wanted(&[host("0", 4, 7)], &wants(1, 0)), 4);
        assert_eq!(wanted(&[host("0", 0, 0)], &wants(10, 1)), 2);
    }

    #[test]
    fn it_shrinks_to_the_highest_number_with_work_and_no_further() {
        let hosts = [host("0", 0, 0), host("1", 0, 0), host("2", 1, 0), host("3", 0, 0)];
        assert_eq!(wanted(&hosts, &wants(1, 0)), 3);
        assert_eq!(wanted(&hosts[..2], &wants(1, 0)), 1);
        // Names without numbers: whoever ends them has to look at what they say of themselves.
        assert_eq!(wanted(&[host("a", 1, 0), host("b", 1, 0)], &wants(1, 0)), 1);
        assert_eq!((number("local-session-12"), number("a"), number("7e")), (Some(12), None, None));
    }
}
