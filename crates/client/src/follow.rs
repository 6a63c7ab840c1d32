//! Runs: asked for, followed across lost connections, cancelled.

use std::ops::ControlFlow;
use std::time::Duration;

use api::Failure;
use api::v1::{ActRequest, Run, RunRequestById, RunState, RunUpdate};

use crate::failure::failure;
use crate::{Client, Patience, ask};

/// How long a run is sought again after the connection was lost. Longer than any restart: whoever follows a
/// run of hours should not lose sight of it for a reboot of the relay.
const SOUGHT: Duration = Duration::from_secs(600);

/// The pause before a run is asked after again whose stream ended.
const AGAIN: Duration = Duration::from_millis(300);

/// What a follower is told.
#[derive(Clone, Debug)]
pub enum Followed {
    /// The run as it is, or a line or a point of it.
    Update(Box<RunUpdate>),
    /// The platform cannot be reached at present; following goes on when it can.
    Lost(Failure),
}

/// True once nothing more will happen to a run.
pub fn ended(run: &Run) -> bool {
    matches!(run.state(), RunState::Succeeded | RunState::Failed | RunState::Cancelled)
}

impl Client {
    /// Starts a run. It begins once, even where the call has to be made again.
    pub async fn act(&self, mut request: ActRequest) -> Result<Run, Failure> {
        if request.request_id.is_empty() {
            request.request_id = uuid::Uuid::new_v4().to_string();
        }
        let project = request.project.clone();
        self.in_session(&project, |mut session| {
            let request = crate::request(request.clone());
            async move { session.act(request).await }
        })
        .await
    }

    /// The record of a run.
    pub async fn run(&self, id: &str) -> Result<Run, Failure> {
        ask!(self, project.get_run(RunRequestById { run: id.to_owned() }))
    }

    /// Asks a run to end.
    pub async fn cancel_run(&self, run: &Run) -> Result<Run, Failure> {
        self.in_session(&run.project, |mut session| {
            let request = crate::request(RunRequestById { run: run.id.clone() });
            async move { session.cancel_run(request).await }
        })
        .await
    }

    /// Follows a run until it has ended, or until `told` breaks off. What was told before a connection was
    /// lost may be told again; lines that fell into the gap are in the logs.
    pub async fn follow(
        &self,
        id: &str,
        mut told: impl FnMut(Followed) -> ControlFlow<()>,
    ) -> Result<Run, Failure> {
        let mut patience = Patience::lasting(SOUGHT);
        loop {
            match self.follow_once(id, &mut told, &mut patience).await {
                Ok(Some(run)) => return Ok(run),
                // The stream ended before the run did: its host let go of it.
                Ok(None) => tokio::time::sleep(AGAIN).await,
                Err(failure) => {
                    if crate::retry::transient(failure.code)
                        && told(Followed::Lost(failure.clone())).is_break()
                    {
                        return Err(failure);
                    }
                    patience.pause(failure).await?;
                }
            }
        }
    }

    /// One stream; the run where it ended or the follower left.
    async fn follow_once(
        &self,
        id: &str,
        told: &mut impl FnMut(Followed) -> ControlFlow<()>,
        patience: &mut Patience,
    ) -> Result<Option<Run>, Failure> {
        // The record first: it tells the project, whether the run exists, and whether all is over.
        let mut run = self.run(id).await?;
        let mut stream = if ended(&run) {
            None
        } else {
            let followed = self.in_session(&run.project, |mut session| {
                let request = RunRequestById { run: id.to_owned() };
                async move { session.follow_run(request).await }
            });
            Some(followed.await?)
        };
        let Some(stream) = &mut stream else {
            let _ =
                told(Followed::Update(Box::new(RunUpdate { run: Some(run.clone()), ..Default::default() })));
            return Ok(Some(run));
        };
        while let Some(update) = stream.message().await.map_err(failure)? {
            *patience = Patience::lasting(SOUGHT);
            let over = update.run.as_ref().is_some_and(ended);
            if let Some(newer) = &update.run {
                run.clone_from(newer);
            }
            if told(Followed::Update(Box::new(update))).is_break() || over {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }
}
