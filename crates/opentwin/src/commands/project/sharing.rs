//! Who may do what in a project.

use api::Failure;
use api::v1::{self, ShareRequest, share, share_request::Subject};
use clap::{Args, ValueEnum};
use client::ask;

use crate::commands::desk::Desk;
use crate::commands::text;

/// What somebody may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Right {
    /// Look, export
    Viewer,
    /// Change, run
    Editor,
    /// Share, delete
    Owner,
}

/// Whom it is about.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Whom {
    /// Name of a user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Name of a group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

impl Whom {
    fn subject(self) -> Option<Subject> {
        self.user.map(Subject::User).or(self.group.map(Subject::Group))
    }
}

/// A right to give.
#[derive(Args, Debug)]
pub struct Share {
    /// Name or id of the project
    project: String,
    #[command(flatten)]
    whom: Whom,
    /// What they may do
    #[arg(long, value_enum, default_value = "viewer")]
    right: Right,
}

/// A right to take away.
#[derive(Args, Debug)]
pub struct Unshare {
    /// Name or id of the project
    project: String,
    #[command(flatten)]
    whom: Whom,
}

impl Share {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let right = match self.right {
            Right::Viewer => v1::Right::Viewer,
            Right::Editor => v1::Right::Editor,
            Right::Owner => v1::Right::Owner,
        };
        set(desk, &self.project, self.whom, right).await
    }
}

impl Unshare {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        set(desk, &self.project, self.whom, v1::Right::None).await
    }
}

async fn set(desk: &Desk<'_>, project: &str, whom: Whom, right: v1::Right) -> Result<(), Failure> {
    let (client, info) = desk.project(project).await?;
    let subject = whom.subject();
    let who = match &subject {
        Some(Subject::User(name)) => name.clone(),
        Some(Subject::Group(name)) => format!("group {name}"),
        None => String::new(),
    };
    ask!(client, authorization.share(ShareRequest { project: info.id, subject, right: right.into() }))?;
    super::done(
        desk,
        &match right {
            v1::Right::None => format!("{who} has no right of its own on {} any more", info.name),
            right => format!("{who} is {} of {}", text::right(right), info.name),
        },
    )
}

/// Shares on one line.
pub(crate) fn list(shares: &[v1::Share]) -> String {
    let one = |share: &v1::Share| {
        let who = match &share.subject {
            Some(share::Subject::User(name)) => name.clone(),
            Some(share::Subject::Group(name)) => format!("group {name}"),
            None => String::new(),
        };
        format!("{who} ({})", text::right(share.right()))
    };
    shares.iter().map(one).collect::<Vec<_>>().join(", ")
}
