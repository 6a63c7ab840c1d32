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

/// The path of `name` in a folder, with the folders between made. A name that would lead out of the folder,
/// by itself or through a link, is refused: names come from projects, which others write too.
pub(crate) fn inside(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| {
        Code::Invalid
            .because(format!("`{name}` cannot be written into {}: {why}", folder.display()))
            .remedy("correct `file` of the export, or choose the file yourself with `opentwin export PROJECT PATH -o FILE`")
    };
    let broken = |path: &Path, e: std::io::Error| {
        Code::Io
            .because(format!("cannot make the folder {}: {e}", path.display()))
            .remedy("check the folder and your rights on it")
    };
    let parts = Path::new(name).components().filter(|part| *part != Component::CurDir);
    let parts: Vec<Component<'_>> = parts.collect();
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if parts.is_empty() || !parts.iter().all(plain) || name.contains(['\0', '\\']) || name.ends_with('/') {
        return Err(refuse("it has to be a relative file name without `..`"));
    }
    std::fs::create_dir_all(folder).map_err(|e| broken(folder, e))?;
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
            Ok(_) => {}
            Err(_) if last => {}
            Err(_) => std::fs::create_dir(&path).map_err(|e| broken(&path, e))?,
        }
    }
    Ok(path)
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
        for bad in ["", ".", "..", "../a", "a/../../b", "/etc/passwd", "a/", "a\\b", "a\0b", "sub"] {
            assert_eq!(inside(&folder, bad).unwrap_err().code, Code::Invalid, "{bad:?}");
        }
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
}
