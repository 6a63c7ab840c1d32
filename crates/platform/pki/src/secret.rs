//! Files that hold keys and certificates: written once and durably, read with bounds, and refused when
//! others could have read a key.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use system::private::{Readers, exposure};

use crate::Error;

/// An RSA 4096 key is 3.3 kB and a chain of sixteen certificates about 40 kB.
const MAX_FILE: u64 = 256 * 1024;

/// Makes a folder that only its owner can enter; one that is there already is taken as it is.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    system::private::create_folder(path).map_err(Error::io("create", path))
}

/// Writes a new file for all to read. Never overwrites.
pub(crate) fn write_public(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    write_new(path, text, options.open(path))
}

/// Writes a new file for its owner alone. Never overwrites.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    write_new(path, text, system::private::create_file(path))
}

fn write_new(path: &Path, text: &str, file: std::io::Result<File>) -> Result<(), Error> {
    let mut file = file.map_err(Error::io("create", path))?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::io("write", path));
    if written.is_err() {
        // A half-written file would block the next attempt; it is ours, since it was created above.
        let _ = std::fs::remove_file(path);
        return written;
    }
    system::durable::settle(path).map_err(Error::io("write", path))
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
    let exposure = exposure(&file, Readers::OwnerAndGroup).map_err(Error::io("read", path))?;
    if let Some(exposure) = exposure {
        return Err(Error::Exposed { path: path.to_owned(), exposure });
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
