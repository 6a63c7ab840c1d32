//! Which records a query asks for.

use api::v1::{LogQuery, LogRecord};
use api::{Code, Failure};

use crate::record::{LEVELS, rank};

/// Longest text to look for.
const TEXT: usize = 256;

/// A query, checked.
pub(crate) struct Filter {
    worst_to: usize,
    service: String,
    project: String,
    run: String,
    /// In lower case.
    text: String,
    since_ms: i64,
    after: u64,
}

impl Filter {
    pub(crate) fn new(query: LogQuery) -> Result<Self, Failure> {
        let level = if query.level.is_empty() { "INFO" } else { &query.level };
        let worst_to = rank(level).ok_or_else(|| {
            Code::Invalid
                .because(format!("`{}` is no level", level.chars().take(40).collect::<String>()))
                .remedy(format!("use one of {}", LEVELS.join(", ")))
        })?;
        if query.text.len() > TEXT {
            return Err(Code::TooLarge.because(format!("the text to look for is longer than {TEXT} bytes")));
        }
        Ok(Self {
            worst_to,
            service: query.service,
            project: query.project,
            run: query.run,
            text: query.text.to_lowercase(),
            since_ms: query.since_ms,
            after: query.after,
        })
    }

    /// True if a record is asked for. A service is asked for by its name or, `fit-td` say, the last part of it.
    pub(crate) fn wants(&self, record: &LogRecord) -> bool {
        let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        self.after < record.number
            && self.since_ms <= record.time_ms
            && rank(&record.level).is_some_and(|rank| rank <= self.worst_to)
            && (is(&self.service, &record.service)
                || record.service.strip_prefix("compute/") == Some(self.service.as_str()))
            && is(&self.project, &record.project)
            && is(&self.run, &record.run)
            && self.holds_text(record)
    }

    /// True if no record with this number or a lower one is asked for.
    pub(crate) fn ends_at(&self, number: u64) -> bool {
        number <= self.after
    }

    fn holds_text(&self, record: &LogRecord) -> bool {
        self.text.is_empty()
            || [&record.message, &record.fields, &record.target, &record.instance]
                .iter()
                .any(|text| text.to_lowercase().contains(&self.text))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record() -> LogRecord {
        LogRecord {
            number: 5,
            time_ms: 1_000,
            level: "WARN".into(),
            service: "compute/fit-td".into(),
            message: "The Energy grows".into(),
            project: "p".into(),
            run: "r".into(),
            ..LogRecord::default()
        }
    }

    fn wants(query: LogQuery) -> bool {
        Filter::new(query).unwrap().wants(&record())
    }

    #[test]
    fn every_part_of_a_query_counts() {
        let query = LogQuery::default;
        assert!(wants(query()));
        assert!(!wants(LogQuery { level: "error".into(), ..query() }));
        assert!(wants(LogQuery { level: "TRACE".into(), ..query() }));
        assert!(wants(LogQuery { service: "compute/fit-td".into(), ..query() }));
        assert!(wants(LogQuery { service: "fit-td".into(), ..query() }));
        assert!(!wants(LogQuery { service: "relay".into(), ..query() }));
        assert!(wants(LogQuery { project: "p".into(), run: "r".into(), ..query() }));
        assert!(!wants(LogQuery { project: "q".into(), ..query() }));
        assert!(!wants(LogQuery { run: "s".into(), ..query() }));
        assert!(wants(LogQuery { text: "energy GROWS".into(), ..query() }));
        assert!(!wants(LogQuery { text: "shrinks".into(), ..query() }));
        assert!(!wants(LogQuery { since_ms: 1_001, ..query() }));
        assert!(!wants(LogQuery { after: 5, ..query() }));
    }

    #[test]
    fn nonsense_is_refused() {
        let level = LogQuery { level: "loud".into(), ..LogQuery::default() };
        assert_eq!(Filter::new(level).err().unwrap().code, Code::Invalid);
        let text = LogQuery { text: "x".repeat(1000), ..LogQuery::default() };
        assert_eq!(Filter::new(text).err().unwrap().code, Code::TooLarge);
    }
}
