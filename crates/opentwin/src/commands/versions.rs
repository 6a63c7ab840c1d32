//! The history of a project.

use api::Failure;
use api::v1::{Version, VersionsRequest};
use clap::Args;
use client::ask;

use super::desk::Desk;
use super::output::Side::Left;
use super::text;

/// List the versions of a project, newest first
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin versions iris --limit 5")]
pub struct Versions {
    /// Name or id of the project
    project: String,
    /// Where to begin: a branch, a tag or a hash [default: all branches]
    #[arg(long, value_name = "VERSION", default_value = "")]
    from: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

impl Versions {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = VersionsRequest { project: info.id, from: self.from, limit: self.limit };
        let reply = ask!(client, project.versions(request))?;
        desk.out.answer(&reply, || {
            let columns =
                &[("version", Left), ("time", Left), ("author", Left), ("refs", Left), ("message", Left)];
            desk.out.table(columns, reply.versions.iter().map(row), "no versions yet")
        })
    }
}

fn row(version: &Version) -> Vec<String> {
    let merged = if version.parents.len() > 1 { " (merge)" } else { "" };
    vec![
        text::short(&version.id).to_owned(),
        text::time(version.time_ms),
        version.author.clone(),
        version.refs.join(", "),
        format!("{}{merged}", version.message),
    ]
}

/// Tells the version that a command made, or that it made none.
pub(crate) fn made(desk: &Desk<'_>, version: &Version, what: &str) -> Result<(), Failure> {
    desk.out.answer(version, || {
        let id = text::short(&version.id);
        match version.created {
            true => desk.out.line(&text::clean(&format!("{what}: version {id}"))),
            false => desk.out.line(&text::clean(&format!("{what}: nothing changed, version {id} stands"))),
        }
    })
}
