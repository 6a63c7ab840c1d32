//! A YAML document as a tree of which each node knows its place in the file.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

use crate::MAX_BYTES;
use crate::error::{Position, Report};
use crate::scalar;

/// The most nodes of a file, after its aliases are written out.
const MAX_NODES: usize = 300_000;
/// How deep a file may nest.
const MAX_DEPTH: usize = 60;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) position: Position,
    /// How many characters of the file stand before the text of a scalar (its quote); `None` where its
    /// text is not found in the file as it is.
    offset: Option<usize>,
    /// How many nodes it is, itself included.
    size: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A scalar: what it means, and as it was written.
    Scalar(Value, String),
    List(Vec<Node>),
    Group(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) position: Position,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(value, _) => value.clone(),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Group(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(Value::Null, _))
    }

    /// The entries of a group; nothing at all counts as an empty one.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Group(entries) => Some(entries),
            Content::Scalar(Value::Null, _) => Some(&[]),
            _ => None,
        }
    }

    /// A scalar as it was written.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Value::Null, _) => None,
            Content::Scalar(_, text) => Some(text),
            _ => None,
        }
    }

    /// The place of a character (from 1) of a scalar's text.
    pub(crate) fn at(&self, character: usize) -> Position {
        let Position { line, column } = self.position;
        match self.offset {
            Some(offset) => Position { line, column: column + offset + character.saturating_sub(1) },
            None => self.position,
        }
    }

    /// How a message names what stands here.
    pub(crate) fn phrase(&self) -> String {
        match &self.content {
            Content::Scalar(Value::Null, _) => "nothing".to_owned(),
            Content::Scalar(Value::Bool(value), _) => format!("`{value}`"),
            Content::Scalar(Value::Number(_), text) => format!("the number {}", cut(text)),
            Content::Scalar(_, text) => format!("the text `{}`", cut(text)),
            Content::List(items) if items.len() == 1 => "a list of one".to_owned(),
            Content::List(items) => format!("a list of {}", items.len()),
            Content::Group(_) => "a group of properties".to_owned(),
        }
    }
}

pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(50) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Reads the one document of a file. Faults are added to the report; those that leave no tree give
/// `None`.
pub(crate) fn read(text: &str, report: &mut Report<'_>) -> Option<Node> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, {MAX_BYTES} at most are read", text.len());
        report.add(start, "", message);
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder =
        Builder { report, open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None, documents: 0 };
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                Err(Fault { position: position(error.marker()), message: advice(error.info(), text) })
            }
        };
        if let Err(Fault { position, message }) = step {
            let path = builder.path();
            builder.report.add(position, &path, message);
            return None;
        }
    }
    builder.root
}

struct Fault {
    position: Position,
    message: String,
}

/// A list or group that is still being read.
struct Open {
    position: Position,
    anchor: usize,
    size: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Group { entries: Vec<Entry>, seen: HashSet<String>, waiting: Option<(String, Position)> },
}

struct Builder<'r, 'a> {
    report: &'r mut Report<'a>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let at = position(&span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Fault {
                        position: at,
                        message: "a project file holds one document: remove what follows `---`".to_owned(),
                    });
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let one_line = span.start.line() == span.end.line();
                let offset = match style {
                    ScalarStyle::Plain if one_line => Some(0),
                    // Where an escape makes the text shorter than what is written, columns would lie.
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if one_line => {
                        (span.len() == text.chars().count() + 2).then_some(1)
                    }
                    _ => None,
                };
                let value = if plain { scalar::resolve(&text) } else { Value::String(text.to_string()) };
                let content = Content::Scalar(value, text.into_owned());
                self.finish(Node { content, position: at, offset, size: 1 }, anchor)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = node.clone();
                    self.count(node.size, at)?;
                    self.finish(node, 0)
                }
                None => Err(Fault {
                    position: at,
                    message: "this alias stands within what it refers to: write the value out".to_owned(),
                }),
            },
            Event::SequenceStart(anchor, _) => self.begin(at, anchor, OpenKind::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(
                at,
                anchor,
                OpenKind::Group { entries: Vec::new(), seen: HashSet::new(), waiting: None },
            ),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    let content = match open.kind {
                        OpenKind::List(items) => Content::List(items),
                        OpenKind::Group { entries, .. } => Content::Group(entries),
                    };
                    let node = Node { content, position: open.position, offset: None, size: open.size };
                    self.finish(node, open.anchor)
                }
                None => Ok(()),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, position: Position, anchor: usize, kind: OpenKind) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault {
                position,
                message: format!("the file nests deeper than {MAX_DEPTH} levels"),
            });
        }
        if let Some(Open { kind: OpenKind::Group { waiting: None, .. }, .. }) = self.open.last() {
            return Err(Fault {
                position,
                message: "a key must be a name, not a list or group: quote it if it is text".to_owned(),
            });
        }
        self.open.push(Open { position, anchor, size: 1, kind });
        Ok(())
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.count(1, node.position)?;
        if anchor > 0 {
            self.count(node.size, node.position)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.size += node.size;
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Group { entries, seen, waiting } => match waiting.take() {
                None => *waiting = Some((key_of(&node)?, node.position)),
                Some((key, position)) if seen.insert(key.clone()) => {
                    entries.push(Entry { key, position, value: node });
                }
                Some((key, position)) => {
                    let first = entries.iter().find(|entry| entry.key == key).map_or(0, |e| e.position.line);
                    let key = cut(&key);
                    let message =
                        format!("`{key}` stands here a second time, first in line {first}: remove one");
                    let path = [self.path(), key].join("/");
                    self.report.add(position, path.trim_start_matches('/'), message);
                }
            },
        }
        Ok(())
    }

    /// Copies of an anchored value count like values, so that aliases of aliases end in an error.
    fn count(&mut self, nodes: usize, position: Position) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the file has more than {MAX_NODES} values once its aliases are written out");
        Err(Fault { position, message })
    }

    fn path(&self) -> String {
        let steps = self.open.iter().filter_map(|open| match &open.kind {
            OpenKind::List(items) => Some(items.len().to_string()),
            OpenKind::Group { waiting: Some((key, _)), .. } => Some(key.clone()),
            OpenKind::Group { waiting: None, .. } => None,
        });
        steps.collect::<Vec<_>>().join("/")
    }
}

fn key_of(node: &Node) -> Result<String, Fault> {
    match &node.content {
        Content::Scalar(_, key) => Ok(key.clone()),
        _ => Err(Fault {
            position: node.position,
            message: "a key must be a name, not a list or group".to_owned(),
        }),
    }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line().max(1), column: marker.col() + 1 }
}

/// What the YAML parser found, with what to do for the slips that people make most.
fn advice(info: &str, text: &str) -> String {
    let indented_by_tab = || text.lines().any(|line| line.trim_start_matches(' ').starts_with('\t'));
    let advice = if info.contains("mapping values are not allowed") {
        ": quote a text that contains `: `, and check the indentation"
    } else if info.contains("unknown anchor") {
        ": a text that begins with `*` must be quoted"
    } else if indented_by_tab() {
        ": indent with spaces, not tabs"
    } else if info.contains("while parsing a flow") || info.contains("expected ',' or") {
        ": check the brackets and commas of this line and the one before"
    } else {
        ""
    };
    format!("this is no YAML ({info}){advice}")
}
