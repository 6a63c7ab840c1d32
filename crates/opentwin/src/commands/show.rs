//! What is in a project.

use api::v1::{EntitiesRequest, Entity};
use api::{Code, Failure};
use clap::Args;
use serde_json::{Value, json};

use super::desk::{self, Desk};
use super::output::Side::Left;
use super::stale::Stale;
use super::{page, text};

/// Show the entities of a project, or one with its properties
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin show iris\n  opentwin show iris geometry\n  opentwin show iris results/transient/s-parameters --at main~1"
)]
pub struct Show {
    /// Name or id of the project
    project: String,
    /// Path of an entity, or the beginning of several
    path: Option<String>,
    /// The version to look at
    #[arg(long, value_name = "VERSION", default_value = "main")]
    at: String,
}

impl Show {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        if info.head.is_empty() && self.at == "main" {
            return match desk.out.json() {
                true => desk.out.value(&json!({"version": "", "entities": []})),
                false => desk.out.line("the project is empty; `opentwin apply FILE` fills it"),
            };
        }
        let path = self.path.as_deref().map(|path| path.trim_matches('/'));
        let paths = path.map_or_else(Vec::new, |path| vec![path.to_owned(), format!("{path}/**")]);
        let request = EntitiesRequest { project: info.id.clone(), version: self.at, kinds: vec![], paths };
        let (version, mut entities) = desk::entities(&client, request).await?;
        entities.sort_by(|a, b| a.path.cmp(&b.path));
        let result = |entity: &&Entity| desk::properties(entity).is_ok_and(|p| p["inputs"].is_string());
        let shown = entities.iter().filter(result).map(|entity| entity.path.as_str()).chain(path);
        // What cannot be told is not marked; what is there is shown all the same.
        let stale =
            Stale::among(&client, &info.id, &version, shown, &entities).await.unwrap_or_else(|failure| {
                desk.out.remark(&format!("what is stale cannot be told now: {failure}"));
                Stale::default()
            });
        if desk.out.json() {
            let all = entities.iter().map(|e| value(e, &stale)).collect::<Result<Vec<_>, _>>()?;
            return desk.out.value(&json!({"version": version, "entities": all}));
        }
        match (path, entities.as_slice()) {
            (Some(path), []) => Err(Code::NotFound
                .because(format!("`{path}` is not in this version of `{}`", info.name))
                .remedy(format!("`opentwin show {}` lists what there is", info.name))),
            (Some(path), [only]) if only.path == path => one(desk, only, &stale),
            _ => list(desk, &entities, &stale),
        }
    }
}

/// An entity with its properties as JSON rather than as text.
fn value(entity: &Entity, stale: &Stale) -> Result<Value, Failure> {
    let mut value = api::json::to_value(entity)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("properties".to_owned(), desk::properties(entity)?);
        object.insert("stale".to_owned(), stale.holds(&entity.path).into());
    }
    Ok(value)
}

fn mark(entity: &Entity, stale: &Stale) -> String {
    if stale.holds(&entity.path) { "stale".to_owned() } else { String::new() }
}

fn list(desk: &Desk<'_>, entities: &[Entity], stale: &Stale) -> Result<(), Failure> {
    let rows = entities.iter().map(|entity| {
        let properties = desk::properties(entity).unwrap_or_default();
        let formats: Vec<&str> = entity.blobs.keys().map(String::as_str).collect();
        let properties = text::brief(&properties);
        vec![entity.path.clone(), mark(entity, stale), entity.kind.clone(), properties, formats.join(", ")]
    });
    let columns = &[("path", Left), ("", Left), ("kind", Left), ("properties", Left), ("formats", Left)];
    desk.out.table(columns, rows, "nothing")
}

fn one(desk: &Desk<'_>, entity: &Entity, stale: &Stale) -> Result<(), Failure> {
    let formats: Vec<&str> = entity.blobs.keys().map(String::as_str).collect();
    desk.out.facts(&[
        ("path", entity.path.clone()),
        ("kind", entity.kind.clone()),
        ("id", entity.id.clone()),
        ("state", mark(entity, stale)),
        ("formats", formats.join(", ")),
    ])?;
    match page::page(&desk::properties(entity)?) {
        page if page.is_empty() => Ok(()),
        page => desk.out.line(&format!("\n{page}")),
    }
}
