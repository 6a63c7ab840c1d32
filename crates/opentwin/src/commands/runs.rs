//! Runs: listed, shown, followed, cancelled.

use std::collections::HashMap;

use api::v1::{ListRunsRequest, Run, RunState};
use api::{Code, Failure};
use clap::{Args, Subcommand};
use client::{Client, ask};

use super::desk::{self, Desk};
use super::output::Side::Left;
use super::{follow, text, usage};

/// Length of a whole id.
pub(crate) const ID: usize = 36;

/// An id that is cut off is as long as this: fewer letters are a slip, not a choice.
const SHORTEST: usize = 4;

/// Runs that are looked through for the beginning of an id.
const RECENT: u32 = 1000;

/// List runs; show, follow or cancel one
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  opentwin runs iris\n  opentwin runs --active\n  opentwin runs follow 0195e7c2-…"
)]
pub struct Runs {
    #[command(subcommand)]
    command: Option<Command>,
    /// Those of one project [default: all that you may see]
    project: Option<String>,
    /// Only those that have not ended
    #[arg(long)]
    active: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

/// What to do with a run.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show a run
    #[command(after_help = "Example:\n  opentwin runs show 0195e7c2-…")]
    Show(Id),
    /// Follow a run to its end; the exit code is that of the run
    #[command(after_help = "Example:\n  opentwin runs follow 0195e7c2-…")]
    Follow(Id),
    /// Cancel a run; what it computed so far is not kept
    #[command(after_help = "Example:\n  opentwin runs cancel 0195e7c2-…")]
    Cancel(Id),
}

/// A run.
#[derive(Args, Debug)]
pub struct Id {
    /// Id of the run, or its beginning
    id: String,
}

impl Runs {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let client = desk.client()?;
        match self.command {
            None => list(desk, &client, self.project, self.active, self.limit).await,
            Some(Command::Show(Id { id })) => {
                let run = find(&client, &id).await?;
                desk.out.answer(&run, || show(desk, &run))
            }
            Some(Command::Follow(Id { id })) => {
                let run = find(&client, &id).await?;
                follow::follow(desk, &client, &run, false).await.map(drop)
            }
            Some(Command::Cancel(Id { id })) => {
                let run = find(&client, &id).await?;
                if client::ended(&run) {
                    return Err(Code::Precondition
                        .because(format!("the run {} has ended: {}", run.id, text::state(&run)))
                        .remedy("nothing is left to cancel"));
                }
                let run = client.cancel_run(&run).await?;
                desk.out.answer(&run, || desk.out.line(&format!("asked {} to end", run.id)))
            }
        }
    }
}

/// The run of an id, or of a beginning that is unique among recent ones.
pub(crate) async fn find(client: &Client, id: &str) -> Result<Run, Failure> {
    if id.len() >= ID {
        return client.run(id).await;
    }
    if id.len() < SHORTEST {
        return Err(usage(
            format!("`{id}` is too short for the id of a run"),
            format!("write {SHORTEST} letters of it at least; `opentwin runs` lists them"),
        ));
    }
    let request = ListRunsRequest { limit: RECENT, ..Default::default() };
    let runs = ask!(client, project.list_runs(request))?.runs;
    let mut found = runs.into_iter().filter(|run| run.id.starts_with(id));
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run),
        (Some(_), Some(_)) => Err(Code::Invalid
            .because(format!("several runs begin with `{id}`"))
            .remedy("write more of the id; `opentwin runs` lists them")),
        (None, _) => Err(Code::NotFound
            .because(format!("no run begins with `{id}`"))
            .remedy("`opentwin runs` lists them")),
    }
}

async fn list(
    desk: &Desk<'_>,
    client: &Client,
    project: Option<String>,
    active: bool,
    limit: u32,
) -> Result<(), Failure> {
    let mut names = HashMap::new();
    let mut id = String::new();
    if let Some(name) = project {
        let info = desk::project(client, &name).await?;
        id.clone_from(&info.id);
        names.insert(info.id, info.name);
    } else if !desk.out.json() {
        names = desk::names(client).await?;
    }
    let request = ListRunsRequest { project: id, active, limit, session: String::new() };
    let reply = ask!(client, project.list_runs(request))?;
    desk.out.answer(&reply, || {
        let columns = &[
            ("run", Left),
            ("project", Left),
            ("what", Left),
            ("state", Left),
            ("user", Left),
            ("started", Left),
            ("took", Left),
        ];
        let rows = reply.runs.iter().map(|run| {
            let name = names.get(&run.project).unwrap_or(&run.project);
            vec![
                run.id.clone(),
                name.clone(),
                follow::what(run),
                text::state(run),
                run.user.clone(),
                text::time(run.started_ms),
                took(run),
            ]
        });
        desk.out.table(columns, rows, "no runs")
    })
}

fn took(run: &Run) -> String {
    match (run.started_ms, run.ended_ms) {
        (0, _) | (_, 0) => String::new(),
        (started, ended) => text::duration((ended - started) as f64 / 1000.0),
    }
}

fn show(desk: &Desk<'_>, run: &Run) -> Result<(), Failure> {
    let failure = run.failure.clone().map(Failure::from);
    let left = match run.state() {
        RunState::Running if run.eta_s >= 0.0 => text::duration(run.eta_s),
        _ => String::new(),
    };
    desk.out.facts(&[
        ("run", run.id.clone()),
        ("what", follow::what(run)),
        ("state", text::state(run)),
        ("step", run.step.clone()),
        ("left", left),
        ("project", run.project.clone()),
        ("branch", run.branch.clone()),
        ("version", text::short(&run.version).to_owned()),
        ("results in", text::short(&run.result_version).to_owned()),
        ("user", run.user.clone()),
        ("host", run.local_session.clone()),
        ("created", text::time(run.created_ms)),
        ("started", text::time(run.started_ms)),
        ("ended", text::time(run.ended_ms)),
        ("took", took(run)),
        (
            "checkpoints",
            if run.checkpoints.is_empty() { String::new() } else { run.checkpoints.len().to_string() },
        ),
        ("restarts", if run.restarts == 0 { String::new() } else { run.restarts.to_string() }),
        (
            "error",
            failure.as_ref().map_or_else(String::new, |f| format!("{} ({})", f.message, f.code.row().name)),
        ),
        ("what to do", failure.as_ref().map_or_else(String::new, |f| f.what_to_do().to_owned())),
    ])?;
    run.warnings.iter().try_for_each(|warning| desk.out.line(&text::clean(&format!("warning: {warning}"))))
}
