//! The site, its sessions, and the service instances of one.

use std::collections::HashMap;

use api::Failure;
use api::v1::{Empty, Instance, InstancesReply, LocalSessionInfo, Session, SessionRequest};
use clap::{Args, Subcommand};
use client::{Client, ask};

use super::desk::{self, Desk};
use super::output::Side::{Left, Right};
use super::project::done;
use super::text;

/// Show the site: its version, hosts and their load
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin site")]
pub struct Site {}

impl Site {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, out) = (desk.client()?, &desk.out);
        let site = ask!(client, global_session.get_site(Empty {}))?;
        out.answer(&site, || {
            out.facts(&[
                ("site", site.name.clone()),
                ("version", site.version.clone()),
                ("address", client.address().to_owned()),
                ("sessions", site.sessions.to_string()),
            ])?;
            out.line("")?;
            let columns = &[
                ("host", Left),
                ("slots", Right),
                ("queued", Right),
                ("load", Right),
                ("cores", Right),
                ("memory", Right),
                ("system", Left),
                ("services", Left),
            ];
            out.table(columns, site.local_sessions.iter().map(host), "no host runs sessions at present")?;
            for host in &site.local_sessions {
                for (service, why) in &host.troubles {
                    out.line(&format!("{} does not offer {service}: {why}", host.instance))?;
                }
            }
            Ok(())
        })
    }
}

fn host(host: &LocalSessionInfo) -> Vec<String> {
    let draining = if host.draining { " (draining)" } else { "" };
    vec![
        format!("{}{draining}", host.instance),
        format!("{}/{}", host.used_slots, host.slots),
        host.queued.to_string(),
        text::percent(host.load),
        host.cores.to_string(),
        text::size(host.memory_bytes),
        format!("{} {}", host.os, host.arch),
        host.services.join(", "),
    ]
}

/// List the open sessions, or close one
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  opentwin sessions\n  opentwin sessions close 0195e7c2-…"
)]
pub struct Sessions {
    #[command(subcommand)]
    command: Option<SessionsCommand>,
}

/// What to do with a session.
#[derive(Subcommand, Debug)]
pub enum SessionsCommand {
    /// Close a session; its services end, its results stay
    #[command(after_help = "Example:\n  opentwin sessions close 0195e7c2-…")]
    Close {
        /// Id of the session, or name of its project
        session: String,
    },
}

impl Sessions {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let client = desk.client()?;
        let reply = ask!(client, global_session.list_sessions(Empty {}))?;
        if let Some(SessionsCommand::Close { session }) = self.command {
            // A project is named by its id in a session.
            let known = reply.sessions.iter().any(|open| open.id == session);
            let id = match known {
                true => session,
                false => match of_project(&client, &session, &reply.sessions).await? {
                    Some(found) => found.id,
                    None => return done(desk, "the project has no open session"),
                },
            };
            ask!(client, global_session.close_session(SessionRequest { session: id.clone() }))?;
            return done(desk, &format!("closed {id}"));
        }
        let names = if desk.out.json() { HashMap::new() } else { desk::names(&client).await? };
        desk.out.answer(&reply, || {
            let columns = &[
                ("session", Left),
                ("project", Left),
                ("host", Left),
                ("runs", Right),
                ("opened by", Left),
                ("opened", Left),
                ("last used", Left),
            ];
            let rows = reply.sessions.iter().map(|open| {
                let waiting = format!("waiting ({})", open.queue_position);
                vec![
                    open.id.clone(),
                    names.get(&open.project).unwrap_or(&open.project).clone(),
                    if open.queue_position > 0 { waiting } else { open.local_session.clone() },
                    open.active_runs.to_string(),
                    open.opened_by.clone(),
                    text::time(open.opened_ms),
                    text::time(open.last_used_ms),
                ]
            });
            desk.out.table(columns, rows, "no open sessions")
        })
    }
}

async fn of_project(
    client: &Client,
    project: &str,
    sessions: &[Session],
) -> Result<Option<Session>, Failure> {
    let info = desk::project(client, project).await?;
    Ok(sessions.iter().find(|open| open.project == info.id).cloned())
}

/// Show the service processes of a project's session
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin instances iris")]
pub struct Instances {
    /// Name or id of the project
    project: String,
}

impl Instances {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        // Only to look: no session is opened for it.
        let sessions = ask!(client, global_session.list_sessions(Empty {}))?.sessions;
        let open = sessions.into_iter().find(|open| open.project == info.id && open.queue_position == 0);
        let reply = match open {
            None => InstancesReply::default(),
            Some(open) => {
                let request = || client::request(SessionRequest { session: open.id.clone() });
                let service = client.local_session(&open.id)?;
                client
                    .again(|| {
                        let (mut service, request) = (service.clone(), request());
                        async move { service.instances(request).await }
                    })
                    .await?
            }
        };
        desk.out.answer(&reply, || {
            let columns = &[
                ("service", Left),
                ("state", Left),
                ("handle", Left),
                ("restarts", Right),
                ("started", Left),
                ("last words", Left),
            ];
            desk.out.table(columns, reply.instances.iter().map(instance), "no services run for this project")
        })
    }
}

fn instance(instance: &Instance) -> Vec<String> {
    let state = match instance.exit_code {
        0 => instance.state.clone(),
        code => format!("{} ({code})", instance.state),
    };
    vec![
        instance.service.clone(),
        state,
        instance.handle.clone(),
        instance.restarts.to_string(),
        text::time(instance.started_ms),
        instance.last_words.clone(),
    ]
}
