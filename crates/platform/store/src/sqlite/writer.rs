//! The one thread that writes.
//!
//! Jobs that wait together are committed together: one fsync serves them all.
//! A job runs in a savepoint, so its failure undoes only itself. Callers are
//! answered after the commit (**invariant**: acknowledged means durable).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::sql::failed;
use crate::{Error, Result};

/// The most jobs of one transaction.
const BATCH: usize = 128;

type Finish = Box<dyn FnOnce(Result<()>) + Send>;
/// Runs on the connection, or hears why it cannot; says whether to keep what
/// it did, and how to answer once it is committed.
type Job = Box<dyn FnOnce(Result<&Connection>) -> (bool, Finish) + Send>;

pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    full: Arc<AtomicBool>,
}

impl Writer {
    pub fn start(connection: Connection, full: Arc<AtomicBool>) -> Result<Self> {
        let (jobs, mut queue) = mpsc::channel::<Job>(1024);
        let flag = full.clone();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                while let Some(first) = queue.blocking_recv() {
                    let mut batch = vec![first];
                    while batch.len() < BATCH
                        && let Ok(job) = queue.try_recv()
                    {
                        batch.push(job);
                    }
                    run(&connection, batch, &flag);
                }
            })
            .map_err(|error| Error::Backend { action: "start its writer", reason: error.to_string() })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), full })
    }

    /// Runs `work` in a transaction; answers when it is durable.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.write_then(work, |value| value).await
    }

    /// As [`Self::write`]. Once it is durable, `then` goes on with what it
    /// gave, also when the caller has gone. Everybody's writes wait for it.
    pub async fn write_then<T, R, F, G>(&self, work: F, then: G) -> Result<R>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        G: FnOnce(T) -> R + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = connection.and_then(work);
            let keep = done.is_ok();
            let finish: Finish = Box::new(move |committed| {
                // The caller may have gone: what it asked for is done anyway.
                let _ = answer.send(done.and_then(|value| committed.map(|()| then(value))));
            });
            (keep, finish)
        });
        let gone = || Error::Unavailable { reason: "it is shutting down".into() };
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).await.map_err(|_| gone())?;
        let result = result.await.map_err(|_| gone())?;
        if let Err(Error::DiskFull { .. }) = &result {
            self.full.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Drop for Writer {
    /// Waits for what is queued: whoever opens the store next must find it
    /// closed.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs one batch in one transaction.
fn run(connection: &Connection, batch: Vec<Job>, full: &AtomicBool) {
    let begin = connection.execute_batch("BEGIN IMMEDIATE").map_err(failed("begin a write"));
    let mut broken = begin.err();
    let mut kept = false;
    let mut finishes = Vec::with_capacity(batch.len());
    for job in batch {
        let (keep, finish) = match &broken {
            Some(error) => job(Err(error.clone())),
            None => match in_savepoint(connection, job) {
                Ok(done) => done,
                Err((error, finish)) => {
                    broken = Some(error);
                    (false, finish)
                }
            },
        };
        kept |= keep;
        finishes.push(finish);
    }
    let result = match broken {
        Some(error) => {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            Err(error)
        }
        None => commit(connection, kept, full),
    };
    for finish in finishes {
        finish(result.clone());
    }
}

/// Runs one job. An error here means that the whole transaction is lost: a
/// full disk makes SQLite roll back by itself.
fn in_savepoint(connection: &Connection, job: Job) -> std::result::Result<(bool, Finish), (Error, Finish)> {
    let start = connection.execute_batch("SAVEPOINT job").map_err(failed("begin a write"));
    if let Err(error) = start {
        let (_, finish) = job(Err(error.clone()));
        return Err((error, finish));
    }
    let (keep, finish) = job(Ok(connection));
    if connection.is_autocommit() {
        return Err((Error::DiskFull { what: "the database".into() }, finish));
    }
    let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    match connection.execute_batch(end).map_err(failed("end a write")) {
        Ok(()) => Ok((keep, finish)),
        Err(error) => Err((error, finish)),
    }
}

fn commit(connection: &Connection, kept: bool, full: &AtomicBool) -> Result<()> {
    let result = connection.execute_batch("COMMIT").map_err(failed("commit a write"));
    match &result {
        Ok(()) if kept => full.store(false, Ordering::Relaxed),
        Ok(()) => {}
        Err(_) if !connection.is_autocommit() => {
            let _ = connection.execute_batch("ROLLBACK");
        }
        Err(_) => {}
    }
    result
}
