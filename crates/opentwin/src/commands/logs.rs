//! Central logs.

use std::time::Duration;

use api::v1::{LogQuery, LogRecord};
use api::{Code, Failure};
use clap::{Args, ValueEnum};
use client::{Client, Patience, ask};
use console::style;

use super::desk::{self, Desk};
use super::{runs, text, usage};

/// How long a lost connection is sought again while following.
const SOUGHT: Duration = Duration::from_secs(600);

/// How bad it is at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Work was lost
    Error,
    /// Something was recovered from
    Warn,
    /// What goes on
    Info,
    /// For those who look for a fault
    Debug,
    /// Everything
    Trace,
}

/// Show the logs of the platform's services
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin logs --level warn --since 2h\n  opentwin logs --project iris --follow\n  opentwin logs --run 0195e7c2-… --output json"
)]
pub struct Logs {
    /// This level and worse
    #[arg(long, value_enum, default_value = "info")]
    level: Level,
    /// Those of one service
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    /// Those of one project (name or id)
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Those of one run, by its id or the beginning of it
    #[arg(long, value_name = "ID", default_value = "")]
    run: String,
    /// Those with this text in them
    #[arg(long, value_name = "TEXT", default_value = "")]
    text: String,
    /// Since a time ago (`10m`, `2h 30m`, `3d`) or a date (`2026-01-31`, `2026-01-31T12:00:00Z`)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many lines at most
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: u32,
    /// Go on with new lines as they come
    #[arg(long, short)]
    follow: bool,
}

impl Logs {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let client = desk.client()?;
        let project = match &self.project {
            Some(name) => desk::project(&client, name).await?.id,
            None => String::new(),
        };
        let run = match self.run.as_str() {
            // A whole id needs no run: its lines outlive it.
            whole if whole.is_empty() || whole.len() >= runs::ID => whole.to_owned(),
            beginning => runs::find(&client, beginning).await?.id,
        };
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let level = self.level.to_possible_value().map_or_else(String::new, |v| v.get_name().to_uppercase());
        let mut query = LogQuery {
            level,
            service: self.service,
            project,
            run,
            text: self.text,
            since_ms: self.since.as_deref().map_or(Ok(0), |text| since(text, now_ms))?,
            limit: self.limit,
            after: 0,
        };
        let reply = ask!(client, logger.query(query.clone()))?;
        if reply.dropped > 0 {
            desk.out.remark(&format!("{} lines were lost before they reached the logger", reply.dropped));
        }
        if desk.out.json() && !self.follow {
            return desk.out.answer(&reply, || Ok(()));
        }
        query.after = reply.latest;
        for record in reply.records.iter().rev() {
            query.after = query.after.max(record.number);
            tell(desk, record)?;
        }
        if reply.records.is_empty() && !self.follow {
            desk.out.remark("no lines match");
        }
        match self.follow {
            true => follow(desk, &client, query).await,
            false => Ok(()),
        }
    }
}

async fn follow(desk: &Desk<'_>, client: &Client, mut query: LogQuery) -> Result<(), Failure> {
    query.limit = 0;
    let mut patience = Patience::lasting(SOUGHT);
    loop {
        let lost = match tail(desk, client, &mut query, &mut patience).await {
            Ok(()) => Code::Unavailable.because("the logger ended the stream"),
            Err(failure) => failure,
        };
        if desk.out.closed() {
            return Ok(());
        }
        patience.pause(lost).await?;
    }
}

async fn tail(
    desk: &Desk<'_>,
    client: &Client,
    query: &mut LogQuery,
    patience: &mut Patience,
) -> Result<(), Failure> {
    let mut service = client.logger();
    let mut stream = client.once(service.tail(query.clone())).await?;
    while let Some(record) = stream.message().await.map_err(client::failure)? {
        *patience = Patience::lasting(SOUGHT);
        // After a gap what is known may come again.
        if record.number == 0 || record.number > query.after {
            query.after = query.after.max(record.number);
            tell(desk, &record)?;
        }
    }
    Ok(())
}

fn tell(desk: &Desk<'_>, record: &LogRecord) -> Result<(), Failure> {
    if desk.out.json() {
        return desk.out.item(record);
    }
    let level = match record.level.as_str() {
        "ERROR" => style("ERROR").red(),
        "WARN" => style(" WARN").yellow(),
        "INFO" => style(" INFO").green(),
        "DEBUG" => style("DEBUG").dim(),
        _ => style("TRACE").dim(),
    };
    let mut line = format!("{}: {}", record.service, record.message);
    if let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(&record.fields) {
        for (name, value) in fields {
            line.push_str(&format!(" {name}={}", text::brief(&value)));
        }
    }
    if !record.run.is_empty() {
        line.push_str(&format!(" run={}", record.run));
    }
    desk.out.line(&format!("{} {level} {}", text::time(record.time_ms), text::clean(&line)))
}

/// A time ago, or a date, in ms since 1970.
pub(crate) fn since(given: &str, now_ms: i64) -> Result<i64, Failure> {
    let given = given.trim();
    if let Ok(time) = given.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    if let Ok(time) = format!("{given}T00:00:00Z").parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let ago = || -> Option<i64> {
        // A span knows days; hours of a day are not in question for logs.
        let span: jiff::Span = given.parse().ok()?;
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        if span.get_years() != 0 || span.get_months() != 0 {
            return None;
        }
        let rest = span.weeks(0).days(0).to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
        let rest = i64::try_from(rest.as_millis()).ok()?;
        days.checked_mul(86_400_000)?.checked_add(rest).filter(|ms| *ms >= 0)
    };
    ago().and_then(|ms| now_ms.checked_sub(ms)).map(|ms| ms.max(0)).ok_or_else(|| {
        usage(
            format!("`{given}` is no time"),
            "write how long ago (`10m`, `2h 30m`, `3d`) or a date (`2026-01-31`, `2026-01-31T12:00:00Z`)",
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_taken_as_people_write_them() {
        let now = 1_000_000_000_000;
        for (text, ago) in [
            ("10m", 600_000),
            ("2h 30m", 9_000_000),
            ("3d", 259_200_000),
            ("1w", 604_800_000),
            ("90s", 90_000),
        ] {
            assert_eq!(since(text, now).unwrap(), now - ago, "{text}");
        }
        assert_eq!(since("1970-01-02", now).unwrap(), 86_400_000);
        assert_eq!(since("1970-01-02T00:00:01Z", now).unwrap(), 86_401_000);
        for bad in ["", "yesterday", "10", "1y", "-1h", "2026-13-01"] {
            assert_eq!(since(bad, now).unwrap_err().code, Code::Usage, "{bad}");
        }
    }
}
