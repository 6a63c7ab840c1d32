//! Whole projects out and in.

use std::path::{Path, PathBuf};

use api::v1::{EntitiesRequest, ProjectInfo};
use api::{Code, Failure};
use clap::{Args, ValueEnum};
use client::Client;
use declare::{Declared, Document};

use super::told;
use crate::commands::desk::{self, Desk};
use crate::commands::export::Target;
use crate::commands::{follow, kinds, text};

/// How a project is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// All versions, results and runs, for `project import`
    Archive,
    /// The inputs of one version, for people and `apply`
    Yaml,
}

/// A project to write.
#[derive(Args, Debug)]
pub struct Export {
    /// Name or id of the project
    project: String,
    /// File to write; `-` for standard output
    file: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value = "archive")]
    format: Form,
    /// With `--format yaml`: the version to write
    #[arg(long, value_name = "VERSION", default_value = "main")]
    at: String,
}

/// An archive to read.
#[derive(Args, Debug)]
pub struct Import {
    /// Archive that `project export` wrote
    file: PathBuf,
}

impl Export {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let mut target = Target::open(&self.file)?;
        let written = match self.format {
            Form::Yaml => {
                let text = render(desk, &client, &info, &self.at).await?;
                target.write(text.as_bytes()).await?;
                text.len() as u64
            }
            Form::Archive => {
                let bar = follow::bytes(desk, &info.name);
                let written =
                    client.export_project(&info.id, target.writer(), |n| bar.set_position(n)).await?;
                bar.finish_and_clear();
                written
            }
        };
        target.finish().await?;
        if self.file == Path::new("-") {
            return Ok(());
        }
        told(desk, &info, &format!("{}: {}", self.file.display(), text::size(written)))
    }
}

async fn render(desk: &Desk<'_>, client: &Client, info: &ProjectInfo, at: &str) -> Result<String, Failure> {
    let kinds = kinds::of_site(client).await?;
    let request = EntitiesRequest { project: info.id.clone(), version: at.to_owned(), ..Default::default() };
    let (_, entities) = match info.head.is_empty() {
        true => (String::new(), Vec::new()),
        false => desk::entities(client, request).await?,
    };
    let mut document =
        Document { project: info.name.clone(), description: info.description.clone(), ..Document::default() };
    for (order, entity) in entities.iter().enumerate() {
        if !entity.blobs.is_empty() && kinds.iter().any(|kind| kind.kind == entity.kind) {
            desk.out.remark(&format!(
                "`{}` needs a file beside this one: `opentwin export {} {}` writes it",
                entity.path, info.name, entity.path
            ));
        }
        document.entities.push(Declared {
            kind: entity.kind.clone(),
            path: entity.path.clone(),
            properties: desk::properties(entity)?,
            order,
        });
    }
    Ok(declare::render(&document, &kinds))
}

impl Import {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let size = std::fs::metadata(&self.file).map_err(|e| {
            Code::NotFound
                .because(format!("cannot read {}: {e}", self.file.display()))
                .remedy("check the name of the file")
        })?;
        let bar = follow::bytes(desk, &self.file.display().to_string());
        bar.set_length(size.len());
        let moving = bar.clone();
        let info = desk.client()?.import_project(&self.file, move |sent| moving.set_position(sent)).await?;
        bar.finish_and_clear();
        told(desk, &info, &format!("imported {}", info.name))
    }
}
