//! Computing something.

use std::path::PathBuf;

use api::v1::{ActRequest, EntitiesRequest, ProjectInfo};
use api::{Code, Failure};
use clap::Args;
use client::Client;

use super::desk::{self, Desk};
use super::{export, follow, text, usage};

/// Run a solver, or another action, and follow it to its end
///
/// Whatever it needs and is not up to date is computed first; what is up to date is not computed again. The
/// exit code is that of the run. Ctrl-C stops following; the run goes on.
///
/// `opentwin run NAME` with the name of a service starts that service instead; a project of such a name is meant
/// by `NAME/SOLVER`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin run iris/transient\n  opentwin run iris/transient --detach\n  opentwin run iris/transient --export -o results/\n  opentwin run iris --action modeling.build"
)]
pub struct Run {
    /// Project and solver; the solver may be left out where the project has one
    #[arg(value_name = "PROJECT[/SOLVER]")]
    what: String,
    /// The branch to compute
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    branch: String,
    /// An action instead of the solver's, such as `modeling.build` or `cartesian-mesh.mesh`
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Arguments of the action, as a JSON object
    #[arg(long, value_name = "JSON", requires = "action")]
    arguments: Option<String>,
    /// Do not wait for the end
    #[arg(long, short, conflicts_with = "export")]
    detach: bool,
    /// At the end, write the files that the project requests under `exports`
    #[arg(long)]
    export: bool,
    /// Folder for --export
    #[arg(long, short = 'o', value_name = "DIR", requires = "export")]
    to: Option<PathBuf>,
    /// Ctrl-C ends the run, not only the following
    #[arg(long)]
    cancel_on_interrupt: bool,
}

impl Run {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (name, target) = split(&self.what, self.action.is_some())?;
        if let Some(text) = &self.arguments
            && !serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object())
        {
            return Err(usage("--arguments is no JSON object", "write it as in --arguments '{\"name\": 1}'"));
        }
        let (client, info) = desk.project(&name).await?;
        let target = match (target, &self.action) {
            (Some(target), _) => target,
            (None, Some(_)) => String::new(),
            (None, None) => only_solver(&client, &info, &self.branch).await?,
        };
        let waiting = |place: u32| desk.out.remark(&format!("the site is full: place {place} in the queue"));
        client.open_session(&info.id, waiting).await?;
        let request = ActRequest {
            project: info.id.clone(),
            branch: self.branch.clone(),
            action: self.action.unwrap_or_default(),
            target,
            arguments: self.arguments.unwrap_or_default(),
            ..ActRequest::default()
        };
        let run = client.act(request).await?;
        if self.detach {
            return desk.out.answer(&run, || {
                desk.out.line(&run.id)?;
                desk.out.remark(&format!("`opentwin runs follow {}` comes back to it", run.id));
                Ok(())
            });
        }
        if !desk.out.json() {
            desk.out.remark(&text::clean(&format!("run {}: {}", run.id, follow::what(&run))));
        }
        let ended = follow::follow(desk, &client, &run, self.cancel_on_interrupt).await?;
        if !self.export || desk.out.closed() {
            return Ok(());
        }
        // The very results of this run, whatever was changed meanwhile.
        let version = if ended.result_version.is_empty() { self.branch } else { ended.result_version };
        export::requested(desk, &client, &info, &version, self.to.as_deref()).await
    }
}

/// The project, and the path of what is to be run.
///
/// `PROJECT/SOLVER`, or with the owner before the project where several have that name; a solver's whole path is
/// understood as well. An action is asked of any entity: there all after the project is its path.
fn split(what: &str, action: bool) -> Result<(String, Option<String>), Failure> {
    let parts: Vec<&str> = what.trim_end_matches('/').split('/').collect();
    let own = |project: &str, path: String| Ok((project.to_owned(), Some(path)));
    let wrong =
        || usage(format!("`{what}` is no PROJECT/SOLVER"), "write it as in `opentwin run iris/transient`");
    if parts.iter().any(|part| part.is_empty()) || what.ends_with('/') {
        return Err(wrong());
    }
    match parts.as_slice() {
        [project] => Ok(((*project).to_owned(), None)),
        [project, path @ ..] if action && path.len() > 1 => own(project, path.join("/")),
        [project, solver] | [project, "solvers", solver] => own(project, format!("solvers/{solver}")),
        [owner, project, solver] | [owner, project, "solvers", solver] => {
            own(&format!("{owner}/{project}"), format!("solvers/{solver}"))
        }
        _ => Err(wrong()),
    }
}

async fn only_solver(client: &Client, info: &ProjectInfo, branch: &str) -> Result<String, Failure> {
    let request = EntitiesRequest {
        project: info.id.clone(),
        version: branch.to_owned(),
        kinds: vec![],
        paths: vec!["solvers/**".to_owned()],
    };
    let (_, solvers) = desk::entities(client, request).await?;
    let names: Vec<&str> = solvers.iter().filter_map(|solver| solver.path.strip_prefix("solvers/")).collect();
    let name = &info.name;
    match names.as_slice() {
        [one] => Ok(format!("solvers/{one}")),
        [] => Err(Code::Precondition
            .because(format!("`{name}` has no solver"))
            .remedy("add a `solvers` section to the project file, or name an action with --action")),
        _ => Err(usage(
            format!("`{name}` has several solvers"),
            format!(
                "name the one to run: {}",
                names.iter().map(|s| format!("{name}/{s}")).collect::<Vec<_>>().join(", ")
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_to_run_is_a_project_and_a_solver() {
        let split = |what: &str| split(what, false).ok();
        let is = |project: &str, path: Option<&str>| Some((project.to_owned(), path.map(str::to_owned)));
        assert_eq!(split("iris/transient"), is("iris", Some("solvers/transient")));
        assert_eq!(split("iris/solvers/transient"), is("iris", Some("solvers/transient")));
        assert_eq!(split("ada/iris/transient"), is("ada/iris", Some("solvers/transient")));
        assert_eq!(split("iris"), is("iris", None));
        assert_eq!(split("fit-td/transient"), is("fit-td", Some("solvers/transient")));
        assert_eq!(super::split("iris/geometry/slot", true).ok(), is("iris", Some("geometry/slot")));
        for bad in ["", "/", "iris/", "/transient", "a//b", "a/b/c/d/e"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
