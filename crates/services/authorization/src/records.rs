//! What the service keeps, and the typed way to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{Code, Failure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Backend;

/// Records read at once when all are wanted.
const PAGE: usize = 500;

/// A user; the key is the name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// Never used again, unlike the name: rights belong to it.
    pub id: String,
    pub name: String,
    pub full_name: String,
    pub administrator: bool,
    pub disabled: bool,
    /// Hash with its parameters and salt, in PHC form.
    pub password: String,
    pub must_change_password: bool,
    /// Raised to end all logins made so far.
    pub epoch: u64,
    pub created_ms: i64,
    pub last_login_ms: i64,
}

/// A group; the key is the name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    /// Never used again: rights belong to it.
    pub id: String,
    pub name: String,
    /// Names by user id.
    pub members: BTreeMap<String, String>,
}

/// A login; the key is the hash of its token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub user: String,
    pub user_id: String,
    /// That of the user when the login was made.
    pub epoch: u64,
    pub created_ms: i64,
    pub used_ms: i64,
}

/// All rights on one project; the key is the project's id. One record, so that a change is whole.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Shares {
    /// By user id.
    pub users: BTreeMap<String, Grant>,
    /// By group id.
    pub groups: BTreeMap<String, Grant>,
}

/// One right.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Of the user or group.
    pub name: String,
    /// As in the contract.
    pub right: i32,
}

/// A kind of record.
pub(crate) trait Kept: Serialize + DeserializeOwned + Send + Sync {
    const COLLECTION: &'static str;
}

impl Kept for User {
    const COLLECTION: &'static str = "users";
}

impl Kept for Group {
    const COLLECTION: &'static str = "groups";
}

impl Kept for Login {
    const COLLECTION: &'static str = "tokens";
}

impl Kept for Shares {
    const COLLECTION: &'static str = "shares";
}

/// A record as it was read.
#[derive(Clone)]
pub(crate) struct Found<T> {
    pub key: String,
    pub revision: u64,
    pub value: T,
}

/// Typed records in a back end.
#[derive(Clone)]
pub(crate) struct Records {
    backend: Arc<dyn Backend>,
}

impl Records {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) async fn get<T: Kept>(&self, key: &str) -> Result<Option<Found<T>>, Failure> {
        self.backend.get_record(T::COLLECTION, key).await.map_err(failure)?.map(found).transpose()
    }

    /// Up to a page of records by key, of those after `after`.
    pub(crate) async fn page<T: Kept>(&self, after: Option<&str>) -> Result<Vec<Found<T>>, Failure> {
        let page = self.backend.list_records(T::COLLECTION, "", after, PAGE).await.map_err(failure)?;
        page.into_iter().map(found).collect()
    }

    pub(crate) async fn all<T: Kept>(&self) -> Result<Vec<Found<T>>, Failure> {
        let mut all: Vec<Found<T>> = Vec::new();
        loop {
            let page = self.page(all.last().map(|last| last.key.as_str())).await?;
            let more = page.len() == PAGE;
            all.extend(page);
            if !more {
                return Ok(all);
            }
        }
    }

    /// Adds a record; [`Code::Exists`] where the key is taken.
    pub(crate) async fn create<T: Kept>(&self, key: &str, value: &T) -> Result<(), Failure> {
        match self.backend.put_record(T::COLLECTION, key, None, encode(value)?).await {
            Ok(_) => Ok(()),
            Err(store::Error::StaleRecord { .. }) => {
                Err(Code::Exists.because(format!("`{key}` exists already in {}", T::COLLECTION)))
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Writes a record that was read, changed.
    pub(crate) async fn put<T: Kept>(&self, found: &Found<T>) -> Result<(), Failure> {
        let value = encode(&found.value)?;
        self.backend
            .put_record(T::COLLECTION, &found.key, Some(found.revision), value)
            .await
            .map_err(failure)?;
        Ok(())
    }

    pub(crate) async fn delete<T: Kept>(&self, found: &Found<T>) -> Result<(), Failure> {
        self.backend.delete_record(T::COLLECTION, &found.key, found.revision).await.map_err(failure)
    }
}

fn found<T: Kept>(record: store::Record) -> Result<Found<T>, Failure> {
    let value = serde_json::from_slice(&record.value).map_err(|e| {
        Code::Corrupt.because(format!("the record `{}` in {} cannot be read: {e}", record.key, T::COLLECTION))
    })?;
    Ok(Found { key: record.key, revision: record.revision, value })
}

fn encode<T: Kept>(value: &T) -> Result<bytes::Bytes, Failure> {
    serde_json::to_vec(value)
        .map(Into::into)
        .map_err(|e| Code::Internal.because(format!("a record in {} cannot be written: {e}", T::COLLECTION)))
}

/// An error of the store as the contract tells it.
pub(crate) fn failure(error: store::Error) -> Failure {
    use store::Error as E;
    let code = match &error {
        E::NotFound { .. } => Code::NotFound,
        E::AlreadyExists { .. } => Code::Exists,
        E::StaleRecord { .. } | E::RefMoved { .. } => Code::Busy,
        E::DiskFull { .. } => Code::DiskFull,
        E::Locked { .. } => Code::Locked,
        E::TooNew { .. } => Code::TooNew,
        E::Corrupt { .. } => Code::Corrupt,
        E::TooLarge { .. } | E::TooMany { .. } => Code::TooLarge,
        E::Misconfigured { .. } | E::Refused { .. } | E::Incompatible { .. } => Code::Config,
        E::Unavailable { .. } => Code::Unavailable,
        E::BadName { .. } => Code::Invalid,
        E::Backend { .. } => Code::Io,
        _ => Code::Internal,
    };
    code.because(error.to_string())
}
