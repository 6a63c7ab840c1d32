//! Branches and tags.

use api::Failure;
use api::v1::{ProjectRequest, RefRequest};
use clap::{Args, Subcommand};
use client::{ask, ask_once};

use super::desk::Desk;
use super::output::Side::Left;
use super::project::done;
use super::text;

/// Branches of a project
#[derive(Subcommand, Debug)]
pub enum Branch {
    /// List branches and tags
    #[command(after_help = "Example:\n  opentwin branch list iris")]
    List(Named),
    /// Create a branch
    #[command(after_help = "Example:\n  opentwin branch create iris narrow-slot --at main~2")]
    Create(At),
    /// Delete a branch; versions that nothing else leads to are pruned later
    #[command(after_help = "Example:\n  opentwin branch delete iris narrow-slot")]
    Delete(Ref),
}

/// Tags of a project: names of versions that do not move
#[derive(Subcommand, Debug)]
pub enum Tag {
    /// Give a version a name that does not move
    #[command(after_help = "Example:\n  opentwin tag create iris as-built --at main")]
    Create(At),
    /// Delete a tag
    #[command(after_help = "Example:\n  opentwin tag delete iris as-built")]
    Delete(Ref),
}

/// A project.
#[derive(Args, Debug)]
pub struct Named {
    /// Name or id of the project
    project: String,
}

/// A branch or a tag.
#[derive(Args, Debug)]
pub struct Ref {
    /// Name or id of the project
    project: String,
    /// The name
    name: String,
}

/// A new branch or tag.
#[derive(Args, Debug)]
pub struct At {
    /// Name or id of the project
    project: String,
    /// The name
    name: String,
    /// The version it points to
    #[arg(long, value_name = "VERSION", default_value = "main")]
    at: String,
}

impl Branch {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::List(Named { project }) => list(desk, &project).await,
            Self::Create(At { project, name, at }) => {
                let (client, info) = desk.project(&project).await?;
                let request = RefRequest { project: info.id, name, version: at };
                let made = ask_once!(client, project.create_branch(request))?;
                desk.out.answer(&made, || desk.out.line(&points(&made)))
            }
            Self::Delete(Ref { project, name }) => {
                let (client, info) = desk.project(&project).await?;
                let request = RefRequest { project: info.id, name: name.clone(), ..Default::default() };
                ask_once!(client, project.delete_branch(request))?;
                done(desk, &format!("deleted the branch {name}"))
            }
        }
    }
}

impl Tag {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(At { project, name, at }) => {
                let (client, info) = desk.project(&project).await?;
                let request = RefRequest { project: info.id, name, version: at };
                let made = ask_once!(client, project.create_tag(request))?;
                desk.out.answer(&made, || desk.out.line(&points(&made)))
            }
            Self::Delete(Ref { project, name }) => {
                let (client, info) = desk.project(&project).await?;
                let request = RefRequest { project: info.id, name: name.clone(), ..Default::default() };
                ask_once!(client, project.delete_tag(request))?;
                done(desk, &format!("deleted the tag {name}"))
            }
        }
    }
}

fn points(made: &api::v1::Ref) -> String {
    text::clean(&format!("{} points to {}", made.name, text::short(&made.version)))
}

async fn list(desk: &Desk<'_>, project: &str) -> Result<(), Failure> {
    let (client, info) = desk.project(project).await?;
    let reply = ask!(client, project.branches(ProjectRequest { project: info.id }))?;
    desk.out.answer(&reply, || {
        let row = |what: &str, one: &api::v1::Ref| {
            vec![one.name.clone(), what.to_owned(), text::short(&one.version).to_owned()]
        };
        let branches = reply.branches.iter().map(|one| row("branch", one));
        let tags = reply.tags.iter().map(|one| row("tag", one));
        desk.out.table(&[("name", Left), ("kind", Left), ("version", Left)], branches.chain(tags), "none yet")
    })
}
