//! Whole projects out and in.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use clap::{Args, ValueEnum};

use super::{beside, told};
use crate::commands::desk::Desk;
use crate::commands::export::Target;
use crate::commands::{follow, text};

/// How a project is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// All versions, results and runs, for `project import`
    Archive,
    /// The inputs of one version, for people and `apply`; files that they name are written beside it
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
                let beside::Text { text, files } = beside::render(&client, &info, &self.at).await?;
                if !files.is_empty() {
                    beside::write(desk, &client, &info, &self.file, &files).await?;
                }
                target.write(text.as_bytes()).await?;
                text.len() as u64
            }
            Form::Archive => {
                let bar = follow::bytes(desk, &info.name);
                let written = client.export_project(&info.id, target.writer(), |n| bar.at(n, None)).await?;
                bar.clear();
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

impl Import {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let size = std::fs::metadata(&self.file).map_err(|e| {
            Code::NotFound
                .because(format!("cannot read {}: {e}", self.file.display()))
                .remedy("check the name of the file")
        })?;
        let bar = follow::bytes(desk, &self.file.display().to_string());
        let (moving, whole) = (bar.clone(), size.len());
        let show = move |sent| moving.at(sent, Some(whole));
        let info = desk.client()?.import_project(&self.file, show).await?;
        bar.clear();
        told(desk, &info, &format!("imported {}", info.name))
    }
}
