//! An `authorization` that knows rights and nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::v1::authorization_server::Authorization;
use api::v1::*;
use runtime::Signer;
use runtime::caller::assertion_of;
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub struct Fake {
    pub signer: Arc<Signer>,
    pub rights: Arc<Mutex<BTreeMap<(String, String), Right>>>,
    pub asked: Arc<AtomicUsize>,
}

macro_rules! not_here {
    ($($method:ident: $request:ty => $reply:ty;)*) => {
        #[tonic::async_trait]
        impl Authorization for Fake {
            async fn rights_of(&self, request: Request<Empty>) -> Result<Response<RightsReply>, Status> {
                self.asked.fetch_add(1, Ordering::Relaxed);
                let signed = assertion_of(request.metadata())?;
                let assertion: Assertion = decoded(&signed);
                let rights = self.rights.lock().unwrap();
                let own = rights.iter().filter(|((user, _), _)| *user == assertion.user_id);
                let projects = own.map(|((_, project), right)| (project.clone(), *right as i32)).collect();
                Ok(Response::new(RightsReply { projects, ..Default::default() }))
            }

            async fn assertion_keys(&self, _: Request<Empty>) -> Result<Response<AssertionKeysReply>, Status> {
                Ok(Response::new(AssertionKeysReply { keys: vec![self.signer.public_key().into()] }))
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$reply>, Status> {
                Err(Status::unimplemented("not in this test"))
            })*
        }
    };
}

fn decoded(signed: &SignedAssertion) -> Assertion {
    use prost::Message as _;
    Assertion::decode(signed.assertion.as_ref()).unwrap()
}

not_here! {
    login: LoginRequest => LoginReply;
    welcome: Empty => WelcomeReply;
    logout: Empty => Empty;
    who_am_i: Empty => User;
    change_password: ChangePasswordRequest => Empty;
    list_users: Empty => ListUsersReply;
    create_user: CreateUserRequest => CreateUserReply;
    update_user: UpdateUserRequest => User;
    owned_alone: UserRequest => OwnedAloneReply;
    delete_user: UserRequest => Empty;
    reset_password: UserRequest => CreateUserReply;
    list_groups: Empty => ListGroupsReply;
    create_group: GroupRequest => Group;
    set_group_members: SetGroupMembersRequest => Group;
    delete_group: GroupRequest => Empty;
    share: ShareRequest => Empty;
    list_shares: ProjectRequest => ListSharesReply;
    audit: AuditRequest => AuditReply;
    authenticate: AuthenticateRequest => SignedAssertion;
    right_on: ProjectRequest => RightReply;
    right_of: RightOfRequest => RightReply;
    grant_owner: ProjectRequest => Empty;
    forget_project: ProjectRequest => Empty;
    assert_run: AssertRunRequest => SignedAssertion;
    issue_certificate: IssueCertificateRequest => IssueCertificateReply;
}
