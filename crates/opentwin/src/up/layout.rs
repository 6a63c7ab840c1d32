//! The state directory: who uses it, which program wrote it, and the certificates in it.
//!
//! ```text
//! STATE/
//!   version            layout of the directory
//!   lock               held by the `up` that uses it
//!   client.json        where the platform is reached, for `opentwin login --state`
//!   pki/root.pem .key  the site's authority
//!   pki/<role>.pem .key  certificates of this start
//!   <role>/            what a service keeps
//!   <role>.toml        configuration of a service, where there is one
//! ```

use std::fs::File;
use std::path::{Path, PathBuf};

use api::{Code, Failure};
use base::identity::{Identity, Role};
use pki::{Algorithm, Authority, Host, Key, Request, Validity};

use super::Options;

/// Layout that this program writes.
const VERSION: u32 = 1;

/// Hours that a service's first certificate is good; it renews it at half of that.
const CERTIFICATE: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// An opened state directory.
pub struct Layout {
    root: PathBuf,
    authority: Authority,
    _lock: File,
}

impl Layout {
    /// Opens the directory, or makes it.
    pub fn open(options: &Options) -> Result<Self, Failure> {
        let root = match &options.state {
            Some(path) => path.clone(),
            None => default_state()?,
        };
        make(&root)?;
        // Absolute, for it is handed to other processes; on Windows without the form that only programs read.
        let root = if cfg!(windows) { std::path::absolute(&root) } else { root.canonicalize() }
            .map_err(|e| io(&root, &e))?;
        let lock = lock(&root)?;
        check_version(&root)?;
        let folder = root.join("pki");
        let authority = if folder.join(pki::ROOT_FILE).exists() {
            Authority::load(&folder).map_err(refused)?
        } else {
            let validity = Validity::days(3650).map_err(refused)?;
            let authority =
                Authority::create(&options.site, Algorithm::default(), validity).map_err(refused)?;
            authority.save(&folder).map_err(refused)?;
            authority
        };
        Ok(Self { root, authority, _lock: lock })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Name of the site.
    pub fn site(&self) -> &str {
        self.authority.site()
    }

    /// Folder of the authority.
    pub fn pki(&self) -> PathBuf {
        self.root.join("pki")
    }

    /// Issues the certificate of a service for this start; gives the paths of certificate and key.
    pub fn certificate(&self, role: &Role, hosts: &[String]) -> Result<(PathBuf, PathBuf), Failure> {
        let identity =
            Identity::new(self.site(), role.clone(), "0").map_err(|e| Code::Config.because(e.to_string()))?;
        let hosts: Vec<Host> = hosts.iter().map(|h| h.parse()).collect::<Result<_, _>>().map_err(refused)?;
        let key = Key::generate(Algorithm::default()).map_err(refused)?;
        let request = key.request(&identity, &hosts).map_err(refused)?;
        let request = Request::parse(request.as_bytes()).map_err(refused)?;
        let validity = Validity::lasting(CERTIFICATE).map_err(refused)?;
        let issued = self.authority.issue(&request, &identity, &hosts, validity).map_err(refused)?;
        let certificate = self.pki().join(format!("{role}.pem"));
        let key_file = self.pki().join(format!("{role}.key"));
        // The key of the start before.
        let _ = std::fs::remove_file(&key_file);
        key.save(&key_file).map_err(refused)?;
        std::fs::write(&certificate, &issued.pem).map_err(|e| io(&certificate, &e))?;
        Ok((certificate, key_file))
    }

    /// The administrator's one-time password, if there is one that has not been shown; it is gone afterwards.
    pub fn take_first_password(&self) -> Option<String> {
        let file = self.root.join("authorization").join("first-password");
        let password = std::fs::read_to_string(&file).ok()?;
        std::fs::remove_file(&file).ok()?;
        Some(password.trim().to_owned())
    }

    /// Writes down where the platform is reached.
    pub fn announce(&self, address: &str) -> Result<(), Failure> {
        let roots = self.pki().join(pki::ROOT_FILE);
        client::LocalSite { address: address.to_owned(), roots }.write(&self.root)
    }
}

fn default_state() -> Result<PathBuf, Failure> {
    let home = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    home("XDG_DATA_HOME")
        .or_else(|| home("HOME").map(|home| home.join(".local/share")))
        .or_else(|| home("LOCALAPPDATA"))
        .map(|data| data.join("opentwin"))
        .ok_or_else(|| runtime::options::missing("state", "where the platform keeps its data"))
}

/// Makes a directory for this user alone.
fn make(path: &Path) -> Result<(), Failure> {
    system::private::create_folder(path).map_err(|e| io(path, &e))
}

/// One `up` at a time: the lock goes with the process, however it ends.
fn lock(root: &Path) -> Result<File, Failure> {
    let path = root.join("lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| io(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Code::Locked
            .because(format!("the state directory {} is used by another `opentwin up`", root.display()))
            .remedy("end that one, or give another directory with --state")),
        Err(std::fs::TryLockError::Error(error)) => Err(io(&path, &error)),
    }
}

fn check_version(root: &Path) -> Result<(), Failure> {
    let path = root.join("version");
    let found = match std::fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse::<u32>()
            .map_err(|_| Code::Corrupt.because(format!("{} does not hold a version", path.display())))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return std::fs::write(&path, format!("{VERSION}\n")).map_err(|e| io(&path, &e));
        }
        Err(e) => return Err(io(&path, &e)),
    };
    if found > VERSION {
        return Err(Code::TooNew.because(format!(
            "the state directory {} was written by a newer program (layout {found}; this one knows {VERSION})",
            root.display()
        )));
    }
    Ok(())
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::StorageFull { Code::DiskFull } else { Code::Io };
    code.because(format!("{}: {error}", path.display()))
}

fn refused(error: pki::Error) -> Failure {
    let code = match &error {
        pki::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
        pki::Error::Io { .. } => Code::Io,
        _ => Code::Certificate,
    };
    code.because(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Only {
        #[command(flatten)]
        options: Options,
    }

    fn options(state: &Path) -> Options {
        Only::parse_from(["up", "--state", state.to_str().unwrap()]).options
    }

    #[test]
    fn a_directory_is_used_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Layout::open(&options(folder.path())).unwrap();
        assert_eq!(Layout::open(&options(folder.path())).err().unwrap().code, Code::Locked);
        drop(first);
        Layout::open(&options(folder.path())).unwrap();
    }

    #[test]
    fn the_state_of_a_newer_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("version"), "99\n").unwrap();
        let failure = Layout::open(&options(folder.path())).err().unwrap();
        assert_eq!(failure.code, Code::TooNew);
        assert!(!folder.path().join("pki").exists());
    }

    #[test]
    fn the_authority_stays_and_keys_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let root = |layout: &Layout| std::fs::read(layout.pki().join(pki::ROOT_FILE)).unwrap();
        let first = Layout::open(&options(folder.path())).unwrap();
        let (_, key) = first.certificate(&Role::Relay, &["127.0.0.1".to_owned()]).unwrap();
        let file = File::open(&key).unwrap();
        assert_eq!(system::private::exposure(&file, system::private::Readers::Owner).unwrap(), None);
        let before = root(&first);
        drop(first);
        assert_eq!(root(&Layout::open(&options(folder.path())).unwrap()), before);
    }
}
