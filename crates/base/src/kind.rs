//! What a compute service declares of an entity kind: its schema and its place in a project file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One kind of entity, as the service that owns it describes it to everyone else.
///
/// The schema is JSON Schema (draft 2020-12) of an object, as schemars makes it. Beyond the standard,
/// these keywords have a meaning in it:
///
/// | keyword | meaning |
/// |---|---|
/// | `x-dimension: "length"` | a number or an expression of that dimension, see [`crate::quantity`] |
/// | `x-file: true` | in a project file: the path of a file, replaced by its blob when it is applied |
/// | `x-result: true` | the path of a result that can be a file, see [`ResultKind`] |
/// | `x-format-of: "of"` | a format of the result whose path the property `of` gives |
/// | `x-reference: "materials"` | the name of an entity in that section of the project file, or a list of such names |
/// | `x-builtin: ["vacuum"]` | beside `x-reference`: names that exist without being declared |
/// | `x-mesh-line: "x"` | the mesh shall have a line there, see `docs/data-model.md` |
/// | `x-pick: "point"` | can be filled by picking in the 3-D view, see `docs/data-model.md` |
/// | `x-mark: {…}` | beside the properties: how the 3-D view draws such an entity, see `docs/data-model.md` |
/// | `x-rules: […]` | beside the properties: what holds between them, or between entities, see [`crate::rule`] |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindDescriptor {
    /// The kind, with its service's name in front: `modeling.cuboid`.
    pub kind: String,
    /// The section of the project file that holds it: `geometry`. It is also the first part of the
    /// entity's path.
    pub section: String,
    /// How the section holds it; the same for all kinds of one section.
    pub arrangement: Arrangement,
    /// The word for the kind within its section, such as `cuboid`.
    pub key: String,
    /// The property that a bare scalar stands for, such as `expression` in `parameters: {a: 3 mm}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shorthand: Option<String>,
    /// JSON Schema of the properties.
    pub schema: Value,
    /// A short name for people.
    pub title: String,
    /// What it is for, in a sentence or a few (Markdown).
    #[serde(default)]
    pub description: String,
    /// Properties of examples, as they would stand in a project file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
}

/// A kind that a service computes, as far as files are made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultKind {
    /// The kind, with its service's name in front: `fit-td.field`.
    pub kind: String,
    /// A short name for people.
    pub title: String,
    /// Where such entities stand: `results/{fit-td.solver}/fields/{fit-td.monitor}`. A kind in braces stands for the names of
    /// entities of that kind; one that ends in `.` for all kinds that begin so.
    pub path: String,
    /// The blobs that are files for people.
    pub formats: Vec<String>,
}

/// How a section of a project file holds its entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrangement {
    /// One entity, whose properties stand right in the section: `mesh: {maximum_frequency: 12 GHz}`.
    Single,
    /// Entities of one kind by name: `materials: {teflon: {epsilon_r: 2.1}}`.
    Map,
    /// Entities of several kinds by name: `geometry: {block: {cuboid: {…}}}`.
    MapOfKinds,
}

impl KindDescriptor {
    /// A descriptor whose schema is that of the type `T`, with `T`'s documentation as description.
    pub fn of<T: JsonSchema>(
        kind: &str,
        section: &str,
        arrangement: Arrangement,
        key: &str,
        title: &str,
    ) -> Self {
        let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value();
        let mut description = String::new();
        if let Some(object) = schema.as_object_mut() {
            object.remove("$schema");
            object.remove("title");
            if let Some(Value::String(text)) = object.remove("description") {
                description = text;
            }
        }
        Self {
            kind: kind.to_owned(),
            section: section.to_owned(),
            arrangement,
            key: key.to_owned(),
            shorthand: None,
            schema,
            title: title.to_owned(),
            description,
            examples: Vec::new(),
        }
    }

    /// The same with a scalar standing for `property`.
    pub fn with_shorthand(mut self, property: &str) -> Self {
        self.shorthand = Some(property.to_owned());
        self
    }

    /// The same with one more example.
    pub fn with_example(mut self, properties: Value) -> Self {
        self.examples.push(properties);
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::quantity::Length;

    /// A ball.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Sphere {
        /// Its radius.
        #[schemars(extend("exclusiveMinimum" = 0))]
        radius: Length,
        material: Option<String>,
    }

    #[test]
    fn a_descriptor_travels_as_json_with_its_schema() {
        let kind = KindDescriptor::of::<Sphere>(
            "modeling.sphere",
            "geometry",
            Arrangement::MapOfKinds,
            "sphere",
            "Sphere",
        );
        assert_eq!(kind.description, "A ball.");
        let radius = &kind.schema["properties"]["radius"];
        assert_eq!(radius["type"], serde_json::json!(["number", "string"]));
        assert_eq!(radius["x-dimension"], "length");
        assert_eq!(radius["description"], "Its radius.");
        assert_eq!(radius["exclusiveMinimum"], 0);
        assert_eq!(kind.schema["required"], serde_json::json!(["radius"]));
        let text = serde_json::to_string(&kind).unwrap();
        assert!(text.contains(r#""arrangement":"map-of-kinds""#), "{text}");
        assert_eq!(serde_json::from_str::<KindDescriptor>(&text).unwrap(), kind);
    }
}
