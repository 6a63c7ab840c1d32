//! What properties say together: the keyword `x-rules`, see [`base::rule`].

use base::kind::Arrangement;
use base::quantity::{self, Measure};
use base::rule::Rule;
use base::schema;
use base::units::{Dimension, format};
use serde_json::Value;

use super::{Checker, Context, Place, plain};
use crate::across::{Asked, Consumer, Limited};
use crate::error::Position;
use crate::name::one_of;
use crate::tree::{Content, Entry, Node};

const AXES: [&str; 3] = ["x", "y", "z"];

/// A group that was read without a fault.
struct Group<'g> {
    entries: &'g [Entry],
    layers: &'g [&'g Value],
    root: &'g Value,
    context: &'g Context<'g>,
    place: &'g Place,
}

/// A property's evaluated numbers, with the place of each.
struct Numbers {
    name: String,
    dimension: Dimension,
    /// True where the property itself is one number.
    single: bool,
    values: Vec<(f64, Option<Position>)>,
}

impl Numbers {
    fn shown(&self, index: usize) -> String {
        match self.values.get(index) {
            Some((value, _)) if *value == 0.0 => "0".to_owned(),
            Some((value, _)) => format(*value, self.dimension),
            None => String::new(),
        }
    }

    fn path(&self, place: &Place, index: usize) -> String {
        match self.single {
            true => format!("{}/{}", place.path, self.name),
            false => format!("{}/{}/{index}", place.path, self.name),
        }
    }
}

impl<'g> Group<'g> {
    fn given(&self, name: &str) -> Option<&'g Entry> {
        self.entries.iter().find(|entry| entry.key == name && !entry.value.is_null())
    }

    fn schema(&self, name: &str) -> Option<&'g Value> {
        let property = self.layers.iter().find_map(|layer| schema::property(layer, name))?;
        // What is said beside a `$ref` is not looked for: quantities are written out where they are used.
        Some(schema::resolve(self.root, property))
    }

    /// The numbers of a property, or its default; `None` where it has none or they have no value.
    fn numbers(&self, name: &str) -> Option<Numbers> {
        let schema = self.schema(name)?;
        let new =
            |dimension, single, values| Some(Numbers { name: name.to_owned(), dimension, single, values });
        let Some(entry) = self.given(name) else {
            let value = schema.get("default")?.as_f64()?;
            return new(dimension(schema)?, true, vec![(value, None)]);
        };
        if let Content::List(items) = &entry.value.content {
            let first = schema::resolve(self.root, schema::item(schema, 0)?);
            let values = items.iter().enumerate().map(|(index, item)| {
                let schema = schema::resolve(self.root, schema::item(schema, index)?);
                Some((self.number(item, schema)?, Some(item.position)))
            });
            return new(dimension(first)?, false, values.collect::<Option<Vec<_>>>()?);
        }
        let value = self.number(&entry.value, schema)?;
        new(dimension(schema)?, true, vec![(value, Some(entry.value.position))])
    }

    fn number(&self, node: &Node, schema: &Value) -> Option<f64> {
        let Context { parameters, units, .. } = *self.context;
        let measure = Measure::of(schema)?;
        quantity::evaluate_one(&node.to_json(), schema, measure, parameters, units).ok()?.as_f64()
    }

    /// The axis that a property names, as a number and as it is written.
    fn axis(&self, name: &str) -> Option<(usize, &'g str)> {
        let text = self.given(name)?.value.text()?;
        let axis = AXES.iter().position(|axis| *axis == text.trim_start_matches(['+', '-']))?;
        Some((axis, text))
    }
}

fn dimension(schema: &Value) -> Option<Dimension> {
    match Measure::of(schema)? {
        Measure::Quantity(dimension) => Some(dimension),
        Measure::Count => Some(Dimension::NONE),
        Measure::Any => None,
    }
}

impl Checker<'_, '_, '_> {
    /// What holds between the properties of a group.
    pub(super) fn together(&mut self, entries: &[Entry], layers: &[&Value], place: &Place) {
        let (root, context) = (self.root, self.context);
        let group = Group { entries, layers, root, context, place };
        for rule in layers.iter().flat_map(|layer| Rule::of(layer)) {
            match &rule {
                Rule::Less(low, high) => self.less(&group, low, high),
                Rule::Ordered(low, high) => self.ordered(&group, low, high),
                Rule::ExactlyOne(names) => self.one(&group, names, true),
                Rule::AtMostOne(names) => self.one(&group, names, false),
                Rule::Apart { points: (a, b), along } => self.apart(&group, a, b, along),
                Rule::Level { points: (a, b), along } => self.level(&group, a, b, along),
                Rule::Needs(section) => self.needs(section, place),
                Rule::AtMost { property, kind, limit } => self.at_most(&group, property, kind, limit),
                Rule::Consumes { section, unless } => {
                    let keeps = group.given(unless).is_some_and(|entry| entry.value.text() == Some("true"));
                    let (entity, section) = (self.entity.to_owned(), section.clone());
                    let unless = unless.clone();
                    self.found.consumers.push(Consumer { entity, section, unless, keeps });
                }
            }
        }
        for entry in entries {
            let of = group.schema(&entry.key).and_then(|schema| schema.get("x-format-of")?.as_str());
            if let Some(of) = of.and_then(|of| group.given(of)) {
                let path = format!("{}/{}", place.path, entry.key);
                let of = of.value.text().map(str::to_owned);
                self.found.formats.push(Asked { path, node: entry.value.clone(), of });
            }
        }
    }

    fn less(&mut self, group: &Group<'_>, low: &str, high: &str) {
        let (Some(low), Some(high)) = (group.numbers(low), group.numbers(high)) else { return };
        let ([(a, a_at)], [(b, b_at)]) = (low.values.as_slice(), high.values.as_slice()) else { return };
        if a < b {
            return;
        }
        // A default stands nowhere; then the other one is to be changed.
        let (wrong, relation, other, at) = match a_at {
            Some(at) => (&low, "less", &high, Some(at)),
            None => (&high, "greater", &low, b_at.as_ref()),
        };
        let message = format!(
            "must be {relation} than `{}`, which is {}, but is {}",
            other.name,
            other.shown(0),
            wrong.shown(0)
        );
        self.report.add(*at.unwrap_or(&group.place.key), &wrong.path(group.place, 0), message);
    }

    fn ordered(&mut self, group: &Group<'_>, low: &str, high: &str) {
        let (Some(low), Some(high)) = (group.numbers(low), group.numbers(high)) else { return };
        for (index, ((a, at), (b, _))) in low.values.iter().zip(&high.values).enumerate() {
            if a > b {
                let message = format!(
                    "must be at most {}, as in `{}`, but is {}: exchange the two",
                    high.shown(index),
                    high.name,
                    low.shown(index)
                );
                self.report.add(at.unwrap_or(group.place.key), &low.path(group.place, index), message);
            }
        }
    }

    fn one(&mut self, group: &Group<'_>, names: &[String], needed: bool) {
        let mut given =
            group.entries.iter().filter(|entry| names.contains(&entry.key) && !entry.value.is_null());
        let all = one_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let place = group.place;
        match (given.next(), given.next()) {
            (None, _) if needed => {
                let message = format!("{all} is missing{}: give one of them", self.of_kind(place));
                self.report.add(place.key, &place.path, message);
            }
            (Some(first), Some(second)) => {
                let advice = match needed {
                    true => format!("give only one of {all}"),
                    false => "leave out one of them".to_owned(),
                };
                let message = format!("`{}` stands beside `{}`: {advice}", second.key, first.key);
                self.report.add(second.position, &format!("{}/{}", place.path, second.key), message);
            }
            _ => {}
        }
    }

    fn apart(&mut self, group: &Group<'_>, from: &str, to: &str, along: &str) {
        let (Some(a), Some(b), Some(entry)) = (group.numbers(from), group.numbers(to), group.given(to))
        else {
            return;
        };
        let differs = |axis: usize| a.values.get(axis).map(|a| a.0) != b.values.get(axis).map(|b| b.0);
        let apart: Vec<&str> =
            AXES.iter().enumerate().filter(|(axis, _)| differs(*axis)).map(|(_, name)| *name).collect();
        let message = match (group.axis(along), apart.as_slice()) {
            (_, []) => format!("this is the same point as `{from}`: set them apart along one axis"),
            (Some((axis, text)), _) if !differs(axis) => {
                format!(
                    "this does not differ from `{from}` along `{text}`, as `{along}` asks: set them apart along it"
                )
            }
            (None, [_, _, ..]) => format!(
                "this differs from `{from}` along {}: say with `{along}` which of them is meant, or move one of the points",
                one_of(&apart).replace(" or ", " and ")
            ),
            _ => return,
        };
        self.report.add(entry.value.position, &format!("{}/{to}", group.place.path), message);
    }

    fn level(&mut self, group: &Group<'_>, from: &str, to: &str, along: &str) {
        let (Some(a), Some(b), Some((axis, text))) =
            (group.numbers(from), group.numbers(to), group.axis(along))
        else {
            return;
        };
        let (Some((one, _)), Some((other, at))) = (a.values.get(axis), b.values.get(axis)) else { return };
        if one != other {
            let message = format!(
                "must be {}, as in `{from}`, for `{along}` is `{text}`, but is {}",
                a.shown(axis),
                b.shown(axis)
            );
            self.report.add(at.unwrap_or(group.place.key), &b.path(group.place, axis), message);
        }
    }

    /// A section that no service of the site declares is left to the run.
    fn needs(&mut self, section: &str, place: &Place) {
        let Some(section) = self.context.sections.iter().find(|known| known.name == section) else { return };
        if self.context.names(section.name).next().is_some() {
            return;
        }
        let what = match (section.arrangement, section.kinds.first()) {
            (Arrangement::Single, Some(kind)) => plain::expected(&kind.schema, &kind.schema),
            (Arrangement::MapOfKinds, _) => {
                format!("entries by name, each {}", one_of(&section.keys().collect::<Vec<_>>()))
            }
            _ => "entries by name".to_owned(),
        };
        let message =
            format!("nothing stands in `{}`, which `{}` needs: give {what}", section.name, self.word);
        self.report.add(place.key, &place.path, message);
    }

    fn at_most(&mut self, group: &Group<'_>, property: &str, kind: &str, limit: &str) {
        let Some(numbers) = group.numbers(property) else { return };
        for (index, (value, at)) in numbers.values.iter().enumerate() {
            self.found.limited.push(Limited {
                path: numbers.path(group.place, index),
                position: at.unwrap_or(group.place.key),
                value: *value,
                kind: kind.to_owned(),
                limit: limit.to_owned(),
            });
        }
    }
}
