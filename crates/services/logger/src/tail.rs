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

/// Records of the past that are read at once.
const PAGE: usize = 500;

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
        let after = query.after;
        let filter = Arc::new(Filter::new(query)?);
        // First the ear, then the look back: so nothing falls between.
        let mut live = self.journal.follow();
        let mut last = match after {
            0 => match self.newest(&filter, limit).await? {
                Some(last) => last,
                None => return Ok(()),
            },
            after => after,
        };
        loop {
            let Some(caught_up) = self.past(&filter, last).await? else { return Ok(()) };
            last = caught_up;
            // What the ear lost is looked up like all that is past.
            match self.present(&filter, &mut live, last).await? {
                Some(heard) => last = heard,
                None => return Ok(()),
            }
        }
    }

    /// Sends the newest records; the number to go on after, or `None` where the reader is gone.
    async fn newest(&self, filter: &Arc<Filter>, limit: usize) -> Result<Option<u64>, Failure> {
        let mut last = self.journal.latest().await;
        if limit > 0 {
            let sight = self.sights.of(&self.caller).await?;
            for record in self.journal.query(filter.clone(), sight, limit).await?.into_iter().rev() {
                last = last.max(record.number);
                if self.to.send(Ok(record)).await.is_err() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(last))
    }

    /// Sends all that follows a number, a page at a time, until nothing more is there; the last number.
    async fn past(&self, filter: &Arc<Filter>, mut last: u64) -> Result<Option<u64>, Failure> {
        loop {
            let sight = self.sights.of(&self.caller).await?;
            let page = self.journal.page(last, filter.clone(), sight, PAGE).await?;
            last = page.through;
            let gap = (page.missing > 0).then(|| skipped(page.missing));
            for record in gap.into_iter().chain(page.records) {
                if self.to.send(Ok(record)).await.is_err() {
                    return Ok(None);
                }
            }
            if page.end {
                return Ok(Some(last));
            }
        }
    }

    /// Sends what comes, until some of it was missed; the last number.
    async fn present(
        &self,
        filter: &Filter,
        live: &mut broadcast::Receiver<Arc<LogRecord>>,
        mut last: u64,
    ) -> Result<Option<u64>, Failure> {
        loop {
            let record = tokio::select! {
                () = self.to.closed() => return Ok(None),
                received = live.recv() => match received {
                    Ok(record) if record.number <= last => continue,
                    Ok(record) => record,
                    Err(broadcast::error::RecvError::Lagged(_)) => return Ok(Some(last)),
                    Err(broadcast::error::RecvError::Closed) => return Ok(None),
                },
            };
            last = record.number;
            if filter.wants(&record)
                && self.sights.of(&self.caller).await?.sees(&record)
                && self.to.send(Ok(record.as_ref().clone())).await.is_err()
            {
                return Ok(None);
            }
        }
    }
}

/// Stands where lines are missing: a reader came back too late for them, or read too slowly.
fn skipped(count: u64) -> LogRecord {
    LogRecord {
        time_ms: now_ms(),
        level: "WARN".to_owned(),
        service: "logger".to_owned(),
        message: format!("{count} lines skipped: they are kept no longer"),
        ..LogRecord::default()
    }
}
