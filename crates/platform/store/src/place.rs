//! Where a service keeps what it keeps, as its options say it.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Backend, Error, Mongodb, MongodbOptions, Password, Result, Sqlite, SqliteOptions};

/// The longest password file in bytes.
const MAX_PASSWORD: u64 = 4096;

/// The address of a database: `sqlite`, or `mongodb://…`.
///
/// One that holds a password is refused when the database is opened; until
/// then it does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Address(String);

impl Default for Address {
    fn default() -> Self {
        Self("sqlite".to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        // A password with a slash in it would end early: all up to the last `@` may be one.
        let at = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
        let (user, hosts) = at.map_or(("", rest), |at| rest.split_at(at));
        match user.split_once(':') {
            Some((name, _)) => write!(f, "{scheme}://{name}:…{hosts}"),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// Where the data lies.
#[derive(Debug, Clone)]
pub struct Place {
    /// The directory for SQLite and its files.
    pub directory: PathBuf,
    /// The database; none given is SQLite.
    pub address: Option<Address>,
    /// The name of the database where the address names none.
    pub name: String,
    /// The file with the password of the address's user.
    pub password_file: Option<PathBuf>,
    /// Who signs the server's certificate, as PEM.
    pub ca: Option<PathBuf>,
}

impl Place {
    /// Opens the back end; makes what is new.
    ///
    /// # Errors
    /// [`Error::Misconfigured`]; those of [`Sqlite::open`] and [`Mongodb::open`].
    pub async fn open(&self) -> Result<Arc<dyn Backend>> {
        match self.address.as_ref().map(|address| address.0.as_str()) {
            None | Some("" | "sqlite") => {
                if self.password_file.is_some() || self.ca.is_some() {
                    return Err(wrong(
                        "SQLite takes no password file and no certificates: give its address too",
                    ));
                }
                let directory = self.directory.clone();
                let open = move || Sqlite::open(&directory, &SqliteOptions::default());
                let opened = tokio::task::spawn_blocking(open).await;
                let opened = opened
                    .map_err(|error| Error::Backend { action: "be opened", reason: error.to_string() })?;
                Ok(Arc::new(opened?))
            }
            Some(uri) if uri.starts_with("mongodb") => {
                let password = self.password_file.as_deref().map(password).transpose()?;
                let options = MongodbOptions {
                    password,
                    database: self.name.clone(),
                    ca: self.ca.clone(),
                    ..MongodbOptions::new(uri)
                };
                Ok(Arc::new(Mongodb::open(&options).await?))
            }
            Some(_) => Err(wrong("its address is neither `sqlite` nor does it begin with `mongodb://`")),
        }
    }
}

fn wrong(reason: &str) -> Error {
    Error::Misconfigured { what: "the database".into(), reason: reason.into() }
}

fn password(path: &Path) -> Result<Password> {
    let bad = |why: &dyn fmt::Display| wrong(&format!("the password file `{}` {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| bad(&format_args!("cannot be read: {error}")))?.len();
    if size > MAX_PASSWORD {
        return Err(bad(&format_args!("is longer than {MAX_PASSWORD} bytes")));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| bad(&format_args!("cannot be read: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(bad(&"is empty"));
    }
    Ok(Password::new(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_does_not_show_a_password() {
        let shown = |text: &str| Address::from(text.to_owned()).to_string();
        assert_eq!(shown("mongodb://ada@h:7/db?x=y"), "mongodb://ada@h:7/db?x=y");
        for text in ["mongodb://ada:secret@h/db", "mongodb://ada:se/cret@h", "mongodb+srv://a:s@secret@h"] {
            assert!(!shown(text).contains("cret"), "{}", shown(text));
            let json = serde_json::to_string(&Address::from(text.to_owned())).unwrap();
            assert!(!json.contains("cret"), "{json}");
        }
        assert_eq!(shown("sqlite"), "sqlite");
    }

    #[tokio::test]
    async fn wrong_places_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        let place = |address: &str, password: Option<&Path>| Place {
            directory: folder.path().join("store"),
            address: Some(Address::from(address.to_owned())),
            name: "x".into(),
            password_file: password.map(Into::into),
            ca: None,
        };
        let refused = async |place: Place| {
            let error = place.open().await.err().unwrap();
            assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
            assert!(!error.to_string().contains("cret"), "{error}");
        };
        refused(place("postgres://h", None)).await;
        refused(place("mongodb://ada:secret@h", None)).await;
        refused(place("mongodb://ada@h", Some(&password))).await;
        std::fs::write(&password, "\n").unwrap();
        refused(place("mongodb://ada@h", Some(&password))).await;
        refused(place("sqlite", Some(&password))).await;
        assert!(!folder.path().join("store").exists());
        place("sqlite", None).open().await.unwrap();
    }
}
