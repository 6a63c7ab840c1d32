//! A project as text, with the files that it names written beside it.

use std::collections::BTreeMap;
use std::path::Path;

use api::v1::{EntitiesRequest, ProjectInfo};
use api::{Code, Failure};
use client::Client;
use declare::{Declared, Document, Kinds};
use serde_json::Value;

use crate::commands::apply::blob_of;
use crate::commands::desk::{self, Desk};
use crate::commands::export::{Target, place};
use crate::commands::{follow, kinds};

/// A project file and what lies beside it.
pub(super) struct Text {
    pub(super) text: String,
    /// Names relative to the project file, with the hashes of the bytes.
    pub(super) files: BTreeMap<String, String>,
}

/// Renders a version of a project.
pub(super) async fn render(client: &Client, info: &ProjectInfo, at: &str) -> Result<Text, Failure> {
    let kinds = kinds::of_site(client).await?;
    let request = EntitiesRequest { project: info.id.clone(), version: at.to_owned(), ..Default::default() };
    let (_, entities) = match info.head.is_empty() {
        true => (String::new(), Vec::new()),
        false => desk::entities(client, request).await?,
    };
    let mut document =
        Document { project: info.name.clone(), description: info.description.clone(), ..Document::default() };
    let mut blobs = BTreeMap::new();
    for (order, entity) in entities.iter().enumerate() {
        if !entity.blobs.is_empty() && kinds.inputs.iter().any(|kind| kind.kind == entity.kind) {
            blobs.insert(entity.path.clone(), &entity.blobs);
        }
        document.entities.push(Declared {
            kind: entity.kind.clone(),
            path: entity.path.clone(),
            properties: desk::properties(entity)?,
            order,
        });
    }
    let files = match blobs.is_empty() {
        true => BTreeMap::new(),
        false => name_files(&mut document, &kinds, |entity, blob| blobs.get(entity)?.get(blob).cloned())?,
    };
    Ok(Text { text: declare::render(&document, &kinds.inputs), files })
}

/// The files that a document names, by name; where one name stands for different bytes, the later ones get names of
/// their own.
fn name_files(
    document: &mut Document,
    kinds: &Kinds,
    hash_of: impl Fn(&str, &str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let text = declare::render(document, &kinds.inputs);
    // Read back, since only the reader knows which properties name files, and refuses names that lead elsewhere.
    // Nobody asks here whether the project is finished.
    let read = declare::parse_draft(&text, "the project", kinds).map_err(|errors| {
        let why = errors.first().map_or_else(String::new, ToString::to_string);
        Code::Invalid
            .because(format!("the files of this project cannot be placed, for it has a mistake: {why}"))
            .remedy("correct it first, or export the archive")
    })?;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for reference in &read.files {
        let blob = blob_of(&read, reference);
        let hash = hash_of(&reference.entity, &blob).ok_or_else(|| {
            Code::Corrupt
                .because(format!("`{}` names {}, which it does not have", reference.entity, reference.file))
        })?;
        let name = free_name(&files, &reference.file, &hash);
        if name != reference.file {
            let entity = document.entities.iter_mut().find(|entity| entity.path == reference.entity);
            if let Some(value) = entity.and_then(|entity| entity.properties.pointer_mut(&reference.pointer)) {
                *value = Value::String(name.clone());
            }
        }
        files.insert(name, hash);
    }
    Ok(files)
}

fn free_name(files: &BTreeMap<String, String>, wanted: &str, hash: &str) -> String {
    let free = |name: &str| files.get(name).is_none_or(|taken| taken == hash);
    let (stem, extension) = match wanted.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => (stem, format!(".{extension}")),
        _ => (wanted, String::new()),
    };
    let others = (2..).map(|n| format!("{stem}-{n}{extension}"));
    std::iter::once(wanted.to_owned()).chain(others).find(|name| free(name)).unwrap_or_default()
}

/// Writes the files beside the project file. Those that are there already with the same bytes stay; others are not
/// overwritten.
pub(super) async fn write(
    desk: &Desk<'_>,
    client: &Client,
    info: &ProjectInfo,
    file: &Path,
    files: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    if file == Path::new("-") {
        return Err(Code::Usage
            .because(format!("the project needs files beside it: {}", names.join(", ")))
            .remedy("name a file to write instead of `-`: they are written beside it"));
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut missing: Vec<(&String, &String)> = Vec::new();
    for (name, hash) in files {
        let path = place::checked(folder, name)?;
        match client::hash_file(&path) {
            Ok((there, _)) if there == *hash => {}
            Ok(_) => {
                return Err(Code::Exists
                    .because(format!("{} is there already, with other content", path.display()))
                    .remedy("write the project into another folder, or move that file away"));
            }
            Err(failure) if failure.code == Code::NotFound => missing.push((name, hash)),
            Err(failure) => return Err(failure),
        }
    }
    // Not before it is known that all can be written.
    for (name, hash) in missing {
        let path = place::inside(folder, name)?;
        let mut target = Target::open(&path)?;
        let bar = follow::bytes(desk, &path.display().to_string());
        client.download(&info.id, hash, target.writer(), |n, whole| bar.at(n, whole)).await?;
        bar.clear();
        target.finish().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn part(name: &str, file: &str, order: usize) -> Declared {
        Declared {
            kind: "modeling.import-stl".into(),
            path: format!("geometry/{name}"),
            properties: json!({"file": file}),
            order,
        }
    }

    #[test]
    fn one_name_for_different_bytes_becomes_two() {
        let kinds = kinds::built_in().unwrap();
        let mut document = Document { project: "p".into(), ..Document::default() };
        for (order, (name, file)) in
            [("a", "parts/x.stl"), ("b", "parts/x.stl"), ("c", "parts/x.stl"), ("d", "y")]
                .into_iter()
                .enumerate()
        {
            document.entities.push(part(name, file, order));
        }
        let hash = |entity: &str, blob: &str| {
            assert_eq!(blob, "file");
            Some(if entity == "geometry/b" { "two".to_owned() } else { "one".to_owned() })
        };
        let files = name_files(&mut document, &kinds, hash).unwrap();
        let named: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(named, ["parts/x-2.stl", "parts/x.stl", "y"]);
        assert_eq!(files["parts/x-2.stl"], "two");
        let read = declare::parse(&declare::render(&document, &kinds.inputs), "p", &kinds).unwrap();
        let files: Vec<&str> = read.files.iter().map(|f| f.file.as_str()).collect();
        assert_eq!(files, ["parts/x.stl", "parts/x-2.stl", "parts/x.stl", "y"]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let kinds = kinds::built_in().unwrap();
        for file in ["../x.stl", "/etc/x.stl"] {
            let mut document = Document { project: "p".into(), ..Document::default() };
            document.entities.push(part("a", file, 0));
            let refused = name_files(&mut document, &kinds, |_, _| Some("one".into())).unwrap_err();
            assert_eq!(refused.code, Code::Invalid, "{refused}");
        }
    }
}
