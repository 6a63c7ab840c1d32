//! The sessions that live here: taken in with the runs that a former owner left, and ended.

use std::sync::Arc;
use std::time::Duration;

use api::v1::{ListRunsRequest, Run, RunState, Session};
use api::{Code, Failure};
use runtime::caller::SESSION;
use tonic::metadata::MetadataMap;

use crate::execute;
use crate::record::ended;
use crate::service::{Inner, lock};

/// How long the runs of a session that is closed may take to end.
const CLOSE: Duration = Duration::from_secs(30);

impl Inner {
    /// Takes a session in, with the runs of it that have not ended.
    pub(crate) fn start_session(self: &Arc<Self>, session: &Session) {
        let adopting = {
            let mut sessions = lock(&self.sessions);
            if sessions.insert(session.id.clone(), session.project.clone()).is_some() {
                return;
            }
            // With it, so that nobody takes it for idle before its runs are known.
            Adopting::begin(self.clone(), &session.id)
        };
        // Who opened it, or used it before a restart of this process, has some time to come back.
        lock(&self.used).insert(session.id.clone());
        tracing::info!(session = session.id, project = session.project, "session lives here");
        let (host, session) = (self.clone(), session.clone());
        tokio::spawn(async move {
            let _adopting = adopting;
            let mut wait = Duration::from_millis(200);
            while let Err(failure) = host.adopt(&session).await {
                tracing::warn!(session = session.id, %failure, "unfinished runs cannot be taken over yet");
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = host.context.shutdown.cancelled() => return,
                }
                wait = (wait * 2).min(Duration::from_secs(10));
                if !lock(&host.sessions).contains_key(&session.id) {
                    return;
                }
            }
        });
    }

    pub(crate) fn end_session(&self, id: &str) {
        if lock(&self.sessions).remove(id).is_none() {
            return;
        }
        tracing::info!(session = id, "session ended");
        for live in self.runs.all().into_iter().filter(|live| live.run().session == id) {
            live.let_go.cancel();
        }
        self.instances.end_session(id);
    }

    /// Ends a session for good, as the global-session asks: with `if_idle` only where it is known that nothing goes on
    /// in it; else its runs are cancelled first, and the session ends once that is on record.
    pub(crate) async fn close_session(&self, id: &str, if_idle: bool) -> Result<(), Failure> {
        let deadline = tokio::time::Instant::now() + CLOSE;
        loop {
            // Whoever begins a run holds this, and looks whether the session is there: none comes in between.
            let turn = self.taking.lock().await;
            let running: Vec<_> =
                self.runs.all().into_iter().filter(|live| live.run().session == id).collect();
            let adopting = Adopting::goes_on(&self.adopting.borrow(), id);
            if if_idle {
                if !lock(&self.sessions).contains_key(id) || adopting {
                    let why = format!("it is not known yet what goes on in the session {id}");
                    return Err(Code::Precondition.because(why));
                }
                if !running.is_empty() || lock(&self.used).contains(id) {
                    return Err(Code::Precondition.because(format!("the session {id} is in use")));
                }
            }
            if running.is_empty() && !adopting {
                self.end_session(id);
                return Ok(());
            }
            running.iter().for_each(|live| live.cancel.cancel());
            drop(turn);
            let ended = async {
                // What is taken over meanwhile is cancelled in the next round.
                match adopting {
                    true => self.adopted(id).await,
                    false => self.runs.none_of(id).await,
                }
            };
            if tokio::time::timeout_at(deadline, ended).await.is_err() {
                let why = format!("the runs of the session {id} do not end");
                return Err(Code::Timeout.because(why).remedy("try again in a moment"));
            }
        }
    }

    /// Waits until the runs of a session are taken over.
    async fn adopted(&self, id: &str) {
        let mut adopting = self.adopting.subscribe();
        // The sender lives as long as `self`.
        let _ = adopting.wait_for(|under_way| !Adopting::goes_on(under_way, id)).await;
    }

    /// Goes on with the runs of a session's project that a former owner left, or that were under way when a former
    /// session was closed: with all that can be had; the failure is that of the first one for which another try may
    /// help. A project has one session at a time.
    async fn adopt(self: &Arc<Self>, session: &Session) -> Result<(), Failure> {
        let request =
            ListRunsRequest { active: true, project: session.project.clone(), ..Default::default() };
        let runs = self.context.peers.project()?.list_runs(request).await?.into_inner().runs;
        let mut missed = None;
        for run in runs {
            let id = run.id.clone();
            match self.take_over(run, &session.id).await {
                Ok(()) => {}
                // Its former owner wrote once more in this moment; from the next look on that is refused.
                Err(failure) if failure.code.row().retryable || failure.code == Code::Conflict => {
                    missed.get_or_insert(failure);
                }
                Err(failure) => {
                    tracing::error!(session = session.id, run = id, %failure, "this run is left as it is")
                }
            }
        }
        missed.map_or(Ok(()), Err)
    }

    async fn take_over(self: &Arc<Self>, mut run: Run, session: &str) -> Result<(), Failure> {
        let _turn = self.taking.lock().await;
        match self.runs.get(&run.id) {
            Some(live) if live.let_go.is_cancelled() => {
                return Err(Code::Busy.because(format!("the run {} is just being let go here", run.id)));
            }
            Some(_) => return Ok(()),
            None if ended(&run) || !lock(&self.sessions).contains_key(session) => return Ok(()),
            None => {}
        }
        session.clone_into(&mut run.session);
        run.fence += 1;
        run.local_session.clone_from(&self.context.identity.instance);
        run.set_state(RunState::Queued);
        let run = self.context.peers.project()?.put_run(run).await?.into_inner();
        tracing::info!(session = run.session, run = run.id, "going on with a run that was left");
        self.begin(run);
        Ok(())
    }

    /// Sets a recorded run going. To be called by whoever holds `taking`.
    pub(crate) fn begin(self: &Arc<Self>, run: Run) {
        if let Some(live) = self.runs.add(&self.context, run) {
            tokio::spawn(execute::execute(self.clone(), live));
        }
    }

    /// The session that a call names, if it lives here and is of the project.
    pub(crate) fn session(&self, metadata: &MetadataMap, project: Option<&str>) -> Result<String, Failure> {
        let id = metadata
            .get(SESSION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| Code::Invalid.because("the call names no session"))?;
        let of = lock(&self.sessions).get(id).cloned().ok_or_else(|| not_here(id))?;
        if project.is_some_and(|project| project != of) {
            return Err(Code::Invalid.because(format!("the session {id} is of another project")));
        }
        lock(&self.used).insert(id.to_owned());
        Ok(id.to_owned())
    }
}

/// The runs of a session are being taken over, for as long as this lives.
struct Adopting {
    host: Arc<Inner>,
    session: String,
}

impl Adopting {
    fn begin(host: Arc<Inner>, session: &str) -> Self {
        host.adopting.send_modify(|under_way| under_way.push(session.to_owned()));
        Self { host, session: session.to_owned() }
    }

    fn goes_on(under_way: &[String], session: &str) -> bool {
        under_way.iter().any(|known| known == session)
    }
}

impl Drop for Adopting {
    fn drop(&mut self) {
        self.host.adopting.send_modify(|under_way| {
            if let Some(index) = under_way.iter().position(|known| *known == self.session) {
                under_way.swap_remove(index);
            }
        });
    }
}

/// What those are told who name a session that has ended or moved.
pub(crate) fn not_here(session: &str) -> Failure {
    Code::NotFound
        .because(format!("the session {session} does not live here"))
        .remedy("open the project again")
}
