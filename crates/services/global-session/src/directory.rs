//! The sessions of the site, one record a project in the store, with a copy here. A copy that a write finds to be old is
//! read again: the newer record may be this process's own, whose answer was lost, and nobody else would tell of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{Record, RecordRequest, Session};
use api::{Code, Failure};
use prost::Message as _;
use runtime::Context;

const COLLECTION: &str = "sessions";

/// All is read this often at most: nobody else writes here, but a former instance of this process in its last moment.
const FRESH: Duration = Duration::from_secs(1);

/// A session and the revision of its record.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) session: Session,
    pub(crate) revision: u64,
}

/// The directory.
pub(crate) struct Directory {
    context: Context,
    /// By project.
    copy: Mutex<HashMap<String, Entry>>,
    /// Held to write while all is read: a listing must not undo in the copy what was written meanwhile, or a host
    /// would be told that its newest session is gone.
    reading: tokio::sync::RwLock<Option<Instant>>,
}

impl Directory {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, copy: Mutex::default(), reading: tokio::sync::RwLock::default() }
    }

    /// Reads all from the store.
    pub(crate) async fn load(&self) -> Result<(), Failure> {
        let mut read = self.reading.write().await;
        // Whoever asks for sessions that are not there must not keep the store busy.
        if read.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        let request = asked("");
        let records = self.context.peers.project()?.list_records(request).await?.into_inner().records;
        let entries = records.iter().map(|record| Ok((record.key.clone(), entry(record)?)));
        let entries: HashMap<_, _> = entries.collect::<Result<_, Failure>>()?;
        *self.lock() = entries;
        *read = Some(Instant::now());
        Ok(())
    }

    /// The session of a project, as the store has it.
    pub(crate) async fn get(&self, project: &str) -> Result<Option<Entry>, Failure> {
        let _read = self.reading.read().await;
        match self.context.peers.project()?.get_record(asked(project)).await.map_err(Failure::from) {
            Ok(record) => {
                let entry = entry(&record.into_inner())?;
                self.lock().insert(project.to_owned(), entry.clone());
                Ok(Some(entry))
            }
            Err(failure) if failure.code == Code::NotFound => {
                self.lock().remove(project);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Writes a session over `revision` (0: there is none yet); `None` if somebody else was faster.
    pub(crate) async fn put(&self, session: Session, revision: u64) -> Result<Option<Entry>, Failure> {
        let reading = self.reading.read().await;
        let project = session.project.clone();
        let record = Record {
            collection: COLLECTION.to_owned(),
            key: session.project.clone(),
            revision,
            value: session.encode_to_vec().into(),
        };
        match self.context.peers.project()?.put_record(record).await.map_err(Failure::from) {
            Ok(record) => {
                let entry = entry(&record.into_inner())?;
                self.lock().insert(entry.session.project.clone(), entry.clone());
                Ok(Some(entry))
            }
            Err(failure)
                if matches!(failure.code, Code::Exists | Code::Conflict | Code::Busy | Code::NotFound) =>
            {
                drop(reading);
                self.get(&project).await?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Deletes a session that is still at `revision`; false where somebody has written it since.
    pub(crate) async fn delete(&self, project: &str, revision: u64) -> Result<bool, Failure> {
        let reading = self.reading.read().await;
        let request = RecordRequest { revision, ..asked(project) };
        match self.context.peers.project()?.delete_record(request).await.map_err(Failure::from) {
            Ok(_) => {
                self.lock().remove(project);
                Ok(true)
            }
            Err(failure) if matches!(failure.code, Code::Conflict | Code::Busy) => {
                drop(reading);
                self.get(project).await?;
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    /// A session by id; asks the store if it is not known here.
    pub(crate) async fn find(&self, id: &str) -> Result<Entry, Failure> {
        for fresh in [false, true] {
            if fresh {
                self.load().await?;
            }
            if let Some(entry) = self.lock().values().find(|entry| entry.session.id == id) {
                return Ok(entry.clone());
            }
        }
        Err(Code::NotFound
            .because(format!("there is no session {id}"))
            .remedy("it has ended: open the project again"))
    }

    /// Sessions that live on a host.
    pub(crate) fn on(&self, instance: &str, address: &str) -> Vec<Session> {
        // Chosen before they are copied: every host asks every second, and none has more than a part of them.
        let here =
            |entry: &&Entry| entry.session.local_session == instance && entry.session.address == address;
        self.lock().values().filter(here).map(|entry| entry.session.clone()).collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// All that is known here.
    pub(crate) fn all(&self) -> Vec<Entry> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn asked(key: &str) -> RecordRequest {
    RecordRequest { collection: COLLECTION.to_owned(), key: key.to_owned(), revision: 0 }
}

fn entry(record: &Record) -> Result<Entry, Failure> {
    let session = Session::decode(record.value.as_ref()).map_err(|e| {
        Code::Corrupt.because(format!("the record of session {} cannot be read: {e}", record.key))
    })?;
    Ok(Entry { session, revision: record.revision })
}
