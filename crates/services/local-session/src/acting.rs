//! What people ask of runs: start one, look at one.

use std::sync::Arc;
use std::time::Duration;

use api::v1::{
    ActRequest, AssertRunRequest, EntitiesRequest, ProjectRequest, Right, Run, RunRequestById, RunState,
    VersionsRequest,
};
use api::{Code, Failure};
use runtime::caller::{now_ms, speak_for};
use runtime::{Caller, to_its_end};

use crate::patience::patiently;
use crate::plan;
use crate::record::told;
use crate::runs::Live;
use crate::service::{Inner, lock};
use crate::sessions::not_here;

/// Most bytes of the arguments of an action: they stand in the record of the run, and in its results.
const ARGUMENTS: usize = 64 << 10;

/// How often the right of those who follow a run is looked up.
const LOOK: Duration = Duration::from_secs(20);

/// How long recording a new run may take; its caller waits for it.
const RECORD: Duration = Duration::from_secs(10);

impl Inner {
    /// Refuses a caller that has not at least this right on a project.
    pub(crate) async fn demand(&self, caller: &Caller, project: &str, least: Right) -> Result<(), Failure> {
        let request = caller.request(ProjectRequest { project: project.to_owned() });
        let right = self.context.peers.authorization()?.right_on(request).await?.into_inner().right();
        if right >= least {
            return Ok(());
        }
        let what = if least >= Right::Editor { "change or run" } else { "see" };
        Err(Code::Denied.because(format!("`{}` may not {what} the project {project}", caller.name())))
    }

    /// Completes when a caller whose stream goes on has lost the right to see the project.
    pub(crate) async fn right_lost(&self, caller: &Caller, project: &str) -> Failure {
        let asked = caller.lasting(project);
        loop {
            tokio::time::sleep(LOOK).await;
            let Ok(mut authorization) = self.context.peers.authorization() else { continue };
            // Out of reach for the moment: what was looked up last holds.
            let Ok(reply) = authorization.right_of(asked.clone()).await else { continue };
            if reply.into_inner().right() < Right::Viewer {
                return Code::Denied.because(format!("`{}` may no longer see the project", caller.name()));
            }
        }
    }

    /// Plans, records and queues a run.
    pub(crate) async fn act(
        self: &Arc<Self>,
        caller: Caller,
        session: String,
        asked: ActRequest,
    ) -> Result<Run, Failure> {
        self.demand(&caller, &asked.project, Right::Editor).await?;
        small_enough(&asked)?;
        let id = run_id(&caller, &asked);
        if let Some(live) = self.runs.get(&id) {
            return Ok(told(&live.run()));
        }
        let assertion = caller.request(AssertRunRequest { project: asked.project.clone(), run: id.clone() });
        let assertion = self.context.peers.authorization()?.assert_run(assertion).await?.into_inner();
        let branch = if asked.branch.is_empty() { "main".to_owned() } else { asked.branch.clone() };
        let from = if asked.version.is_empty() { branch.clone() } else { asked.version.clone() };
        let query = VersionsRequest { project: asked.project.clone(), from, limit: 1 };
        let versions =
            self.context.peers.project()?.versions(speak_for(&assertion, query)).await?.into_inner().versions;
        let version = versions
            .into_iter()
            .next()
            .ok_or_else(|| Code::Precondition.because("the project is empty: there is nothing to compute"))?;
        // Told now rather than from the queue.
        let services = self.services().await?;
        plan::steps(&services, &asked.action, &asked.target, &asked.arguments)?;
        let run = Run {
            id,
            project: asked.project,
            target: asked.target,
            action: asked.action,
            arguments: asked.arguments,
            branch,
            version: version.id,
            user: caller.name().to_owned(),
            session,
            local_session: self.context.identity.instance.clone(),
            state: RunState::Queued.into(),
            eta_s: -1.0,
            created_ms: now_ms(),
            fence: 1,
            assertion: Some(assertion),
            ..Run::default()
        };
        // A task of its own: a caller that goes away in this moment must not leave a run that is recorded and never
        // set going.
        let host = self.clone();
        to_its_end("taking in a run", async move { host.take_in(run).await }).await
    }

    /// Records a new run and sets it going; where the same request was here before, that one's run.
    pub(crate) async fn take_in(self: &Arc<Self>, run: Run) -> Result<Run, Failure> {
        let _turn = self.taking.lock().await;
        if let Some(live) = self.runs.get(&run.id) {
            return Ok(told(&live.run()));
        }
        if self.context.shutdown.is_cancelled() {
            return Err(Code::Unavailable.because("this local-session is ending").retry_after(2));
        }
        // It may have ended as idle since it was looked up.
        if !lock(&self.sessions).contains_key(&run.session) {
            return Err(not_here(&run.session));
        }
        let put = || async { Ok(self.context.peers.project()?.put_run(run.clone()).await?.into_inner()) };
        let run = match patiently(RECORD, put).await {
            Ok(run) => run,
            Err(failure) if failure.code == Code::Exists => {
                let request = RunRequestById { run: run.id.clone() };
                let stored = self.context.peers.project()?.get_run(request).await?.into_inner();
                return if stored.project == run.project { Ok(told(&stored)) } else { Err(failure) };
            }
            Err(failure) => return Err(failure),
        };
        self.begin(run.clone());
        self.changed.notify_one();
        Ok(told(&run))
    }

    /// The action that runs a target, where none was named.
    pub(crate) async fn complete(
        &self,
        caller: &Caller,
        mut asked: ActRequest,
    ) -> Result<ActRequest, Failure> {
        if !asked.action.is_empty() {
            return Ok(asked);
        }
        let version = if asked.version.is_empty() { asked.branch.clone() } else { asked.version.clone() };
        let query = EntitiesRequest {
            project: asked.project.clone(),
            version,
            paths: vec![asked.target.clone()],
            kinds: vec![],
        };
        let mut stream = self.context.peers.project()?.entities(caller.request(query)).await?.into_inner();
        let mut found = None;
        while let Some(part) = stream.message().await? {
            found = found.or(part.entities.into_iter().next());
        }
        let entity = found.ok_or_else(|| {
            Code::NotFound.because(format!("`{}` is not in this version of the project", asked.target))
        })?;
        let services = self.services().await?;
        let action = plan::action_for(&services, &entity.kind).ok_or_else(|| {
            Code::Invalid.because(format!("`{}` ({}) is nothing that can be run", asked.target, entity.kind))
        })?;
        asked.action.clone_from(&action.name);
        Ok(asked)
    }

    /// A run that lives here, if the caller may have it so.
    pub(crate) async fn live(
        &self,
        caller: &Caller,
        id: &str,
        least: Right,
    ) -> Result<Option<Arc<Live>>, Failure> {
        let Some(live) = self.runs.get(id) else { return Ok(None) };
        self.demand(caller, &live.run().project, least).await?;
        Ok(Some(live))
    }

    /// A run as the store has it, if the caller may see it.
    pub(crate) async fn stored(&self, caller: &Caller, id: &str) -> Result<Run, Failure> {
        let request = caller.request(RunRequestById { run: id.to_owned() });
        Ok(self.context.peers.project()?.get_run(request).await?.into_inner())
    }
}

/// Refuses arguments that are no settings but data.
fn small_enough(asked: &ActRequest) -> Result<(), Failure> {
    let size = asked.arguments.len();
    if size <= ARGUMENTS {
        return Ok(());
    }
    Err(Code::TooLarge
        .because(format!("the arguments of `{}` have {size} bytes, {ARGUMENTS} at most", asked.action))
        .remedy("put the data into the project, and name its path in the arguments"))
}

/// The same request gives the same run: its id comes from the name that the caller gave the request.
fn run_id(caller: &Caller, asked: &ActRequest) -> String {
    if asked.request_id.is_empty() {
        return uuid::Uuid::now_v7().to_string();
    }
    let mut hasher = blake3::Hasher::new();
    for part in [&caller.assertion.user_id, &asked.project, &asked.request_id] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn arguments_that_no_record_could_hold_are_refused() {
        let asked = |size| ActRequest {
            action: "echo.say".into(),
            arguments: "x".repeat(size),
            ..ActRequest::default()
        };
        assert!(small_enough(&asked(ARGUMENTS)).is_ok());
        let failure = small_enough(&asked(ARGUMENTS + 1)).unwrap_err();
        assert_eq!(failure.code, Code::TooLarge);
        assert!(failure.message.contains("`echo.say`") && failure.message.contains("65537"), "{failure}");
    }
}
