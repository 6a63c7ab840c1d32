//! Sessions over time: ended when nobody uses them or somebody closes them, moved when their host is lost or leaves.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use api::v1::local_session_client::LocalSessionClient;
use api::v1::{EndSessionRequest, Session};
use api::{Code, Failure};
use base::identity::Role;
use runtime::caller::now_ms;

use crate::directory::Entry;
use crate::placing::ANSWER;
use crate::service::GlobalSession;

/// How long a host may take to end what goes on in a session that is closed.
const CLOSE: Duration = Duration::from_secs(35);

impl GlobalSession {
    /// Ends sessions that nobody uses; moves those of hosts that are lost or leaving.
    pub(crate) async fn tidy(&self) -> Result<(), Failure> {
        let now = Instant::now();
        let entries = self.directory.all();
        {
            let mut state = self.lock();
            state.hosts.forget(self.lost_after, now);
            let ids: HashSet<&str> = entries.iter().map(|entry| entry.session.id.as_str()).collect();
            state.used.retain(|id, _| ids.contains(id.as_str()));
        }
        let mut failed = None;
        for Entry { session, revision } in entries {
            // One session that cannot be seen to must not keep the others from it.
            if let Err(failure) = self.see_to(session, revision, now).await {
                failed.get_or_insert(failure);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn see_to(&self, session: Session, revision: u64, now: Instant) -> Result<(), Failure> {
        let session = self.described(session);
        if !self.stands(&session) {
            return self.move_on(session, revision).await;
        }
        let last_used = *self.lock().used.entry(session.id.clone()).or_insert(now);
        let idle = now.saturating_duration_since(last_used) >= self.idle;
        if idle && session.active_runs == 0 {
            match self.close(&session, revision, true).await {
                Ok(()) => {
                    tracing::info!(session = session.id, project = session.project, "idle session ended");
                }
                // Somebody has begun something in it.
                Err(failure) if failure.code == Code::Precondition => {
                    self.lock().used.insert(session.id, now);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// A session with what its host says of it.
    pub(crate) fn described(&self, mut session: Session) -> Session {
        let state = self.lock();
        if let Some(host) = state.hosts.get(&session.local_session) {
            session.active_runs = host.info.sessions.get(&session.id).copied().unwrap_or(0);
        }
        if let Some(used) = state.used.get(&session.id) {
            session.last_used_ms = now_ms() - used.elapsed().as_millis() as i64;
        }
        session
    }

    /// Ends a session: first at its host, which alone knows what goes on in it at this moment, then in the directory.
    pub(crate) async fn close(&self, session: &Session, revision: u64, if_idle: bool) -> Result<(), Failure> {
        let channel = self.context.peers.to(&session.address, &Role::LocalSession)?;
        let request = EndSessionRequest { session: session.id.clone(), if_idle };
        let patience = if if_idle { ANSWER } else { CLOSE };
        match tokio::time::timeout(patience, LocalSessionClient::new(channel).end_session(request)).await {
            Ok(result) => result.map(drop)?,
            Err(late) => {
                let why = format!("the host of the session {} does not answer: {late}", session.id);
                return Err(Code::Unavailable.because(why));
            }
        }
        if self.directory.delete(&session.project, revision).await? {
            self.lock().used.remove(&session.id);
        } else {
            // Opened again or moved in this moment: its host hears of it anew with its heartbeat.
            tracing::info!(session = session.id, "the session is in use again");
        }
        Ok(())
    }
}
