//! A few connections that only read, off the asynchronous threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::sql::failed;
use crate::{Error, Result};

pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    slots: Arc<Semaphore>,
}

impl Readers {
    pub fn new(path: PathBuf, count: usize) -> Self {
        Self { path, idle: Arc::default(), slots: Arc::new(Semaphore::new(count)) }
    }

    /// Runs `work` on a connection of the pool.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let gone = |_| Error::Unavailable { reason: "it is shutting down".into() };
        let slot = self.slots.clone().acquire_owned().await.map_err(gone)?;
        let idle = self.idle.clone();
        let path = self.path.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let ready = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match ready {
                Some(connection) => connection,
                None => open(&path)?,
            };
            let result = work(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        task.await.unwrap_or_else(|error| Err(Error::Backend { action: "read", reason: error.to_string() }))
    }
}

fn open(path: &std::path::Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed("open the database"))?;
    connection
        .execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;",
        )
        .map_err(failed("open the database"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
