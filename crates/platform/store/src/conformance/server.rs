//! A MongoDB server for tests: the one that `STORE_MONGODB_URI` names, or one
//! that `scripts/mongodb-test-server` runs for this process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

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

/// Options for a new database on the server for tests, under a name that is
/// used once. The server ends with this process.
pub fn mongodb_options() -> MongodbOptions {
    static SERVER: OnceLock<MongodbServer> = OnceLock::new();
    let database = format!("opentwin_test_{}", ::mongodb::bson::oid::ObjectId::new().to_hex());
    let named = std::env::var("STORE_MONGODB_URI").ok();
    let uri = named.clone().unwrap_or_else(|| SERVER.get_or_init(MongodbServer::start).uri().to_owned());
    let password = std::env::var("STORE_MONGODB_PASSWORD_FILE").ok().filter(|_| named.is_some());
    let read = |path| std::fs::read_to_string(path).expect("STORE_MONGODB_PASSWORD_FILE can be read");
    let password = password.map(|path| Password::new(read(path).trim_end_matches(['\r', '\n'])));
    MongodbOptions { database, password, ..MongodbOptions::new(uri) }
}

/// A new database on the server for tests.
pub async fn mongodb() -> Mongodb {
    Mongodb::open(&mongodb_options()).await.expect("the MongoDB server for tests can be used")
}
