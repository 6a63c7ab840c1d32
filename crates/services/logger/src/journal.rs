//! Numbers records, writes them, keeps the newest at hand and shows them to who follows live.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use api::v1::LogRecord;
use api::{Code, Failure};
use tokio::sync::{Mutex, Semaphore, broadcast};

use crate::Error;
use crate::filter::Filter;
use crate::newest::Newest;
use crate::record;
use crate::segments::{Segments, read};
use crate::sight::Sight;

/// Records that a live reader may be behind.
const LIVE: usize = 4096;

/// Most bytes of an answer: clients take no larger message.
const ANSWER: usize = 3 << 20;

/// How long one query may search in files.
const PATIENCE: Duration = Duration::from_secs(3);

/// How much larger than others a page is that has to be read from a file.
const FROM_FILE: usize = 16;

/// Between two complaints that records cannot be written.
const QUIET: Duration = Duration::from_secs(60);

/// The log.
pub(crate) struct Journal {
    writer: Arc<Mutex<Writer>>,
    newest: Arc<RwLock<Newest>>,
    live: broadcast::Sender<Arc<LogRecord>>,
    /// Searches in files, one at a time: they are slow, and nobody's daily business.
    searches: Semaphore,
    dropped: AtomicU64,
}

struct Writer {
    segments: Segments,
    next: u64,
    complained: Option<Instant>,
}

impl Journal {
    /// Opens the log in a folder and reads back the newest records. Blocks.
    pub(crate) fn open(folder: &Path, keep: u64) -> Result<Self, Error> {
        let segments = Segments::open(folder, keep)?;
        let mut newest = Newest::default();
        let mut next = 1;
        'all: for (first, path) in segments.list() {
            next = next.max(first);
            for record in read(&path)?.into_iter().rev() {
                next = next.max(record.number + 1);
                if !newest.push_older(record) {
                    break 'all;
                }
            }
        }
        Ok(Self {
            writer: Arc::new(Mutex::new(Writer { segments, next, complained: None })),
            newest: Arc::new(RwLock::new(newest)),
            live: broadcast::channel(LIVE).0,
            searches: Semaphore::new(1),
            dropped: AtomicU64::new(0),
        })
    }

    /// Adds records in their order.
    pub(crate) async fn append(&self, records: Vec<LogRecord>) -> Result<(), Failure> {
        let mut writer = self.writer.clone().lock_owned().await;
        let (newest, live) = (self.newest.clone(), self.live.clone());
        tokio::task::spawn_blocking(move || {
            let records = writer.write(records);
            let mut newest = newest.write().unwrap_or_else(PoisonError::into_inner);
            for record in records {
                newest.push(record.clone());
                // Fails where nobody follows.
                let _ = live.send(record);
            }
        })
        .await
        .map_err(|e| Code::Internal.because(format!("records could not be kept: {e}")))
    }

    /// Counts records that senders had to drop.
    pub(crate) fn count_dropped(&self, count: u64) {
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// Records that senders said they had to drop, since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Records from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<LogRecord>> {
        self.live.subscribe()
    }

    /// Up to `limit` of the newest records that are asked for and may be seen, the newest first.
    pub(crate) async fn query(
        &self,
        filter: Arc<Filter>,
        sight: Arc<Sight>,
        limit: usize,
    ) -> Result<Vec<LogRecord>, Failure> {
        let mut found = Found { records: Vec::new(), room: ANSWER, limit };
        let oldest = {
            let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
            for record in newest.iter() {
                if found.full() || filter.ends_at(record.number) {
                    return Ok(found.records);
                }
                if filter.wants(record) && sight.sees(record) {
                    found.push(record.as_ref().clone());
                }
            }
            newest.oldest()
        };
        let Some(oldest) = oldest.filter(|oldest| *oldest > 1 && !found.full()) else {
            return Ok(found.records);
        };
        let gone = |_| Code::Internal.because("searching in files has ended");
        let _one = self.searches.acquire().await.map_err(gone)?;
        let segments = self.writer.lock().await.segments.list();
        tokio::task::spawn_blocking(move || search(&segments, oldest, &filter, &sight, found))
            .await
            .map_err(|e| Code::Internal.because(format!("the log could not be searched: {e}")))?
    }

    /// Number of the newest record; 0 where there is none.
    pub(crate) async fn latest(&self) -> u64 {
        self.writer.lock().await.next - 1
    }

    /// What follows a number, the oldest first: up to `limit` records that are asked for and may be seen.
    pub(crate) async fn page(
        &self,
        after: u64,
        filter: Arc<Filter>,
        sight: Arc<Sight>,
        limit: usize,
    ) -> Result<Page, Failure> {
        let oldest = {
            let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
            match newest.oldest() {
                Some(oldest) if oldest > after + 1 => oldest,
                _ => {
                    return Ok(Page::of(
                        newest.since(after).map(|r| r.as_ref()),
                        after,
                        &filter,
                        &sight,
                        limit,
                    ));
                }
            }
        };
        let gone = |_| Code::Internal.because("searching in files has ended");
        let _one = self.searches.acquire().await.map_err(gone)?;
        let segments = self.writer.lock().await.segments.list();
        tokio::task::spawn_blocking(move || {
            let next = |from: u64| {
                segments
                    .iter()
                    .map(|s| s.0)
                    .filter(|first| *first > from)
                    .chain([oldest])
                    .min()
                    .unwrap_or(oldest)
            };
            if let Some((_, path)) = segments.iter().find(|(first, _)| *first <= after + 1) {
                let records = read(path)?;
                let rest = records.iter().filter(|record| record.number > after && record.number < oldest);
                // It costs a whole file, so much is taken from it.
                let mut page = Page::of(rest, after, &filter, &sight, limit.saturating_mul(FROM_FILE));
                if page.through > after {
                    page.end = false;
                    return Ok(page);
                }
            }
            // Nothing of it is kept up to where the next file, or memory, begins.
            let through = next(after + 1) - 1;
            Ok(Page { records: Vec::new(), through, missing: through - after, end: false })
        })
        .await
        .map_err(|e| Code::Internal.because(format!("the log could not be searched: {e}")))?
    }

    /// Makes durable what was written.
    pub(crate) async fn sync(&self) -> Result<(), Failure> {
        let mut writer = self.writer.clone().lock_owned().await;
        tokio::task::spawn_blocking(move || writer.segments.sync().map_err(|error| writer.complain(error)))
            .await
            .map_err(|e| Code::Internal.because(format!("the log could not be synced: {e}")))?
    }
}

impl Writer {
    /// Numbers and writes. Where writing fails the records are shown and kept in memory all the same: the log
    /// of a full disk is what is needed to see that it is full.
    fn write(&mut self, records: Vec<LogRecord>) -> Vec<Arc<LogRecord>> {
        let first = self.next;
        let mut lines = Vec::new();
        let mut numbered = Vec::with_capacity(records.len());
        for mut record in records {
            record.number = self.next;
            self.next += 1;
            record::write(&record, &mut lines);
            numbered.push(Arc::new(record));
        }
        if let Err(error) = self.segments.append(first, &lines) {
            self.complain(error);
        }
        numbered
    }

    /// Says from time to time, on standard output, that the disk does not take the log.
    fn complain(&mut self, error: Error) -> Failure {
        if self.complained.is_none_or(|at| at.elapsed() > QUIET) {
            self.complained = Some(Instant::now());
            tracing::error!(%error, "records of the log are safe in memory only");
        }
        error.into()
    }
}

/// A part of the log, in its order.
pub(crate) struct Page {
    pub(crate) records: Vec<LogRecord>,
    /// The last number that was looked at.
    pub(crate) through: u64,
    /// Numbers before the first record that are kept no longer.
    pub(crate) missing: u64,
    /// True where nothing more is there at present.
    pub(crate) end: bool,
}

impl Page {
    fn of<'a>(
        all: impl Iterator<Item = &'a LogRecord>,
        after: u64,
        filter: &Filter,
        sight: &Sight,
        limit: usize,
    ) -> Self {
        let mut page = Self { records: Vec::new(), through: after, missing: 0, end: true };
        for record in all {
            if page.records.len() == limit {
                page.end = false;
                break;
            }
            if page.through == after {
                page.missing = record.number - after - 1;
            }
            page.through = record.number;
            if filter.wants(record) && sight.sees(record) {
                page.records.push(record.clone());
            }
        }
        page
    }
}

/// What a query has found so far.
struct Found {
    records: Vec<LogRecord>,
    room: usize,
    limit: usize,
}

impl Found {
    fn full(&self) -> bool {
        self.records.len() >= self.limit || self.room == 0
    }

    fn push(&mut self, record: LogRecord) {
        match self.room.checked_sub(record::weight(&record)) {
            Some(room) => {
                self.room = room;
                self.records.push(record);
            }
            None => self.room = 0,
        }
    }
}

/// Goes on with records older than those in memory.
fn search(
    segments: &[(u64, std::path::PathBuf)],
    oldest: u64,
    filter: &Filter,
    sight: &Sight,
    mut found: Found,
) -> Result<Vec<LogRecord>, Failure> {
    let begin = Instant::now();
    for (_, path) in segments.iter().filter(|(first, _)| *first < oldest) {
        for record in read(path)?.into_iter().rev().filter(|record| record.number < oldest) {
            if found.full() || filter.ends_at(record.number) {
                return Ok(found.records);
            }
            if filter.wants(&record) && sight.sees(&record) {
                found.push(record);
            }
        }
        if begin.elapsed() > PATIENCE {
            tracing::debug!("a search in the log ended before it was through");
            break;
        }
    }
    Ok(found.records)
}
