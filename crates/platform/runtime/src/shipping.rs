//! Records on their way to the central logger: in batches, and kept while it is down as far as the spool goes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Failure;
use api::v1::{AppendRequest, LogRecord};

use crate::context::Context;
use crate::telemetry::Spool;

const BATCH: usize = 500;
const PAUSE: Duration = Duration::from_secs(2);

/// Ships until the process ends; then what is left, once.
pub(crate) async fn ship(mut spool: Spool, context: Context) {
    if context.options.logger.is_none() {
        // Nobody to ship to: keep the spool empty, so that nothing counts as dropped.
        while spool.records.recv().await.is_some() {}
        return;
    }
    let mut batch = Vec::with_capacity(BATCH);
    let mut told = 0;
    loop {
        tokio::select! {
            count = spool.records.recv_many(&mut batch, BATCH) => if count == 0 { return },
            () = context.shutdown.cancelled() => break,
        }
        while let Err(failure) = append(&context, &batch, spool.dropped.load(Ordering::Relaxed) - told).await
        {
            tracing::debug!(%failure, "the logger cannot be reached; records wait");
            tokio::select! {
                () = context.shutdown.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        told = spool.dropped.load(Ordering::Relaxed);
        batch.clear();
    }
    // The last lines of a process are often the most wanted ones: take what comes within a moment.
    loop {
        let last =
            tokio::time::timeout(Duration::from_millis(300), spool.records.recv_many(&mut batch, BATCH));
        if !matches!(last.await, Ok(count) if count > 0) {
            break;
        }
    }
    let dropped = spool.dropped.load(Ordering::Relaxed) - told;
    let _ = tokio::time::timeout(Duration::from_secs(1), append(&context, &batch, dropped)).await;
}

async fn append(context: &Context, batch: &[LogRecord], dropped: u64) -> Result<(), Failure> {
    if batch.is_empty() && dropped == 0 {
        return Ok(());
    }
    let request = AppendRequest { records: batch.to_vec(), dropped };
    context.peers.logger()?.append(request).await?;
    Ok(())
}
