//! The channels to services, and where sessions live.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::v1::SessionRequest;
use api::{Code, Failure};
use base::identity::Role;
use rpc::Channel;
use runtime::Context;
use runtime::caller::speak_for;

use crate::logins::Login;

/// How long the place of a session is kept.
const KEPT: Duration = Duration::from_secs(5);

/// Places kept at once.
const MOST: usize = 10_000;

/// Lanes kept at once.
const LANES: usize = 512;

/// Ids of sessions are no longer than this.
const LONGEST_SESSION: usize = 128;

/// Where services are.
pub(crate) struct Places {
    context: Context,
    sessions: Mutex<HashMap<String, (Arc<str>, Instant)>>,
    lanes: Mutex<HashMap<Lane, (Channel, Instant)>>,
}

/// Streams of one person to one service have a connection of their own: the flow control of a connection
/// is shared, so a person who stops reading would otherwise hold up everybody.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Lane {
    address: String,
    user: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, sessions: Mutex::default(), lanes: Mutex::default() }
    }

    /// The address of the service of a role, as configured.
    pub(crate) fn address(&self, role: &Role) -> Result<&str, Failure> {
        let options = &self.context.options;
        let address = match role {
            Role::Authorization => &options.authorization,
            Role::Project => &options.project,
            Role::GlobalSession => &options.global_session,
            Role::Logger => &options.logger,
            _ => &None,
        };
        address.as_deref().ok_or_else(|| {
            Code::Unavailable
                .because(format!("this site runs no {role}"))
                .remedy(format!("start one, and give its address to the relay with --{role}"))
        })
    }

    /// A channel to a service; `lane` names the person whose streams go over it.
    pub(crate) fn channel(&self, address: &str, role: &Role, lane: Option<&str>) -> Result<Channel, Failure> {
        let Some(user) = lane else { return self.context.peers.to(address, role) };
        let key = Lane { address: address.to_owned(), user: user.to_owned() };
        let now = Instant::now();
        let mut lanes = lock(&self.lanes);
        if let Some((channel, used)) = lanes.get_mut(&key) {
            *used = now;
            return Ok(channel.clone());
        }
        if lanes.len() >= LANES {
            let oldest = lanes.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
            // Streams under way keep their connection; only new ones get another.
            oldest.and_then(|key| lanes.remove(&key));
        }
        let channel = rpc::connect(address, &self.context.credentials, role.clone())
            .map_err(|e| Code::Config.because(format!("`{address}` is no address for {role}: {e}")))?;
        lanes.insert(key, (channel.clone(), now));
        Ok(channel)
    }

    /// Where a session lives, and whether that was asked just now.
    pub(crate) async fn locate(&self, session: &str, login: &Login) -> Result<(Arc<str>, bool), Failure> {
        if session.is_empty() || session.len() > LONGEST_SESSION {
            return Err(Code::Invalid.because("the call names no session").remedy("open the project first"));
        }
        let known = lock(&self.sessions).get(session).cloned();
        if let Some((address, until)) = known
            && Instant::now() < until
        {
            return Ok((address, false));
        }
        let request = speak_for(&login.signed, SessionRequest { session: session.to_owned() });
        let found = self.context.peers.global_session()?.locate(request).await?.into_inner();
        if found.address.is_empty() {
            return Err(Code::Full
                .because(format!(
                    "the session {session} waits for room: place {} in the queue",
                    found.queue_position
                ))
                .retry_after(5));
        }
        let address: Arc<str> = found.address.into();
        let now = Instant::now();
        let mut sessions = lock(&self.sessions);
        if sessions.len() >= MOST {
            sessions.retain(|_, (_, until)| now < *until);
        }
        if sessions.len() < MOST {
            sessions.insert(session.to_owned(), (address.clone(), now + KEPT));
        }
        Ok((address, true))
    }

    /// Forgets where a session lived: it was not there.
    pub(crate) fn forget(&self, session: &str) {
        lock(&self.sessions).remove(session);
    }

    /// Lets idle connections go.
    pub(crate) fn sweep(&self, idle: Duration) {
        let now = Instant::now();
        lock(&self.lanes).retain(|_, (_, used)| now.duration_since(*used) < idle);
        lock(&self.sessions).retain(|_, (_, until)| now < *until);
    }
}
