//! Projects: listed, made, shared, thrown away.

mod archive;
mod beside;
mod sharing;

use api::Failure;
use api::v1::{
    CopyProjectRequest, CreateProjectRequest, Empty, ListProjectsRequest, ProjectInfo, ProjectRequest,
    UpdateProjectRequest,
};
use clap::{Args, Subcommand};
use client::{ask, ask_once};

use super::desk::{self, Desk};
use super::output::Side::{Left, Right};
use super::{prompt, text};

/// Projects
#[derive(Subcommand, Debug)]
pub enum Project {
    /// List the projects on which you have a right
    #[command(after_help = "Example:\n  opentwin project list")]
    List(List),
    /// Create an empty project; `opentwin apply` creates one with content
    #[command(
        after_help = "Example:\n  opentwin project create iris --description 'WR-90 iris' --tag waveguide"
    )]
    Create(Create),
    /// Show a project: owner, rights, size, head
    #[command(after_help = "Example:\n  opentwin project show iris")]
    Show(Named),
    /// Give a user or a group a right on a project
    #[command(after_help = "Example:\n  opentwin project share iris --user grace --right editor")]
    Share(sharing::Share),
    /// Take a user's or a group's right on a project away
    #[command(after_help = "Example:\n  opentwin project unshare iris --group antennas")]
    Unshare(sharing::Unshare),
    /// Copy a project with its history and results
    #[command(after_help = "Example:\n  opentwin project copy iris iris-2")]
    Copy(Copy),
    /// Rename a project
    #[command(after_help = "Example:\n  opentwin project rename iris wr90-iris")]
    Rename(Copy),
    /// Put a project into the trash
    #[command(after_help = "Example:\n  opentwin project delete iris")]
    Delete(Named),
    /// Take a project out of the trash
    #[command(after_help = "Example:\n  opentwin project restore iris")]
    Restore(Named),
    /// End a project in the trash for good
    #[command(after_help = "Example:\n  opentwin project purge iris --yes")]
    Purge(Purge),
    /// Write a project to a file: all of it as an archive, or the head as a project file
    #[command(
        after_help = "Examples:\n  opentwin project export iris iris.otz\n  opentwin project export iris iris.yaml --format yaml"
    )]
    Export(archive::Export),
    /// Make a project from an archive that `export` wrote
    #[command(after_help = "Example:\n  opentwin project import iris.otz")]
    Import(archive::Import),
}

/// Which projects to list.
#[derive(Args, Debug)]
pub struct List {
    /// Those in the trash too
    #[arg(long)]
    deleted: bool,
}

/// A new project.
#[derive(Args, Debug)]
pub struct Create {
    /// Name of the project
    name: String,
    /// What it is about
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// A tag to find it by; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

/// A project.
#[derive(Args, Debug)]
pub struct Named {
    /// Name or id of the project
    project: String,
}

/// A project and a new name.
#[derive(Args, Debug)]
pub struct Copy {
    /// Name or id of the project
    project: String,
    /// The new name
    name: String,
}

/// A project to end for good.
#[derive(Args, Debug)]
pub struct Purge {
    /// Name or id of the project
    project: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Project {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.execute(desk).await,
            Self::Create(create) => create.execute(desk).await,
            Self::Show(Named { project }) => show(desk, &project).await,
            Self::Share(share) => share.execute(desk).await,
            Self::Unshare(unshare) => unshare.execute(desk).await,
            Self::Copy(copy) => copy.copy(desk).await,
            Self::Rename(copy) => copy.rename(desk).await,
            Self::Delete(Named { project }) => {
                let (client, info) = desk.project(&project).await?;
                let empty = ask!(client, project.delete_project(ProjectRequest { project: info.id }))?;
                let name = info.name;
                told(
                    desk,
                    &empty,
                    &format!("{name} is in the trash; `opentwin project restore {name}` takes it out"),
                )
            }
            Self::Restore(Named { project }) => {
                let client = desk.client()?;
                let found = desk::deleted(&client, &project).await?;
                let info = ask!(client, project.restore_project(ProjectRequest { project: found.id }))?;
                told(desk, &info, &format!("restored {}", info.name))
            }
            Self::Purge(Purge { project, yes }) => {
                let client = desk.client()?;
                let found = desk::deleted(&client, &project).await?;
                prompt::confirm(yes, &format!("ending the project {} with all its versions", found.name))?;
                let empty = ask!(client, project.purge_project(ProjectRequest { project: found.id }))?;
                told(desk, &empty, &format!("{} is no more", found.name))
            }
            Self::Export(export) => export.execute(desk).await,
            Self::Import(import) => import.execute(desk).await,
        }
    }
}

fn told<M: prost::Message + prost::Name>(desk: &Desk<'_>, message: &M, line: &str) -> Result<(), Failure> {
    desk.out.answer(message, || desk.out.line(&text::clean(line)))
}

impl List {
    async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let request = ListProjectsRequest { deleted: self.deleted };
        let reply = ask!(desk.client()?, project.list_projects(request))?;
        desk.out.answer(&reply, || {
            let columns = &[
                ("project", Left),
                ("owner", Left),
                ("right", Left),
                ("entities", Right),
                ("changed", Left),
                ("tags", Left),
                ("description", Left),
            ];
            let rows = reply.projects.iter().map(|p| {
                let trash = if p.deleted_ms == 0 { "" } else { " (in the trash)" };
                vec![
                    format!("{}{trash}", p.name),
                    p.owner.clone(),
                    text::right(p.right()).to_owned(),
                    p.entities.to_string(),
                    text::time(p.changed_ms),
                    p.tags.join(", "),
                    p.description.clone(),
                ]
            });
            desk.out.table(columns, rows, "no projects; `opentwin apply FILE` makes one")
        })
    }
}

impl Create {
    async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let Self { name, description, tags } = self;
        let request = CreateProjectRequest { name, description, tags };
        let info = ask_once!(desk.client()?, project.create_project(request))?;
        told(desk, &info, &format!("created {}", info.name))
    }
}

impl Copy {
    async fn copy(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = CopyProjectRequest { project: info.id, name: self.name };
        let copy = ask_once!(client, project.copy_project(request))?;
        told(desk, &copy, &format!("{} is a copy of {}", copy.name, info.name))
    }

    async fn rename(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = UpdateProjectRequest { project: info.id, name: Some(self.name), ..Default::default() };
        let renamed = ask!(client, project.update_project(request))?;
        told(desk, &renamed, &format!("{} is now {}", info.name, renamed.name))
    }
}

async fn show(desk: &Desk<'_>, name: &str) -> Result<(), Failure> {
    let (client, info) = desk.project(name).await?;
    let shares = ask!(client, authorization.list_shares(ProjectRequest { project: info.id.clone() }));
    desk.out.answer(&info, || {
        facts(desk, &info)?;
        match &shares {
            Ok(reply) => desk.out.facts(&[("shared with", sharing::list(&reply.shares))]),
            // Who it is shared with is for its owners to see.
            Err(_) => Ok(()),
        }
    })
}

fn facts(desk: &Desk<'_>, info: &ProjectInfo) -> Result<(), Failure> {
    desk.out.facts(&[
        ("project", info.name.clone()),
        ("id", info.id.clone()),
        ("description", info.description.clone()),
        ("tags", info.tags.join(", ")),
        ("owner", info.owner.clone()),
        ("your right", text::right(info.right()).to_owned()),
        ("entities", info.entities.to_string()),
        ("head", text::short(&info.head).to_owned()),
        ("created", text::time(info.created_ms)),
        ("changed", text::time(info.changed_ms)),
        ("in the trash", text::time(info.deleted_ms)),
    ])
}

/// Nothing to say.
pub(crate) fn done(desk: &Desk<'_>, line: &str) -> Result<(), Failure> {
    told(desk, &Empty {}, line)
}
