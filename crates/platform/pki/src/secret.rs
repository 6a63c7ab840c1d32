//! Files that hold keys and certificates: written once and durably, read with bounds, and refused when
//! others could have read a key.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use crate::Error;

/// An RSA 4096 key is 3.3 kB and a chain of sixteen certificates about 40 kB.
const MAX_FILE: u64 = 256 * 1024;

/// Makes a folder that only its owner can enter; one that is there already is taken as it is.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(Error::io("create", path))
}

/// Writes a new file for all to read. Never overwrites.
pub(crate) fn write_public(path: &Path, text: &str) -> Result<(), Error> {
    write_new(path, text, 0o644)
}

/// Writes a new file for its owner alone. Never overwrites.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    write_new(path, text, 0o600)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(Error::io("create", path))?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::io("write", path));
    if written.is_err() {
        // A half-written file would block the next attempt; it is ours, since it was created above.
        let _ = std::fs::remove_file(path);
        return written;
    }
    sync_folder(path)
}

/// A new file is durable when its folder is.
fn sync_folder(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(Error::io("write", parent))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Reads a certificate file: at most 256 KiB of text.
pub fn read_public(path: &Path) -> Result<String, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    read_bounded(path, file)
}

/// Reads a key file; refused when others than owner and group can reach it or the group can change it.
/// The group may read: that is how orchestrators hand secrets to a process that is not root.
pub(crate) fn read_secret(path: &Path) -> Result<String, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Asked of the open file, so that it cannot be exchanged in between.
        let mode = file.metadata().map_err(Error::io("read", path))?.permissions().mode() & 0o7777;
        if mode & 0o027 != 0 {
            return Err(Error::Exposed { path: path.to_owned(), mode });
        }
    }
    read_bounded(path, file)
}

fn read_bounded(path: &Path, file: File) -> Result<String, Error> {
    let mut text = String::new();
    let read = file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(Error::io("read", path))?;
    if read as u64 > MAX_FILE {
        return Err(Error::TooLarge { path: path.to_owned(), limit: MAX_FILE });
    }
    Ok(text)
}
