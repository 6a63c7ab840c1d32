//! One live reader of the log.

use std::sync::Arc;
use std::time::Duration;

use api::v1::{LogQuery, LogRecord};
use api::{Code, Failure};
use runtime::Caller;
use runtime::caller::{now_ms, now_s};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::filter::Filter;
use crate::journal::Journal;
use crate::sight::Sights;

/// Records on their way to one reader.
pub(crate) const WAITING: usize = 64;

/// One live reader of the log.
pub(crate) struct Tail {
    pub(crate) journal: Arc<Journal>,
    pub(crate) sights: Arc<Sights>,
    pub(crate) caller: Caller,
    pub(crate) to: mpsc::Sender<Result<LogRecord, Status>>,
    pub(crate) shutdown: CancellationToken,
}

impl Tail {
    /// Sends what there is, then what comes, until the reader goes, the caller's assertion ends, or the process.
    pub(crate) async fn run(self, query: LogQuery, limit: usize) {
        let to = self.to.clone();
        let shutdown = self.shutdown.clone();
        let left_s = u64::try_from(self.caller.assertion.expires_s - now_s()).unwrap_or(0);
        let ended = tokio::select! {
            () = shutdown.cancelled() => Code::Unavailable.because("the logger ends"),
            // Rights cannot be asked for any more, and a new assertion comes only with a new call.
            () = tokio::time::sleep(Duration::from_secs(left_s)) => Code::Unavailable
                .because("the caller's assertion has run out")
                .remedy("open the live view again, with the number of the last line"),
            result = self.follow(query, limit) => match result {
                // The reader is gone.
                Ok(()) => return,
                Err(failure) => failure,
            },
        };
        // Best effort: a reader that does not read needs no reason.
        let _ = to.try_send(Err(ended.into()));
    }

    async fn follow(self, query: LogQuery, limit: usize) -> Result<(), Failure> {
        let filter = Arc::new(Filter::new(query)?);
        // First the ear, then the look back: so nothing falls between.
        let mut live = self.journal.follow();
        let mut last = 0;
        if limit > 0 {
            let sight = self.sights.of(&self.caller).await?;
            let past = self.journal.query(filter.clone(), sight, limit).await?;
            for record in past.into_iter().rev() {
                last = record.number;
                if self.to.send(Ok(record)).await.is_err() {
                    return Ok(());
                }
            }
        }
        loop {
            let record = tokio::select! {
                () = self.to.closed() => return Ok(()),
                received = live.recv() => received,
            };
            let record = match record {
                Ok(record) if record.number <= last || !filter.wants(&record) => continue,
                Ok(record) if self.sights.of(&self.caller).await?.sees(&record) => record.as_ref().clone(),
                Ok(_) => continue,
                Err(broadcast::error::RecvError::Lagged(count)) => skipped(count),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            };
            if self.to.send(Ok(record)).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// What a reader gets that was too slow.
fn skipped(count: u64) -> LogRecord {
    LogRecord {
        time_ms: now_ms(),
        level: "WARN".to_owned(),
        service: "logger".to_owned(),
        message: format!("{count} lines skipped: they came faster than they were read"),
        ..LogRecord::default()
    }
}
