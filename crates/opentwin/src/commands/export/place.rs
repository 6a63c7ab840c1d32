//! Where an exported file goes: its name, and that it stays in the folder that was chosen.

use std::path::{Component, Path, PathBuf};

use api::v1::Entity;
use api::{Code, Failure};

/// A name made from path and format: `results/transient/s-parameters` as `touchstone` with two ports is
/// `transient-s-parameters.s2p`.
pub(crate) fn default_name(entity: &Entity, format: &str) -> String {
    let stem = entity.path.strip_prefix("results/").unwrap_or(&entity.path).replace('/', "-");
    let extension = match format {
        // Its extension tells the number of ports.
        "touchstone" => format!("s{}p", ports(entity)),
        "touchstone2" => "ts".to_owned(),
        "series" => "json".to_owned(),
        "mesh" | "grid" => "bin".to_owned(),
        other => other.to_owned(),
    };
    format!("{stem}.{extension}")
}

fn ports(entity: &Entity) -> usize {
    let properties: serde_json::Value = serde_json::from_str(&entity.properties).unwrap_or_default();
    properties.get("ports").and_then(|ports| ports.as_array()).map_or(1, Vec::len).max(1)
}

/// The path of `name` in a folder that was chosen, with the folders between made.
pub(crate) fn inside(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = checked(folder, name)?;
    let parent = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(parent).map_err(|e| {
        Code::Io
            .because(format!("cannot make the folder {}: {e}", parent.display()))
            .remedy("check the folder and your rights on it")
    })?;
    Ok(path)
}

/// The same with nothing made. A name that would lead out of the folder, by itself or through a link, is refused, and one
/// that is hidden (`.bashrc`, `.ssh/…`): names come from projects, which others write too.
pub(crate) fn checked(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| {
        Code::Invalid
            .because(format!("`{name}` cannot be written into {}: {why}", folder.display()))
            .remedy("correct `file` in the project; a single export goes where you say: `opentwin export PROJECT PATH -o FILE`")
    };
    let parts = Path::new(name).components().filter(|part| *part != Component::CurDir);
    let parts: Vec<Component<'_>> = parts.collect();
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if parts.is_empty() || !parts.iter().all(plain) || name.contains(['\0', '\\']) || name.ends_with('/') {
        return Err(refuse("it has to be a relative file name without `..`"));
    }
    if parts.iter().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
        return Err(refuse("names that begin with `.` are hidden, and those of programs' settings"));
    }
    let mut path = folder.to_owned();
    for (index, part) in parts.iter().enumerate() {
        path.push(part);
        let last = index + 1 == parts.len();
        match std::fs::symlink_metadata(&path) {
            Ok(found) if last && found.is_dir() => return Err(refuse("there is a folder of that name")),
            // A link at the file's own place is replaced, not followed.
            Ok(_) if last => {}
            Ok(found) if found.is_symlink() => return Err(refuse("it leads through a link")),
            Ok(found) if !found.is_dir() => return Err(refuse("it leads through a file")),
            // What is not there leads nowhere.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(path)
}

/// The path of `name` in a folder that nobody chose for exports. What lies there may be anybody's, and names come from
/// projects, which others write too: only what came from the project, whose content is `known` there, is replaced.
pub(crate) async fn unasked(
    folder: &Path,
    name: &str,
    known: impl AsyncFnOnce(String) -> Result<bool, Failure>,
) -> Result<PathBuf, Failure> {
    let file = inside(folder, name)?;
    let Ok(there) = std::fs::symlink_metadata(&file) else { return Ok(file) };
    if there.is_file() && known(client::hash_file(&file)?.0).await? {
        return Ok(file);
    }
    Err(Code::Exists
        .because(format!("{} is there already, and was not exported from this project", file.display()))
        .remedy("move it away, or choose the folder: with `-o DIR` (`-o .` too) files of the same names are replaced"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_named_by_what_they_hold() {
        let entity = |path: &str| Entity {
            path: path.into(),
            properties: r#"{"ports": ["1", "2", "3"]}"#.into(),
            ..Entity::default()
        };
        let s = entity("results/transient/s-parameters");
        assert_eq!(default_name(&s, "touchstone"), "transient-s-parameters.s3p");
        assert_eq!(default_name(&s, "touchstone2"), "transient-s-parameters.ts");
        assert_eq!(default_name(&entity("model"), "step"), "model.step");
        assert_eq!(default_name(&Entity { path: "x".into(), ..Entity::default() }, "touchstone"), "x.s1p");
    }

    #[test]
    fn nothing_is_written_outside_of_the_folder() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("out");
        for good in ["a.s2p", "sub/dir/a.s2p", "./a"] {
            let path = inside(&folder, good).unwrap();
            assert!(path.starts_with(&folder), "{}", path.display());
        }
        for bad in [
            "",
            ".",
            "..",
            "../a",
            "a/../../b",
            "/etc/passwd",
            "a/",
            "a\\b",
            "a\0b",
            "sub",
            ".bashrc",
            "a/.b",
            ".ssh/id",
            "./.a",
        ] {
            assert_eq!(inside(&folder, bad).unwrap_err().code, Code::Invalid, "{bad:?}");
        }
        assert!(checked(&folder, "not/made").is_ok() && !folder.join("not").exists());
        std::fs::write(folder.join("file"), "x").unwrap();
        assert!(inside(&folder, "file/a").is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(base.path(), folder.join("link")).unwrap();
            assert!(inside(&folder, "link/a").is_err());
            // The link itself is replaced.
            assert!(inside(&folder, "sub/link").is_ok());
        }
    }

    #[tokio::test]
    async fn in_a_folder_that_nobody_chose_only_what_came_from_the_project_is_replaced() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path();
        let file = folder.join("earlier");
        std::fs::write(&file, "exported").unwrap();
        let (exported, _) = client::hash_file(&file).unwrap();
        let ask = async |name: &str| {
            let known = async |hash: String| Ok(hash == exported);
            unasked(folder, name, known).await.map_err(|failure| failure.code)
        };
        assert_eq!(ask("new.s2p").await, Ok(folder.join("new.s2p")));
        std::fs::write(folder.join("new.s2p"), "exported").unwrap();
        assert_eq!(ask("new.s2p").await, Ok(folder.join("new.s2p")));
        std::fs::write(folder.join("Makefile"), "all:").unwrap();
        assert_eq!(ask("Makefile").await, Err(Code::Exists));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.join("new.s2p"), folder.join("link")).unwrap();
            assert_eq!(ask("link").await, Err(Code::Exists));
        }
        assert_eq!(ask(".profile").await, Err(Code::Invalid));
    }
}
