//! Logs: one JSON object a line on standard output (a human form on a terminal), and the same records to the
//! central logger through a bounded spool, which never blocks the work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::v1::LogRecord;
use base::identity::Identity;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::caller::now_ms;

/// Records that wait for the logger at most; beyond that they are dropped and counted.
const SPOOL: usize = 10_000;

/// Bytes of a record's text at most, and of its fields; what is longer is cut, so that every record can be sent.
const TEXT: usize = 16 << 10;

/// The end of the spool that the shipper reads.
pub struct Spool {
    /// Records in the order of their making.
    pub records: mpsc::Receiver<LogRecord>,
    /// Records dropped so far because the spool was full.
    pub dropped: Arc<AtomicU64>,
}

/// What is logged where nothing is said of it: the libraries below tell too much.
pub(crate) const FILTER: &str = "info,h2=warn,hyper=warn,rustls=warn,tower=warn";

/// Begins logging for this process. Returns `None` if it had begun before (as in tests).
pub fn start(identity: &Identity, filter: Option<&str>) -> Option<Spool> {
    let (sender, records) = mpsc::channel(SPOOL);
    let dropped = Arc::new(AtomicU64::new(0));
    let layer = Recorder {
        service: identity.role.to_string(),
        instance: identity.instance.clone(),
        human: std::io::stdout().is_terminal(),
        sender,
        dropped: dropped.clone(),
    };
    let filter = EnvFilter::try_new(filter.unwrap_or(FILTER)).unwrap_or_else(|_| EnvFilter::new("info"));
    Registry::default().with(filter).with(layer).try_init().ok()?;
    Some(Spool { records, dropped })
}

struct Recorder {
    service: String,
    instance: String,
    human: bool,
    sender: mpsc::Sender<LogRecord>,
    dropped: Arc<AtomicU64>,
}

/// Fields of a span or an event.
#[derive(Clone, Default)]
struct Fields(BTreeMap<&'static str, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), value.into());
    }
}

impl Fields {
    fn take(&mut self, name: &str) -> String {
        match self.0.remove(name) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    /// As a JSON object; empty without fields. Fields that are too long are cut, those too many left out.
    fn json(self) -> String {
        let mut room = TEXT;
        let mut map = Map::new();
        for (name, value) in self.0 {
            let value = match value {
                Value::String(text) => Value::String(cut_to(text, room)),
                other => other,
            };
            room = room.saturating_sub(name.len() + value.as_str().map_or(8, str::len));
            map.insert(name.to_owned(), value);
            if room == 0 {
                break;
            }
        }
        if map.is_empty() { String::new() } else { Value::Object(map).to_string() }
    }
}

fn cut(text: String) -> String {
    cut_to(text, TEXT)
}

/// The beginning of a text that is longer than `most` bytes, marked as such.
fn cut_to(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.clone());
            }
        }
        event.record(&mut fields);
        let record = self.record(event, fields);
        self.print(&record);
        // The logger must not be told of the sending of logs, or that never ends.
        if !record.target.starts_with("runtime::shipping") && self.sender.try_send(record).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Recorder {
    fn record(&self, event: &Event<'_>, mut fields: Fields) -> LogRecord {
        LogRecord {
            number: 0,
            time_ms: now_ms(),
            level: event.metadata().level().to_string(),
            service: self.service.clone(),
            instance: self.instance.clone(),
            message: cut(fields.take("message")),
            project: fields.take("project"),
            session: fields.take("session"),
            run: fields.take("run"),
            target: event.metadata().target().to_owned(),
            fields: fields.json(),
        }
    }

    fn print(&self, record: &LogRecord) {
        let line = if self.human { human(record) } else { json(record) };
        // Standard output may be closed by whoever read it; logging goes on to the logger.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// A record as one line of JSON, empty fields left out.
pub fn json(record: &LogRecord) -> String {
    let mut map = Map::new();
    map.insert("time".into(), time(record.time_ms).into());
    for (key, value) in [
        ("level", &record.level),
        ("service", &record.service),
        ("instance", &record.instance),
        ("message", &record.message),
        ("project", &record.project),
        ("session", &record.session),
        ("run", &record.run),
        ("target", &record.target),
    ] {
        if !value.is_empty() {
            map.insert(key.into(), value.as_str().into());
        }
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str(&record.fields) {
        for (key, value) in fields {
            map.entry(key).or_insert(value);
        }
    }
    Value::Object(map).to_string()
}

/// A record for people: time, level, service, message, then what else there is.
pub fn human(record: &LogRecord) -> String {
    let mut line =
        format!("{} {:5} {} {}", time(record.time_ms), record.level, record.service, record.message);
    for (key, value) in [("project", &record.project), ("session", &record.session), ("run", &record.run)] {
        if !value.is_empty() {
            let _ = write!(line, " {key}={value}");
        }
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str(&record.fields) {
        for (key, value) in fields {
            let _ = match value {
                Value::String(text) => write!(line, " {key}={text}"),
                other => write!(line, " {key}={other}"),
            };
        }
    }
    line
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|t| format!("{t:.3}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("short".into()), "short");
        let long = cut("ü".repeat(TEXT));
        assert!(long.len() <= TEXT + 4 && long.ends_with("ü…"));
        let fields = [("a", "x".repeat(2 * TEXT)), ("b", "y".into())];
        let json = Fields(fields.map(|(name, text)| (name, Value::String(text))).into()).json();
        let value: Value = serde_json::from_str(&json).unwrap();
        assert!(json.len() < TEXT + 100 && value["a"].as_str().unwrap().ends_with('…'));
        assert_eq!(Fields::default().json(), "");
    }

    #[test]
    fn a_record_is_one_flat_json_line() {
        let record = LogRecord {
            level: "INFO".into(),
            service: "relay".into(),
            message: "two\nlines".into(),
            run: "r1".into(),
            fields: r#"{"port":7}"#.into(),
            ..LogRecord::default()
        };
        let line = json(&record);
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["run"], "r1");
        assert_eq!(value["port"], 7);
        assert!(value.get("session").is_none());
        assert_eq!(value["time"], "1970-01-01T00:00:00.000Z");
    }
}
