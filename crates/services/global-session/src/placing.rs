//! Where a session lives: on the host that has it, or on the least busy one; in the queue while all are full.

use std::time::{Duration, Instant};

use api::v1::local_session_client::LocalSessionClient;
use api::v1::{LocalSessionInfo, Session};
use api::{Code, Failure};
use base::identity::Role;
use runtime::caller::now_ms;

use crate::directory::Entry;
use crate::service::{GlobalSession, State};

/// How long a host may take to answer; one that hangs must hold up no other session.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);

/// How long opening a session waits for a host that has not been heard of, as after a restart of the site.
const PATIENCE: Duration = Duration::from_secs(5);

impl GlobalSession {
    /// The session of a project: the one that stands, else a new one.
    pub(crate) async fn open(&self, project: &str, user: &str) -> Result<Session, Failure> {
        // Each round loses only to somebody else who has written the record; then that is the session.
        for _ in 0..4 {
            let known = self.directory.get(project).await?;
            if let Some(entry) = &known {
                self.hear_of(&entry.session.local_session).await;
            }
            if let Some(entry) = &known
                && self.stands(&entry.session)
            {
                return Ok(entry.session.clone());
            }
            let host = match self.place(project).await? {
                Placed::On(host) => host,
                Placed::Queue(position) => {
                    return Ok(Session {
                        project: project.to_owned(),
                        queue_position: position,
                        ..Session::default()
                    });
                }
            };
            let (session, revision) = match known {
                Some(Entry { session, revision }) => (session, revision),
                None => (new_session(project, user), 0),
            };
            let session = Session {
                local_session: host.instance.clone(),
                address: host.address.clone(),
                last_used_ms: now_ms(),
                ..session
            };
            let Some(entry) = self.directory.put(session, revision).await? else { continue };
            self.lock().waiting.served(project);
            self.lock().used.insert(entry.session.id.clone(), Instant::now());
            self.tell(&entry.session).await?;
            return Ok(entry.session);
        }
        Err(Code::Busy.because(format!("the session of {project} is being opened by somebody else")))
    }

    /// True if the host of a session is there, or not silent for so long that it counts as lost.
    pub(crate) fn stands(&self, session: &Session) -> bool {
        let state = self.lock();
        match state.hosts.get(&session.local_session) {
            Some(host) => !host.info.draining && host.info.address == session.address,
            // After a restart of this process hosts need time to be heard of again.
            None => self.started.elapsed() < self.lost_after,
        }
    }

    /// Waits a moment for a host that has not been heard of since this process started.
    async fn hear_of(&self, instance: &str) {
        let deadline = tokio::time::Instant::from_std(self.started + PATIENCE);
        loop {
            let heard = self.heard.notified();
            if self.lock().hosts.get(instance).is_some()
                || tokio::time::timeout_at(deadline, heard).await.is_err()
            {
                return;
            }
        }
    }

    /// A host for a new session; waits for one that has not been heard of yet.
    async fn place(&self, project: &str) -> Result<Placed, Failure> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let heard = self.heard.notified();
            if let Some(placed) = self.lock().place(project, self.per_host, Instant::now()) {
                return Ok(placed);
            }
            if tokio::time::timeout_at(deadline, heard).await.is_err() {
                return Err(Code::Unavailable
                    .because("no local-session has joined this site: there is nothing to place a session on")
                    .remedy("start one (`opentwin run local-session`), or look at its log"));
            }
        }
    }

    /// Tells a host of its new session. A host that does not answer hears of it with its next heartbeat.
    async fn tell(&self, session: &Session) -> Result<(), Failure> {
        let channel = self.context.peers.to(&session.address, &Role::LocalSession)?;
        let mut host = LocalSessionClient::new(channel);
        let told = tokio::time::timeout(ANSWER, host.start_session(session.clone())).await;
        let why = match told {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(status)) => status.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(session = session.id, why, "the host will hear of its session with its heartbeat");
        Ok(())
    }

    /// Gives a session to another host, if there is one.
    pub(crate) async fn move_on(&self, session: Session, revision: u64) -> Result<(), Failure> {
        let known =
            self.lock().hosts.get(&session.local_session).map(|host| (host.info.clone(), host.info.draining));
        let target = match known {
            // The same host at another address: it was started again.
            Some((info, false)) => Some(info),
            _ => self.lock().hosts.choose(self.per_host, Instant::now()).cloned(),
        };
        let Some(host) = target else { return Ok(()) };
        let moved = Session { local_session: host.instance, address: host.address, ..session };
        if let Some(entry) = self.directory.put(moved, revision).await? {
            tracing::info!(session = entry.session.id, to = entry.session.local_session, "session moved");
            self.tell(&entry.session).await?;
        }
        Ok(())
    }
}

/// Where a new session goes.
#[derive(Debug, PartialEq)]
pub(crate) enum Placed {
    /// On this host.
    On(Box<LocalSessionInfo>),
    /// To this place of the queue, from 1.
    Queue(u32),
}

impl State {
    /// Places the session of a project: on a host, if one has room and nobody came before; else in the queue. `None`
    /// while there is no host at all.
    pub(crate) fn place(&mut self, project: &str, per_host: u32, now: Instant) -> Option<Placed> {
        let turn = self.waiting.turn_of(project, now);
        if let Some(host) = self.hosts.choose(per_host, now).filter(|_| turn) {
            return Some(Placed::On(Box::new(host.clone())));
        }
        self.hosts.any(now).then(|| Placed::Queue(self.waiting.ask(project, now)))
    }
}

fn new_session(project: &str, user: &str) -> Session {
    Session {
        id: uuid::Uuid::now_v7().to_string(),
        project: project.to_owned(),
        opened_ms: now_ms(),
        opened_by: user.to_owned(),
        ..Session::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn host(instance: &str, sessions: &[&str]) -> LocalSessionInfo {
        let sessions = sessions.iter().map(|&id| (id.to_owned(), 0)).collect();
        LocalSessionInfo { instance: instance.into(), slots: 1, sessions, ..LocalSessionInfo::default() }
    }

    #[test]
    fn the_queue_is_that_of_the_site_whichever_host_has_room_first() {
        let now = Instant::now();
        let mut state = State::default();
        assert_eq!(state.place("a", 1, now), None);
        state.hosts.heard(host("0", &["x"]), now);
        state.hosts.heard(host("1", &["y"]), now);
        assert_eq!(state.place("a", 1, now), Some(Placed::Queue(1)));
        assert_eq!(state.place("b", 1, now), Some(Placed::Queue(2)));
        // A session ends on the second host: who came first has its place, also if another asks before.
        state.hosts.heard(host("1", &[]), now);
        assert_eq!(state.place("b", 1, now), Some(Placed::Queue(2)));
        let Some(Placed::On(on)) = state.place("a", 1, now) else { panic!("it has a place") };
        assert_eq!(on.instance, "1");
        state.waiting.served("a");
        state.hosts.heard(host("1", &["a"]), now);
        assert_eq!(state.place("b", 1, now), Some(Placed::Queue(1)));
    }
}
