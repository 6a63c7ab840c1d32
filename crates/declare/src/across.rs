//! What can only be judged once the whole file is read: rings, what is used up twice, limits that other entities set.

use std::collections::{HashMap, HashSet};

use base::quantity::{self, Measure};
use base::schema;
use base::units::{Dimension, format};
use serde_json::Value;

use crate::check::Context;
use crate::document::{Document, FileReference};
use crate::error::{Position, Report};
use crate::tree::{Node, cut};
use crate::{Kinds, exports};

/// What was met on the way, in the order of the file.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<FileReference>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) limited: Vec<Limited>,
    /// Paths of results.
    pub(crate) results: Vec<Asked>,
    /// Formats of results.
    pub(crate) formats: Vec<Asked>,
}

/// An entity names another one, which is there.
pub(crate) struct Mention {
    pub(crate) entity: String,
    pub(crate) path: String,
    pub(crate) position: Position,
    pub(crate) section: String,
    pub(crate) name: String,
}

impl Mention {
    fn target(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }
}

/// An entity that uses up those of a section that it names, unless it keeps them.
pub(crate) struct Consumer {
    pub(crate) entity: String,
    pub(crate) section: String,
    pub(crate) unless: String,
    pub(crate) keeps: bool,
}

/// A number that no entity of a kind may set a lower limit to.
pub(crate) struct Limited {
    pub(crate) path: String,
    pub(crate) position: Position,
    pub(crate) value: f64,
    pub(crate) kind: String,
    pub(crate) limit: String,
}

/// A result, or a format of the result `of`, that the file asks for.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) node: Node,
    pub(crate) of: Option<String>,
}

/// Judges what was found.
pub(crate) fn check(
    found: &Found,
    document: &Document,
    kinds: &Kinds,
    context: &Context<'_>,
    report: &mut Report<'_>,
) {
    let mut uses: HashMap<&str, Vec<&Mention>> = HashMap::new();
    for mention in &found.mentions {
        uses.entry(&mention.entity).or_default().push(mention);
    }
    rings(&found.mentions, &uses, report);
    let consumed = consumed(&found.consumers, &uses, report);
    limits(&found.limited, document, kinds, context, report);
    exports::check(found, document, kinds, context, &consumed, report);
}

/// The name of an entity within its section.
fn name(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, name)| name)
}

/// Entities that are made from each other. A walk along what each one names; who is met again while it is still open
/// closes a ring. Written without recursion, since a file can make the walk as long as it likes.
fn rings(mentions: &[Mention], uses: &HashMap<&str, Vec<&Mention>>, report: &mut Report<'_>) {
    // True while the entity is open.
    let mut met: HashMap<String, bool> = HashMap::new();
    for start in mentions {
        if met.contains_key(&start.entity) {
            continue;
        }
        met.insert(start.entity.clone(), true);
        let mut way = vec![(start.entity.clone(), 0)];
        while let Some((entity, next)) = way.last_mut() {
            let Some(mention) = uses.get(entity.as_str()).and_then(|own| own.get(*next)) else {
                met.insert(entity.clone(), false);
                way.pop();
                continue;
            };
            *next += 1;
            let target = mention.target();
            match met.get(&target) {
                None => {
                    met.insert(target.clone(), true);
                    way.push((target, 0));
                }
                Some(true) => {
                    let ring = way.iter().map(|(entity, _)| entity).skip_while(|entity| **entity != target);
                    let ring: Vec<String> =
                        ring.chain([&target]).map(|entity| format!("`{}`", cut(name(entity)))).collect();
                    let message = format!(
                        "{} are made from each other: let one of them name another entry of `{}`",
                        ring.join(" → "),
                        mention.section
                    );
                    report.add(mention.position, &mention.path, message);
                }
                Some(false) => {}
            }
        }
    }
}

/// What is used up, with the entity that does it. No two may use up the same.
fn consumed(
    consumers: &[Consumer],
    uses: &HashMap<&str, Vec<&Mention>>,
    report: &mut Report<'_>,
) -> HashMap<String, String> {
    let mut taken: HashMap<String, String> = HashMap::new();
    for Consumer { entity, section, unless, keeps } in consumers {
        let mut own = HashSet::new();
        let mentions = uses.get(entity.as_str()).into_iter().flatten();
        for mention in mentions.filter(|mention| mention.section == *section) {
            let target = mention.target();
            if !own.insert(target.clone()) {
                let message = format!("`{}` is named here twice: name it once", cut(&mention.name));
                report.add(mention.position, &mention.path, message);
            } else if let Some(first) = taken.get(&target).filter(|_| !keeps) {
                let first = cut(name(first));
                let message = format!(
                    "`{}` is used up by `{first}` already: set `{unless}: true` in one of the two, or name `{first}` here",
                    cut(&mention.name)
                );
                report.add(mention.position, &mention.path, message);
            } else if !keeps {
                taken.insert(target, entity.clone());
            }
        }
    }
    taken
}

/// What an entity sets as a limit.
struct Limit<'d> {
    entity: &'d str,
    most: f64,
    dimension: Dimension,
}

fn limits(
    limited: &[Limited],
    document: &Document,
    kinds: &Kinds,
    context: &Context<'_>,
    report: &mut Report<'_>,
) {
    // Many numbers have the same limits.
    let mut known: HashMap<(&str, &str), Vec<Limit<'_>>> = HashMap::new();
    for Limited { path, position, value, kind, limit } in limited {
        let all =
            known.entry((kind, limit)).or_insert_with(|| limits_of(document, kinds, context, kind, limit));
        if let Some(Limit { entity, most, dimension }) = all.iter().find(|limit| *value > limit.most) {
            let (value, most) = (format(*value, *dimension), format(*most, *dimension));
            let message = format!("must be at most {most}, the `{limit}` of `{entity}`, but is {value}");
            report.add(*position, path, message);
        }
    }
}

/// What entities of a kind have as their property `limit`.
fn limits_of<'d>(
    document: &'d Document,
    kinds: &Kinds,
    context: &Context<'_>,
    kind: &str,
    limit: &str,
) -> Vec<Limit<'d>> {
    let Some(descriptor) = kinds.inputs.iter().find(|known| known.kind == kind) else { return Vec::new() };
    let property = schema::property(&descriptor.schema, limit);
    let Some(schema) = property.map(|schema| schema::resolve(&descriptor.schema, schema)) else {
        return Vec::new();
    };
    let Some(measure @ Measure::Quantity(dimension)) = Measure::of(schema) else { return Vec::new() };
    let own = document.entities.iter().filter(|entity| entity.kind == kind);
    let value = |properties: &Value| match properties.get(limit) {
        None => schema.get("default")?.as_f64(),
        Some(written) => {
            let Context { parameters, units, .. } = *context;
            quantity::evaluate_one(written, schema, measure, parameters, units).ok()?.as_f64()
        }
    };
    own.filter_map(|entity| Some(Limit { entity: &entity.path, most: value(&entity.properties)?, dimension }))
        .collect()
}
