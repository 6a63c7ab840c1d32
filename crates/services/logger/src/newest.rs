//! The newest records, in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use api::v1::LogRecord;

use crate::record::weight;

/// Records kept at most.
pub(crate) const MOST: usize = 20_000;

/// Bytes kept at most.
const HEAVIEST: usize = 64 << 20;

/// The newest records, the oldest of them first.
#[derive(Default)]
pub(crate) struct Newest {
    records: VecDeque<Arc<LogRecord>>,
    bytes: usize,
}

impl Newest {
    /// Adds a record that is newer than all.
    pub(crate) fn push(&mut self, record: Arc<LogRecord>) {
        self.bytes += weight(&record);
        self.records.push_back(record);
        while self.records.len() > MOST || self.bytes > HEAVIEST {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    /// Adds a record that is older than all; `false` where there is no room for it.
    pub(crate) fn push_older(&mut self, record: LogRecord) -> bool {
        let bytes = self.bytes + weight(&record);
        if self.records.len() >= MOST || bytes > HEAVIEST {
            return false;
        }
        self.bytes = bytes;
        self.records.push_front(Arc::new(record));
        true
    }

    /// The newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<LogRecord>> {
        self.records.iter().rev()
    }

    /// Those with a number above `after`, the oldest first.
    pub(crate) fn since(&self, after: u64) -> impl Iterator<Item = &Arc<LogRecord>> {
        let from = self.records.partition_point(|record| record.number <= after);
        self.records.range(from..)
    }

    /// Number of the oldest.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.records.front().map(|record| record.number)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(number: u64, message: usize) -> LogRecord {
        LogRecord { number, message: "x".repeat(message), ..LogRecord::default() }
    }

    #[test]
    fn only_the_newest_stay() {
        let mut newest = Newest::default();
        for number in 1..=(MOST as u64 + 5) {
            newest.push(Arc::new(record(number, 1)));
        }
        assert_eq!(newest.oldest(), Some(6));
        assert!(!newest.push_older(record(5, 1)));
        for number in 0..10_000 {
            newest.push(Arc::new(record(number, 8 << 10)));
        }
        assert!(newest.bytes <= HEAVIEST);
        assert_eq!(newest.bytes, newest.iter().map(|r| weight(r)).sum::<usize>());
    }
}
