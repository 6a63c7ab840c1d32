//! The files beside a project file, whose bytes belong to the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use api::v1::{Entity, ProjectInfo};
use api::{Code, Failure};
use client::Client;
use declare::{Document, FileReference};

use crate::commands::desk::Desk;
use crate::commands::follow;

/// The blob of the one file of an entity.
const FILE: &str = "file";

/// The files that entities name, with their hashes.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Entity's path and blob's name to the file.
    files: BTreeMap<(String, String), File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    hash: String,
    size: u64,
}

impl Files {
    /// Reads all files that a document names, relative to its folder. The parser has seen to it that names do
    /// not lead out of it.
    pub(crate) fn read(document: &Document, folder: &Path) -> Result<Self, Failure> {
        let mut files = BTreeMap::new();
        for reference in &document.files {
            let path = folder.join(&reference.file);
            let (hash, size) = client::hash_file(&path).map_err(|failure| {
                let place = format!("line {}, `{}`", reference.line, reference.entity);
                let code = if failure.code == Code::NotFound { Code::Invalid } else { failure.code };
                code.because(format!("{place}: {}", failure.message))
                    .remedy("put the file beside the project file, or correct its name there")
                    .places([reference.entity.clone()])
            })?;
            let name = blob_of(document, reference);
            files.insert((reference.entity.clone(), name), File { path, hash, size });
        }
        Ok(Self { files })
    }

    /// The blobs of an entity.
    pub(crate) fn blobs(&self, entity: &str) -> BTreeMap<String, String> {
        let own = self.files.iter().filter(|((path, _), _)| path == entity);
        own.map(|((_, name), file)| (name.clone(), file.hash.clone())).collect()
    }

    /// Uploads those that the project does not have yet.
    pub(crate) async fn upload(
        &self,
        desk: &Desk<'_>,
        client: &Client,
        info: &ProjectInfo,
        head: &[Entity],
    ) -> Result<(), Failure> {
        let mut there: Vec<&str> = head.iter().flat_map(|e| e.blobs.values().map(String::as_str)).collect();
        for file in self.files.values() {
            if there.contains(&file.hash.as_str()) {
                continue;
            }
            let bar = follow::bytes(desk, &file.path.display().to_string());
            let (moving, whole) = (bar.clone(), file.size);
            let show = move |sent| moving.at(sent, Some(whole));
            let sent = client.upload(&info.id, &file.path, show).await?;
            bar.clear();
            if sent.hash != file.hash {
                return Err(Code::Busy
                    .because(format!("{} was changed while it was read", file.path.display()))
                    .remedy("apply the project file again"));
            }
            there.push(&file.hash);
        }
        Ok(())
    }
}

/// The blob that holds a file: of several files of one entity it is named for the property, as in `faces.0.file`.
pub(crate) fn blob_of(document: &Document, reference: &FileReference) -> String {
    match document.files.iter().filter(|other| other.entity == reference.entity).count() {
        1 => FILE.to_owned(),
        _ => reference.pointer.trim_start_matches('/').replace('/', "."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reference(entity: &str, pointer: &str, file: &str) -> FileReference {
        FileReference {
            entity: entity.into(),
            pointer: pointer.into(),
            file: file.into(),
            line: 3,
            column: 1,
        }
    }

    #[test]
    fn files_become_blobs_by_their_hash() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.step"), "a").unwrap();
        std::fs::write(folder.path().join("b.step"), "b").unwrap();
        let document = Document {
            files: vec![
                reference("geometry/one", "/path", "a.step"),
                reference("geometry/two", "/parts/0", "a.step"),
                reference("geometry/two", "/parts/1", "b.step"),
            ],
            ..Document::default()
        };
        let files = Files::read(&document, folder.path()).unwrap();
        let hash = |name: &str| client::hash_file(&folder.path().join(name)).unwrap().0;
        assert_eq!(files.blobs("geometry/one"), BTreeMap::from([("file".to_owned(), hash("a.step"))]));
        let two =
            BTreeMap::from([("parts.0".to_owned(), hash("a.step")), ("parts.1".to_owned(), hash("b.step"))]);
        assert_eq!(files.blobs("geometry/two"), two);
        assert!(files.blobs("geometry/three").is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_told_with_its_place() {
        let document =
            Document { files: vec![reference("geometry/one", "/file", "gone.step")], ..Document::default() };
        let failure = Files::read(&document, Path::new("/nowhere")).unwrap_err();
        assert_eq!(failure.code, Code::Invalid);
        assert!(failure.message.contains("line 3") && failure.message.contains("gone.step"), "{failure}");
    }
}
