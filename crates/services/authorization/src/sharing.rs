//! Rights on projects: the highest of those given to a user and to the groups that the user is in.
//! Administrators have every right on every project, and that is noted.

use std::collections::HashSet;

use api::v1::share_request::Subject;
use api::v1::{GroupNames, Right, RightsReply, Share, ShareRequest, share};
use api::{Code, Failure};
use runtime::Caller;

use crate::names;
use crate::records::{Found, Grant, Group, Shares, User};
use crate::register::Register;

impl Register {
    /// The right of a caller on a project, now, and the groups that it is shared with.
    pub(crate) async fn right_on(
        &self,
        caller: &Caller,
        project: &str,
    ) -> Result<(Right, Vec<String>), Failure> {
        let Some(user) = self.present(caller).await? else { return Ok((Right::None, Vec::new())) };
        let (right, groups) = self.right_among(&user.value, project).await?;
        let right = caller.bound_right(project).map_or(right, |bound| bound.min(right));
        Ok((right, if right == Right::None { Vec::new() } else { groups }))
    }

    /// The right of a user on a project, now; none of one who was deleted, or deleted and made anew.
    pub(crate) async fn right_of_named(&self, id: &str, name: &str, project: &str) -> Result<Right, Failure> {
        match self.records.get::<User>(name).await? {
            Some(user) if user.value.id == id => self.right_of(&user.value, project).await,
            _ => Ok(Right::None),
        }
    }

    /// All projects on which a caller has a right, now.
    pub(crate) async fn rights_of(&self, caller: &Caller) -> Result<RightsReply, Failure> {
        let mut rights = RightsReply::default();
        if !caller.assertion.project.is_empty() {
            let project = caller.assertion.project.clone();
            let (right, groups) = self.right_on(caller, &project).await?;
            note(&mut rights, project, right, groups);
            return Ok(rights);
        }
        let Some(user) = self.present(caller).await? else { return Ok(rights) };
        let user = user.value;
        let groups: HashSet<String> = self.groups_of(&user).await?.into_iter().map(|g| g.id).collect();
        let mut after: Option<String> = None;
        loop {
            let page = self.records.page::<Shares>(after.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(rights) };
            after = Some(last.key.clone());
            for shares in page {
                let right = match user.administrator {
                    true => Right::Owner,
                    false => shares.value.right(&user, |id| groups.contains(id)),
                };
                note(&mut rights, shares.key, right, shares.value.group_names());
            }
        }
    }

    /// The user of a caller, unless deleted or disabled meanwhile.
    async fn present(&self, caller: &Caller) -> Result<Option<Found<User>>, Failure> {
        match self.user_of(caller).await {
            Err(failure) if failure.code == Code::Expired => Ok(None),
            result => result.map(Some),
        }
    }

    /// The right of a user on a project.
    pub(crate) async fn right_of(&self, user: &User, project: &str) -> Result<Right, Failure> {
        Ok(self.right_among(user, project).await?.0)
    }

    /// The right of a user on a project, and the groups that the project is shared with.
    async fn right_among(&self, user: &User, project: &str) -> Result<(Right, Vec<String>), Failure> {
        if user.disabled || names::project(project).is_err() {
            return Ok((Right::None, Vec::new()));
        }
        let shares = self.records.get::<Shares>(project).await?.map(|found| found.value).unwrap_or_default();
        let mut member = HashSet::new();
        for (id, grant) in &shares.groups {
            let group = self.records.get::<Group>(&grant.name).await?;
            if group.is_some_and(|g| g.value.id == *id && g.value.members.contains_key(&user.id)) {
                member.insert(id.clone());
            }
        }
        let right = shares.right(user, |id| member.contains(id));
        if user.administrator && right != Right::Owner {
            self.note_administrator(user, project).await;
            return Ok((Right::Owner, shares.group_names()));
        }
        Ok((right, shares.group_names()))
    }

    /// Refuses a user without a right on a project; to those who have none at all it does not exist.
    pub(crate) async fn demand(&self, user: &User, project: &str, least: Right) -> Result<Right, Failure> {
        let right = self.right_of(user, project).await?;
        if right >= least {
            return Ok(right);
        }
        if right == Right::None {
            return Err(no_project(project));
        }
        Err(Code::Denied.because(format!(
            "`{}` is {} of the project {project}, and this needs {}",
            user.name,
            word(right),
            word(least)
        )))
    }

    /// Gives or takes a right, on behalf of an owner.
    pub(crate) async fn share(&self, by: &Caller, request: ShareRequest) -> Result<(), Failure> {
        let right = Right::try_from(request.right)
            .map_err(|_| Code::Invalid.because(format!("{} is no right", request.right)))?;
        let _change = self.change().await?;
        // Whoever was taken out while this call waited has nothing to give any more.
        self.demand(&self.user_of(by).await?.value, &request.project, Right::Owner).await?;
        let mut shares = self.shares(&request.project).await?;
        let had_owner = self.has_owner(&shares.value).await?;
        match &request.subject {
            Some(Subject::User(name)) => self.grant_user(&mut shares.value, name, right).await?,
            Some(Subject::Group(name)) => self.grant_group(&mut shares.value, name, right).await?,
            None => {
                return Err(Code::Invalid
                    .because("nobody is named to share with")
                    .remedy("name a user or a group"));
            }
        }
        if had_owner && !self.has_owner(&shares.value).await? {
            return Err(Code::Precondition
                .because(format!("the project {} would have no owner", request.project))
                .remedy("make somebody else an owner first"));
        }
        self.records.put(&shares).await
    }

    async fn grant_user(&self, shares: &mut Shares, name: &str, right: Right) -> Result<(), Failure> {
        if right == Right::None {
            // Also of somebody who is no more.
            let name = names::canonical(name);
            shares.users.retain(|_, grant| grant.name != name);
            return Ok(());
        }
        let user = self.user(name).await?.value;
        shares.users.retain(|_, grant| grant.name != user.name);
        shares.users.insert(user.id, Grant { name: user.name, right: right as i32 });
        Ok(())
    }

    async fn grant_group(&self, shares: &mut Shares, name: &str, right: Right) -> Result<(), Failure> {
        if right == Right::None {
            let name = names::canonical(name);
            shares.groups.retain(|_, grant| grant.name != name);
            return Ok(());
        }
        let group = self.group(name).await?.value;
        shares.groups.retain(|_, grant| grant.name != group.name);
        shares.groups.insert(group.id, Grant { name: group.name, right: right as i32 });
        Ok(())
    }

    /// The projects that a user owns, and nobody else who can log in.
    pub(crate) async fn owned_alone(&self, name: &str) -> Result<Vec<String>, Failure> {
        let user = self.user(name).await?.value;
        let mut alone = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.records.page::<Shares>(after.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(alone) };
            after = Some(last.key.clone());
            for shares in page {
                let mut owners = self.owners(&shares.value).await?;
                let all = owners.len();
                owners.retain(|(id, _)| *id != user.id);
                if owners.len() < all && !self.any_present(owners).await? {
                    alone.push(shares.key);
                }
            }
        }
    }

    /// Whether somebody who can log in owns a project.
    async fn has_owner(&self, shares: &Shares) -> Result<bool, Failure> {
        self.any_present(self.owners(shares).await?).await
    }

    /// Ids and names of the owners of a project, those of groups too.
    async fn owners(&self, shares: &Shares) -> Result<Vec<(String, String)>, Failure> {
        let owner = |grant: &&Grant| grant.right == Right::Owner as i32;
        let mut people: Vec<(String, String)> = Vec::new();
        people.extend(
            shares.users.iter().filter(|(_, g)| owner(g)).map(|(id, g)| (id.clone(), g.name.clone())),
        );
        for (id, grant) in shares.groups.iter().filter(|(_, g)| owner(g)) {
            let group = self.records.get::<Group>(&grant.name).await?;
            people.extend(group.filter(|g| g.value.id == *id).into_iter().flat_map(|g| g.value.members));
        }
        Ok(people)
    }

    /// Whether one of these can log in.
    async fn any_present(&self, people: Vec<(String, String)>) -> Result<bool, Failure> {
        for (id, name) in people {
            let user = self.records.get::<User>(&name).await?;
            if user.is_some_and(|user| user.value.id == id && !user.value.disabled) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who has which right on a project.
    pub(crate) async fn list_shares(&self, project: &str) -> Result<Vec<Share>, Failure> {
        let shares = self.shares(project).await?.value;
        let users = shares
            .users
            .into_values()
            .map(|grant| Share { subject: Some(share::Subject::User(grant.name)), right: grant.right });
        let groups = shares
            .groups
            .into_values()
            .map(|grant| Share { subject: Some(share::Subject::Group(grant.name)), right: grant.right });
        Ok(users.chain(groups).collect())
    }

    /// Makes a user the owner of a new project; the same call again changes nothing.
    pub(crate) async fn grant_owner(&self, user: &User, project: &str) -> Result<(), Failure> {
        names::project(project)?;
        let mut shares = Shares::default();
        let grant = Grant { name: user.name.clone(), right: Right::Owner as i32 };
        shares.users.insert(user.id.clone(), grant);
        let _change = self.change().await?;
        match self.records.create(project, &shares).await {
            Err(failure) if failure.code == Code::Exists => {
                let present = self.shares(project).await?.value;
                if present.users.get(&user.id).is_some_and(|grant| grant.right == Right::Owner as i32) {
                    return Ok(());
                }
                Err(Code::Exists.because(format!("the project {project} has an owner already")))
            }
            result => result,
        }
    }

    /// Drops all rights on a project; where there are none nothing happens.
    pub(crate) async fn forget_project(&self, project: &str) -> Result<(), Failure> {
        names::project(project)?;
        let _change = self.change().await?;
        match self.records.get::<Shares>(project).await? {
            Some(shares) => self.records.delete(&shares).await,
            None => Ok(()),
        }
    }

    /// Takes a subject out of all projects. To be called within a change.
    pub(crate) async fn drop_subject(&self, remove: impl Fn(&mut Shares) -> bool) -> Result<(), Failure> {
        for mut shares in self.records.all::<Shares>().await? {
            if remove(&mut shares.value) {
                self.records.put(&shares).await?;
            }
        }
        Ok(())
    }

    async fn shares(&self, project: &str) -> Result<Found<Shares>, Failure> {
        names::project(project)?;
        self.records.get::<Shares>(project).await?.ok_or_else(|| no_project(project))
    }
}

impl Shares {
    /// The groups that it is shared with, in order.
    fn group_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.groups.values().map(|grant| grant.name.clone()).collect();
        names.sort();
        names
    }

    /// The highest right of a user who is in the groups that `member` knows.
    fn right(&self, user: &User, member: impl Fn(&str) -> bool) -> Right {
        let own = self.users.get(&user.id).into_iter();
        let groups = self.groups.iter().filter(|(id, _)| member(id)).map(|(_, grant)| grant);
        own.chain(groups).filter_map(|grant| Right::try_from(grant.right).ok()).max().unwrap_or(Right::None)
    }
}

/// Adds a project to those that a caller has a right on.
fn note(rights: &mut RightsReply, project: String, right: Right, groups: Vec<String>) {
    if right == Right::None {
        return;
    }
    if !groups.is_empty() {
        rights.groups.insert(project.clone(), GroupNames { names: groups });
    }
    rights.projects.insert(project, right as i32);
}

fn no_project(project: &str) -> Failure {
    Code::NotFound.because(format!("there is no project {}", names::shown(project)))
}

fn word(right: Right) -> &'static str {
    match right {
        Right::None => "nothing",
        Right::Viewer => "a viewer",
        Right::Editor => "an editor",
        Right::Owner => "an owner",
    }
}
