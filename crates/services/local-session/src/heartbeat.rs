//! What the global-session is told: that this host is there, what it can host, how busy it is; and what it answers:
//! which sessions live here.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use api::v1::{HeartbeatReply, LocalSessionInfo};
use api::{Code, Failure};

use system::host::{cores, total_memory};

use crate::gauges;
use crate::service::{Inner, lock};

/// Until the global-session says otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Beats that have to fail in a row before that is told: one may while the site starts.
const TOLD: u32 = 3;

/// Beats until the process ends.
pub(crate) async fn beat(host: Arc<Inner>) {
    let mut missed = 0;
    loop {
        let mut interval = INTERVAL;
        let beat = tokio::select! {
            beat = once(&host) => beat,
            // Not after the goodbye.
            () = host.context.shutdown.cancelled() => return,
        };
        match beat {
            Ok(reply) => {
                if missed >= TOLD {
                    tracing::info!("global-session is reachable again");
                }
                missed = 0;
                if reply.interval_ms > 0 {
                    interval = Duration::from_millis(u64::from(reply.interval_ms));
                }
            }
            Err(failure) => {
                // Sessions and runs go on: all they need is here and in the store.
                missed += 1;
                if missed == TOLD {
                    tracing::warn!(%failure, "global-session cannot be reached");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = host.changed.notified() => {}
            () = host.context.shutdown.cancelled() => return,
        }
    }
}

async fn once(host: &Arc<Inner>) -> Result<HeartbeatReply, Failure> {
    let known: HashSet<String> = host.sessions().into_keys().collect();
    let told = info(host, false);
    gauges::set(host, &told);
    let used = told.used_sessions.clone();
    let reply = tell(host, told).await.inspect_err(|_| host.used_again(used))?;
    let wanted: HashSet<&str> = reply.sessions.iter().map(|s| s.id.as_str()).collect();
    // Only what was known before the question: what came since is not in the answer yet.
    for gone in known.iter().filter(|id| !wanted.contains(id.as_str())) {
        host.end_session(gone);
    }
    for session in &reply.sessions {
        host.start_session(session);
    }
    Ok(reply)
}

async fn tell(host: &Inner, told: LocalSessionInfo) -> Result<HeartbeatReply, Failure> {
    let mut global = host.context.peers.global_session()?;
    let reply = tokio::time::timeout(ANSWER, global.heartbeat(told)).await;
    let late = |_| Code::Timeout.because(format!("global-session did not answer within {ANSWER:?}"));
    Ok(reply.map_err(late)??.into_inner())
}

/// Says goodbye, so that sessions are placed elsewhere at once.
pub(crate) async fn leave(host: &Inner) -> Result<(), Failure> {
    host.context.peers.global_session()?.leave(info(host, true)).await?;
    Ok(())
}

fn info(host: &Inner, draining: bool) -> LocalSessionInfo {
    let mut sessions: BTreeMap<String, u32> = host.sessions().into_keys().map(|id| (id, 0)).collect();
    for live in host.runs.all() {
        *sessions.entry(live.run().session).or_default() += 1;
    }
    LocalSessionInfo {
        instance: host.context.identity.instance.clone(),
        address: host.context.address.clone(),
        services: host.offered(),
        slots: host.slots.total(),
        used_slots: host.slots.used(),
        queued: host.slots.queued(),
        cores: cores() as u32,
        memory_bytes: total_memory(),
        load: host.load.busy(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sessions,
        last_seen_ms: 0,
        draining,
        used_sessions: host.take_used(),
        troubles: lock(&host.troubles).clone().into_iter().collect(),
    }
}
