//! Taking back and tidying up.

use api::Failure;
use api::v1::{BranchRequest, PruneReply, PruneRequest, RevertRequest, Version};
use clap::Args;
use client::{ask, ask_once};

use super::desk::Desk;
use super::versions::made;
use super::{prompt, text};

/// Make a version that takes back what one version changed, or that has an older version's content
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  opentwin revert iris 4f2a91\n  opentwin revert iris as-built --restore")]
pub struct Revert {
    /// Name or id of the project
    project: String,
    /// The version: a tag, a hash or its beginning, a branch with ~n
    #[arg(value_name = "VERSION")]
    of: String,
    /// Go back to the whole content of that version, rather than take its own change back
    #[arg(long)]
    restore: bool,
    /// The branch that gets the new version
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    branch: String,
}

impl Revert {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = RevertRequest { project: info.id, branch: self.branch, version: self.of.clone() };
        let version = match self.restore {
            true => ask_once!(client, project.restore_version(request))?,
            false => ask_once!(client, project.revert(request))?,
        };
        let what = if self.restore { "went back to" } else { "took back" };
        made(desk, &version, &format!("{what} {}", self.of))
    }
}

/// Take your last change of a branch back
///
/// What runs have computed since stays, and so do the changes of others. Where others have changed the same since, nothing
/// is undone.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin undo iris")]
pub struct Undo {
    /// Name or id of the project
    project: String,
    /// The branch
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    branch: String,
}

impl Undo {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = BranchRequest { project: info.id, branch: self.branch };
        moved(desk, &ask_once!(client, project.undo(request))?, "undone")
    }
}

/// Do again what your last `undo` took back
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin redo iris")]
pub struct Redo {
    /// Name or id of the project
    project: String,
    /// The branch
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    branch: String,
}

impl Redo {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = BranchRequest { project: info.id, branch: self.branch };
        moved(desk, &ask_once!(client, project.redo(request))?, "redone")
    }
}

/// Tells where a branch stands after it was moved along its versions.
fn moved(desk: &Desk<'_>, version: &Version, what: &str) -> Result<(), Failure> {
    desk.out.answer(version, || {
        let line = format!("{what}: now at version {} ({})", text::short(&version.id), version.message);
        desk.out.line(&text::clean(&line))
    })
}

/// Free the space of old versions
///
/// The heads of branches, tags, and whatever was written within the last hour stay. Old versions stay in the list; their
/// content is gone.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin prune iris --keep 20 --yes")]
pub struct Prune {
    /// Name or id of the project
    project: String,
    /// Versions to keep from each branch's head backwards
    #[arg(long, value_name = "N")]
    keep: u32,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Prune {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        prompt::confirm(self.yes, &format!("pruning {} to {} versions a branch", info.name, self.keep))?;
        let reply = ask!(client, project.prune(PruneRequest { project: info.id, keep: self.keep }))?;
        desk.out.answer(&reply, || {
            let PruneReply { versions, objects, blobs, bytes, grace_s } = reply;
            desk.out.line(&format!(
                "freed {versions} abandoned lines of versions, {objects} objects and {blobs} blobs: {}",
                text::size(bytes)
            ))?;
            let grace = text::duration(f64::from(grace_s));
            desk.out.remark(&format!("what was written within the last {grace} stays for now"));
            Ok(())
        })
    }
}
