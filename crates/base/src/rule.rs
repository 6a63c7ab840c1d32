//! What a kind asks of several properties together, or of other entities: the keyword `x-rules` of its schema.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The keyword of the schema of an object; its value is a list of rules.
pub const KEYWORD: &str = "x-rules";

/// One rule. In a schema it is an object of one key, such as `{"less": ["fmin", "fmax"]}`.
///
/// Rules are asked of a project file as a whole. Nobody asks them of a commit: who enters a project property by property
/// passes through states that keep none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// The number of the first property is less than that of the second.
    Less(String, String),
    /// No coordinate of the first point exceeds that of the second.
    Ordered(String, String),
    /// One of the properties is given, and no more than one.
    ExactlyOne(Vec<String>),
    /// No more than one of the properties is given.
    AtMostOne(Vec<String>),
    /// The points differ along one axis, or at least along the one that the property `along` names.
    Apart {
        /// The properties that are points.
        points: (String, String),
        /// A property that is `x`, `y` or `z`, or is left out.
        along: String,
    },
    /// The points have the same coordinate along the axis that the property `along` names.
    Level {
        /// The properties that are points.
        points: (String, String),
        /// A property that is `x`, `y` or `z`, perhaps with a sign before it.
        along: String,
    },
    /// There is something in that section of the project file. A rule of a kind itself.
    Needs(String),
    /// No number of the property exceeds the property `limit` of any entity of that kind.
    AtMost {
        /// The property: a number or a list of numbers.
        property: String,
        /// The kind of the entities that have the limit.
        kind: String,
        /// Their property.
        limit: String,
    },
    /// The entities of the section that this one names are used up by it: no other one may use them up too, and they have
    /// no results of their own. A rule of a kind itself.
    Consumes {
        /// The section.
        section: String,
        /// A property: where it is true, nothing is used up.
        unless: String,
    },
}

impl Rule {
    /// The rules of a schema node. Those that this program does not know are left to the service that made them.
    pub fn of(node: &Value) -> Vec<Self> {
        let rules = node.get(KEYWORD).and_then(Value::as_array).into_iter().flatten();
        rules.filter_map(|rule| Self::deserialize(rule).ok()).collect()
    }

    /// The properties that it speaks of.
    pub fn properties(&self) -> Vec<&str> {
        match self {
            Self::Less(a, b) | Self::Ordered(a, b) => vec![a, b],
            Self::ExactlyOne(names) | Self::AtMostOne(names) => names.iter().map(String::as_str).collect(),
            Self::Apart { points: (a, b), along } | Self::Level { points: (a, b), along } => {
                vec![a, b, along]
            }
            Self::Needs(_) => Vec::new(),
            Self::AtMost { property, .. } => vec![property],
            Self::Consumes { unless, .. } => vec![unless],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_read_as_schemas_write_them() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let schema = json!({"x-rules": [
            {"less": ["fmin", "fmax"]},
            {"at-most-one": ["plane", "min"]},
            {"level": {"points": ["min", "max"], "along": "direction"}},
            {"needs": "ports"},
            {"of-tomorrow": 3},
            {"less": ["only one"]},
        ]});
        assert_eq!(
            Rule::of(&schema),
            [
                Rule::Less("fmin".into(), "fmax".into()),
                Rule::AtMostOne(vec!["plane".into(), "min".into()]),
                Rule::Level { points: pair("min", "max"), along: "direction".into() },
                Rule::Needs("ports".into()),
            ]
        );
        assert_eq!(Rule::of(&json!({"x-rules": 3})), []);
    }
}
