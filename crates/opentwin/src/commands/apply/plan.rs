//! What has to change so that a project is what its file says.

use std::collections::{BTreeMap, HashMap, HashSet};

use api::Failure;
use api::v1::Entity;
use base::kind::KindDescriptor;
use declare::Document;

use super::files::Files;
use crate::commands::changes::same_entity;

/// The changes, in the order of the file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// New entities.
    pub(crate) added: Vec<Entity>,
    /// Changed ones: as they are, as they shall be.
    pub(crate) changed: Vec<(Entity, Entity)>,
    /// Inputs that are no longer in the file.
    pub(crate) removed: Vec<Entity>,
    /// How many stay as they are.
    pub(crate) unchanged: usize,
}

impl Plan {
    /// Compares a file with what is there. Only entities of kinds that may stand in a file are removed: results,
    /// and what services have that are not there now, stay.
    pub(crate) fn of(
        document: &Document,
        files: &Files,
        head: &[Entity],
        kinds: &[KindDescriptor],
    ) -> Result<Self, Failure> {
        let here: HashMap<&str, &Entity> = head.iter().map(|entity| (entity.path.as_str(), entity)).collect();
        let mut plan = Self::default();
        let mut declared = HashSet::new();
        for entity in &document.entities {
            declared.insert(entity.path.as_str());
            let wanted = Entity {
                kind: entity.kind.clone(),
                path: entity.path.clone(),
                properties: entity.properties.to_string(),
                blobs: files.blobs(&entity.path),
                ..Entity::default()
            };
            match here.get(entity.path.as_str()) {
                None => plan.added.push(wanted),
                Some(before) if same_entity(before, &wanted)? => plan.unchanged += 1,
                Some(before) => plan.changed.push(((*before).clone(), wanted)),
            }
        }
        let inputs: HashSet<&str> = kinds.iter().map(|kind| kind.kind.as_str()).collect();
        let gone = head.iter().filter(|entity| {
            inputs.contains(entity.kind.as_str()) && !declared.contains(entity.path.as_str())
        });
        let gone: BTreeMap<&str, &Entity> = gone.map(|entity| (entity.path.as_str(), entity)).collect();
        plan.removed = gone.into_values().cloned().collect();
        Ok(plan)
    }

    /// True where nothing has to change.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// The entities to write.
    pub(crate) fn put(&self) -> Vec<Entity> {
        self.added.iter().chain(self.changed.iter().map(|(_, after)| after)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn document(text: &str) -> Document {
        let text = format!("opentwin: 1\nproject: test\n{text}");
        let kinds = declare::Kinds { inputs: base::common::kinds(), ..Default::default() };
        declare::parse(&text, "test.yaml", &kinds).unwrap()
    }

    fn entity(path: &str, kind: &str, properties: &str) -> Entity {
        Entity {
            id: format!("id of {path}"),
            path: path.into(),
            kind: kind.into(),
            properties: properties.into(),
            ..Entity::default()
        }
    }

    fn paths(entities: &[Entity]) -> Vec<&str> {
        entities.iter().map(|entity| entity.path.as_str()).collect()
    }

    #[test]
    fn a_file_makes_the_inputs_what_it_says_and_leaves_results_alone() {
        let document = document("parameters: {a: 2 mm, b: 2*a, c: 3}\n");
        let head = [
            entity("parameters/a", "project.parameter", r#"{"value":"1 mm"}"#),
            entity("parameters/b", "project.parameter", r#"{ "value" : "2*a" }"#),
            entity("parameters/old", "project.parameter", r#"{"value":"1"}"#),
            entity("units", "project.units", r#"{"length":"mm"}"#),
            entity("model", "modeling.model", r#"{"inputs":"x"}"#),
            entity("geometry/unknown", "elsewhere.thing", "{}"),
        ];
        let kinds = base::common::kinds();
        let plan = Plan::of(&document, &Files::default(), &head, &kinds).unwrap();
        assert_eq!(paths(&plan.added), ["parameters/c"]);
        assert_eq!(
            plan.changed.iter().map(|(_, after)| after.path.as_str()).collect::<Vec<_>>(),
            ["parameters/a"]
        );
        assert_eq!(paths(&plan.removed), ["parameters/old", "units"]);
        assert_eq!((plan.unchanged, plan.is_empty()), (1, false));
        assert_eq!(paths(&plan.put()), ["parameters/c", "parameters/a"]);
    }

    #[test]
    fn a_file_applied_twice_changes_nothing() {
        let document = document("parameters: {a: 2 mm}\nmaterials: {board: {epsilon_r: 4.3}}\n");
        let kinds = base::common::kinds();
        let first = Plan::of(&document, &Files::default(), &[], &kinds).unwrap();
        let again = Plan::of(&document, &Files::default(), &first.put(), &kinds).unwrap();
        assert!(again.is_empty());
        assert_eq!(again.unchanged, 2);
    }
}
