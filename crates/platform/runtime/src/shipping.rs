//! Records on their way to the central logger: in batches, and kept while it is down as far as the spool goes. With
//! them, and every few seconds without any, goes how this service is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Failure;
use api::v1::{AppendRequest, LogRecord, ServiceStatus};
use prost::Message as _;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::telemetry::Spool;
use crate::vitals::{TOLD, Vitals};

/// Records of one call at most.
const BATCH: usize = 500;

/// Bytes of one call at most, far below the limit of a message; one record is smaller, see [`crate::telemetry`].
const BYTES: usize = 1 << 20;

/// Wait before the next try.
const PAUSE: Duration = Duration::from_secs(2);

/// How long the logger may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Records that have left the spool and not been shipped.
struct Parcel {
    records: Vec<LogRecord>,
    /// Records that were dropped, of which the logger knows.
    told: u64,
    vitals: Vitals,
}

/// Ships until `end`; then what is left, once. The caller bounds how long that may take.
pub(crate) async fn ship(mut spool: Spool, context: Context, end: CancellationToken) {
    if context.options.logger.is_none() {
        // Nobody to ship to: keep the spool empty, so that nothing counts as dropped.
        while spool.records.recv().await.is_some() {}
        return;
    }
    let mut parcel = Parcel { records: Vec::with_capacity(BATCH), told: 0, vitals: Vitals::new(&context) };
    let mut due = tokio::time::interval(TOLD);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !end.is_cancelled() {
        if parcel.records.is_empty() {
            tokio::select! {
                count = spool.records.recv_many(&mut parcel.records, BATCH) => if count == 0 { return },
                _ = due.tick() => {}
                () = end.cancelled() => break,
            }
        }
        if let Err(failure) = parcel.send(&context, &spool, false).await {
            tracing::debug!(%failure, "the logger cannot be reached; records wait");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = end.cancelled() => {}
            }
        }
    }
    // The last lines of a process are often the most wanted ones; and that it ends shall not look like a crash.
    while let Ok(record) = spool.records.try_recv() {
        parcel.records.push(record);
    }
    while parcel.send(&context, &spool, true).await.is_ok() && !parcel.records.is_empty() {}
}

impl Parcel {
    /// Sends the first records, as many as go into one call; an error if they should be sent again.
    async fn send(&mut self, context: &Context, spool: &Spool, ending: bool) -> Result<(), Failure> {
        let count = fitting(&self.records);
        let dropped = spool.dropped.load(Ordering::Relaxed);
        let request = AppendRequest {
            records: self.records[..count].to_vec(),
            dropped: dropped - self.told,
            status: Some(ServiceStatus { ending, ..self.vitals.now() }),
        };
        let answer = async {
            let mut logger = context.peers.logger()?;
            let late = |_| api::Code::Timeout.because("the logger did not answer");
            tokio::time::timeout(ANSWER, logger.append(request)).await.map_err(late)??;
            Ok::<_, Failure>(())
        };
        match answer.await {
            Ok(()) => self.told = dropped,
            // The same again would be refused for ever, and all that comes after it would wait.
            Err(failure) if refused(&failure) => {
                tracing::debug!(%failure, count, "the logger refused records");
                spool.dropped.fetch_add(count as u64, Ordering::Relaxed);
            }
            Err(failure) => return Err(failure),
        }
        self.records.drain(..count);
        Ok(())
    }
}

/// True where the records themselves are what the logger does not want. Trouble of the logger, and with
/// certificates, passes.
fn refused(failure: &Failure) -> bool {
    matches!(failure.code, api::Code::Invalid | api::Code::TooLarge)
}

/// How many of the first records go into one call: at least one.
fn fitting(records: &[LogRecord]) -> usize {
    let mut bytes = 0;
    let fits = |record: &&LogRecord| {
        bytes += record.encoded_len() + 8;
        bytes <= BYTES
    };
    records.iter().take(BATCH).take_while(fits).count().max(1).min(records.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: usize, bytes: usize) -> Vec<LogRecord> {
        vec![LogRecord { message: "x".repeat(bytes), ..LogRecord::default() }; count]
    }

    #[test]
    fn a_call_is_bounded_in_records_and_in_bytes() {
        assert_eq!(fitting(&records(10_000, 10)), BATCH);
        let large = records(100, 100_000);
        let count = fitting(&large);
        assert!(count == 10 && large[..count].iter().map(LogRecord::encoded_len).sum::<usize>() < BYTES);
        // Never stuck on a single one.
        assert_eq!(fitting(&records(2, 2 * BYTES)), 1);
        assert_eq!(fitting(&[]), 0);
    }
}
