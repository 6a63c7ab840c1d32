//! One action of one version, as the service that computes it sees it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::v1::{ActionDescription, Checkpoint, ComputeRequest, Entity, Version};
use api::{Code, Failure};
use base::progress::Progress;
use bytes::Bytes;
use runtime::caller::now_ms;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::entities::Entities;
use crate::events::{Curve, Events};
use crate::results::Results;

/// An action to compute. Runs on a thread of its own: its methods may block.
pub struct Job {
    pub(crate) request: ComputeRequest,
    pub(crate) action: ActionDescription,
    pub(crate) entities: Entities,
    pub(crate) events: Arc<Events>,
    pub(crate) results: Results,
    pub(crate) handle: Handle,
    pub(crate) put: Mutex<BTreeMap<String, Entity>>,
}

impl Job {
    /// Name of the action.
    pub fn action(&self) -> &str {
        &self.request.action
    }

    /// Path of the entity that it is asked of; empty where it needs none.
    pub fn target(&self) -> &str {
        &self.request.target
    }

    /// Path of the action's result.
    pub fn result(&self) -> String {
        self.action.result_for(&self.request.target)
    }

    /// Arguments of the action.
    pub fn arguments(&self) -> Result<Value, Failure> {
        match self.request.arguments.as_str() {
            "" => Ok(Value::Object(serde_json::Map::new())),
            text => serde_json::from_str(text)
                .map_err(|e| Code::Invalid.because(format!("the arguments are no JSON: {e}"))),
        }
    }

    /// Hash of all that the result depends on. The entity at [`Job::result`] carries it as `inputs`.
    pub fn inputs(&self) -> &str {
        &self.request.inputs
    }

    /// The same hash as bytes, to tie checkpoints to it.
    pub fn inputs_hash(&self) -> [u8; 32] {
        *blake3::hash(self.request.inputs.as_bytes()).as_bytes()
    }

    /// The entities that the action reads.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Cores that it may use.
    pub fn cores(&self) -> usize {
        match self.request.cores {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            cores => cores as usize,
        }
    }

    /// Memory that it may use, in bytes; `None` if not limited.
    pub fn memory_limit(&self) -> Option<u64> {
        Some(self.request.memory_bytes).filter(|&bytes| bytes > 0)
    }

    /// Takes progress; says when to stop.
    pub fn progress(&self) -> &dyn Progress {
        &*self.events
    }

    /// True once the process is asked to end: what can be resumed should save a checkpoint and stop.
    pub fn draining(&self) -> bool {
        self.events.draining()
    }

    /// The failure of a job that stopped because it was asked to.
    pub fn cancelled(&self) -> Failure {
        if self.draining() {
            return Code::Unavailable.because("the service was asked to end; the run goes on elsewhere");
        }
        Code::Cancelled.because("the run was cancelled")
    }

    /// A line for those who follow the run, also in the logs.
    pub fn log(&self, text: &str) {
        tracing::info!(run = self.request.run, project = self.request.project, "{text}");
        self.events.log("INFO", text);
    }

    /// A warning for those who follow the run, also in the logs.
    pub fn warn(&self, text: &str) {
        tracing::warn!(run = self.request.run, project = self.request.project, "{text}");
        self.events.log("WARN", text);
    }

    /// A point of a curve that is shown while the job computes, and kept with its run.
    pub fn point(&self, curve: &Curve<'_>, x: f64, y: f64) {
        self.events.point(curve, x, y);
    }

    /// A blob of an entity, by its name there.
    pub fn blob(&self, entity: &Entity, name: &str) -> Result<Bytes, Failure> {
        let hash = entity.blobs.get(name).ok_or_else(|| {
            Code::NotFound.because(format!("`{}` has no `{name}`: compute it anew", entity.path))
        })?;
        self.handle.block_on(self.results.get_blob(hash))
    }

    /// Stores a blob; gives its hash.
    pub fn put_blob(&self, bytes: impl Into<Bytes>) -> Result<String, Failure> {
        self.handle.block_on(self.results.put_blob(bytes.into()))
    }

    /// Writes an entity; committed at the end with all others.
    pub fn put(&self, path: &str, kind: &str, properties: Value) -> Result<(), Failure> {
        self.put_with(path, kind, properties, [])
    }

    /// The same with blobs by name.
    pub fn put_with<'a>(
        &self,
        path: &str,
        kind: &str,
        properties: Value,
        blobs: impl IntoIterator<Item = (&'a str, Bytes)>,
    ) -> Result<(), Failure> {
        let blobs = blobs
            .into_iter()
            .map(|(name, bytes)| Ok((name.to_owned(), self.put_blob(bytes)?)))
            .collect::<Result<_, Failure>>()?;
        let entity = Entity {
            kind: kind.to_owned(),
            path: path.to_owned(),
            properties: properties.to_string(),
            blobs,
            ..Entity::default()
        };
        self.put.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), entity);
        Ok(())
    }

    /// Saves a state that the job can go on from. Durable when this returns.
    pub fn checkpoint(&self, state: Vec<u8>, note: &str) -> Result<(), Failure> {
        let blob = self.handle.block_on(self.results.put_checkpoint(state.into()))?;
        self.events.checkpoint(Checkpoint {
            blob,
            action: self.request.action.clone(),
            note: note.to_owned(),
            time_ms: now_ms(),
        });
        Ok(())
    }

    /// Goes on from the newest checkpoint that `load` takes; one that is damaged or refused is passed over
    /// with a warning. `None` where there is none: then the job begins anew.
    pub fn resume<T>(&self, load: impl Fn(&[u8]) -> Result<T, Failure>) -> Option<T> {
        for checkpoint in self.request.checkpoints.iter().filter(|c| c.action == self.request.action) {
            let state = self.handle.block_on(self.results.get_checkpoint(&checkpoint.blob));
            match state.and_then(|bytes| load(&bytes)) {
                Ok(state) => {
                    self.log(&format!("resumed from a checkpoint: {}", checkpoint.note));
                    return Some(state);
                }
                Err(failure) => {
                    self.warn(&format!("a checkpoint ({}) is passed over: {failure}", checkpoint.note));
                }
            }
        }
        None
    }

    /// Commits what was written in place of the old result.
    pub(crate) fn commit(&self) -> Result<Version, Failure> {
        let mut put = std::mem::take(&mut *self.put.lock().unwrap_or_else(PoisonError::into_inner));
        let message = match self.request.target.as_str() {
            "" => self.action.label.clone(),
            target => format!("{} {target}", self.action.label),
        };
        let result = self.result();
        if let Some(entity) = put.get_mut(&result) {
            remember(entity, self.arguments()?)?;
        }
        let replaced = Some(result.as_str()).filter(|path| !path.is_empty());
        self.handle.block_on(self.results.commit(&self.request, &message, replaced, &put))
    }
}

/// Writes into a result what it was asked with: else nobody could tell what it would be computed from now.
fn remember(result: &mut Entity, arguments: Value) -> Result<(), Failure> {
    if arguments.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(());
    }
    let no_object = |why: String| {
        Code::Internal
            .because(format!("the properties of the result `{}` are no JSON object{why}", result.path))
    };
    let mut properties: serde_json::Map<String, Value> =
        serde_json::from_str(&result.properties).map_err(|e| no_object(format!(": {e}")))?;
    properties.insert("arguments".to_owned(), arguments);
    result.properties = Value::Object(properties).to_string();
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_result_says_what_it_was_asked_with() {
        let after = |properties: &str, arguments: Value| {
            let mut entity = Entity { properties: properties.into(), ..Entity::default() };
            remember(&mut entity, arguments).map(|()| entity.properties)
        };
        assert_eq!(after(r#"{"inputs":"x"}"#, json!({})).unwrap(), r#"{"inputs":"x"}"#);
        let asked: Value =
            serde_json::from_str(&after(r#"{"inputs":"x"}"#, json!({"a": 1})).unwrap()).unwrap();
        assert_eq!(asked, json!({"inputs": "x", "arguments": {"a": 1}}));
        assert_eq!(after("[]", json!({"a": 1})).unwrap_err().code, Code::Internal);
    }
}
