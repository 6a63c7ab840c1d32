//! A record: its bounds, its weight, and its line in a segment.

use std::borrow::Cow;

use api::v1::LogRecord;
use base::identity::Identity;
use serde::{Deserialize, Serialize};

/// Most bytes of a message, and of the other fields.
pub(crate) const MESSAGE: usize = 8 * 1024;

/// Most bytes of a target.
const TARGET: usize = 256;

/// Most bytes of an id.
const ID: usize = 128;

/// Levels, the worst first.
pub(crate) const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// The place of a level among [`LEVELS`].
pub(crate) fn rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| known.eq_ignore_ascii_case(level))
}

/// A record of a sender as it is kept: with the sender's true name, within all bounds.
pub(crate) fn accept(mut record: LogRecord, sender: &Identity, now_ms: i64) -> LogRecord {
    record.service = sender.role.to_string();
    record.instance = sender.instance.clone();
    record.level = LEVELS[rank(&record.level).unwrap_or(2)].to_owned();
    if !(1..=now_ms).contains(&record.time_ms) {
        record.time_ms = now_ms;
    }
    cut(&mut record.message, MESSAGE);
    cut(&mut record.target, TARGET);
    for id in [&mut record.project, &mut record.session, &mut record.run] {
        cut(id, ID);
    }
    // Half an object is none.
    if record.fields.len() > MESSAGE
        || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&record.fields).is_err()
    {
        record.fields.clear();
    }
    record
}

/// Shortens a text to at most `most` bytes, at the border of a character.
pub(crate) fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let mark = "…";
        text.truncate(text.floor_char_boundary(most - mark.len()));
        text.push_str(mark);
    }
}

/// Bytes that a record takes in memory and in a message, roughly.
pub(crate) fn weight(record: &LogRecord) -> usize {
    let texts = [
        &record.level,
        &record.service,
        &record.instance,
        &record.message,
        &record.project,
        &record.session,
        &record.run,
        &record.fields,
        &record.target,
    ];
    size_of::<LogRecord>() + texts.iter().map(|text| text.len()).sum::<usize>()
}

/// A record as it stands in a segment.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Line<'a> {
    number: u64,
    time_ms: i64,
    level: Cow<'a, str>,
    service: Cow<'a, str>,
    instance: Cow<'a, str>,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    project: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    session: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    run: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: Cow<'a, str>,
    /// JSON within JSON, so that it comes back as it was.
    #[serde(skip_serializing_if = "str::is_empty")]
    fields: Cow<'a, str>,
}

/// Appends the record's line.
pub(crate) fn write(record: &LogRecord, to: &mut Vec<u8>) {
    let line = Line {
        number: record.number,
        time_ms: record.time_ms,
        level: record.level.as_str().into(),
        service: record.service.as_str().into(),
        instance: record.instance.as_str().into(),
        message: record.message.as_str().into(),
        project: record.project.as_str().into(),
        session: record.session.as_str().into(),
        run: record.run.as_str().into(),
        target: record.target.as_str().into(),
        fields: record.fields.as_str().into(),
    };
    // Writing texts and numbers into memory cannot fail.
    let _ = serde_json::to_writer(&mut *to, &line);
    to.push(b'\n');
}

/// The record of a line; `None` where the line is damaged.
pub(crate) fn read(line: &[u8]) -> Option<LogRecord> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    if line.number == 0 {
        return None;
    }
    Some(LogRecord {
        number: line.number,
        time_ms: line.time_ms,
        level: line.level.into_owned(),
        service: line.service.into_owned(),
        instance: line.instance.into_owned(),
        message: line.message.into_owned(),
        project: line.project.into_owned(),
        session: line.session.into_owned(),
        run: line.run.into_owned(),
        target: line.target.into_owned(),
        fields: line.fields.into_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was() {
        let record = LogRecord {
            number: 7,
            time_ms: 9,
            level: "WARN".into(),
            service: "compute/fit-td".into(),
            message: "two\nlines \"quoted\" \u{0} ü".into(),
            fields: r#"{"port":7}"#.into(),
            run: "r".into(),
            ..LogRecord::default()
        };
        let mut bytes = Vec::new();
        write(&record, &mut bytes);
        assert_eq!(bytes.iter().filter(|b| **b == b'\n').count(), 1);
        assert_eq!(read(&bytes).unwrap(), record);
        assert!(read(&bytes[..bytes.len() / 2]).is_none());
        assert!(read(b"{}").is_none());
    }

    #[test]
    fn what_is_sent_is_cut_to_bounds_and_named_after_its_sender() {
        let sender: Identity = "spiffe://lab/compute/fit-td/a1".parse().unwrap();
        let sent = LogRecord {
            service: "relay".into(),
            level: "fatal".into(),
            time_ms: i64::MAX,
            message: "ü".repeat(MESSAGE),
            fields: "no object".into(),
            project: "p".repeat(1000),
            ..LogRecord::default()
        };
        let kept = accept(sent, &sender, 1_000);
        assert_eq!((kept.service.as_str(), kept.instance.as_str()), ("compute/fit-td", "a1"));
        assert_eq!((kept.level.as_str(), kept.time_ms), ("INFO", 1_000));
        assert!(kept.message.len() <= MESSAGE && kept.message.ends_with('…'));
        assert!(kept.fields.is_empty() && kept.project.len() <= ID);
        let kept =
            accept(LogRecord { level: "warn".into(), time_ms: 5, ..Default::default() }, &sender, 1_000);
        assert_eq!((kept.level.as_str(), kept.time_ms), ("WARN", 5));
    }
}
