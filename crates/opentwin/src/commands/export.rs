//! Results and geometry as files in the formats of the field.

pub(crate) mod place;
mod target;

use std::path::{Path, PathBuf};

use api::v1::{EntitiesRequest, Entity, GetBlobRequest, ProjectInfo};
use api::{Code, Failure};
use base::common::Export as Request;
use clap::Args;
use client::Client;
use serde_json::json;

use super::desk::{self, Desk};
use super::stale::Stale;
use super::{follow, text, usage};
pub(crate) use target::Target;

/// Write results or geometry of a project to files
///
/// With a path: one format of that entity, such as the Touchstone file of S-parameters. Without: all that the
/// project requests under `exports`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin export iris -o results/\n  opentwin export iris results/transient/s-parameters --format touchstone\n  opentwin export iris model --format step -o - > iris.step"
)]
pub struct Export {
    /// Name or id of the project
    project: String,
    /// Path of the entity, such as `results/transient/s-parameters`
    path: Option<String>,
    /// Which of its formats [default: the only one that it has]
    #[arg(long, value_name = "FORMAT", requires = "path")]
    format: Option<String>,
    /// File to write (`-`: standard output), or folder (existing, or ending in `/`); files of the same names are replaced
    /// [default: the current folder, where only earlier exports of the project are replaced]
    #[arg(long, short = 'o', value_name = "FILE|DIR")]
    to: Option<PathBuf>,
    /// The version to take them from
    #[arg(long, value_name = "VERSION", default_value = "main")]
    at: String,
}

/// One file that was written.
struct Written {
    file: PathBuf,
    of: String,
    format: String,
    bytes: u64,
}

impl Export {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        match &self.path {
            Some(path) => self.one(desk, &client, &info, path).await,
            None => requested(desk, &client, &info, &self.at, self.to.as_deref()).await,
        }
    }

    async fn one(
        &self,
        desk: &Desk<'_>,
        client: &Client,
        info: &ProjectInfo,
        path: &str,
    ) -> Result<(), Failure> {
        let entity = at(client, info, &self.at, &[path.to_owned()]).await?.into_iter().next();
        let entity = entity.ok_or_else(|| absent(info, path))?;
        let (format, hash) = blob(&entity, self.format.as_deref())?;
        let file = match &self.to {
            None => unasked(client, info, &place::default_name(&entity, &format)).await?,
            Some(file) if is_folder(file) => place::inside(file, &place::default_name(&entity, &format))?,
            Some(file) => file.clone(),
        };
        let bytes = fetch(desk, client, info, &hash, &file).await?;
        let stale = stale_among(desk, client, info, &self.at, [path]).await;
        if file == Path::new("-") {
            return Ok(());
        }
        tell(desk, &[Written { file, of: path.to_owned(), format, bytes }], &stale)
    }
}

/// Warns of results that were computed before their inputs changed: their numbers are not those of the project.
async fn stale_among(
    desk: &Desk<'_>,
    client: &Client,
    info: &ProjectInfo,
    version: &str,
    paths: impl IntoIterator<Item = &str>,
) -> Stale {
    let stale = match Stale::among(client, &info.id, version, paths, &[]).await {
        Ok(stale) => stale,
        Err(failure) => {
            desk.out.remark(&format!("whether this is up to date cannot be told now: {failure}"));
            Stale::default()
        }
    };
    for path in stale.results() {
        desk.out
            .warn(&format!("`{path}` is stale: its inputs have changed since it was computed; run it again"));
    }
    stale
}

fn is_folder(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]) || path.is_dir()
}

/// Writes all that a version requests under `exports` into a folder, and never outside of it; into the current one where
/// none was chosen.
pub(crate) async fn requested(
    desk: &Desk<'_>,
    client: &Client,
    info: &ProjectInfo,
    version: &str,
    folder: Option<&Path>,
) -> Result<(), Failure> {
    let asked = at(client, info, version, &["exports/**".to_owned()]).await?;
    if asked.is_empty() {
        return Err(Code::NotFound.because(format!("`{}` requests no exports", info.name)).remedy(
            "add an `exports` section to the project file, or name an entity: `opentwin export PROJECT PATH`",
        ));
    }
    let requests = asked.iter().map(request).collect::<Result<Vec<_>, _>>()?;
    let paths: Vec<String> = requests.iter().map(|request| request.of.clone()).collect();
    let entities = at(client, info, version, &paths).await?;
    let (mut written, mut missing) = (Vec::new(), Vec::new());
    for Request { of, format, file } in requests {
        let Some(entity) = entities.iter().find(|entity| entity.path == of) else {
            missing.push(of);
            continue;
        };
        let (format, hash) = blob(entity, Some(&format))?;
        let name = file.unwrap_or_else(|| place::default_name(entity, &format));
        let file = match folder {
            Some(folder) => place::inside(folder, &name)?,
            None => unasked(client, info, &name).await?,
        };
        let bytes = fetch(desk, client, info, &hash, &file).await?;
        written.push(Written { file, of, format, bytes });
    }
    let stale = stale_among(desk, client, info, version, written.iter().map(|w| w.of.as_str())).await;
    tell(desk, &written, &stale)?;
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(absent(info, first).places(missing.clone())),
    }
}

/// The path of `name` in the current folder, which nobody chose for exports.
async fn unasked(client: &Client, info: &ProjectInfo, name: &str) -> Result<PathBuf, Failure> {
    let known = async |hash| {
        let asked = GetBlobRequest { project: info.id.clone(), hash, length: 1, ..GetBlobRequest::default() };
        match client.project().get_blob(asked).await.map_err(Failure::from) {
            Ok(_) => Ok(true),
            Err(failure) if failure.code == Code::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    };
    place::unasked(Path::new(""), name, known).await
}

fn request(entity: &Entity) -> Result<Request, Failure> {
    serde_json::from_value(desk::properties(entity)?)
        .map_err(|e| Code::Invalid.because(format!("`{}` is no request for a file: {e}", entity.path)))
}

fn absent(info: &ProjectInfo, path: &str) -> Failure {
    let remedy = match path.starts_with("results/") || path == "model" || path.starts_with("model/") {
        true => format!(
            "compute it first, with `opentwin run {0}/SOLVER`; `opentwin show {0} results` lists what there is",
            info.name
        ),
        false => format!("`opentwin show {}` lists what there is", info.name),
    };
    Code::NotFound.because(format!("`{path}` is not in `{}`", info.name)).remedy(remedy)
}

async fn at(
    client: &Client,
    info: &ProjectInfo,
    version: &str,
    paths: &[String],
) -> Result<Vec<Entity>, Failure> {
    let request = EntitiesRequest {
        project: info.id.clone(),
        version: version.to_owned(),
        kinds: vec![],
        paths: paths.to_vec(),
    };
    Ok(desk::entities(client, request).await?.1)
}

/// The format's name and hash.
fn blob(entity: &Entity, format: Option<&str>) -> Result<(String, String), Failure> {
    let all: Vec<&str> = entity.blobs.keys().map(String::as_str).collect();
    let path = &entity.path;
    let remedy = format!("it has {}", all.join(", "));
    match (format, all.as_slice()) {
        (_, []) => Err(Code::Invalid
            .because(format!("`{path}` has nothing that could be a file"))
            .remedy("`opentwin show PROJECT` lists which entities have formats")),
        (None, [only]) => Ok(((*only).to_owned(), entity.blobs.get(*only).cloned().unwrap_or_default())),
        (None, _) => Err(usage(format!("`{path}` has several formats"), format!("give --format: {remedy}"))),
        (Some(format), _) => match entity.blobs.get(format) {
            Some(hash) => Ok((format.to_owned(), hash.clone())),
            None if format.starts_with("touchstone") && entity.blobs.contains_key("series") => {
                let why = "Touchstone needs every port driven, and its version 1.1 one impedance for all";
                Err(Code::NotFound.because(format!("`{path}` has no `{format}`: {why}")).remedy(remedy))
            }
            None => Err(Code::NotFound.because(format!("`{path}` has no format `{format}`")).remedy(remedy)),
        },
    }
}

async fn fetch(
    desk: &Desk<'_>,
    client: &Client,
    info: &ProjectInfo,
    hash: &str,
    file: &Path,
) -> Result<u64, Failure> {
    let mut target = Target::open(file)?;
    let bar = follow::bytes(desk, &file.display().to_string());
    let bytes = client.download(&info.id, hash, target.writer(), |n, whole| bar.at(n, whole)).await?;
    bar.clear();
    target.finish().await?;
    Ok(bytes)
}

fn tell(desk: &Desk<'_>, written: &[Written], stale: &Stale) -> Result<(), Failure> {
    if desk.out.json() {
        let files = written.iter().map(|w| {
            let file = w.file.display().to_string();
            json!({"file": file, "of": w.of, "format": w.format, "bytes": w.bytes, "stale": stale.holds(&w.of)})
        });
        return desk.out.value(&json!({"files": files.collect::<Vec<_>>()}));
    }
    written.iter().try_for_each(|w| {
        let line = format!("{}  ({} as {}, {})", w.file.display(), w.of, w.format, text::size(w.bytes));
        desk.out.line(&text::clean(&line))
    })
}
