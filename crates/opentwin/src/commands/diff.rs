//! What differs between two versions.

use api::Failure;
use api::v1::{Change, DiffRequest};
use clap::Args;
use client::ask;

use super::desk::Desk;
use super::{changes, text};

/// Show what differs between two versions
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin diff iris main~1\n  opentwin diff iris main narrow-slot\n\nA version is a branch, a tag, a hash or its beginning (4 digits or more), each with ~n for its n-th ancestor."
)]
pub struct Diff {
    /// Name or id of the project
    project: String,
    /// The version from which
    from: String,
    /// The version to which
    #[arg(default_value = "main")]
    to: String,
}

impl Diff {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let request = DiffRequest { project: info.id, from: self.from, to: self.to };
        let reply = ask!(client, project.diff(request))?;
        desk.out.answer(&reply, || {
            if reply.changes.is_empty() {
                return desk.out.line("the two are the same");
            }
            reply.changes.iter().try_for_each(|change| tell(desk, change))
        })
    }
}

/// One change as lines: `+` added, `~` changed with what changed in it, `-` removed.
pub(crate) fn tell(desk: &Desk<'_>, change: &Change) -> Result<(), Failure> {
    let line = |mark: char, entity: &api::v1::Entity| {
        desk.out.line(&text::clean(&format!("{mark} {}  {}", entity.path, entity.kind)))
    };
    match (&change.before, &change.after) {
        (None, Some(after)) => line('+', after),
        (Some(before), None) => line('-', before),
        (Some(before), Some(after)) => {
            line('~', after)?;
            changes::within(before, after)?
                .iter()
                .try_for_each(|within| desk.out.line(&format!("    {within}")))
        }
        (None, None) => Ok(()),
    }
}
