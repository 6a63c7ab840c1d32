//! Times, durations, sizes and names as people read them.

use api::v1::{Right, Run, RunState};
use serde_json::Value;

/// Text of others without what would command a terminal; line ends and tabs become spaces.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

/// A time in ms since 1970, in UTC; empty for 0.
pub(crate) fn time(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) if ms != 0 => time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        _ => String::new(),
    }
}

/// A duration, with as much detail as matters.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return String::new();
    }
    let whole = seconds.round().min(1e15) as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86400 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {} h", whole / 86400, whole % 86400 / 3600),
    }
}

/// A size in bytes.
pub(crate) fn size(bytes: u64) -> String {
    base::bytes::size(bytes as f64)
}

/// The beginning of a hash or id, enough to tell it from others.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

/// A right in a word.
pub(crate) fn right(right: Right) -> &'static str {
    match right {
        Right::None => "none",
        Right::Viewer => "viewer",
        Right::Editor => "editor",
        Right::Owner => "owner",
    }
}

/// A run's state in a word or two.
pub(crate) fn state(run: &Run) -> String {
    match run.state() {
        RunState::Unknown => "unknown".to_owned(),
        RunState::Queued if run.queue_position > 0 => format!("queued ({})", run.queue_position),
        RunState::Queued => "queued".to_owned(),
        RunState::Running => format!("running {}", percent(run.progress)),
        RunState::Succeeded if run.cached => "succeeded (unchanged)".to_owned(),
        RunState::Succeeded => match run.warnings.len() {
            0 => "succeeded".to_owned(),
            1 => "succeeded, 1 warning".to_owned(),
            many => format!("succeeded, {many} warnings"),
        },
        RunState::Failed => "failed".to_owned(),
        RunState::Cancelled => "cancelled".to_owned(),
    }
}

/// A fraction in percent.
pub(crate) fn percent(fraction: f64) -> String {
    let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
    // Rounded down: it is not done before it is done.
    format!("{} %", (fraction * 100.0).floor())
}

/// `yes` or nothing.
pub(crate) fn yes(value: bool) -> String {
    if value { "yes".to_owned() } else { String::new() }
}

/// Properties as one reads them in a project file, on one line; long ones are cut.
pub(crate) fn brief(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// `1 entity`, `2 entities`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
