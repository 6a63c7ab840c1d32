//! An `authorization` that knows rights on projects and nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use api::Code;
use api::v1::authorization_server::Authorization;
use api::v1::*;
use prost::Message as _;
use runtime::Signer;
use runtime::caller::assertion_of;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

#[derive(Clone)]
pub struct Fake {
    pub signer: Arc<Signer>,
    /// Project and group.
    pub shares: Arc<Mutex<Vec<(String, String)>>>,
    /// By user and project.
    pub rights: Arc<Mutex<BTreeMap<(String, String), Right>>>,
    /// Makes grants fail.
    pub broken: Arc<AtomicBool>,
}

fn user<T>(request: &Request<T>) -> Result<String, Status> {
    let signed = assertion_of(request.metadata())?;
    Ok(Assertion::decode(signed.assertion.as_ref()).unwrap().user_id)
}

impl Fake {
    fn groups(&self, project: &str) -> Vec<String> {
        let shares = self.shares.lock().unwrap();
        shares.iter().filter(|(of, _)| of == project).map(|(_, group)| group.clone()).collect()
    }

    fn right(&self, user: String, project: &str) -> Right {
        self.rights.lock().unwrap().get(&(user, project.to_owned())).copied().unwrap_or(Right::None)
    }
}

macro_rules! fake {
    ($($method:ident: $request:ty => $reply:ty;)*) => {
        #[tonic::async_trait]
        impl Authorization for Fake {
            async fn right_on(&self, request: Request<ProjectRequest>) -> Reply<RightReply> {
                let right = self.right(user(&request)?, &request.get_ref().project);
                Ok(Response::new(RightReply { right: right.into(), groups: self.groups(&request.get_ref().project) }))
            }

            async fn right_of(&self, request: Request<RightOfRequest>) -> Reply<RightReply> {
                let RightOfRequest { user_id, project, .. } = request.into_inner();
                Ok(Response::new(RightReply { right: self.right(user_id, &project).into(), groups: vec![] }))
            }

            async fn rights_of(&self, request: Request<Empty>) -> Reply<RightsReply> {
                let user = user(&request)?;
                let rights = self.rights.lock().unwrap();
                let own = rights.iter().filter(|((of, _), _)| *of == user);
                let projects: BTreeMap<String, i32> =
                    own.map(|((_, project), right)| (project.clone(), *right as i32)).collect();
                let names = |project: &String| GroupNames { names: self.groups(project) };
                let groups = projects.keys().map(|project| (project.clone(), names(project))).collect();
                Ok(Response::new(RightsReply { projects, groups }))
            }

            async fn grant_owner(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
                if self.broken.load(Ordering::Relaxed) {
                    return Err(Code::Io.because("no grants today").into());
                }
                let key = (user(&request)?, request.into_inner().project);
                self.rights.lock().unwrap().insert(key, Right::Owner);
                Ok(Response::new(Empty {}))
            }

            async fn forget_project(&self, request: Request<ProjectRequest>) -> Reply<Empty> {
                let project = request.into_inner().project;
                self.rights.lock().unwrap().retain(|(_, of), _| *of != project);
                Ok(Response::new(Empty {}))
            }

            async fn assertion_keys(&self, _: Request<Empty>) -> Reply<AssertionKeysReply> {
                Ok(Response::new(AssertionKeysReply { keys: vec![self.signer.public_key().into()] }))
            }

            $(async fn $method(&self, _: Request<$request>) -> Reply<$reply> {
                Err(Status::unimplemented("not in this test"))
            })*
        }
    };
}

fake! {
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
    assert_run: AssertRunRequest => SignedAssertion;
    issue_certificate: IssueCertificateRequest => IssueCertificateReply;
}
