//! What expressions come to: with the parameters and default units of a version, as the compute services evaluate them.

use std::collections::{BTreeMap, HashMap};

use api::v1::{EvaluateReply, EvaluateRequest, Evaluated, Expression, Right};
use api::{Code, Failure};
use base::common::Units;
use base::expression::{self, ParameterTable};
use base::quantity::{self, Measure};
use base::units::{DefaultUnits, Dimension, Quantity, format};
use futures::StreamExt as _;
use serde_json::{Value, json};
use store::{Entity, Filter, Project, VersionId};

use crate::convert;
use crate::errors::failure;
use crate::guard::Asker;
use crate::kinds::Catalog;
use crate::patterns::{Pattern, below};
use crate::server::Core;
use crate::versions::find;

/// Most expressions and most paths of one question.
const MOST: usize = 1000;
/// Most entities that one question names.
const ENTITIES: usize = 10_000;
/// Most parameters, those of the version and those laid over them.
const PARAMETERS: usize = 10_000;

impl Core {
    pub(crate) async fn evaluate(
        &self,
        asker: Asker,
        asked: EvaluateRequest,
    ) -> Result<EvaluateReply, Failure> {
        self.guard.demand(asker, &asked.project, Right::Viewer).await?;
        if asked.expressions.len() > MOST || asked.paths.len() > MOST || asked.parameters.len() > PARAMETERS {
            return Err(Code::TooLarge.because(format!(
                "more than {MOST} expressions or paths, or {PARAMETERS} parameters, are asked for"
            )));
        }
        let project = self.repository.project(&asked.project).map_err(failure)?;
        let version = find(&project, &asked.version).await?;
        let read = match version {
            Some(version) => Read::of(&project, version, &asked.paths).await?,
            None => Read::default(),
        };
        let catalog = self.kinds.fresh().await?;
        let mut reply = tokio::task::spawn_blocking(move || answer(read, &asked, &catalog))
            .await
            .map_err(|e| Code::Internal.because(format!("evaluating broke off: {e}")))?;
        reply.version = version.map_or_else(String::new, |version| version.to_string());
        Ok(reply)
    }
}

/// What is needed of a version.
#[derive(Default)]
struct Read {
    units: Option<Value>,
    parameters: BTreeMap<String, String>,
    entities: Vec<Entity>,
}

impl Read {
    async fn of(project: &Project, version: VersionId, paths: &[String]) -> Result<Self, Failure> {
        let mut read = Self::default();
        let units = project.by_path(version, "units").await.map_err(failure)?;
        read.units = units.map(|entity| Value::Object(entity.properties.clone()));
        let mut found = project.entities(version, below("parameters/"));
        while let Some(entity) = found.next().await {
            let entity = entity.map_err(failure)?;
            let name = entity.path.trim_start_matches("parameters/").to_owned();
            let text = match entity.properties.get("value") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => continue,
            };
            read.parameters.insert(name, text);
            bounded(read.parameters.len(), PARAMETERS, "parameters")?;
        }
        for path in paths {
            match Pattern::of(path) {
                Pattern::Path(path) => {
                    let found = project.by_path(version, path).await.map_err(failure)?;
                    read.entities.extend(found.map(|entity| (*entity).clone()));
                }
                Pattern::Below(prefix) => read.below(project, version, below(prefix)).await?,
            }
            bounded(read.entities.len(), ENTITIES, "entities")?;
        }
        Ok(read)
    }

    async fn below(&mut self, project: &Project, version: VersionId, filter: Filter) -> Result<(), Failure> {
        let mut found = project.entities(version, filter);
        while let Some(entity) = found.next().await {
            self.entities.push((*entity.map_err(failure)?).clone());
            bounded(self.entities.len(), ENTITIES, "entities")?;
        }
        Ok(())
    }
}

fn bounded(count: usize, most: usize, what: &str) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    Err(Code::TooLarge.because(format!("more than {most} {what} would have to be evaluated")))
}

/// What all is evaluated with.
struct Surroundings {
    parameters: ParameterTable,
    units: DefaultUnits,
    /// What is wrong with parameters, by name.
    wrong: HashMap<String, String>,
}

impl Surroundings {
    fn new(units: Option<Value>, written: &BTreeMap<String, String>) -> Self {
        let (parameters, errors) = ParameterTable::evaluate_sound(written);
        let mut wrong = HashMap::new();
        for error in errors {
            match error {
                expression::ParameterError::Expression { name, error } => {
                    wrong.insert(name, error.to_string());
                }
                expression::ParameterError::Name(error) => {
                    for name in written.keys().filter(|name| expression::check_name(name).is_err()) {
                        wrong.entry(name.clone()).or_insert_with(|| error.to_string());
                    }
                }
            }
        }
        // Units that are wrong are told where they are entered; here they are as none.
        let given = units.and_then(|units| serde_json::from_value::<Units>(units).ok());
        let mut units = DefaultUnits::default();
        for (dimension, unit) in given.into_iter().flat_map(|units| units.0) {
            let _ = units.set(&dimension, &unit);
        }
        Self { parameters, units, wrong }
    }

    fn parameter(&self, name: &str, text: &str) -> Evaluated {
        match (self.parameters.get(name), self.wrong.get(name)) {
            (_, Some(fault)) => Evaluated { fault: fault.clone(), ..Evaluated::default() },
            (Some(quantity), _) => value_of(quantity),
            // It only depends on a wrong one: evaluating it says on which.
            (None, None) => self.any(text),
        }
    }

    fn any(&self, text: &str) -> Evaluated {
        match expression::evaluate(text, &self.parameters) {
            Ok(quantity) => value_of(quantity),
            Err(error) => Evaluated { fault: error.to_string(), ..Evaluated::default() },
        }
    }

    fn expression(&self, asked: &Expression) -> Evaluated {
        let node = json!({"x-dimension": asked.dimension});
        let measure = Measure::of(&node).filter(|_| !matches!(asked.dimension.as_str(), "" | "any"));
        let Some(measure) = measure else { return self.any(&asked.text) };
        let written = match serde_json::from_str::<serde_json::Number>(asked.text.trim()) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(asked.text.clone()),
        };
        let dimension = match measure {
            Measure::Quantity(dimension) => dimension,
            _ => Dimension::NONE,
        };
        match quantity::evaluate_one(&written, &node, measure, &self.parameters, &self.units) {
            Ok(value) => {
                let value = value.as_f64().unwrap_or(f64::NAN);
                Evaluated { value, text: format(value, dimension), fault: String::new() }
            }
            Err(problem) => Evaluated { fault: problem.to_string(), ..Evaluated::default() },
        }
    }
}

fn value_of(quantity: Quantity) -> Evaluated {
    let Quantity { value, dimension } = quantity;
    Evaluated { value, text: format(value, dimension), fault: String::new() }
}

fn answer(read: Read, asked: &EvaluateRequest, catalog: &Catalog) -> EvaluateReply {
    let mut written = read.parameters;
    for (name, text) in &asked.parameters {
        if text.is_empty() {
            written.remove(name);
        } else {
            written.insert(name.clone(), text.clone());
        }
    }
    let around = Surroundings::new(read.units, &written);
    let entities = read.entities.into_iter().filter_map(|mut entity| {
        let schema = catalog.schema(&entity.kind)?;
        let properties = Value::Object(std::mem::take(&mut entity.properties));
        match quantity::evaluate(&properties, schema, &around.parameters, &around.units).ok()? {
            Value::Object(properties) => Some(convert::entity(&Entity { properties, ..entity })),
            _ => None,
        }
    });
    EvaluateReply {
        version: String::new(),
        values: asked.expressions.iter().map(|one| around.expression(one)).collect(),
        entities: entities.collect(),
        parameters: written.iter().map(|(name, text)| (name.clone(), around.parameter(name, text))).collect(),
    }
}
