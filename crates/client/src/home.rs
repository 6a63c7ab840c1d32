//! The command line's own folder and the login that it keeps there.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use api::{Code, Failure};
use rpc::TrustRoots;
use serde::{Deserialize, Serialize};
use system::private::{self, Readers};

use crate::failure::{io, transport};

const FILE: &str = "login.json";

/// A login as it is kept between commands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// `host:port` of the site.
    pub address: String,
    /// Root certificates of the site (PEM).
    pub roots: String,
    /// The token that speaks for the user.
    pub token: String,
    /// The user's name.
    pub user: String,
    /// When the login ends at the latest, in ms since 1970.
    #[serde(default)]
    pub expires_ms: i64,
}

impl Login {
    /// The roots, as a channel takes them.
    pub fn trust(&self) -> Result<TrustRoots, Failure> {
        TrustRoots::from_pem(&self.roots).map_err(|e| transport(&e))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({} at {})", self.user, self.address)
    }
}

/// The folder in which the command line keeps its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The folder: the given one, else `$XDG_CONFIG_HOME/opentwin`, else `~/.config/opentwin` (on Windows
    /// `%APPDATA%\opentwin`).
    pub fn find(given: Option<&Path>) -> Result<Self, Failure> {
        Self::of(given, |name| std::env::var_os(name).map(PathBuf::from), std::env::home_dir())
    }

    pub(crate) fn of(
        given: Option<&Path>,
        variable: impl Fn(&str) -> Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        if let Some(given) = given.filter(|path| !path.as_os_str().is_empty()) {
            return Ok(Self(given.to_owned()));
        }
        // A relative path in it is to be ignored, says its specification.
        let base = variable(if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" });
        let base = base.filter(|path| path.is_absolute());
        let base = base.or_else(|| home.filter(|path| path.is_absolute()).map(|path| path.join(".config")));
        base.map(|path| Self(path.join("opentwin"))).ok_or_else(|| {
            Code::Config
                .because("there is no home directory to keep the login in")
                .remedy("set HOME, or name a folder with --config-home or OPENTWIN_CONFIG_HOME")
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The login.
    pub fn login(&self) -> Result<Login, Failure> {
        self.find_login()?.ok_or_else(|| {
            Code::Unauthenticated
                .because("you are not logged in")
                .remedy("log in with `opentwin login HOST:PORT`, or `opentwin login --state DIR` on the platform's own machine")
        })
    }

    /// The login, if there is one. A file that others may read is refused: they could act as the user.
    pub fn find_login(&self) -> Result<Option<Login>, Failure> {
        let path = self.0.join(FILE);
        let mut file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io("read", &path, &e)),
        };
        demand_private(&path, &file)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| io("read", &path, &e))?;
        serde_json::from_str(&text).map(Some).map_err(|e| {
            Code::Config
                .because(format!("{} is damaged: {e}", path.display()))
                .remedy("remove it and log in again with `opentwin login`")
        })
    }

    /// Keeps a login, readable for its owner only.
    pub fn keep(&self, login: &Login) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(login)
            .map_err(|e| Code::Internal.because(format!("the login cannot be written: {e}")))?;
        private::create_folder(&self.0).map_err(|e| io("create", &self.0, &e))?;
        write_private(&self.0.join(FILE), text.as_bytes())
    }

    /// Forgets the login; false where there was none.
    pub fn forget(&self) -> Result<bool, Failure> {
        let path = self.0.join(FILE);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(io("remove", &path, &e)),
        }
    }
}

/// Writes a file that only its owner may read: beside its place first, so that it is whole or as it was.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(name);
    let write = || {
        // A file left by a process that died with the same number could have other rights.
        let _ = std::fs::remove_file(&beside);
        let mut file = private::create_file(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&beside, path)
    };
    write().map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        io("write", path, &e)
    })
}

fn demand_private(path: &Path, file: &std::fs::File) -> Result<(), Failure> {
    match private::exposure(file, Readers::Owner).map_err(|e| io("read", path, &e))? {
        None => Ok(()),
        Some(exposure) => Err(Code::Config
            .because(format!("{} holds your login and others may read it ({exposure})", path.display()))
            .remedy(format!("{}; if others used this machine, log out and in again", exposure.remedy(path)))),
    }
}
