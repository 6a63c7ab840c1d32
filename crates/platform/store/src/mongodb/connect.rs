//! From options to a database that is ours and of a schema that is known.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::{
    ClientOptions, CollectionOptions, IndexOptions, ReadConcern, ReadPreference, SelectionCriteria, Tls,
    TlsOptions, WriteConcern,
};
use ::mongodb::{Client, Database, IndexModel};

use super::Mongodb;
use super::failure::{duplicate, failed};
use super::keys::number;
use crate::{Error, Result};

/// Marks the database as ours.
const APPLICATION: &str = "opentwin";
/// The schema that this program writes.
const SCHEMA: u32 = 1;
/// Ours, in a database that has no mark yet.
const COLLECTIONS: [&str; 10] =
    ["meta", "projects", "fences", "objects", "blobs", "uploads", "pieces", "records", "streams", "events"];
/// How long the key of a deleted record stays.
const DEAD: Duration = Duration::from_secs(86_400);

/// A password, which shows itself to nobody.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Takes it as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Which database, and how to reach it.
#[derive(Debug, Clone)]
pub struct Options {
    /// `mongodb://[user@]host[:port][,…][/database][?option=value…]`, without
    /// a password.
    pub uri: String,
    /// The password of the URI's user.
    pub password: Option<Password>,
    /// The database, where the URI names none. Also whose data it is: one that
    /// holds another's is refused.
    pub database: String,
    /// Who signs the server's certificate, as PEM; turns TLS on.
    pub ca: Option<PathBuf>,
    /// The longest that one call to the server takes.
    pub patience: Duration,
}

impl Options {
    /// Defaults for the server at `uri`.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            password: None,
            database: "opentwin".into(),
            ca: None,
            patience: Duration::from_secs(30),
        }
    }

    /// The URI with its password, which the driver wants in it.
    fn whole(&self) -> Result<String> {
        let Some(rest) = self.uri.strip_prefix("mongodb://") else {
            let reason = match self.uri.starts_with("mongodb+srv://") {
                true => "`mongodb+srv://` is not supported: name the hosts, `mongodb://host1,host2,…`",
                false => "the address does not start with `mongodb://`",
            };
            return Err(wrong(reason));
        };
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        let user = authority.rsplit_once('@').map(|parts| parts.0);
        match (user, &self.password) {
            (Some(user), _) if user.contains(':') => {
                Err(wrong("the address holds a password: put it into a file and name that instead"))
            }
            (Some(user), Some(Password(password))) => {
                let hosts = &rest[user.len()..];
                Ok(format!("mongodb://{user}:{}{hosts}", encoded(password)))
            }
            (None, Some(_)) => {
                Err(wrong("there is a password but no user: write the address as `mongodb://user@host`"))
            }
            (_, None) => Ok(self.uri.clone()),
        }
    }

    async fn client(&self) -> Result<(Client, String)> {
        let parsed = ClientOptions::parse(self.whole()?).await;
        let mut options = parsed.map_err(|error| failed("read its address", &error))?;
        options.app_name.get_or_insert_with(|| "opentwin".into());
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        options.connect_timeout.get_or_insert(Duration::from_secs(5));
        // Another member may not know yet what was written: whatever the address says, reads go where writes go.
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        // Calls wait for a connection within their patience: the default of ten is for one user.
        options.max_pool_size.get_or_insert(64);
        if let Some(ca) = &self.ca {
            if !ca.is_file() {
                return Err(wrong(&format!("there is no file `{}` of certificates", ca.display())));
            }
            let mut tls = match options.tls.take() {
                Some(Tls::Enabled(tls)) => tls,
                _ => TlsOptions::default(),
            };
            tls.ca_file_path = Some(ca.clone());
            options.tls = Some(Tls::Enabled(tls));
        }
        let database = options.default_database.clone().unwrap_or_else(|| self.database.clone());
        let client = Client::with_options(options).map_err(|error| failed("reach it", &error))?;
        Ok((client, database))
    }
}

fn wrong(reason: &str) -> Error {
    Error::Misconfigured { what: "the database".into(), reason: reason.into() }
}

/// As the user part of a URI wants it.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Mongodb {
    /// Connects, and makes the database ready when it is new.
    ///
    /// # Errors
    /// [`Error::Misconfigured`], [`Error::Unavailable`], [`Error::Refused`],
    /// [`Error::Incompatible`], [`Error::TooNew`], [`Error::Corrupt`].
    pub async fn open(options: &Options) -> Result<Self> {
        let (client, name) = options.client().await?;
        let hello = client.database("admin").run_command(doc! { "isMaster": 1 }).await;
        let hello = hello.map_err(|error| failed("reach it", &error))?;
        let store = Self::on(client.database(&name), &hello, options);
        store.prepare().await?;
        Ok(store)
    }

    fn on(database: Database, hello: &Document, given: &Options) -> Self {
        // A single server has no majority to ask; what it says is so.
        let several =
            hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|said| said == "isdbgrid");
        let writes = WriteConcern::builder()
            .w(::mongodb::options::Acknowledgment::Majority)
            .journal(true)
            .w_timeout(given.patience)
            .build();
        let options = CollectionOptions::builder()
            .write_concern(writes)
            .read_concern(several.then(ReadConcern::majority))
            .build();
        let open = |name: &str| database.collection_with_options(name, options.clone());
        Self {
            meta: open("meta"),
            projects: open("projects"),
            fences: open("fences"),
            objects: open("objects"),
            blobs: open("blobs"),
            uploads: open("uploads"),
            pieces: open("pieces"),
            records: open("records"),
            streams: open("streams"),
            events: open("events"),
            owner: given.database.clone(),
            patience: given.patience,
            full: AtomicBool::new(false),
            database,
        }
    }

    async fn prepare(&self) -> Result<()> {
        if self.check_schema().await? {
            return Ok(());
        }
        let names = self.done("look into it", self.database.list_collection_names()).await?;
        let foreign = |name: &&String| !COLLECTIONS.contains(&name.as_str()) && !name.starts_with("system.");
        if let Some(name) = names.iter().find(foreign) {
            return Err(Error::Misconfigured {
                what: format!("the database `{}`", self.database.name()),
                reason: format!("it holds another program's data (`{name}`): name one that is empty"),
            });
        }
        self.index().await?;
        let mark = doc! {
            "_id": "schema", "application": APPLICATION, "version": i64::from(SCHEMA), "owner": &self.owner,
        };
        match self.in_time(self.meta.insert_one(mark)).await? {
            // Another process did the same.
            Err(error) if duplicate(&error) => self.check_schema().await.map(|_| ()),
            Err(error) => Err(self.noted(failed("mark it as ours", &error))),
            Ok(_) => Ok(()),
        }
    }

    /// What is looked for otherwise than by its key; doing this again does
    /// nothing.
    async fn index(&self) -> Result<()> {
        let log = IndexModel::builder().keys(doc! { "log": 1 }).build();
        self.done("make an index", self.projects.create_index(log)).await?;
        let dead = IndexModel::builder()
            .keys(doc! { "dead": 1 })
            .options(IndexOptions::builder().expire_after(DEAD).build())
            .build();
        match self.done("make an index", self.records.create_index(dead)).await {
            // A server that cannot forget keeps some keys more.
            Ok(_) | Err(Error::Backend { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the database has a mark; refuses one that is not ours or newer.
    pub(super) async fn check_schema(&self) -> Result<bool> {
        let found = self.done("read the schema", self.meta.find_one(doc! { "_id": "schema" })).await?;
        let Some(mark) = found else { return Ok(false) };
        if mark.get("application") != Some(&Bson::from(APPLICATION)) {
            return Err(Error::corrupt("the database (it belongs to another program)", None));
        }
        let owner = mark.get_str("owner").unwrap_or_default();
        if owner != self.owner {
            return Err(Error::Misconfigured {
                what: format!("the database `{}`", self.database.name()),
                reason: format!("it holds the data of `{owner}`: name another one"),
            });
        }
        let version = number(&mark, "version").and_then(|version| u32::try_from(version).ok());
        match version {
            Some(1..=SCHEMA) => Ok(true),
            Some(found) if found > SCHEMA => Err(Error::TooNew { found, known: SCHEMA }),
            _ => Err(Error::corrupt("the database (its schema has no number)", None)),
        }
    }

    /// Deletes the whole database; for tests.
    #[doc(hidden)]
    pub async fn destroy(&self) -> Result<()> {
        self.done("delete the database", self.database.drop()).await
    }

    /// The database itself; for tests that damage it.
    #[doc(hidden)]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(uri: &str, password: Option<&str>) -> Result<String> {
        Options { password: password.map(Password::new), ..Options::new(uri) }.whole()
    }

    #[test]
    fn the_password_goes_where_the_driver_wants_it() {
        let whole = with("mongodb://ada@h1,h2:7/db?tls=true", Some("p@s:s/w%")).unwrap();
        assert_eq!(whole, "mongodb://ada:p%40s%3As%2Fw%25@h1,h2:7/db?tls=true");
        assert_eq!(with("mongodb://h", None).unwrap(), "mongodb://h");
        for (uri, password) in [
            ("mongodb://ada:secret@h", None),
            ("mongodb://h", Some("x")),
            ("mongodb+srv://h", None),
            ("sqlite", None),
        ] {
            let error = with(uri, password).unwrap_err();
            assert_eq!(error.code(), "misconfigured");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_does_not_show_itself() {
        let options = Options { password: Some(Password::new("secret")), ..Options::new("mongodb://h") };
        assert!(!format!("{options:?}").contains("secret"));
    }

    #[tokio::test]
    async fn reads_go_where_writes_go() {
        let elsewhere = Options::new("mongodb://127.0.0.1:1/?readPreference=secondaryPreferred&w=1");
        let (client, name) = elsewhere.client().await.unwrap();
        let store = Mongodb::on(client.database(&name), &doc! {}, &elsewhere);
        let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
        for collection in [&store.projects, &store.records, &store.blobs, &store.pieces] {
            assert_eq!(collection.selection_criteria(), Some(&primary));
            let waits_for = collection.write_concern().and_then(|writes| writes.w.clone());
            assert_eq!(waits_for, Some(::mongodb::options::Acknowledgment::Majority));
        }
        assert_eq!(store.database.selection_criteria(), Some(&primary));
    }

    #[tokio::test]
    async fn a_wrong_address_is_said() {
        for uri in ["mongodb://", "mongodb://h:port", "mongodb://h/?tls=perhaps"] {
            let error = Mongodb::open(&Options::new(uri)).await.err().unwrap();
            assert_eq!(error.code(), "misconfigured", "{uri}: {error}");
        }
        let lacking = Options { ca: Some("/nowhere/ca.pem".into()), ..Options::new("mongodb://127.0.0.1:1") };
        assert_eq!(Mongodb::open(&lacking).await.err().unwrap().code(), "misconfigured");
    }
}
