//! Writing that outlasts a loss of power.

use std::fs::File;
use std::io;
use std::path::Path;

/// Gives a written and synced file another name, in place of what has that name; afterwards that lasts.
///
/// # Errors
/// What the system says; the old file is there then.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    settle(to)
}

/// Makes the entry of a file or folder in the folder above it last.
///
/// On Unix the folder above is synced. On Windows the file itself is: its names stand in the journal of the volume,
/// and syncing it writes that journal up to its last change; an entry of a folder goes with the next file in it.
///
/// # Errors
/// What the system says.
pub fn settle(path: &Path) -> io::Result<()> {
    if cfg!(windows) {
        if path.is_dir() {
            return Ok(());
        }
        return File::options().write(true).open(path)?.sync_all();
    }
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(above) => File::open(above)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old"));
        std::fs::write(&new, "2").unwrap();
        std::fs::write(&old, "1").unwrap();
        // Also while that is read. Windows does so since its version 10, but Wine 8, under which its tests run, denies it.
        #[cfg(unix)]
        let _reader = File::open(&old).unwrap();
        rename(&new, &old).unwrap();
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "2");
        assert!(!new.exists());
        settle(folder.path()).unwrap();
        assert!(rename(&new, &old).is_err());
    }
}
