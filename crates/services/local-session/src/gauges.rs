//! What is measured here, for people and for whatever grows and shrinks the site.

use std::collections::BTreeMap;

use api::v1::LocalSessionInfo;
use metrics::gauge;

use crate::service::Inner;

/// States of an instance.
const STATES: [&str; 4] = ["starting", "warm", "idle", "busy"];

/// Sets all gauges; tells the cluster how much would be lost with this host.
pub(crate) fn set(host: &Inner, told: &LocalSessionInfo) {
    let gauges = [
        ("opentwin_local_session_slots", told.slots),
        ("opentwin_local_session_slots_used", told.used_slots),
        ("opentwin_local_session_slots_free", told.slots.saturating_sub(told.used_slots)),
        ("opentwin_local_session_runs_queued", told.queued),
        ("opentwin_local_session_sessions", told.sessions.len() as u32),
    ];
    for (name, value) in gauges {
        gauge!(name).set(f64::from(value));
    }
    let mut counts: BTreeMap<(String, &str), u32> = BTreeMap::new();
    for service in host.instances.starter.spawner.services() {
        // Also what there is none of, or the last number would stay for ever.
        counts.extend(STATES.map(|state| ((service.clone(), state), 0)));
    }
    for key in host.instances.count() {
        *counts.entry(key).or_default() += 1;
    }
    for ((service, state), count) in counts {
        gauge!("opentwin_instances", "service" => service, "state" => state).set(f64::from(count));
    }
    let runs = told.sessions.values().fold(0_u32, |sum, &runs| sum.saturating_add(runs));
    let sessions = told.sessions.len() as u32;
    host.instances.starter.spawner.burden(spawn::Burden { runs, sessions });
}
