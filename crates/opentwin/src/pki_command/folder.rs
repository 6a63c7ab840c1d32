//! Authority and certificates in folders, as volumes of containers or the disk of a host hold them.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use pki::Authority;

use super::prepare::Files;
use super::refused;

/// Where they are kept.
pub(super) struct Folder {
    /// Folder of the authority.
    pub(super) authority: PathBuf,
    /// Folder of the certificates, one folder each.
    pub(super) certificates: PathBuf,
    /// Whom files are given to.
    pub(super) owner: Option<u32>,
}

impl Folder {
    /// The authority that is there, else the one that `make` makes.
    pub(super) fn authority(
        &self,
        make: impl FnOnce() -> Result<Authority, Failure>,
    ) -> Result<Authority, Failure> {
        if self.authority.join(pki::ROOT_FILE).exists() {
            return Authority::load(&self.authority).map_err(refused);
        }
        let authority = make()?;
        authority.save(&self.authority).map_err(refused)?;
        self.give(&self.authority)?;
        self.give(&self.authority.join(pki::ROOT_FILE))?;
        self.give(&self.authority.join(pki::KEY_FILE))?;
        Ok(authority)
    }

    /// The certificate of a service, if all its files are there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Files>, Failure> {
        let folder = self.certificates.join(name);
        let read = |file: &str| match std::fs::read_to_string(folder.join(file)) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io(&folder.join(file), &e)),
        };
        Ok(match (read("tls.crt")?, read("tls.key")?, read("ca.crt")?) {
            (Some(certificate), Some(key), Some(roots)) => Some(Files { certificate, key, roots }),
            _ => None,
        })
    }

    /// Writes the files of a service. A failure in between leaves files that do not fit together, which the next
    /// attempt sees and replaces.
    pub(super) fn write(&self, name: &str, files: &Files) -> Result<(), Failure> {
        let folder = self.certificates.join(name);
        system::private::create_folder(&folder).map_err(|e| io(&folder, &e))?;
        self.give(&folder)?;
        let files = [
            ("tls.key", &files.key, true),
            ("tls.crt", &files.certificate, false),
            ("ca.crt", &files.roots, false),
        ];
        for (file, text, secret) in files {
            let path = folder.join(file);
            replace(&path, text, secret)?;
            self.give(&path)?;
        }
        Ok(())
    }

    fn give(&self, path: &Path) -> Result<(), Failure> {
        #[cfg(unix)]
        if let Some(owner) = self.owner {
            std::os::unix::fs::chown(path, Some(owner), Some(owner)).map_err(|e| io(path, &e))?;
        }
        #[cfg(not(unix))]
        if self.owner.is_some() {
            return Err(Code::Usage
                .because(format!("{} cannot be given to a user id on this system", path.display())));
        }
        Ok(())
    }
}

/// Writes a file in place of what may be there, whole or not at all.
fn replace(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let new = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&new, &e)),
        _ => {}
    }
    let mut file = if secret { system::private::create_file(&new) } else { create_public(&new) }
        .map_err(|e| io(&new, &e))?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|e| io(&new, &e))?;
    drop(file);
    system::durable::rename(&new, path).map_err(|e| io(path, &e))
}

fn create_public(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Code::Io.because(format!("{}: {error}", path.display()))
}
