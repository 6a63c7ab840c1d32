//! Results that a file asks for: whether there will be such a one, and in that format.

use std::collections::{HashMap, HashSet};

use base::kind::{KindDescriptor, ResultKind};
use base::spelling;

use crate::Kinds;
use crate::across::{Asked, Found};
use crate::check::Context;
use crate::document::Document;
use crate::error::Report;
use crate::name::{one_of, suggestion};
use crate::tree::cut;

/// Names that are listed where none is near what was written.
const LISTED: usize = 12;

/// Checks the paths of results and their formats. Where no service declares results, all are taken.
pub(crate) fn check(
    found: &Found,
    document: &Document,
    kinds: &Kinds,
    context: &Context<'_>,
    consumed: &HashMap<String, String>,
    report: &mut Report<'_>,
) {
    if kinds.results.is_empty() {
        return;
    }
    let places: Vec<Place<'_>> =
        kinds.results.iter().map(|result| Place::new(result, document, kinds, context, consumed)).collect();
    for asked in &found.results {
        check_path(asked, &places, consumed, report);
    }
    for Asked { path, node, of } in &found.formats {
        let (Some(format), Some(of)) = (node.text(), of) else { continue };
        let fitting: Vec<&str> =
            places.iter().filter(|place| place.is(of)).flat_map(|place| &place.formats).copied().collect();
        // A path that leads nowhere has been told.
        if !fitting.is_empty() && !fitting.contains(&format) {
            let message =
                format!("`{}` has no format `{}`{}", cut(of), cut(format), suggestion(format, fitting));
            report.add(node.position, path, message);
        }
    }
}

/// Where results of a kind stand, with the names of this file.
struct Place<'a> {
    steps: Vec<Step<'a>>,
    formats: Vec<&'a str>,
}

enum Step<'a> {
    Word(&'a str),
    /// Names of a section.
    Names {
        section: &'a str,
        names: Vec<&'a str>,
        known: HashSet<&'a str>,
    },
}

impl<'a> Step<'a> {
    fn takes(&self, word: &str) -> bool {
        match self {
            Self::Word(own) => *own == word,
            Self::Names { known, .. } => known.contains(word),
        }
    }

    fn words(&self) -> &[&'a str] {
        match self {
            Self::Word(own) => std::slice::from_ref(own),
            Self::Names { names, .. } => names,
        }
    }
}

impl<'a> Place<'a> {
    fn new(
        result: &'a ResultKind,
        document: &Document,
        kinds: &'a Kinds,
        context: &'a Context<'_>,
        consumed: &HashMap<String, String>,
    ) -> Self {
        // What could not be read may be of any kind.
        let others = |own: &dyn Fn(&KindDescriptor) -> bool| -> HashSet<&str> {
            let fits = |kind: &str| kinds.inputs.iter().any(|known| known.kind == kind && own(known));
            document
                .entities
                .iter()
                .filter(|entity| !fits(&entity.kind) || consumed.contains_key(&entity.path))
                .map(|entity| entity.path.as_str())
                .collect()
        };
        let step = |step: &'a str| {
            let Some(kind) = step.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
                return Step::Word(step);
            };
            let own = |known: &KindDescriptor| {
                known.kind == kind || (kind.ends_with('.') && known.kind.starts_with(kind))
            };
            let section = kinds.inputs.iter().find(|known| own(known)).map_or("", |known| &known.section);
            let others = others(&own);
            let names: Vec<&str> = context
                .names(section)
                .filter(|name| !others.contains(format!("{section}/{name}").as_str()))
                .collect();
            Step::Names { section, known: names.iter().copied().collect(), names }
        };
        let formats = result.formats.iter().map(String::as_str).collect();
        Self { steps: result.path.split('/').map(step).collect(), formats }
    }

    fn next(&self, index: usize) -> Option<Next<'_>> {
        Some(Next { step: self.steps.get(index)?, last: index + 1 == self.steps.len() })
    }

    fn is(&self, path: &str) -> bool {
        let words: Vec<&str> = path.split('/').collect();
        words.len() == self.steps.len() && self.steps.iter().zip(&words).all(|(step, word)| step.takes(word))
    }
}

fn check_path(
    asked: &Asked,
    places: &[Place<'_>],
    consumed: &HashMap<String, String>,
    report: &mut Report<'_>,
) {
    let Some(path) = asked.node.text() else { return };
    if places.iter().any(|place| place.is(path)) {
        return;
    }
    // As far as the path is that of a result, then what could stand there.
    let words: Vec<&str> = path.split('/').collect();
    let fits = |place: &Place<'_>, count: usize| {
        place.steps.len() >= count
            && place.steps.iter().zip(&words[..count]).all(|(step, word)| step.takes(word))
    };
    let good =
        (0..=words.len()).rev().find(|count| places.iter().any(|place| fits(place, *count))).unwrap_or(0);
    let open: Vec<Next<'_>> =
        places.iter().filter(|place| fits(place, good)).filter_map(|place| place.next(good)).collect();
    let start: String = words[..good].iter().map(|word| format!("{word}/")).collect();
    let word = words.get(good).copied().unwrap_or_default();
    let used = open.iter().find_map(|next| match next.step {
        Step::Names { section, .. } => consumed.get(&format!("{section}/{word}")),
        Step::Word(_) => None,
    });
    let near = spelling::nearest(word, open.iter().flat_map(|next| next.step.words()).copied());
    let advice = match (used.and_then(|by| by.split('/').next_back()), near) {
        (Some(by), _) => format!(": `{}` is used up by `{}`", cut(word), cut(by)),
        (None, Some(near)) => {
            let rest = words.iter().skip(good + 1).map(|word| format!("/{word}")).collect::<String>();
            let whole = format!("{start}{near}{rest}");
            let meant =
                if places.iter().any(|place| place.is(&whole)) { whole } else { format!("{start}{near}") };
            format!(": did you mean `{meant}`?")
        }
        (None, None) => expected(&start, &open),
    };
    let (message, at) = match good == words.len() {
        true => (format!("there is no file of `{}`{advice}", cut(path)), asked.node.position),
        false => {
            let at = asked.node.at(start.chars().count() + 1);
            (format!("there is no result `{}`{advice}", cut(path)), at)
        }
    };
    report.add(at, &asked.path, message);
}

/// A step that a path could go on with.
struct Next<'p> {
    step: &'p Step<'p>,
    /// True where the path ends with it.
    last: bool,
}

/// What there is below `start`.
fn expected(start: &str, open: &[Next<'_>]) -> String {
    let mut all: Vec<String> = Vec::new();
    for next in open {
        let more = if next.last { "" } else { "/…" };
        all.extend(next.step.words().iter().map(|word| format!("{start}{word}{more}")));
    }
    all.dedup();
    let listed: Vec<&str> = all.iter().take(LISTED).map(String::as_str).collect();
    let empty = open.iter().find_map(|next| match next.step {
        Step::Names { section, names, .. } if names.is_empty() => Some(*section),
        _ => None,
    });
    match (all.len(), empty) {
        (0, Some(section)) => format!(": nothing in `{section}` gives one"),
        (0, None) => format!(": expected `{}`", start.trim_end_matches('/')),
        (count, _) if count > LISTED => format!(": expected one of {count}, such as {}", one_of(&listed)),
        _ => format!(": expected {}", one_of(&listed)),
    }
}
