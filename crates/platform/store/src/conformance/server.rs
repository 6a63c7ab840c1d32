//! A MongoDB server for tests: the one that `STORE_MONGODB_URI` names, or one
//! that `scripts/mongodb-test-server` runs for this process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use ::mongodb::options::ConnectionString;

use crate::{Mongodb, MongodbOptions, Password};

/// A server of its own, which ends with this value or this process.
pub struct MongodbServer {
    child: Child,
    _input: ChildStdin,
    uri: String,
}

impl MongodbServer {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it cannot be started: a test that needs it must not pass. On Windows it never can: there a server is named
    /// by `STORE_MONGODB_URI`, and tests that need one of their own are left out.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scripts/mongodb-test-server");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/mongodb-test-server cannot be run");
        let input = child.stdin.take().expect("piped");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            panic!("the MongoDB server for tests did not start: run `make test-setup`, which installs it")
        };
        Self { child, _input: input, uri: format!("mongodb://{address}") }
    }

    /// Where it listens.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for MongodbServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How the server for tests is reached. Its password shows itself to nobody, as [`Password`] does not.
pub struct MongodbAddress {
    /// `mongodb://[user@]hosts[/?options]`: without password and database.
    pub uri: String,
    /// The password of the URI's user.
    pub password: Option<String>,
}

impl MongodbAddress {
    /// From the address that somebody has of a server, who may write password and database into it. Every test has a
    /// database of its own; the one in the address says where the user is known.
    ///
    /// # Panics
    /// When it is no address.
    fn named(whole: &str, password: Option<String>) -> Self {
        let parsed = ConnectionString::parse(whole).expect("STORE_MONGODB_URI is a MongoDB address");
        let rest = whole.strip_prefix("mongodb://").expect("STORE_MONGODB_URI begins with `mongodb://`");
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let user = user.split(':').next().unwrap_or_default();
        let mut options = tail.split_once('?').map_or("", |parts| parts.1).to_owned();
        let password = password.or_else(|| parsed.credential?.password);
        if password.is_some() && !options.to_lowercase().contains("authsource=") {
            let known = parsed.default_database.unwrap_or_else(|| "admin".into());
            let and = if options.is_empty() { "" } else { "&" };
            options = format!("{options}{and}authSource={known}");
        }
        let user = if user.is_empty() { String::new() } else { format!("{user}@") };
        let options = if options.is_empty() { options } else { format!("/?{options}") };
        Self { uri: format!("mongodb://{user}{hosts}{options}"), password }
    }

    /// The URI with a database in it.
    pub fn with_database(&self, database: &str) -> String {
        match self.uri.split_once("/?") {
            Some((hosts, options)) => format!("{hosts}/{database}?{options}"),
            None => format!("{}/{database}", self.uri),
        }
    }
}

/// The server for tests: the one that is named, or one that ends with this process.
pub fn mongodb_address() -> &'static MongodbAddress {
    static OWN: OnceLock<MongodbServer> = OnceLock::new();
    static ADDRESS: OnceLock<MongodbAddress> = OnceLock::new();
    ADDRESS.get_or_init(|| match std::env::var("STORE_MONGODB_URI") {
        Ok(named) => {
            let read = |path| std::fs::read_to_string(path).expect("STORE_MONGODB_PASSWORD_FILE can be read");
            let password = std::env::var_os("STORE_MONGODB_PASSWORD_FILE").map(read);
            let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
            MongodbAddress::named(&named, password)
        }
        Err(_) => {
            let uri = OWN.get_or_init(MongodbServer::start).uri().to_owned();
            MongodbAddress { uri, password: None }
        }
    })
}

/// A name for a database that is used once.
pub fn mongodb_database() -> String {
    format!("opentwin_test_{}", ::mongodb::bson::oid::ObjectId::new().to_hex())
}

/// Options for a new database on the server for tests.
pub fn mongodb_options() -> MongodbOptions {
    let address = mongodb_address();
    let password = address.password.clone().map(Password::new);
    MongodbOptions { database: mongodb_database(), password, ..MongodbOptions::new(address.uri.clone()) }
}

/// A new database on the server for tests.
pub async fn mongodb() -> Mongodb {
    Mongodb::open(&mongodb_options()).await.expect("the MongoDB server for tests can be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_server_may_hold_what_ours_may_not() {
        for (whole, uri, password) in [
            ("mongodb://h", "mongodb://h", None),
            ("mongodb://h:1,i:2/?replicaSet=rs0", "mongodb://h:1,i:2/?replicaSet=rs0", None),
            ("mongodb://h/some?tls=true", "mongodb://h/?tls=true", None),
            ("mongodb://ada:p%40s@h", "mongodb://ada@h/?authSource=admin", Some("p@s")),
            ("mongodb://ada:p@h/some", "mongodb://ada@h/?authSource=some", Some("p")),
            ("mongodb://ada:p@h/?authSource=x&w=1", "mongodb://ada@h/?authSource=x&w=1", Some("p")),
            ("mongodb://ada:p@h/some?w=1", "mongodb://ada@h/?w=1&authSource=some", Some("p")),
        ] {
            let found = MongodbAddress::named(whole, None);
            assert_eq!((found.uri.as_str(), found.password.as_deref()), (uri, password), "{whole}");
        }
        let found = MongodbAddress::named("mongodb://ada@h/some", Some("from a file".into()));
        assert_eq!(found.with_database("own"), "mongodb://ada@h/own?authSource=some");
        assert_eq!(MongodbAddress::named("mongodb://h", None).with_database("own"), "mongodb://h/own");
    }
}
