//! What results would be computed from: asked by clients to tell which results are stale.

use std::collections::{HashMap, HashSet};

use api::v1::{
    Arrangement, EntitiesRequest, Entity, InputsReply, InputsRequest, ResultInputs, ServiceDescription,
};
use api::{Code, Failure};
use runtime::Caller;
use serde_json::Value;

use crate::plan;
use crate::service::Inner;

/// Most results that are told of in one answer.
const MOST: usize = 1000;

impl Inner {
    /// The hash of the inputs of every action in a version.
    pub(crate) async fn inputs(&self, caller: &Caller, asked: InputsRequest) -> Result<InputsReply, Failure> {
        let services = self.services().await?;
        let mut kinds: Vec<String> = services
            .iter()
            .flat_map(|service| &service.actions)
            .flat_map(|action| {
                api::reads::kinds(&services, &action.reads).into_iter().chain(action.targets.clone())
            })
            .chain(plan::ALWAYS.map(str::to_owned))
            .collect();
        kinds.sort();
        kinds.dedup();
        let project = asked.project;
        let query =
            EntitiesRequest { project: project.clone(), version: asked.version, kinds, paths: vec![] };
        let (version, mut entities) = self.read(caller, query).await?;
        let computed = computed_kinds(&services);
        // A result must not make itself stale.
        entities.retain(|entity| !computed.contains(&entity.kind));
        let asked = questions(&services, &entities)?;
        // What each stored result was asked with stands in itself.
        let paths: Vec<String> = asked.iter().map(|one| one.result.clone()).collect();
        let stored = match paths.is_empty() {
            true => Vec::new(),
            false => {
                let at = version.clone();
                self.read(caller, EntitiesRequest { project, version: at, kinds: vec![], paths }).await?.1
            }
        };
        let results =
            tokio::task::spawn_blocking(move || all(&services, &entities, asked, &stored)).await.map_err(
                |e| Code::Internal.because(format!("telling the inputs of results broke off: {e}")),
            )??;
        Ok(InputsReply { version, results })
    }

    /// Entities, and the version that they are of.
    async fn read(&self, caller: &Caller, query: EntitiesRequest) -> Result<(String, Vec<Entity>), Failure> {
        let mut stream = self.context.peers.project()?.entities(caller.request(query)).await?.into_inner();
        let (mut version, mut entities) = (String::new(), Vec::new());
        while let Some(part) = stream.message().await? {
            version = part.version;
            entities.extend(part.entities);
        }
        Ok((version, entities))
    }
}

/// Kinds of what services compute.
pub(crate) fn computed_kinds(services: &[ServiceDescription]) -> HashSet<String> {
    let kinds = services.iter().flat_map(|service| &service.kinds);
    kinds.filter(|kind| kind.arrangement() == Arrangement::Result).map(|kind| kind.kind.clone()).collect()
}

/// An action of a target, and where its result would stand.
struct Question {
    action: String,
    target: String,
    result: String,
}

/// All that could be asked in a version and has a result.
fn questions(services: &[ServiceDescription], entities: &[Entity]) -> Result<Vec<Question>, Failure> {
    let mut questions = Vec::new();
    for action in services.iter().flat_map(|service| &service.actions) {
        let targets = entities.iter().filter(|entity| action.targets.contains(&entity.kind));
        let targets: Vec<&str> = match action.targets.is_empty() {
            true => vec![""],
            false => targets.map(|entity| entity.path.as_str()).collect(),
        };
        for target in targets.into_iter().filter(|_| !action.result.is_empty()) {
            if questions.len() == MOST {
                return Err(Code::TooLarge.because(format!("the project has more than {MOST} results")));
            }
            questions.push(Question {
                action: action.name.clone(),
                target: target.to_owned(),
                result: action.result_for(target),
            });
        }
    }
    Ok(questions)
}

/// What each answer would be computed from now, asked as the stored one was.
fn all(
    services: &[ServiceDescription],
    entities: &[Entity],
    asked: Vec<Question>,
    stored: &[Entity],
) -> Result<Vec<ResultInputs>, Failure> {
    let arguments: HashMap<&str, String> =
        stored.iter().map(|entity| (entity.path.as_str(), arguments_of(entity))).collect();
    let mut results = Vec::with_capacity(asked.len());
    for Question { action, target, result } in asked {
        let arguments = arguments.get(result.as_str()).map_or("", String::as_str);
        let steps = plan::steps(services, &action, &target, arguments)?;
        if let Some(inputs) = plan::inputs(&steps, entities).pop() {
            results.push(ResultInputs { result, action, target, inputs });
        }
    }
    Ok(results)
}

/// What a result was asked with; empty for nothing.
fn arguments_of(result: &Entity) -> String {
    serde_json::from_str::<Value>(&result.properties)
        .ok()
        .and_then(|properties| properties.get("arguments")?.as_object().cloned())
        .map_or_else(String::new, |arguments| Value::Object(arguments).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::v1::{ActionDescription, KindDescription};

    fn services() -> Vec<ServiceDescription> {
        let build = ActionDescription {
            name: "modeling.build".into(),
            reads: vec!["modeling.".into()],
            result: "model".into(),
            ..Default::default()
        };
        let solve = ActionDescription {
            name: "fit-td.solve".into(),
            targets: vec!["fit-td.solver".into()],
            requires: vec!["modeling.build".into()],
            result: "results/{target}".into(),
            ..Default::default()
        };
        let model = KindDescription {
            kind: "modeling.model".into(),
            arrangement: Arrangement::Result.into(),
            ..Default::default()
        };
        let service = |name: &str, action, kinds| ServiceDescription {
            name: name.into(),
            version: "1".into(),
            actions: vec![action],
            kinds,
            ..Default::default()
        };
        vec![service("fit-td", solve, vec![]), service("modeling", build, vec![model])]
    }

    fn project(side: &str) -> Vec<Entity> {
        let entity = |path: &str, kind: &str, properties: &str| Entity {
            path: path.into(),
            kind: kind.into(),
            properties: properties.into(),
            ..Entity::default()
        };
        vec![
            entity("geometry/block", "modeling.cuboid", side),
            entity("solvers/a", "fit-td.solver", "{}"),
            entity("solvers/b", "fit-td.solver", "{}"),
        ]
    }

    /// As it is told of a project whose results are `stored`.
    fn told(entities: Vec<Entity>, stored: &[Entity]) -> Vec<ResultInputs> {
        let services = services();
        let asked = questions(&services, &entities).unwrap();
        all(&services, &entities, asked, stored).unwrap()
    }

    fn result(path: &str, properties: &str) -> Entity {
        Entity { path: path.into(), properties: properties.into(), ..Entity::default() }
    }

    #[test]
    fn every_action_is_told_with_each_of_its_targets() {
        let results = told(project("1"), &[]);
        let mut paths: Vec<&str> = results.iter().map(|one| one.result.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["model", "results/a", "results/b"]);
        let hashes: HashSet<&str> = results.iter().map(|one| one.inputs.as_str()).collect();
        assert_eq!(hashes.len(), 3);
    }

    #[test]
    fn the_hash_is_that_of_a_run() {
        let entities = project("1");
        let now = told(entities.clone(), &[]);
        let solve = now.iter().find(|one| one.result == "results/a").unwrap();
        let steps = plan::steps(&services(), "fit-td.solve", "solvers/a", "").unwrap();
        assert_eq!(plan::inputs(&steps, &entities).pop().unwrap(), solve.inputs);
        let changed = told(project("2"), &[]);
        assert!(now.iter().zip(&changed).all(|(before, after)| before.inputs != after.inputs));
    }

    /// The hash is that of the same question asked again: what was asked with arguments is neither always stale nor
    /// never.
    #[test]
    fn what_was_asked_with_arguments_is_told_with_them() {
        let of = |told: Vec<ResultInputs>, path: &str| {
            told.into_iter().find(|one| one.result == path).unwrap().inputs
        };
        let stored = [result("results/a", r#"{"arguments":{"b":2,"a":1}}"#), result("results/b", "{}")];
        let steps = plan::steps(&services(), "fit-td.solve", "solvers/a", r#"{"a": 1, "b": 2}"#).unwrap();
        let run = plan::inputs(&steps, &project("1")).pop().unwrap();
        assert_eq!(of(told(project("1"), &stored), "results/a"), run);
        assert_ne!(of(told(project("2"), &stored), "results/a"), run);
        assert_ne!(of(told(project("1"), &[]), "results/a"), run);
        let without = of(told(project("1"), &[]), "results/b");
        assert_eq!(of(told(project("1"), &stored), "results/b"), without);
        // What no service wrote counts as none.
        let odd = [result("results/b", r#"{"arguments":[1]}"#)];
        assert_eq!(of(told(project("1"), &odd), "results/b"), without);
    }
}
