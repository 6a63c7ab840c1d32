//! What goes on in the background: sessions that nobody uses end, those of lost hosts move.

use std::collections::HashSet;
use std::time::Instant;

use api::Failure;
use api::v1::local_session_client::LocalSessionClient;
use api::v1::{Session, SessionRequest};
use base::identity::Role;
use runtime::caller::now_ms;

use crate::directory::Entry;
use crate::placing::ANSWER;
use crate::service::GlobalSession;

impl GlobalSession {
    pub(crate) async fn close(&self, session: &Session) -> Result<(), Failure> {
        self.directory.delete(&session.project).await?;
        self.lock().used.remove(&session.id);
        let channel = self.context.peers.to(&session.address, &Role::LocalSession)?;
        let request = SessionRequest { session: session.id.clone() };
        // Its next heartbeat tells it in any case.
        let _ = tokio::time::timeout(ANSWER, LocalSessionClient::new(channel).end_session(request)).await;
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
            tracing::info!(session = session.id, project = session.project, "idle session ended");
            self.close(&session).await?;
        }
        Ok(())
    }
}
