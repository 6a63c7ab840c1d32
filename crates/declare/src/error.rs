use std::fmt;

/// One problem of a project file: where it is, and what to do.
///
/// `{}` shows one line, `{:#}` adds the line of the file with a mark under the place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Error {
    /// The file as it was named.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// The path within the file, such as `geometry/block/cuboid/max/2`; empty for the file itself.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// The text of the line.
    pub source: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if !f.alternate() {
            return Ok(());
        }
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        // The mark keeps its place under tabs and is left out where the line is cut.
        let before = self.source.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "\n {margin} |\n {number} | {}\n {margin} | {indent}^", self.source)
    }
}

impl std::error::Error for Error {}

/// A place in the file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Collects the problems of one file.
pub(crate) struct Report<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    errors: Vec<Error>,
}

impl<'a> Report<'a> {
    /// A file with a fault in every line is told enough by this many.
    const MOST: usize = 100;
    const WIDEST: usize = 160;

    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, lines: text.lines().collect(), errors: Vec::new() }
    }

    pub(crate) fn add(&mut self, position: Position, path: &str, message: impl Into<String>) {
        if self.errors.len() >= Self::MOST {
            return;
        }
        let line = self.lines.get(position.line.saturating_sub(1)).copied().unwrap_or("");
        self.errors.push(Error {
            file: self.file.to_owned(),
            line: position.line,
            column: position.column,
            path: path.to_owned(),
            message: message.into(),
            source: line.trim_end().chars().take(Self::WIDEST).collect(),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.errors.len()
    }

    /// The problems in the order of the file.
    pub(crate) fn finish(mut self) -> Vec<Error> {
        self.errors.sort_by_key(|error| (error.line, error.column));
        self.errors.dedup();
        self.errors
    }
}
