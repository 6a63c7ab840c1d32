//! Sessions: opened when they are needed, opened again when they have moved.

use std::time::Duration;

use api::v1::local_session_client::LocalSessionClient;
use api::v1::{ProjectRequest, Session};
use api::{Code, Failure};
use tonic::{Response, Status};

use crate::{Client, Patience, Transport, ask};

/// How often the place in the queue of a full site is asked for.
const POLL: Duration = Duration::from_secs(1);

/// A session that has moved is taken in by its new host within a few heartbeats.
const MOVED: Duration = Duration::from_secs(20);

impl Client {
    /// The session of a project, opened if there is none. While the site is full, `queued` is told the place
    /// in the queue now and again.
    pub async fn open_session(&self, project: &str, mut queued: impl FnMut(u32)) -> Result<Session, Failure> {
        loop {
            let request = ProjectRequest { project: project.to_owned() };
            let session = ask!(self, global_session.open_session(request))?;
            if session.queue_position == 0 {
                self.sessions().insert(project.to_owned(), session.id.clone());
                return Ok(session);
            }
            queued(session.queue_position);
            tokio::time::sleep(POLL).await;
        }
    }

    /// The id of the project's session: the one known, else an opened one.
    pub async fn session(&self, project: &str) -> Result<String, Failure> {
        let known = self.sessions().get(project).cloned();
        match known {
            Some(id) => Ok(id),
            None => Ok(self.open_session(project, |_| {}).await?.id),
        }
    }

    /// Forgets the session, so that the next call asks where it is.
    pub(crate) fn forget_session(&self, project: &str) {
        self.sessions().remove(project);
    }

    /// Calls a method of the project's session, and again where the session has moved or the failure heals
    /// by itself. For what may happen twice.
    pub async fn in_session<T, F>(
        &self,
        project: &str,
        mut call: impl FnMut(LocalSessionClient<Transport>) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut patience = self.patience();
        let mut moved = Patience::lasting(MOVED);
        let mut asked_again = false;
        loop {
            let session = self.session(project).await?;
            let failure = match self.once(call(self.local_session(&session)?)).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if failure.code == Code::NotFound {
                // It may be the session that is not found there, or what is asked for in it.
                self.forget_session(project);
                let names_it = failure.message.contains(&session);
                if names_it {
                    let healing = Failure { code: Code::Unavailable, ..failure.clone() };
                    moved.pause(healing).await.map_err(|_| failure)?;
                } else if std::mem::replace(&mut asked_again, true) {
                    return Err(failure);
                }
                continue;
            }
            if crate::retry::transient(failure.code) {
                // The host may be gone for good; its sessions are placed anew.
                self.forget_session(project);
            }
            patience.pause(failure).await?;
        }
    }
}
