//! Small files for this user alone, written whole or not at all.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use api::{Code, Failure};
use system::private::{self, Readers};

/// Far more than any of them holds.
const LARGEST: u64 = 64 * 1024;

/// Writes a file for this user alone in place of what may be there, durably.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let new = path.with_extension("new");
    let failed = |e: std::io::Error| Code::Io.because(format!("cannot write {}: {e}", path.display()));
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    let mut file = private::create_file(&new).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    drop(file);
    system::durable::rename(&new, path).map_err(failed)
}

/// Reads a file, if it is there; refused where others could read it.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |e: std::io::Error| Code::Io.because(format!("cannot read {}: {e}", path.display()));
    let file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    if let Some(exposure) = private::exposure(&file, Readers::Owner).map_err(failed)? {
        return Err(Code::Config.because(format!("others can read {} ({exposure})", path.display())).remedy(
            format!(
                "delete it if it may have been read, so that a new one is made; else {}",
                exposure.remedy(path)
            ),
        ));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        assert!(read(&path).unwrap().is_none());
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(read(&path).unwrap_err().code, Code::Config);
        }
    }
}
