//! What a command prints: tables for people, JSON for programs; a closed pipe ends it quietly.

use std::io::{ErrorKind, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use api::{Code, Failure};
use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use prost::{Message, Name};
use serde_json::Value;

use super::text::clean;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences
    #[default]
    Table,
    /// The contract's messages as JSON; one object a line where an answer grows with time
    Json,
}

/// Standard output, and remarks on standard error.
pub(crate) struct Out {
    format: Format,
    quiet: bool,
    terminal: bool,
    sink: Mutex<Box<dyn Write + Send>>,
    closed: AtomicBool,
}

/// The columns of a table: a title, and on which side its cells stand.
pub(crate) type Columns = &'static [(&'static str, Side)];

/// On which side the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

impl Out {
    pub(crate) fn standard(format: Format, quiet: bool) -> Self {
        let stdout = std::io::stdout();
        let terminal = stdout.is_terminal();
        Self::new(format, quiet, terminal, Box::new(stdout))
    }

    pub(crate) fn new(format: Format, quiet: bool, terminal: bool, sink: Box<dyn Write + Send>) -> Self {
        Self { format, quiet, terminal, sink: Mutex::new(sink), closed: AtomicBool::new(false) }
    }

    /// Output that nobody reads.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self::new(Format::Table, true, false, Box::new(std::io::sink()))
    }

    /// True where programs read.
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// True where remarks and progress are not wanted.
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// True once the reader has gone.
    pub(crate) fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.write_all(bytes).and_then(|()| sink.flush()).map_err(|e| {
            if e.kind() == ErrorKind::BrokenPipe {
                self.closed.store(true, Ordering::Relaxed);
            }
            Code::Io
                .because(format!("cannot write to standard output: {e}"))
                .remedy("check where it is redirected to")
        })
    }

    /// Writes a line, for people and programs alike.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// A remark on standard error, for people only.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            // Standard error may be closed as well; then nobody wants remarks.
            let _ = writeln!(std::io::stderr(), "{}", clean(text));
        }
    }

    /// A warning on standard error, also for those who want no remarks.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "warning: {}", clean(text));
    }

    /// An answer: the message itself for programs, else what `people` prints.
    pub(crate) fn answer<M: Message + Name>(
        &self,
        message: &M,
        people: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.json() { self.value(&api::json::to_value(message)?) } else { people() }
    }

    /// A JSON value, laid out.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Failure> {
        self.line(&format!("{value:#}"))
    }

    /// A message as one line of JSON.
    pub(crate) fn item<M: Message + Name>(&self, message: &M) -> Result<(), Failure> {
        self.line(&api::json::to_value(message)?.to_string())
    }

    /// A table, or `none` where it has no rows.
    pub(crate) fn table(
        &self,
        columns: Columns,
        rows: impl IntoIterator<Item = Vec<String>>,
        none: &str,
    ) -> Result<(), Failure> {
        let rows: Vec<Vec<String>> = rows.into_iter().collect();
        if rows.is_empty() {
            return self.line(none);
        }
        let text = table(columns, rows, self.terminal);
        self.line(&text)
    }

    /// Names and values of one thing; what is empty is left out.
    pub(crate) fn facts(&self, facts: &[(&str, String)]) -> Result<(), Failure> {
        let facts = || facts.iter().filter(|(_, value)| !value.is_empty());
        let width = facts().map(|(name, _)| name.len()).max().unwrap_or(0);
        facts().try_for_each(|(name, value)| self.line(&format!("{name:width$}  {}", clean(value))))
    }
}

fn table(columns: Columns, rows: Vec<Vec<String>>, terminal: bool) -> String {
    let side = |index: usize| match columns.get(index) {
        Some((_, Side::Right)) => CellAlignment::Right,
        _ => CellAlignment::Left,
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Wrapped to a terminal's width; whole lines for whatever else reads them.
    table.set_content_arrangement(match terminal {
        true => ContentArrangement::Dynamic,
        false => ContentArrangement::Disabled,
    });
    let title = |(index, (title, _)): (usize, &(&str, Side))| Cell::new(title).set_alignment(side(index));
    table.set_header(columns.iter().enumerate().map(title).collect::<Vec<_>>());
    for row in rows {
        let cell = |(index, text): (usize, String)| Cell::new(clean(&text)).set_alignment(side(index));
        table.add_row(row.into_iter().enumerate().map(cell).collect::<Vec<_>>());
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
