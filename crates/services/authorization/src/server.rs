//! The methods of the contract: who calls, whether that is allowed, then the register.

use std::sync::Arc;
use std::time::Duration;

use api::v1::authorization_server::{Authorization, AuthorizationServer};
use api::v1::*;
use api::{Code, Failure};
use async_trait::async_trait;
use runtime::{Caller, Context};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::certificates::Certificates;
use crate::keys::Keys;
use crate::names;
use crate::records::{User, failure};
use crate::register::{Register, demand_administrator};

/// How long the assertion of a run is good: runs may take days, and the rights are looked up at each use.
const RUN_S: i64 = 7 * 86_400;

/// Time between two removals of ended logins.
const SWEEP: Duration = Duration::from_secs(600);

/// Ids of runs are no longer than this.
const LONGEST_RUN: usize = 128;

type Reply<T> = Result<Response<T>, Status>;

pub(crate) struct Server {
    pub(crate) context: Context,
    pub(crate) register: Register,
    pub(crate) keys: Keys,
    pub(crate) certificates: Certificates,
}

#[async_trait]
impl runtime::Service for Server {
    fn routes(self: Arc<Self>) -> axum::Router {
        tonic::service::Routes::new(AuthorizationServer::from_arc(self)).into_axum_router()
    }

    async fn ready(&self) -> Result<(), Failure> {
        self.register.records.backend().health().await.map_err(failure)?;
        Ok(())
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(SWEEP) => {}
            }
            if let Err(failure) = self.register.sweep().await {
                tracing::warn!(%failure, "ended logins cannot be removed yet");
            }
            match self.keys.change_if_old(self.register.now_ms()).await {
                Ok(true) => self.context.verifier().set_keys(self.keys.public()),
                Ok(false) => {}
                Err(failure) => {
                    tracing::warn!(%failure, "the key that signs assertions cannot be changed yet");
                }
            }
            if let Err(failure) = self.register.sweep_waits().await {
                tracing::warn!(%failure, "old records of failed logins cannot be removed yet");
            }
        }
    }
}

impl Server {
    /// A person, not a run on behalf of one; with the record as it is now.
    async fn person(&self, metadata: &MetadataMap) -> Result<(Caller, User), Failure> {
        let caller = self.context.caller(metadata).await?;
        self.as_person(caller).await
    }

    async fn as_person(&self, caller: Caller) -> Result<(Caller, User), Failure> {
        if !caller.assertion.project.is_empty() {
            return Err(Code::Denied.because("an assertion for one run is no login"));
        }
        let user = self.register.user_of(&caller).await?.value;
        Ok((caller, user))
    }

    /// An administrator, who wants to do something; the attempt of anybody else is noted.
    async fn administrator(
        &self,
        metadata: &MetadataMap,
        action: &str,
        subject: &str,
    ) -> Result<Caller, Failure> {
        let (caller, user) = self.person(metadata).await?;
        let allowed = demand_administrator(&user);
        if allowed.is_err() {
            self.note(&caller, action, subject, false).await;
        }
        allowed.map(|()| caller)
    }

    async fn note(&self, caller: &Caller, action: &str, subject: &str, allowed: bool) {
        self.register.audit.note(caller.name(), action, &names::shown(subject), allowed).await;
    }
}

/// The address that a person calls from, as the relay names it.
fn address(metadata: &MetadataMap) -> String {
    let value = metadata.get(runtime::caller::PEER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    names::shown(value)
}

fn done() -> Reply<Empty> {
    Ok(Response::new(Empty {}))
}

#[tonic::async_trait]
impl Authorization for Server {
    async fn login(&self, request: Request<LoginRequest>) -> Reply<LoginReply> {
        let address = address(request.metadata());
        let LoginRequest { name, password } = request.into_inner();
        Ok(Response::new(self.register.login(&name, &password, &address).await?))
    }

    async fn welcome(&self, _: Request<Empty>) -> Reply<WelcomeReply> {
        let first_start = self.register.never_entered().await?;
        Ok(Response::new(WelcomeReply { first_start, ..WelcomeReply::default() }))
    }

    async fn logout(&self, request: Request<Empty>) -> Reply<Empty> {
        let caller = self.context.caller_even_if_new(request.metadata()).await?;
        self.register.logout(&caller).await?;
        done()
    }

    async fn who_am_i(&self, request: Request<Empty>) -> Reply<api::v1::User> {
        let caller = self.context.caller_even_if_new(request.metadata()).await?;
        let (_, user) = self.as_person(caller).await?;
        Ok(Response::new(self.register.described(&user).await?))
    }

    async fn change_password(&self, request: Request<ChangePasswordRequest>) -> Reply<Empty> {
        let caller = self.context.caller_even_if_new(request.metadata()).await?;
        let (caller, _) = self.as_person(caller).await?;
        let address = address(request.metadata());
        self.register.change_password(&caller, request.into_inner(), &address).await?;
        done()
    }

    async fn list_users(&self, request: Request<Empty>) -> Reply<ListUsersReply> {
        let (_, user) = self.person(request.metadata()).await?;
        let users = self.register.users(user.administrator).await?;
        Ok(Response::new(ListUsersReply { users }))
    }

    async fn create_user(&self, request: Request<CreateUserRequest>) -> Reply<CreateUserReply> {
        let name = request.get_ref().name.clone();
        let by = self.administrator(request.metadata(), "create-user", &name).await?;
        let reply = self.register.create_user(&by, request.into_inner()).await?;
        self.note(&by, "create-user", &name, true).await;
        Ok(Response::new(reply))
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Reply<api::v1::User> {
        let asked = request.get_ref();
        let mut subject = asked.name.clone();
        for (what, value) in [("administrator", asked.administrator), ("disabled", asked.disabled)] {
            if let Some(value) = value {
                subject.push_str(&format!(" {what}={value}"));
            }
        }
        let by = self.administrator(request.metadata(), "update-user", &subject).await?;
        let user = self.register.update_user(&by, request.into_inner()).await?;
        self.note(&by, "update-user", &subject, true).await;
        Ok(Response::new(user))
    }

    async fn owned_alone(&self, request: Request<UserRequest>) -> Reply<OwnedAloneReply> {
        let name = &request.get_ref().name;
        self.administrator(request.metadata(), "owned-alone", name).await?;
        Ok(Response::new(OwnedAloneReply { projects: self.register.owned_alone(name).await? }))
    }

    async fn delete_user(&self, request: Request<UserRequest>) -> Reply<Empty> {
        let name = &request.get_ref().name;
        let by = self.administrator(request.metadata(), "delete-user", name).await?;
        self.register.delete_user(&by, name).await?;
        self.note(&by, "delete-user", name, true).await;
        done()
    }

    async fn reset_password(&self, request: Request<UserRequest>) -> Reply<CreateUserReply> {
        let name = &request.get_ref().name;
        let by = self.administrator(request.metadata(), "reset-password", name).await?;
        let reply = self.register.reset_password(&by, name).await?;
        self.note(&by, "reset-password", name, true).await;
        Ok(Response::new(reply))
    }

    async fn list_groups(&self, request: Request<Empty>) -> Reply<ListGroupsReply> {
        self.person(request.metadata()).await?;
        Ok(Response::new(ListGroupsReply { groups: self.register.groups().await? }))
    }

    async fn create_group(&self, request: Request<GroupRequest>) -> Reply<Group> {
        let name = &request.get_ref().name;
        let by = self.administrator(request.metadata(), "create-group", name).await?;
        let group = self.register.create_group(&by, name).await?;
        self.note(&by, "create-group", name, true).await;
        Ok(Response::new(group))
    }

    async fn set_group_members(&self, request: Request<SetGroupMembersRequest>) -> Reply<Group> {
        let asked = request.get_ref();
        let subject = format!("{} +[{}] -[{}]", asked.name, asked.add.join(" "), asked.remove.join(" "));
        let by = self.administrator(request.metadata(), "set-group-members", &subject).await?;
        let group = self.register.set_members(&by, request.into_inner()).await?;
        self.note(&by, "set-group-members", &subject, true).await;
        Ok(Response::new(group))
    }

    async fn delete_group(&self, request: Request<GroupRequest>) -> Reply<Empty> {
        let name = &request.get_ref().name;
        let by = self.administrator(request.metadata(), "delete-group", name).await?;
        self.register.delete_group(&by, name).await?;
        self.note(&by, "delete-group", name, true).await;
        done()
    }

    async fn share(&self, request: Request<ShareRequest>) -> Reply<Empty> {
        let (caller, user) = self.person(request.metadata()).await?;
        let request = request.into_inner();
        let subject = match &request.subject {
            Some(share_request::Subject::User(name)) => format!("user {name}"),
            Some(share_request::Subject::Group(name)) => format!("group {name}"),
            None => "nobody".to_owned(),
        };
        let right = Right::try_from(request.right).map_or("?", |right| right.as_str_name());
        let subject = format!("{}: {subject} {right}", request.project);
        let allowed = self.register.demand(&user, &request.project, Right::Owner).await;
        if allowed.is_err() {
            self.note(&caller, "share", &subject, false).await;
        }
        allowed?;
        self.register.share(&caller, request).await?;
        self.note(&caller, "share", &subject, true).await;
        done()
    }

    async fn list_shares(&self, request: Request<ProjectRequest>) -> Reply<ListSharesReply> {
        let (_, user) = self.person(request.metadata()).await?;
        let project = &request.get_ref().project;
        self.register.demand(&user, project, Right::Viewer).await?;
        Ok(Response::new(ListSharesReply { shares: self.register.list_shares(project).await? }))
    }

    async fn audit(&self, request: Request<AuditRequest>) -> Reply<AuditReply> {
        self.administrator(request.metadata(), "audit", "").await?;
        Ok(Response::new(AuditReply { entries: self.register.audit.newest(request.get_ref().limit).await? }))
    }

    async fn authenticate(&self, request: Request<AuthenticateRequest>) -> Reply<SignedAssertion> {
        let assertion = self.register.authenticate(&request.get_ref().token).await?;
        Ok(Response::new(self.keys.signer().sign(&assertion)))
    }

    async fn right_on(&self, request: Request<ProjectRequest>) -> Reply<RightReply> {
        let caller = self.context.caller(request.metadata()).await?;
        let (right, groups) = self.register.right_on(&caller, &request.get_ref().project).await?;
        Ok(Response::new(RightReply { right: right as i32, groups }))
    }

    async fn right_of(&self, request: Request<RightOfRequest>) -> Reply<RightReply> {
        let RightOfRequest { user_id, user_name, project } = request.into_inner();
        let right = self.register.right_of_named(&user_id, &user_name, &project).await?;
        Ok(Response::new(RightReply { right: right as i32, groups: Vec::new() }))
    }

    async fn rights_of(&self, request: Request<Empty>) -> Reply<RightsReply> {
        let caller = self.context.caller(request.metadata()).await?;
        Ok(Response::new(self.register.rights_of(&caller).await?))
    }

    async fn grant_owner(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
        let (caller, user) = self.person(request.metadata()).await?;
        let project = &request.get_ref().project;
        self.register.grant_owner(&user, project).await?;
        self.note(&caller, "grant-owner", project, true).await;
        done()
    }

    async fn forget_project(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
        // The service decides on whose behalf, and may clean up on nobody's.
        let caller = self.context.caller(request.metadata()).await.ok();
        let project = &request.get_ref().project;
        self.register.forget_project(project).await?;
        let name = caller.as_ref().map_or("", |caller| caller.name());
        self.register.audit.note(name, "forget-project", project, true).await;
        done()
    }

    async fn assert_run(&self, request: Request<AssertRunRequest>) -> Reply<SignedAssertion> {
        let caller = self.context.caller(request.metadata()).await?;
        let AssertRunRequest { project, run } = request.into_inner();
        if run.is_empty() || run.len() > LONGEST_RUN {
            return Err(Code::Invalid.because("a run needs an id").into());
        }
        let present = &caller.assertion;
        if !present.project.is_empty() && (present.project != project || present.run != run) {
            return Err(Code::Denied.because("an assertion for one run is good for no other").into());
        }
        let (right, _) = self.register.right_on(&caller, &project).await?;
        if right < Right::Editor {
            let message = format!("`{}` may not run anything in the project {project}", caller.name());
            return Err(Code::Denied.because(message).into());
        }
        let issued_s = self.register.now_ms() / 1000;
        let assertion = Assertion {
            user_id: present.user_id.clone(),
            user_name: present.user_name.clone(),
            groups: present.groups.clone(),
            // A run computes and commits: it neither shares nor deletes nor administers.
            administrator: false,
            project_right: Right::Editor as i32,
            project,
            run,
            issued_s,
            expires_s: issued_s + RUN_S,
            ..Assertion::default()
        };
        Ok(Response::new(self.keys.signer().sign(&assertion)))
    }

    async fn assertion_keys(&self, _: Request<Empty>) -> Reply<AssertionKeysReply> {
        Ok(Response::new(AssertionKeysReply {
            keys: self.keys.public().into_iter().map(Into::into).collect(),
        }))
    }

    async fn issue_certificate(
        &self,
        request: Request<IssueCertificateRequest>,
    ) -> Reply<IssueCertificateReply> {
        let peer = request.extensions().get::<rpc::Peer>().map(|peer| peer.0.clone());
        let peer =
            peer.ok_or_else(|| Failure::new(Code::Certificate, "the call comes without a certificate"))?;
        let shown = request.extensions().get::<rpc::PeerHosts>().map(|hosts| hosts.0.clone());
        let request = request.into_inner();
        let subject = format!("{}/{}", request.role, request.instance);
        let reply = self.certificates.issue(&peer, &shown.unwrap_or_default(), request).await;
        // Renewals are the daily round of every instance and would drown the rest.
        if matches!(&reply, Err(failure) if failure.code == Code::Denied) {
            let name = peer.to_string();
            self.register.audit.note(&name, "issue-certificate", &names::shown(&subject), false).await;
        }
        Ok(Response::new(reply?))
    }
}
