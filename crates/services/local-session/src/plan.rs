//! Which steps an action takes, and what each step's result depends on.

use std::collections::{BTreeMap, HashMap};

use api::v1::{ActionDescription, Entity, ServiceDescription};
use api::{Code, Failure};
use serde_json::{Map, Value};

/// One step: an action of a service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) service: String,
    pub(crate) service_version: String,
    pub(crate) action: ActionDescription,
    pub(crate) target: String,
    pub(crate) arguments: String,
}

impl Step {
    /// Path of the step's result; empty where it has none.
    pub(crate) fn result(&self) -> String {
        self.action.result_for(&self.target)
    }
}

/// The steps of an action, those that it requires first.
pub(crate) fn steps(
    services: &[ServiceDescription],
    action: &str,
    target: &str,
    arguments: &str,
) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let arguments = canonical(arguments)?;
    add(services, action, target, &arguments, &mut Vec::new(), &mut steps)?;
    Ok(steps)
}

/// Arguments in one form, so that the same ones have the same hash however they were written; none at all are empty.
fn canonical(arguments: &str) -> Result<String, Failure> {
    if arguments.trim().is_empty() {
        return Ok(String::new());
    }
    let object: Map<String, Value> = serde_json::from_str(arguments)
        .map_err(|e| Code::Invalid.because(format!("the arguments are no JSON object: {e}")))?;
    Ok(if object.is_empty() { String::new() } else { sorted(Value::Object(object)).to_string() })
}

/// The same value with the names of all its objects in order. How deep it nests is bounded by what was read.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let entries: BTreeMap<String, Value> =
                object.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn add(
    services: &[ServiceDescription],
    name: &str,
    target: &str,
    arguments: &str,
    under_way: &mut Vec<String>,
    steps: &mut Vec<Step>,
) -> Result<(), Failure> {
    if steps.iter().any(|step| step.action.name == name) {
        return Ok(());
    }
    if under_way.iter().any(|known| known == name) {
        under_way.push(name.to_owned());
        return Err(Code::Config
            .because(format!("these actions require each other: {}", under_way.join(" → ")))
            .remedy("correct the descriptions of the services"));
    }
    let (service, action) = find(services, name)?;
    under_way.push(name.to_owned());
    for required in &action.requires {
        // A required action works on the whole project: targets and arguments are the asked one's own.
        add(services, required, "", "", under_way, steps)?;
    }
    under_way.pop();
    let mut action = action.clone();
    action.reads = api::reads::kinds(services, &action.reads);
    // Whatever it is asked of, an action without targets gives the same result.
    let target = if action.targets.is_empty() { String::new() } else { target.to_owned() };
    steps.push(Step {
        service: service.name.clone(),
        service_version: service.version.clone(),
        action,
        target,
        arguments: arguments.to_owned(),
    });
    Ok(())
}

fn find<'a>(
    services: &'a [ServiceDescription],
    name: &str,
) -> Result<(&'a ServiceDescription, &'a ActionDescription), Failure> {
    services
        .iter()
        .find_map(|service| Some((service, service.actions.iter().find(|action| action.name == name)?)))
        .ok_or_else(|| {
            let known: Vec<&str> =
                services.iter().flat_map(|s| &s.actions).map(|a| a.name.as_str()).collect();
            Code::NotFound
                .because(format!("no service of this site offers the action `{name}`"))
                .remedy(format!("use one of: {}", known.join(", ")))
        })
}

/// The action that runs an entity of a kind: the first one that names the kind as its target.
pub(crate) fn action_for<'a>(
    services: &'a [ServiceDescription],
    kind: &str,
) -> Option<&'a ActionDescription> {
    services.iter().flat_map(|s| &s.actions).find(|a| a.targets.iter().any(|target| target == kind))
}

/// Hashes of what each step computes from, in the order of the steps. `entities` are those of the version, all kinds
/// that any step reads, and the targets.
pub(crate) fn inputs(steps: &[Step], entities: &[Entity]) -> Vec<String> {
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut done: HashMap<&str, String> = HashMap::new();
    let mut hashes = Vec::with_capacity(steps.len());
    for step in steps {
        let mut hasher = Hasher::default();
        for part in [&step.service, &step.service_version, &step.action.name, &step.target, &step.arguments] {
            hasher.text(part);
        }
        for entity in sorted.iter().filter(|e| reads(step, e)) {
            hasher.entity(entity);
        }
        for required in &step.action.requires {
            hasher.text(done.get(required.as_str()).map_or("", String::as_str));
        }
        let hash = hasher.finish();
        done.insert(&step.action.name, hash.clone());
        hashes.push(hash);
    }
    hashes
}

/// Kinds that the steps read, as one list.
pub(crate) fn kinds(steps: &[Step]) -> Vec<String> {
    let mut kinds: Vec<String> = ALWAYS.iter().map(|&k| k.to_owned()).collect();
    kinds.extend(steps.iter().flat_map(|s| s.action.reads.iter().cloned()));
    kinds.sort();
    kinds.dedup();
    kinds
}

/// Read by every step: quantities are evaluated with them.
pub(crate) const ALWAYS: [&str; 2] = ["project.parameter", "project.units"];

fn reads(step: &Step, entity: &Entity) -> bool {
    entity.path == step.target
        || ALWAYS.contains(&entity.kind.as_str())
        || step.action.reads.iter().any(|kind| {
            *kind == entity.kind || (kind.ends_with('.') && entity.kind.starts_with(kind.as_str()))
        })
}

/// Hashes parts with their lengths, so that no two lists of parts run into each other.
#[derive(Default)]
struct Hasher(blake3::Hasher);

impl Hasher {
    fn text(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn entity(&mut self, entity: &Entity) {
        self.text(&entity.path);
        self.text(&entity.kind);
        self.text(&entity.properties);
        for (name, hash) in &entity.blobs {
            self.text(name);
            self.text(hash);
        }
        self.text("");
    }

    fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn action(name: &str, requires: &[&str], reads: &[&str], result: &str) -> ActionDescription {
        ActionDescription {
            name: name.into(),
            requires: requires.iter().map(|&s| s.into()).collect(),
            reads: reads.iter().map(|&s| s.into()).collect(),
            result: result.into(),
            ..Default::default()
        }
    }

    fn services() -> Vec<ServiceDescription> {
        let service = |name: &str, action| ServiceDescription {
            name: name.into(),
            version: "1".into(),
            actions: vec![action],
            ..Default::default()
        };
        let mut solve = action("fit-td.solve", &["mesh.mesh"], &["fit-td."], "results/{target}");
        solve.targets = vec!["fit-td.solver".into()];
        vec![
            service("fit-td", solve),
            service("mesh", action("mesh.mesh", &["modeling.build"], &["mesh.settings"], "grid")),
            service("modeling", action("modeling.build", &[], &["modeling."], "model")),
        ]
    }

    fn entity(path: &str, kind: &str, properties: &str) -> Entity {
        Entity { path: path.into(), kind: kind.into(), properties: properties.into(), ..Default::default() }
    }

    fn project() -> Vec<Entity> {
        vec![
            entity("geometry/block", "modeling.cuboid", "{}"),
            entity("mesh", "mesh.settings", "{}"),
            entity("ports/1", "fit-td.port", "{}"),
            entity("solvers/t", "fit-td.solver", "{}"),
        ]
    }

    fn hashes(entities: &[Entity]) -> Vec<String> {
        inputs(&steps(&services(), "fit-td.solve", "solvers/t", "").unwrap(), entities)
    }

    #[test]
    fn required_actions_come_first() {
        let steps = steps(&services(), "fit-td.solve", "solvers/t", "").unwrap();
        let names: Vec<_> = steps.iter().map(|s| (s.service.as_str(), s.result())).collect();
        assert_eq!(
            names,
            [("modeling", "model".into()), ("mesh", "grid".into()), ("fit-td", "results/t".to_owned())]
        );
    }

    #[test]
    fn a_change_makes_stale_what_depends_on_it_and_nothing_else() {
        let before = hashes(&project());
        let mut changed = project();
        changed[2].properties = r#"{"resistance":75}"#.into();
        let after = hashes(&changed);
        assert_eq!(before[..2], after[..2]);
        assert_ne!(before[2], after[2]);
        let mut changed = project();
        changed[0].properties = r#"{"min":[1,0,0]}"#.into();
        let after = hashes(&changed);
        assert!(before.iter().zip(&after).all(|(a, b)| a != b));
    }

    #[test]
    fn an_action_without_targets_is_the_same_whatever_it_is_asked_of() {
        let of = |target: &str| inputs(&steps(&services(), "mesh.mesh", target, "").unwrap(), &project());
        assert_eq!(of(""), of("mesh"));
    }

    #[test]
    fn arguments_count_by_what_they_say() {
        let of = |arguments: &str| {
            steps(&services(), "mesh.mesh", "", arguments).map(|steps| inputs(&steps, &project()))
        };
        assert_eq!(of("").unwrap(), of(" {} ").unwrap());
        assert_eq!(of(r#"{"a":1,"b":2}"#).unwrap(), of(r#"{ "b": 2, "a": 1 }"#).unwrap());
        assert_ne!(of("").unwrap(), of(r#"{"a":1}"#).unwrap());
        assert_eq!(of("[1]").unwrap_err().code, Code::Invalid);
    }

    #[test]
    fn neither_ids_nor_order_nor_results_count() {
        let before = hashes(&project());
        let mut other = project();
        other.reverse();
        other[0].id = "another".into();
        other.push(entity("results/t", "fit-td.result", "{}x"));
        // `fit-td.` would match the result too; a result must not make itself stale.
        other.pop();
        assert_eq!(before, hashes(&other));
    }

    #[test]
    fn an_unknown_action_is_answered_with_those_there_are() {
        let failure = steps(&services(), "fit-td.slove", "", "").unwrap_err();
        assert!(failure.what_to_do().contains("fit-td.solve"));
    }

    #[test]
    fn actions_that_require_each_other_are_refused() {
        let mut services = services();
        services[2].actions[0].requires = vec!["fit-td.solve".into()];
        assert_eq!(steps(&services, "fit-td.solve", "", "").unwrap_err().code, Code::Config);
    }
}
