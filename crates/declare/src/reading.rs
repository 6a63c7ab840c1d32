use std::collections::BTreeMap;

use base::expression::{ParameterError, ParameterTable};
use base::kind::{Arrangement, KindDescriptor};
use base::units::DefaultUnits;
use serde_json::{Value, json};

use crate::across::{self, Found};
use crate::check::{Checker, Context, Place};
use crate::document::{Declared, Document};
use crate::error::{Error, Position, Report};
use crate::name::{self, suggestion};
use crate::sections::{self, HEAD, Section};
use crate::tree::{self, Content, Entry, Node, cut};
use crate::{FORMAT, Kinds, PARAMETERS, UNITS, UNITS_KIND};

/// Reads a project file. Every problem is told, not only the first, in the order of the file.
///
/// `file` is how messages name the file. Expressions are evaluated with the file's parameters to check
/// them, and kept in the document as they were written.
pub fn parse(text: &str, file: &str, kinds: &Kinds) -> Result<Document, Vec<Error>> {
    read(text, file, kinds, true)
}

/// The same for a project that may be half finished: what its values say together, and whether all is there that
/// something needs, is not looked at.
pub fn parse_draft(text: &str, file: &str, kinds: &Kinds) -> Result<Document, Vec<Error>> {
    read(text, file, kinds, false)
}

fn read(text: &str, file: &str, kinds: &Kinds, whole: bool) -> Result<Document, Vec<Error>> {
    let mut report = Report::new(file, text);
    let Some(root) = tree::read(text, &mut report) else {
        if report.is_empty() {
            report.add(Position { line: 1, column: 1 }, "", "the file is empty: begin with `opentwin: 1`");
        }
        return Err(report.finish());
    };
    let Content::Group(entries) = &root.content else {
        let message =
            format!("expected a project file that begins with `opentwin: 1`, found {}", root.phrase());
        report.add(root.position, "", message);
        return Err(report.finish());
    };
    let sections = sections::of(&kinds.inputs);
    let mut document = Document::default();
    let found = Found::default();
    let mut reader = Reader { report: &mut report, document: &mut document, kinds, whole, found };
    reader.head(entries);
    reader.unknown_keys(entries, &sections);
    reader.sections(entries, &sections);
    document.files = std::mem::take(&mut reader.found.files);
    match report.is_empty() {
        true => Ok(document),
        false => Err(report.finish()),
    }
}

struct Reader<'r, 't> {
    report: &'r mut Report<'t>,
    document: &'r mut Document,
    kinds: &'r Kinds,
    /// False for a project that may be half finished.
    whole: bool,
    found: Found,
}

fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

impl Reader<'_, '_> {
    fn head(&mut self, entries: &[Entry]) {
        let start = entries.first().map_or(Position { line: 1, column: 1 }, |entry| entry.position);
        match find(entries, "opentwin") {
            None => self.report.add(
                start,
                "",
                format!("the version of the format is missing: begin with `opentwin: {FORMAT}`"),
            ),
            Some(entry) => self.version(&entry.value),
        }
        match find(entries, "project").map(|entry| &entry.value) {
            None => self.report.add(
                start,
                "",
                "the project's name is missing: add a line such as `project: my-filter`",
            ),
            Some(node) => match node.text() {
                Some(text) => {
                    if let Err(message) = name::check_project(text) {
                        self.report.add(node.position, "project", message);
                    }
                    self.document.project = text.to_owned();
                }
                None => self.report.add(
                    node.position,
                    "project",
                    format!("expected the project's name, found {}", node.phrase()),
                ),
            },
        }
        if let Some(Entry { value, .. }) = find(entries, "description") {
            match value.text() {
                Some(text) => self.document.description = text.to_owned(),
                None if value.is_null() => {}
                None => self.report.add(
                    value.position,
                    "description",
                    format!("expected text, found {}", value.phrase()),
                ),
            }
        }
        if let Some(entry) = find(entries, UNITS) {
            self.units(entry);
        }
    }

    fn version(&mut self, node: &Node) {
        let message = match &node.content {
            Content::Scalar(_, text) if *text == FORMAT.to_string() => return,
            Content::Scalar(Value::Number(number), _) if number.as_u64() > Some(FORMAT) => {
                format!("the file has format {number}, this program reads {FORMAT}: use a newer program")
            }
            _ => format!("expected the version of the format, `{FORMAT}`, found {}", node.phrase()),
        };
        self.report.add(node.position, "opentwin", message);
    }

    fn units(&mut self, entry: &Entry) {
        let mut units = DefaultUnits::default();
        let Some(entries) = entry.value.entries() else {
            let message =
                format!("expected default units such as `{{length: mm}}`, found {}", entry.value.phrase());
            return self.report.add(entry.value.position, UNITS, message);
        };
        for Entry { key, position, value } in entries {
            let path = format!("{UNITS}/{key}");
            let Some(unit) = value.text() else {
                self.report.add(
                    value.position,
                    &path,
                    format!("expected a unit such as `mm`, found {}", value.phrase()),
                );
                continue;
            };
            if let Err(error) = units.set(key, unit) {
                let at = match error {
                    base::units::Error::Dimension { .. } => *position,
                    _ => value.position,
                };
                self.report.add(at, &path, error.to_string());
            }
        }
        if !units.is_empty() {
            let declared = self.kinds.inputs.iter().find(|kind| kind.section == UNITS);
            let kind = declared.map_or(UNITS_KIND, |kind| kind.kind.as_str()).to_owned();
            let properties = json!(units);
            self.add(kind, UNITS.to_owned(), properties);
        }
        self.document.units = units;
    }

    fn unknown_keys(&mut self, entries: &[Entry], sections: &[Section<'_>]) {
        let known: Vec<&str> = HEAD.into_iter().chain(sections.iter().map(|section| section.name)).collect();
        for Entry { key, position, .. } in entries.iter().filter(|entry| !known.contains(&entry.key.as_str()))
        {
            let left = known.iter().copied().filter(|name| find(entries, name).is_none());
            let message = format!("unknown section `{}`{}", cut(key), suggestion(key, left));
            self.report.add(*position, key, message);
        }
    }

    fn sections(&mut self, entries: &[Entry], sections: &[Section<'_>]) {
        let shorthand = sections.iter().find(|section| section.name == PARAMETERS);
        let property =
            shorthand.and_then(|section| section.kinds.first()?.shorthand.as_deref()).unwrap_or("value");
        let parameters = find(entries, PARAMETERS).and_then(|entry| entry.value.entries()).unwrap_or(&[]);
        let parameters = self.parameters(parameters, property);
        let names = sections.iter().map(|section| {
            let entry = find(entries, section.name);
            let names = match section.arrangement {
                Arrangement::Single => entry.map(|entry| entry.key.clone()).into_iter().collect(),
                _ => {
                    let entries = entry.and_then(|entry| entry.value.entries()).unwrap_or(&[]);
                    entries.iter().map(|entry| entry.key.clone()).collect()
                }
            };
            (section.name.to_owned(), names)
        });
        let names: BTreeMap<String, Vec<String>> = names.collect();
        let units = self.document.units.clone();
        let whole = self.whole;
        let context = Context { parameters: &parameters, units: &units, sections, names: &names, whole };
        // In the order of the file, so that the entities are too.
        for entry in entries {
            if let Some(section) = sections.iter().find(|section| section.name == entry.key) {
                self.section(entry, section, &context);
            }
        }
        if whole {
            across::check(&self.found, self.document, self.kinds, &context, self.report);
        }
    }

    fn parameters(&mut self, entries: &[Entry], property: &str) -> ParameterTable {
        let mut expressions = BTreeMap::new();
        let mut nodes: BTreeMap<&str, (&Entry, &Node)> = BTreeMap::new();
        for entry in entries {
            let node = match &entry.value.content {
                Content::Group(inner) => find(inner, property).map(|entry| &entry.value),
                _ => Some(&entry.value),
            };
            // What is no scalar is told by the schema.
            if let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) {
                expressions.insert(entry.key.clone(), text.to_owned());
                nodes.insert(&entry.key, (entry, node));
            }
        }
        let (table, errors) = ParameterTable::evaluate_sound(&expressions);
        for error in errors {
            match error {
                // The key itself: names are checked when the section is read.
                ParameterError::Name(_) => {}
                ParameterError::Expression { name, error } => {
                    if let Some((_, node)) = nodes.get(name.as_str()) {
                        let path = format!("{PARAMETERS}/{name}");
                        self.report.add(node.at(error.column), &path, error.problem.to_string());
                    }
                }
            }
        }
        table
    }

    fn section(&mut self, entry: &Entry, section: &Section<'_>, context: &Context<'_>) {
        if section.arrangement == Arrangement::Single {
            if let Some(kind) = section.kinds.first() {
                let place = Place {
                    path: section.name.to_owned(),
                    pointer: String::new(),
                    key: entry.position,
                    depth: 0,
                };
                self.entity(kind, section.name.to_owned(), &entry.value, place, context);
            }
            return;
        }
        let Some(entries) = entry.value.entries() else {
            let message = format!("expected entries by name, found {}", entry.value.phrase());
            return self.report.add(entry.value.position, section.name, message);
        };
        for Entry { key, position, value } in entries {
            let path = format!("{}/{key}", section.name);
            let sound = match section.name {
                PARAMETERS => base::expression::check_name(key).map_err(|error| error.to_string()),
                _ => name::check(key),
            };
            if let Err(message) = sound {
                self.report.add(*position, &path, message);
                continue;
            }
            match (section.arrangement, section.kinds.first()) {
                (Arrangement::Map, Some(kind)) => {
                    let place =
                        Place { path: path.clone(), pointer: String::new(), key: *position, depth: 0 };
                    self.entity(kind, path, value, place, context);
                }
                _ => self.entity_of_a_kind(section, path, *position, value, context),
            }
        }
    }

    fn entity_of_a_kind(
        &mut self,
        section: &Section<'_>,
        path: String,
        key: Position,
        node: &Node,
        context: &Context<'_>,
    ) {
        let first = section.keys().next().unwrap_or("kind");
        let form = || {
            format!(
                "write the kind first, as in `{}: {{{first}: {{…}}}}`",
                path.rsplit('/').next().unwrap_or(&path)
            )
        };
        let entries = match &node.content {
            Content::Group(entries) => entries.as_slice(),
            _ => {
                let message = format!("expected a kind, found {}: {}", node.phrase(), form());
                let at = if node.is_null() { key } else { node.position };
                return self.report.add(at, &path, message);
            }
        };
        let known: Vec<&Entry> = entries.iter().filter(|entry| section.kind(&entry.key).is_some()).collect();
        match (known.as_slice(), entries) {
            ([only], [_]) => {
                if let Some(kind) = section.kind(&only.key) {
                    let place = Place {
                        path: format!("{path}/{}", kind.key),
                        pointer: String::new(),
                        key: only.position,
                        depth: 0,
                    };
                    self.entity(kind, path, &only.value, place, context);
                }
            }
            ([only], _) => {
                for other in entries.iter().filter(|entry| entry.key != only.key) {
                    let message = format!(
                        "`{}` stands beside `{}`: properties belong inside of it, one level deeper",
                        cut(&other.key),
                        only.key
                    );
                    self.report.add(other.position, &format!("{path}/{}", other.key), message);
                }
            }
            ([first, second, ..], _) => {
                let message = format!(
                    "`{}` stands beside `{}`: an entry has one kind, give each a name of its own",
                    second.key, first.key
                );
                self.report.add(second.position, &path, message);
            }
            ([], [only]) => {
                let message =
                    format!("unknown kind `{}`{}", cut(&only.key), suggestion(&only.key, section.keys()));
                self.report.add(only.position, &format!("{path}/{}", only.key), message);
            }
            ([], _) => {
                let all: Vec<&str> = section.keys().collect();
                let message = format!("there is no kind here: {}; kinds are {}", form(), name::one_of(&all));
                self.report.add(key, &path, message);
            }
        }
    }

    fn entity(
        &mut self,
        kind: &KindDescriptor,
        path: String,
        node: &Node,
        place: Place,
        context: &Context<'_>,
    ) {
        let mut checker = Checker {
            context,
            root: &kind.schema,
            word: if kind.arrangement == Arrangement::MapOfKinds { &kind.key } else { &kind.section },
            entity: &path,
            report: self.report,
            found: &mut self.found,
        };
        let properties = match (&node.content, &kind.shorthand) {
            (Content::Group(_), _) | (_, None) => checker.value(node, &kind.schema, &place),
            (Content::Scalar(Value::Null, _), Some(_)) if kind.section != PARAMETERS => {
                checker.value(node, &kind.schema, &place)
            }
            (_, Some(property)) => {
                let value = node.clone();
                let entry = Entry { key: property.clone(), position: node.position, value };
                checker.shorthand(&entry, &kind.schema, &place)
            }
        };
        self.add(kind.kind.clone(), path, properties);
    }

    fn add(&mut self, kind: String, path: String, properties: Value) {
        let order = self.document.entities.len();
        self.document.entities.push(Declared { kind, path, properties, order });
    }
}
