//! What results would be computed from: asked by clients to tell which results are stale.

use std::collections::HashSet;

use api::v1::{
    Arrangement, EntitiesRequest, Entity, InputsReply, InputsRequest, ResultInputs, ServiceDescription,
};
use api::{Code, Failure};
use runtime::Caller;

use crate::plan::{self, Step};
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
        let query = EntitiesRequest { project: asked.project, version: asked.version, kinds, paths: vec![] };
        let mut stream = self.context.peers.project()?.entities(caller.request(query)).await?.into_inner();
        let (mut version, mut entities) = (String::new(), Vec::new());
        while let Some(part) = stream.message().await? {
            version = part.version;
            entities.extend(part.entities);
        }
        let results = tokio::task::spawn_blocking(move || all(&services, entities))
            .await
            .map_err(|e| Code::Internal.because(format!("telling the inputs of results broke off: {e}")))??;
        Ok(InputsReply { version, results })
    }
}

/// Kinds of what services compute.
pub(crate) fn computed_kinds(services: &[ServiceDescription]) -> HashSet<String> {
    let kinds = services.iter().flat_map(|service| &service.kinds);
    kinds.filter(|kind| kind.arrangement() == Arrangement::Result).map(|kind| kind.kind.clone()).collect()
}

fn all(services: &[ServiceDescription], mut entities: Vec<Entity>) -> Result<Vec<ResultInputs>, Failure> {
    let computed = computed_kinds(services);
    // A result must not make itself stale.
    entities.retain(|entity| !computed.contains(&entity.kind));
    let mut results = Vec::new();
    for action in services.iter().flat_map(|service| &service.actions) {
        let targets = entities.iter().filter(|entity| action.targets.contains(&entity.kind));
        let targets: Vec<&str> = match action.targets.is_empty() {
            true => vec![""],
            false => targets.map(|entity| entity.path.as_str()).collect(),
        };
        for target in targets {
            if results.len() == MOST {
                return Err(Code::TooLarge.because(format!("the project has more than {MOST} results")));
            }
            let steps = plan::steps(services, &action.name, target, "")?;
            results.extend(of(&steps, &entities));
        }
    }
    Ok(results)
}

/// What the last of the steps computes from; nothing where it has no result.
fn of(steps: &[Step], entities: &[Entity]) -> Option<ResultInputs> {
    let step = steps.last().filter(|step| !step.action.result.is_empty())?;
    Some(ResultInputs {
        result: step.result(),
        action: step.action.name.clone(),
        target: step.target.clone(),
        inputs: plan::inputs(steps, entities).pop()?,
    })
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
            entity("model", "modeling.model", r#"{"inputs":"x"}"#),
            entity("solvers/a", "fit-td.solver", "{}"),
            entity("solvers/b", "fit-td.solver", "{}"),
        ]
    }

    #[test]
    fn every_action_is_told_with_each_of_its_targets() {
        let results = all(&services(), project("1")).unwrap();
        let mut paths: Vec<&str> = results.iter().map(|one| one.result.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["model", "results/a", "results/b"]);
        let hashes: HashSet<&str> = results.iter().map(|one| one.inputs.as_str()).collect();
        assert_eq!(hashes.len(), 3);
    }

    #[test]
    fn the_hash_is_that_of_a_run_and_results_do_not_count() {
        let entities = project("1");
        let told = all(&services(), entities.clone()).unwrap();
        let solve = told.iter().find(|one| one.result == "results/a").unwrap();
        let steps = plan::steps(&services(), "fit-td.solve", "solvers/a", "").unwrap();
        let inputs: Vec<Entity> = entities.into_iter().filter(|one| one.path != "model").collect();
        assert_eq!(plan::inputs(&steps, &inputs).pop().unwrap(), solve.inputs);
        let changed = all(&services(), project("2")).unwrap();
        assert!(told.iter().zip(&changed).all(|(before, after)| before.inputs != after.inputs));
    }
}
