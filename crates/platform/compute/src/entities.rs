//! The entities that a job reads, with their quantities evaluated.

use std::collections::{BTreeMap, HashMap};

use api::v1::{Entity, KindDescription};
use api::{Code, Failure};
use base::common::{Material, Units};
use base::expression::ParameterTable;
use base::quantity;
use base::units::DefaultUnits;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Entities of one version by path, and all that is needed to evaluate them.
pub struct Entities {
    by_path: BTreeMap<String, Entity>,
    schemas: HashMap<String, Value>,
    parameters: ParameterTable,
    units: DefaultUnits,
}

impl Entities {
    /// Evaluates parameters and default units among `entities`; `kinds` are those of the site.
    pub fn new(
        entities: Vec<Entity>,
        kinds: impl IntoIterator<Item = KindDescription>,
    ) -> Result<Self, Failure> {
        let schemas = kinds
            .into_iter()
            .filter_map(|kind| Some((kind.kind, serde_json::from_str(&kind.schema).ok()?)))
            .collect();
        let by_path: BTreeMap<_, _> = entities.into_iter().map(|e| (e.path.clone(), e)).collect();
        let units = default_units(by_path.get("units"))?;
        let parameters = parameters(&by_path)?;
        Ok(Self { by_path, schemas, parameters, units })
    }

    /// The entity at a path.
    pub fn get(&self, path: &str) -> Result<&Entity, Failure> {
        self.by_path.get(path).ok_or_else(|| {
            Code::NotFound
                .because(format!("`{path}` is not in this version of the project"))
                .remedy("check the name, or add it to the project")
        })
    }

    /// The entity at a path, if it is there.
    pub fn find(&self, path: &str) -> Option<&Entity> {
        self.by_path.get(path)
    }

    /// All of them, in the order of their paths.
    pub fn all(&self) -> impl Iterator<Item = &Entity> {
        self.by_path.values()
    }

    /// All whose kind is `kind`, or begins with it where it ends in `.`; in the order of their paths.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entity> {
        self.by_path
            .values()
            .filter(move |e| e.kind == kind || (kind.ends_with('.') && e.kind.starts_with(kind)))
    }

    /// All directly or indirectly below a path.
    pub fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Entity> {
        let prefix = format!("{path}/");
        self.by_path.range(prefix.clone()..).map(|(_, e)| e).take_while(move |e| e.path.starts_with(&prefix))
    }

    /// An entity's properties as a Rust type, all quantities evaluated to SI.
    pub fn typed<T: DeserializeOwned>(&self, entity: &Entity) -> Result<T, Failure> {
        serde_json::from_value(self.evaluated(entity)?).map_err(|e| invalid(entity, &e))
    }

    /// An entity's properties as JSON, all quantities evaluated to SI.
    pub fn evaluated(&self, entity: &Entity) -> Result<Value, Failure> {
        let properties = properties(entity)?;
        match self.schema(&entity.kind) {
            Some(schema) => quantity::evaluate(&properties, schema, &self.parameters, &self.units)
                .map_err(|e| invalid(entity, &e)),
            None => Ok(properties),
        }
    }

    /// The schema of a kind, if a service of the site declares it.
    pub(crate) fn schema(&self, kind: &str) -> Option<&Value> {
        self.schemas.get(kind)
    }

    /// Evaluated parameters.
    pub fn parameters(&self) -> &ParameterTable {
        &self.parameters
    }
}

fn invalid(entity: &Entity, what: &dyn std::fmt::Display) -> Failure {
    Code::Invalid.because(format!("`{}`: {what}", entity.path))
}

/// An entity's properties as JSON.
pub(crate) fn properties(entity: &Entity) -> Result<Value, Failure> {
    if entity.properties.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_str(&entity.properties)
        .map_err(|e| Code::Invalid.because(format!("`{}`: its properties are no JSON: {e}", entity.path)))
}

/// The materials of a project by name, with `vacuum` and `pec`, which every project has.
pub fn materials(entities: &Entities) -> Result<BTreeMap<String, Material>, Failure> {
    let mut materials =
        BTreeMap::from([("vacuum".to_owned(), Material::vacuum()), ("pec".to_owned(), Material::pec())]);
    for entity in entities.of_kind("project.material") {
        let name = entity.path.strip_prefix("materials/").unwrap_or(&entity.path);
        materials.insert(name.to_owned(), entities.typed(entity)?);
    }
    Ok(materials)
}

fn default_units(entity: Option<&Entity>) -> Result<DefaultUnits, Failure> {
    let mut units = DefaultUnits::default();
    let Some(entity) = entity else { return Ok(units) };
    let Units(given) = serde_json::from_value(properties(entity)?)
        .map_err(|e| Code::Invalid.because(format!("`units`: {e}")))?;
    for (dimension, unit) in given {
        units
            .set(&dimension, &unit)
            .map_err(|e| Code::Invalid.because(format!("`units/{dimension}`: {e}")))?;
    }
    Ok(units)
}

fn parameters(by_path: &BTreeMap<String, Entity>) -> Result<ParameterTable, Failure> {
    let mut expressions = BTreeMap::new();
    for entity in by_path.values().filter(|e| e.kind == "project.parameter") {
        let name = entity.path.strip_prefix("parameters/").unwrap_or(&entity.path);
        let text = match properties(entity)?.get("value") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(Code::Invalid.because(format!("`{}` has no value", entity.path))),
        };
        expressions.insert(name.to_owned(), text);
    }
    ParameterTable::evaluate(&expressions).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Code::Invalid.because(format!("parameters: {}", all.join("; ")))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::convert::kind_to_wire;

    fn entity(path: &str, kind: &str, properties: &str) -> Entity {
        Entity { path: path.into(), kind: kind.into(), properties: properties.into(), ..Entity::default() }
    }

    fn entities(list: Vec<Entity>) -> Result<Entities, Failure> {
        Entities::new(list, base::common::kinds().iter().map(kind_to_wire))
    }

    #[test]
    fn quantities_are_evaluated_with_the_parameters_of_the_version() {
        let all = entities(vec![
            entity("parameters/er", "project.parameter", r#"{"value":"2*k"}"#),
            entity("parameters/k", "project.parameter", r#"{"value":2.15}"#),
            entity("materials/board", "project.material", r#"{"epsilon_r":"er","conductivity":"5 mS/m"}"#),
        ])
        .unwrap();
        let materials = materials(&all).unwrap();
        assert!((materials["board"].epsilon_r.0 - 4.3).abs() < 1e-12);
        assert!((materials["board"].conductivity.0 - 0.005).abs() < 1e-15);
        assert!(materials.contains_key("vacuum") && materials.contains_key("pec"));
    }

    #[test]
    fn an_error_names_the_entity() {
        let all =
            entities(vec![entity("materials/x", "project.material", r#"{"epsilon_r":"nothing"}"#)]).unwrap();
        let failure = materials(&all).unwrap_err();
        assert!(failure.message.contains("materials/x"), "{failure}");
    }

    #[test]
    fn cycles_are_told() {
        let failure = entities(vec![
            entity("parameters/a", "project.parameter", r#"{"value":"b"}"#),
            entity("parameters/b", "project.parameter", r#"{"value":"a"}"#),
        ])
        .err()
        .unwrap();
        assert!(failure.message.contains("depend on each other"), "{failure}");
    }
}
