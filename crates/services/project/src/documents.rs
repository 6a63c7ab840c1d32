//! Typed records in the store: JSON values with a revision.

use std::sync::Arc;

use api::{Code, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Backend, Record};

use crate::errors::failure;

/// Records that are read at once.
const PAGE: usize = 256;

/// A value as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Held<T> {
    pub(crate) key: String,
    pub(crate) revision: u64,
    pub(crate) value: T,
}

/// Typed access to the records of a store.
#[derive(Clone)]
pub(crate) struct Documents(pub(crate) Arc<dyn Backend>);

impl Documents {
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        collection: &str,
        key: &str,
    ) -> Result<Option<Held<T>>, Failure> {
        let record = self.0.get_record(collection, key).await.map_err(failure)?;
        record.map(|record| held(collection, record)).transpose()
    }

    /// Writes a value over the revision that is expected; `None` creates it. The new revision.
    pub(crate) async fn put<T: Serialize>(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: &T,
    ) -> Result<u64, Failure> {
        self.try_put(collection, key, expected, value).await?.map_err(failure)
    }

    /// As [`Documents::put`], with what the store says in its own words.
    pub(crate) async fn try_put<T: Serialize>(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: &T,
    ) -> Result<store::Result<u64>, Failure> {
        let bytes = serde_json::to_vec(value)
            .map_err(|e| Code::Internal.because(format!("cannot write {collection}/{key}: {e}")))?;
        Ok(self.0.put_record(collection, key, expected, bytes.into()).await)
    }

    /// Deletes a record, whatever it is by now; nothing happens where there is none.
    pub(crate) async fn delete(&self, collection: &str, key: &str) -> Result<(), Failure> {
        while let Some(record) = self.0.get_record(collection, key).await.map_err(failure)? {
            match self.0.delete_record(collection, key, record.revision).await {
                Err(store::Error::StaleRecord { .. }) => tokio::task::yield_now().await,
                result => return result.map_err(failure),
            }
        }
        Ok(())
    }

    /// Records whose key comes after `after`, in order: a page of them.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        collection: &str,
        after: Option<&str>,
    ) -> Result<Vec<Held<T>>, Failure> {
        let records = self.0.list_records(collection, "", after, PAGE).await.map_err(failure)?;
        records.into_iter().map(|record| held(collection, record)).collect()
    }

    /// All records of a collection.
    pub(crate) async fn all<T: DeserializeOwned>(&self, collection: &str) -> Result<Vec<Held<T>>, Failure> {
        let mut all: Vec<Held<T>> = Vec::new();
        loop {
            let page = self.page(collection, all.last().map(|held| held.key.as_str())).await?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }
}

fn held<T: DeserializeOwned>(collection: &str, record: Record) -> Result<Held<T>, Failure> {
    let value = serde_json::from_slice(&record.value).map_err(|e| {
        Code::Corrupt.because(format!("the record {collection}/{} cannot be read: {e}", record.key))
    })?;
    Ok(Held { key: record.key, revision: record.revision, value })
}
