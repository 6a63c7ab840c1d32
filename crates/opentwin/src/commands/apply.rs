//! A project made, or brought up to date, from its file.

mod files;
mod plan;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use api::v1::{
    CommitRequest, CreateProjectRequest, EntitiesRequest, Entity, ProjectInfo, UpdateProjectRequest, Version,
};
use api::{Code, Failure};
use clap::Args;
use client::{Client, ask, ask_once};
use declare::{Document, Kinds};
use serde_json::{Value, json};

use super::desk::{self, Desk};
use super::{changes, kinds, text};
use files::Files;
pub(crate) use files::blob_of;
use plan::Plan;

/// Create or update a project from a project file
///
/// What the file declares is added or changed; inputs that are no longer in the file are removed; results stay.
/// All changes make one version. Applying the same file again changes nothing.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin apply iris.yaml\n  opentwin apply iris.yaml --dry-run\n  opentwin apply iris.yaml --project iris-test --branch narrow-slot --message 'narrower slot'"
)]
pub struct Apply {
    /// The project file; `-` for standard input
    file: PathBuf,
    /// Name of the project, instead of the one in the file
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// The branch to change
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    branch: String,
    /// What the new version is for
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Apply {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let source = read(&self.file)?;
        let client = desk.client()?;
        let kinds = kinds::of_site(&client).await?;
        let document = self.parse(desk, &source, &kinds)?;
        let files = Files::read(&document, self.folder())?;
        let name = self.project.clone().unwrap_or_else(|| document.project.clone());
        let known = match desk::project(&client, &name).await {
            Ok(info) => Some(info),
            Err(failure) if failure.code == Code::NotFound => None,
            Err(failure) => return Err(failure),
        };
        let (base, head) = self.head(&client, known.as_ref()).await?;
        let plan = Plan::of(&document, &files, &head, &kinds.inputs)?;
        if self.dry_run {
            return self.tell(desk, &name, known.is_none(), &plan, None);
        }
        let (info, new) = match known {
            Some(info) => (self.describe(&client, info, &document).await?, false),
            None => (create(&client, &name, &document).await?, true),
        };
        let version = match plan.is_empty() {
            true => None,
            false => {
                files.upload(desk, &client, &info, &head).await?;
                Some(self.commit(&client, &info, &plan, base).await?)
            }
        };
        self.tell(desk, &info.name, new, &plan, version.as_ref())
    }

    fn folder(&self) -> &Path {
        self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn parse(&self, desk: &Desk<'_>, source: &str, kinds: &Kinds) -> Result<Document, Failure> {
        let shown = if self.file == Path::new("-") {
            "standard input".into()
        } else {
            self.file.display().to_string()
        };
        declare::parse(source, &shown, kinds).map_err(|errors| {
            if !desk.out.json() {
                for error in &errors {
                    told(&format!("{error:#}\n"));
                }
            }
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            let message = match errors.len() {
                1 if desk.out.json() => first,
                count => format!("{shown} has {}", text::count(count, "problem", "problems")),
            };
            Code::Invalid
                .because(message)
                .remedy("correct the places above; `opentwin schema` and the documentation of the project file say what may stand there")
                .places(errors.iter().map(ToString::to_string))
        })
    }

    /// The version that is changed, and what is in it.
    async fn head(
        &self,
        client: &Client,
        known: Option<&ProjectInfo>,
    ) -> Result<(String, Vec<Entity>), Failure> {
        match known {
            Some(info) => {
                let request = EntitiesRequest {
                    project: info.id.clone(),
                    version: self.branch.clone(),
                    ..Default::default()
                };
                desk::entities(client, request).await
            }
            None => Ok(Default::default()),
        }
    }

    /// Takes the description over where the file has one.
    async fn describe(
        &self,
        client: &Client,
        info: ProjectInfo,
        document: &Document,
    ) -> Result<ProjectInfo, Failure> {
        if document.description.is_empty()
            || document.description == info.description
            || self.branch != "main"
        {
            return Ok(info);
        }
        let request = UpdateProjectRequest {
            project: info.id,
            description: Some(document.description.clone()),
            ..Default::default()
        };
        ask!(client, project.update_project(request))
    }

    async fn commit(
        &self,
        client: &Client,
        info: &ProjectInfo,
        plan: &Plan,
        base: String,
    ) -> Result<Version, Failure> {
        let file = self.file.file_name().unwrap_or(self.file.as_os_str());
        let request = CommitRequest {
            project: info.id.clone(),
            branch: self.branch.clone(),
            base,
            message: self.message.clone().unwrap_or_else(|| format!("apply {}", file.display())),
            put: plan.put(),
            delete: plan.removed.iter().map(|entity| entity.path.clone()).collect(),
            fence: 0,
        };
        // The same changes once more make no second version.
        ask!(client, project.commit(request))
    }

    fn tell(
        &self,
        desk: &Desk<'_>,
        name: &str,
        new: bool,
        plan: &Plan,
        version: Option<&Version>,
    ) -> Result<(), Failure> {
        let paths = |entities: &[Entity]| entities.iter().map(|e| e.path.clone()).collect::<Vec<_>>();
        if desk.out.json() {
            let changed: Vec<&str> = plan.changed.iter().map(|(_, after)| after.path.as_str()).collect();
            return desk.out.value(&json!({
                "project": name,
                "created": new,
                "branch": self.branch,
                "dryRun": self.dry_run,
                "version": version.map_or(Value::Null, |version| json!(version.id)),
                "added": paths(&plan.added),
                "changed": changed,
                "removed": paths(&plan.removed),
                "unchanged": plan.unchanged,
            }));
        }
        let line = |mark: char, entity: &Entity| {
            desk.out.line(&text::clean(&format!("{mark} {}  {}", entity.path, entity.kind)))
        };
        plan.added.iter().try_for_each(|entity| line('+', entity))?;
        for (before, after) in &plan.changed {
            line('~', after)?;
            changes::within(before, after)?
                .iter()
                .try_for_each(|within| desk.out.line(&format!("    {within}")))?;
        }
        plan.removed.iter().try_for_each(|entity| line('-', entity))?;
        desk.out.line(&text::clean(&self.sentence(name, new, plan, version)))
    }

    fn sentence(&self, name: &str, new: bool, plan: &Plan, version: Option<&Version>) -> String {
        let counts = format!(
            "{} added, {} changed, {} removed",
            plan.added.len(),
            plan.changed.len(),
            plan.removed.len()
        );
        let project = if new { format!("{name} (new)") } else { name.to_owned() };
        match version {
            _ if self.dry_run && plan.is_empty() => format!("{project}: nothing would change"),
            _ if self.dry_run => format!("{project}: {counts}, if it were applied"),
            None => format!("{project}: unchanged"),
            Some(version) => {
                format!("{project}: {counts}; version {} on {}", text::short(&version.id), self.branch)
            }
        }
    }
}

async fn create(client: &Client, name: &str, document: &Document) -> Result<ProjectInfo, Failure> {
    let request = CreateProjectRequest {
        name: name.to_owned(),
        description: document.description.clone(),
        tags: vec![],
    };
    ask_once!(client, project.create_project(request))
}

/// Errors go to standard error as they are: their marks stand under places of the line above.
fn told(text: &str) {
    use std::io::Write as _;
    let safe: String =
        text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
    let _ = std::io::stderr().lock().write_all(safe.as_bytes());
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let unreadable = |e: std::io::Error| {
        let code = if e.kind() == std::io::ErrorKind::NotFound { Code::NotFound } else { Code::Io };
        code.because(format!("cannot read {shown}: {e}"))
            .remedy("check the name of the file and your rights on it")
    };
    let mut bytes = Vec::new();
    // One byte more than is read, to tell a file that is too large.
    let limit = declare::MAX_BYTES as u64 + 1;
    match path == Path::new("-") {
        true => std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?,
        false => std::fs::File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(unreadable)?,
    };
    if bytes.len() > declare::MAX_BYTES {
        return Err(Code::TooLarge
            .because(format!("{shown} is larger than {}", text::size(declare::MAX_BYTES as u64)))
            .remedy("put large geometry into STEP or STL files and import them"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Code::Invalid
            .because(format!("{shown} is no UTF-8 text (byte {at})"))
            .remedy("save the file as UTF-8")
    })
}
