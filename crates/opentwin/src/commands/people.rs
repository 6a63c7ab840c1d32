//! Users and groups.

use std::collections::HashMap;

use api::Failure;
use api::v1::{
    CreateUserReply, CreateUserRequest, Empty, GroupRequest, ListProjectsRequest, ProjectInfo,
    SetGroupMembersRequest, UpdateUserRequest, UserRequest,
};
use clap::{Args, Subcommand};
use client::{ask, ask_once};

use super::desk::Desk;
use super::output::Side::Left;
use super::{prompt, text, usage};

/// Users of the site
#[derive(Subcommand, Debug)]
pub enum User {
    /// List the users
    #[command(after_help = "Example:\n  opentwin user list")]
    List,
    /// Create a user; prints the one-time password
    #[command(after_help = "Example:\n  opentwin user create ada --full-name 'Ada Lovelace'")]
    Create(CreateUser),
    /// Change a user
    #[command(after_help = "Example:\n  opentwin user update ada --disabled true")]
    Update(UpdateUser),
    /// Delete a user
    #[command(after_help = "Example:\n  opentwin user delete ada")]
    Delete(DeleteUser),
    /// Give a user a new one-time password and end all logins
    #[command(after_help = "Example:\n  opentwin user reset-password ada")]
    ResetPassword(UserName),
}

/// A new user.
#[derive(Args, Debug)]
pub struct CreateUser {
    /// Name to log in with
    name: String,
    /// Name as people know it
    #[arg(long, value_name = "NAME", default_value = "")]
    full_name: String,
    /// May administer the site
    #[arg(long)]
    administrator: bool,
}

/// What to change of a user.
#[derive(Args, Debug)]
pub struct UpdateUser {
    /// Name of the user
    name: String,
    /// Name as people know it
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// May administer the site
    #[arg(long, value_name = "TRUE|FALSE")]
    administrator: Option<bool>,
    /// May not log in
    #[arg(long, value_name = "TRUE|FALSE")]
    disabled: Option<bool>,
}

/// A user to delete.
#[derive(Args, Debug)]
pub struct DeleteUser {
    /// Name of the user
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// A user.
#[derive(Args, Debug)]
pub struct UserName {
    /// Name of the user
    name: String,
}

impl User {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, out) = (desk.client()?, &desk.out);
        match self {
            Self::List => {
                let reply = ask!(client, authorization.list_users(Empty {}))?;
                out.answer(&reply, || {
                    let columns = &[
                        ("user", Left),
                        ("name", Left),
                        ("groups", Left),
                        ("notes", Left),
                        ("last login", Left),
                    ];
                    let rows = reply.users.iter().map(|user| {
                        vec![
                            user.name.clone(),
                            user.full_name.clone(),
                            user.groups.join(", "),
                            notes(user),
                            text::time(user.last_login_ms),
                        ]
                    });
                    out.table(columns, rows, "no users")
                })
            }
            Self::Create(CreateUser { name, full_name, administrator }) => {
                let request = CreateUserRequest { name, full_name, administrator };
                one_time(desk, &ask_once!(client, authorization.create_user(request))?)
            }
            Self::Update(UpdateUser { name, full_name, administrator, disabled }) => {
                if full_name.is_none() && administrator.is_none() && disabled.is_none() {
                    return Err(usage(
                        "nothing to change is given",
                        "give --full-name, --administrator or --disabled",
                    ));
                }
                let request = UpdateUserRequest { name, full_name, administrator, disabled };
                let user = ask!(client, authorization.update_user(request))?;
                out.answer(&user, || out.line(&format!("changed {}", user.name)))
            }
            Self::Delete(DeleteUser { name, yes }) => {
                let request = UserRequest { name: name.clone() };
                let alone = ask!(client, authorization.owned_alone(request.clone()))?.projects;
                if !alone.is_empty() {
                    // Those in the trash can be restored: they are projects of somebody, too.
                    let all = ask!(client, project.list_projects(ListProjectsRequest { deleted: true }))?;
                    out.warn(&orphaned(&name, &alone, all.projects));
                }
                prompt::confirm(yes, &format!("deleting the user {name}"))?;
                let empty = ask_once!(client, authorization.delete_user(request))?;
                out.answer(&empty, || out.line(&format!("deleted {name}")))
            }
            Self::ResetPassword(UserName { name }) => {
                one_time(desk, &ask_once!(client, authorization.reset_password(UserRequest { name }))?)
            }
        }
    }
}

/// What will have no owner any more.
fn orphaned(user: &str, projects: &[String], all: Vec<ProjectInfo>) -> String {
    let names: HashMap<String, String> = all.into_iter().map(|info| (info.id, info.name)).collect();
    let named: Vec<&str> = projects.iter().map(|id| names.get(id).unwrap_or(id).as_str()).collect();
    format!(
        "nobody else owns {}: {}; administrators can still reach what nobody owns, and `opentwin project share` gives it \
         to others",
        text::count(projects.len(), &format!("project of {user}"), &format!("projects of {user}")),
        named.join(", ")
    )
}

fn notes(user: &api::v1::User) -> String {
    let notes = [
        (user.administrator, "administrator"),
        (user.disabled, "disabled"),
        (user.must_change_password, "one-time password"),
    ];
    notes.iter().filter(|(is, _)| *is).map(|(_, note)| *note).collect::<Vec<_>>().join(", ")
}

fn one_time(desk: &Desk<'_>, reply: &CreateUserReply) -> Result<(), Failure> {
    desk.out.answer(reply, || {
        let name = reply.user.as_ref().map_or("", |user| &user.name);
        desk.out
            .facts(&[("user", name.to_owned()), ("one-time password", reply.one_time_password.clone())])?;
        desk.out.remark("It is shown this once, and has to be changed at the first login.");
        Ok(())
    })
}

/// Groups of users
#[derive(Subcommand, Debug)]
pub enum Group {
    /// List the groups
    #[command(after_help = "Example:\n  opentwin group list")]
    List,
    /// Create a group
    #[command(after_help = "Example:\n  opentwin group create antennas")]
    Create(GroupName),
    /// Add users to a group
    #[command(after_help = "Example:\n  opentwin group add antennas ada grace")]
    Add(Members),
    /// Remove users from a group
    #[command(after_help = "Example:\n  opentwin group remove antennas grace")]
    Remove(Members),
    /// Delete a group; its rights on projects end
    #[command(after_help = "Example:\n  opentwin group delete antennas")]
    Delete(GroupName),
}

/// A group.
#[derive(Args, Debug)]
pub struct GroupName {
    /// Name of the group
    name: String,
}

/// Users of a group.
#[derive(Args, Debug)]
pub struct Members {
    /// Name of the group
    group: String,
    /// Names of the users
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

impl Group {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, out) = (desk.client()?, &desk.out);
        let group = match self {
            Self::List => {
                let reply = ask!(client, authorization.list_groups(Empty {}))?;
                return out.answer(&reply, || {
                    let rows = reply.groups.iter().map(|g| vec![g.name.clone(), g.members.join(", ")]);
                    out.table(&[("group", Left), ("members", Left)], rows, "no groups")
                });
            }
            Self::Delete(GroupName { name }) => {
                let request = GroupRequest { name: name.clone() };
                let empty = ask_once!(client, authorization.delete_group(request))?;
                return out.answer(&empty, || out.line(&format!("deleted {name}")));
            }
            Self::Create(GroupName { name }) => {
                ask_once!(client, authorization.create_group(GroupRequest { name }))?
            }
            Self::Add(Members { group, users }) => {
                let request = SetGroupMembersRequest { name: group, add: users, remove: vec![] };
                ask!(client, authorization.set_group_members(request))?
            }
            Self::Remove(Members { group, users }) => {
                let request = SetGroupMembersRequest { name: group, add: vec![], remove: users };
                ask!(client, authorization.set_group_members(request))?
            }
        };
        out.answer(&group, || {
            out.facts(&[("group", group.name.clone()), ("members", group.members.join(", "))])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loses_its_owner_is_named() {
        let info =
            |id: &str, name: &str| ProjectInfo { id: id.into(), name: name.into(), ..Default::default() };
        let all = vec![info("1", "iris"), info("2", "patch"), info("3", "other")];
        let told = orphaned("ada", &["2".to_owned(), "1".to_owned(), "9".to_owned()], all);
        assert!(
            told.starts_with("nobody else owns 3 projects of ada: patch, iris, 9; administrators can"),
            "{told}"
        );
    }
}
