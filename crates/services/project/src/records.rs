//! Small records that other services of the platform keep here. They lie in collections of their own, apart from
//! what this service keeps.

use api::v1::{Record, RecordRequest};
use api::{Code, Failure};

use crate::errors::{failure, shown};
use crate::server::Core;

/// Largest value in bytes.
const LARGEST: usize = 1 << 20;
const PAGE: usize = 256;
/// Bytes of one listing at most, so that it fits in a message.
const LISTING: usize = rpc::MAX_MESSAGE - (1 << 20);

impl Core {
    pub(crate) async fn get_record(&self, asked: RecordRequest) -> Result<Record, Failure> {
        let collection = collection(&asked.collection)?;
        let found = self.documents.0.get_record(&collection, key(&asked.key)?).await.map_err(failure)?;
        found.map(|record| wire(&asked.collection, record)).ok_or_else(|| none(&asked.collection, &asked.key))
    }

    pub(crate) async fn put_record(&self, record: Record) -> Result<Record, Failure> {
        let collection = collection(&record.collection)?;
        let key = key(&record.key)?;
        if record.value.len() > LARGEST {
            return Err(Code::TooLarge
                .because(format!("the record {key} has {} bytes, {LARGEST} at most", record.value.len())));
        }
        let expected = Some(record.revision).filter(|revision| *revision > 0);
        let put = self.documents.0.put_record(&collection, key, expected, record.value.clone()).await;
        let revision = match put {
            Err(store::Error::StaleRecord { .. }) if expected.is_none() => {
                let message = format!("the record {}/{key} exists already", record.collection);
                return Err(Code::Exists.because(message));
            }
            Err(store::Error::StaleRecord { actual: None, .. }) => return Err(none(&record.collection, key)),
            result => result.map_err(failure)?,
        };
        Ok(Record { revision, ..record })
    }

    /// Deletes a record, if a revision is given only that one; nothing happens where there is none.
    pub(crate) async fn delete_record(&self, asked: RecordRequest) -> Result<(), Failure> {
        let (collection, key) = (collection(&asked.collection)?, key(&asked.key)?);
        if asked.revision == 0 {
            return self.documents.delete(&collection, key).await;
        }
        match self.documents.0.delete_record(&collection, key, asked.revision).await {
            Err(store::Error::StaleRecord { actual: None, .. }) => Ok(()),
            result => result.map_err(failure),
        }
    }

    pub(crate) async fn list_records(&self, asked: RecordRequest) -> Result<Vec<Record>, Failure> {
        let collection = collection(&asked.collection)?;
        let (mut all, mut size) = (Vec::<Record>::new(), 0);
        loop {
            let after = all.last().map(|record| record.key.as_str());
            let backend = &self.documents.0;
            let page = backend.list_records(&collection, &asked.key, after, PAGE).await.map_err(failure)?;
            let last = page.len() < PAGE;
            size += page.iter().map(|record| record.value.len() + record.key.len() + 64).sum::<usize>();
            if size > LISTING {
                return Err(Code::TooLarge
                    .because(format!("the records of `{}` do not fit in one answer", asked.collection))
                    .remedy("ask for a longer prefix"));
            }
            all.extend(page.into_iter().map(|record| wire(&asked.collection, record)));
            if last {
                return Ok(all);
            }
        }
    }
}

fn wire(collection: &str, record: store::Record) -> Record {
    Record {
        collection: collection.to_owned(),
        key: record.key,
        revision: record.revision,
        value: record.value,
    }
}

fn none(collection: &str, key: &str) -> Failure {
    Code::NotFound.because(format!("there is no record {}/{}", shown(collection), shown(key)))
}

fn collection(name: &str) -> Result<String, Failure> {
    store::names::project(name).map_err(|_| {
        Code::Invalid
            .because(format!("`{}` is no collection of records", shown(name)))
            .remedy("use 1 to 64 of a-z A-Z 0-9 _ -")
    })?;
    Ok(format!("platform/{name}"))
}

fn key(key: &str) -> Result<&str, Failure> {
    if (1..=256).contains(&key.len()) && !key.chars().any(char::is_control) {
        return Ok(key);
    }
    Err(Code::Invalid.because(format!("`{}` is no key of a record", shown(key))).remedy("use 1 to 256 bytes"))
}
