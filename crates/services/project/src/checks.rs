//! What a put has to be like, before anything else is done with it.

use std::collections::{BTreeMap, HashSet};

use api::v1;
use api::{Code, Failure};
use serde_json::Value;
use store::{Entity, names};

use crate::errors::shown;
use crate::kinds::Catalog;

/// Most entities that one commit puts.
const PUTS: usize = 10_000;
/// Most patterns that one commit deletes by.
const DELETES: usize = 10_000;
/// Largest properties of one entity, in bytes of JSON.
const PROPERTIES: usize = 1 << 20;
/// Most references and most blobs of one entity.
const PARTS: usize = 10_000;
/// Problems that are told at once.
const TOLD: usize = 20;

/// Refuses what is larger than allowed.
pub(crate) fn limits(asked: &v1::CommitRequest) -> Result<(), Failure> {
    let too_many = |what: &str, count: usize, most: usize| {
        Err(Code::TooLarge.because(format!("the commit has {count} {what}, {most} at most")))
    };
    if asked.put.len() > PUTS {
        return too_many("entities", asked.put.len(), PUTS);
    }
    if asked.delete.len() > DELETES {
        return too_many("deletions", asked.delete.len(), DELETES);
    }
    for entity in &asked.put {
        let (path, size) = (shown(&entity.path), entity.properties.len());
        if size > PROPERTIES {
            return Err(Code::TooLarge
                .because(format!("the properties of `{path}` have {size} bytes, {PROPERTIES} at most"))
                .remedy("store large data as blobs")
                .places([entity.path.clone()]));
        }
        if entity.references.len() > PARTS || entity.blobs.len() > PARTS {
            return Err(Code::TooLarge
                .because(format!("`{path}` has more than {PARTS} references or blobs"))
                .places([entity.path.clone()]));
        }
    }
    Ok(())
}

/// Puts as entities of the store; ids may still be empty.
///
/// All that is wrong is told at once, up to a bound: the message names path, JSON pointer and what was expected.
pub(crate) fn check(catalog: &Catalog, put: Vec<v1::Entity>) -> Result<Vec<Entity>, Failure> {
    let mut good = Vec::with_capacity(put.len());
    let mut problems: Vec<(String, String)> = Vec::new();
    let (mut paths, mut ids) = (HashSet::new(), HashSet::new());
    for entity in put {
        if problems.len() == TOLD {
            break;
        }
        let path = entity.path.clone();
        let twice = if !paths.insert(path.clone()) {
            Some("two entities of this commit have this path".to_owned())
        } else if !entity.id.is_empty() && !ids.insert(entity.id.clone()) {
            Some(format!("two entities of this commit have the id `{}`", shown(&entity.id)))
        } else {
            None
        };
        match twice.map_or_else(|| one(catalog, entity), Err) {
            Ok(entity) => good.push(entity),
            Err(problem) => problems.push((path, problem)),
        }
    }
    let Some((path, problem)) = problems.first() else { return Ok(good) };
    let mut message = format!("`{}`: {problem}", shown(path));
    if problems.len() > 1 {
        let rest: Vec<String> =
            problems[1..].iter().map(|(p, problem)| format!("`{}`: {problem}", shown(p))).collect();
        message = format!("{message}; {}", rest.join("; "));
    }
    Err(Code::Invalid.because(message).places(problems.into_iter().map(|(path, _)| path)))
}

fn one(catalog: &Catalog, entity: v1::Entity) -> Result<Entity, String> {
    let v1::Entity { id, kind, path, properties, references, blobs } = entity;
    names::path(&path).map_err(|e| e.to_string())?;
    if !id.is_empty() {
        names::id(&id).map_err(|e| e.to_string())?;
    }
    for reference in &references {
        names::id(reference).map_err(|e| format!("it refers to something impossible: {e}"))?;
    }
    let known = catalog.kind(&kind)?;
    if let Some(why) = catalog.misplaced(&kind, known, &path) {
        return Err(why);
    }
    let text = if properties.trim().is_empty() { "{}" } else { &properties };
    let value: Value = serde_json::from_str(text).map_err(|e| format!("its properties are no JSON: {e}"))?;
    if !value.is_object() {
        return Err("its properties are no JSON object".to_owned());
    }
    if let Some(problem) = known.problem(&value) {
        return Err(problem);
    }
    let Value::Object(properties) = value else { return Err("its properties are no JSON object".to_owned()) };
    Ok(Entity { id, kind, path, properties, references, blobs: hashes(blobs)? })
}

fn hashes(blobs: BTreeMap<String, String>) -> Result<BTreeMap<String, store::Hash>, String> {
    let mut good = BTreeMap::new();
    for (name, hash) in blobs {
        if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
            return Err(format!("`{}` is no name of a blob", shown(&name)));
        }
        let hash =
            hash.parse().map_err(|_| format!("its blob `{name}` is no hash: 64 hexadecimal digits"))?;
        good.insert(name, hash);
    }
    Ok(good)
}
