//! Who asks, and what that caller may do in a project.

use api::v1::{Empty, ProjectRequest, Right, SignedAssertion};
use api::{Code, Failure};
use base::identity::Role;
use runtime::{Caller, Context};
use std::collections::BTreeMap;
use tonic::Request;

use crate::documents::Documents;
use crate::errors::shown;
use crate::projects::{Meta, PROJECTS};
use crate::runs::demand_not_over;

/// What a request says of its sender.
pub(crate) struct Asker {
    role: Option<Role>,
    signed: Result<SignedAssertion, Failure>,
    /// True where the request carries no assertion at all, in contrast to a bad one.
    nobody: bool,
}

impl Asker {
    pub(crate) fn of<T>(request: &Request<T>) -> Self {
        Self {
            role: request.extensions().get::<rpc::Peer>().map(|peer| peer.0.role.clone()),
            signed: runtime::caller::assertion_of(request.metadata()),
            nobody: request.metadata().get_bin(runtime::caller::METADATA).is_none(),
        }
    }

    /// Refuses all but one role, whatever the table of access says.
    pub(crate) fn demand_role(&self, role: &Role) -> Result<(), Failure> {
        if self.role.as_ref() == Some(role) {
            return Ok(());
        }
        Err(Code::Denied.because(format!("only {role} may do this")))
    }

    /// True where a local-session asks for the platform itself, on behalf of nobody.
    pub(crate) fn is_local_session(&self) -> bool {
        self.nobody && self.role == Some(Role::LocalSession)
    }

    /// True where the relay passes on what a person asks.
    pub(crate) fn is_relay(&self) -> bool {
        self.role == Some(Role::Relay)
    }
}

/// A caller's right on a project, and the groups that the project is shared with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) right: Right,
    pub(crate) groups: Vec<String>,
}

impl Standing {
    /// Of one who has just made the project.
    pub(crate) fn owner() -> Self {
        Self { right: Right::Owner, groups: Vec::new() }
    }
}

/// A caller in a project.
pub(crate) struct Access {
    pub(crate) caller: Caller,
    pub(crate) standing: Standing,
    pub(crate) id: String,
    pub(crate) meta: Meta,
    pub(crate) revision: u64,
}

/// Looks rights up. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) context: Context,
    pub(crate) documents: Documents,
}

impl Guard {
    /// The user on whose behalf a request comes.
    pub(crate) async fn caller(&self, asker: Asker) -> Result<Caller, Failure> {
        self.context.verify(asker.signed?).await
    }

    /// A user who may make projects: not a run, which is bound to its own.
    pub(crate) async fn person(&self, asker: Asker) -> Result<Caller, Failure> {
        let caller = self.caller(asker).await?;
        if caller.assertion.project.is_empty() {
            return Ok(caller);
        }
        Err(Code::Denied.because("an assertion for one run is good for its own project only"))
    }

    /// The caller in a project, with at least the right that is needed. To those who have none the project does
    /// not exist.
    pub(crate) async fn demand(&self, asker: Asker, project: &str, least: Right) -> Result<Access, Failure> {
        let access = self.demand_even_deleted(asker, project, least).await?;
        if access.meta.deleted_ms == 0 {
            return Ok(access);
        }
        Err(Code::Precondition
            .because(format!("the project `{}` is in the trash", access.meta.name))
            .remedy("restore it first"))
    }

    /// As [`Guard::demand`], also for a project in the trash.
    pub(crate) async fn demand_even_deleted(
        &self,
        asker: Asker,
        project: &str,
        least: Right,
    ) -> Result<Access, Failure> {
        let caller = self.caller(asker).await?;
        let standing = self.standing(&caller, project).await?;
        if !caller.assertion.run.is_empty() {
            demand_not_over(&self.documents, &caller.assertion.run).await?;
        }
        let right = standing.right;
        let meta = match right {
            Right::None => None,
            _ => self.documents.get::<Meta>(PROJECTS, project).await?,
        };
        let Some(held) = meta else { return Err(no_project(project)) };
        let (revision, meta) = (held.revision, held.value);
        if right < least {
            return Err(Code::Denied.because(format!(
                "`{}` is {} of the project `{}`, and this needs {}",
                caller.name(),
                word(right),
                meta.name,
                word(least)
            )));
        }
        Ok(Access { caller, standing, id: project.to_owned(), meta, revision })
    }

    /// A caller's right on a project, now.
    pub(crate) async fn right(&self, caller: &Caller, project: &str) -> Result<Right, Failure> {
        Ok(self.standing(caller, project).await?.right)
    }

    /// The same with the groups that the project is shared with.
    pub(crate) async fn standing(&self, caller: &Caller, project: &str) -> Result<Standing, Failure> {
        // What is no id is no project; nobody needs to be asked.
        if store::names::project(project).is_err() || caller.bound_right(project) == Some(Right::None) {
            return Ok(Standing::default());
        }
        let request = caller.request(ProjectRequest { project: project.to_owned() });
        let reply = self.context.peers.authorization()?.right_on(request).await?.into_inner();
        let right = caller.bound_right(project).map_or(reply.right(), |bound| bound.min(reply.right()));
        Ok(Standing { right, groups: reply.groups })
    }

    /// The right of a caller whose assertion may have run out meanwhile: that of a stream which goes on.
    pub(crate) async fn lasting_right(&self, caller: &Caller, project: &str) -> Result<Right, Failure> {
        let request = caller.lasting(project);
        Ok(self.context.peers.authorization()?.right_of(request).await?.into_inner().right())
    }

    /// All projects that a caller has a right on, by id.
    pub(crate) async fn standings(&self, caller: &Caller) -> Result<BTreeMap<String, Standing>, Failure> {
        let request = caller.request(Empty {});
        let reply = self.context.peers.authorization()?.rights_of(request).await?.into_inner();
        let mut groups = reply.groups;
        let standings = reply.projects.into_iter().map(|(id, right)| {
            let groups = groups.remove(&id).unwrap_or_default().names;
            (id, Standing { right: Right::try_from(right).unwrap_or(Right::None), groups })
        });
        Ok(standings.filter(|(_, standing)| standing.right > Right::None).collect())
    }
}

/// The same for a project that does not exist and for one that the caller may not see.
pub(crate) fn no_project(project: &str) -> Failure {
    Code::NotFound.because(format!("there is no project `{}`", shown(project)))
}

fn word(right: Right) -> &'static str {
    match right {
        Right::None => "nothing",
        Right::Viewer => "a viewer",
        Right::Editor => "an editor",
        Right::Owner => "an owner",
    }
}
