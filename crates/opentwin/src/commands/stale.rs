//! Which results were computed from something else than what stands beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::v1::{EntitiesRequest, Entity, InputsRequest};
use api::{Code, Failure};
use client::Client;

use super::desk;

/// A site that is full makes nobody wait for a mark.
const PATIENCE: Duration = Duration::from_secs(5);

/// Results that are not up to date in a version, by their paths, such as `results/transient` or `model`.
#[derive(Debug, Default)]
pub(crate) struct Stale(BTreeSet<String>);

impl Stale {
    /// Asks for the results that these paths lie in, but for those that were `read` already.
    pub(crate) async fn among(
        client: &Client,
        project: &str,
        version: &str,
        paths: impl IntoIterator<Item = &str>,
        read: &[Entity],
    ) -> Result<Self, Failure> {
        let (mut results, unread) = known(paths, read)?;
        let mut version = version.to_owned();
        if !unread.is_empty() {
            let paths = unread.into_iter().collect();
            let request = EntitiesRequest { project: project.to_owned(), version, kinds: vec![], paths };
            let (at, entities) = desk::entities(client, request).await?;
            version = at;
            for entity in &entities {
                results.extend(inputs(entity)?);
            }
        }
        if results.is_empty() {
            return Ok(Self::default());
        }
        let question = InputsRequest { project: project.to_owned(), version };
        let asking = client.in_session(project, |mut session| {
            let question = question.clone();
            async move { session.inputs(question).await }
        });
        let late = |_| Code::Busy.because("no session of the project is free to tell it");
        let now = tokio::time::timeout(PATIENCE, asking).await.map_err(late)??.results;
        let up_to_date =
            |path: &str, inputs: &str| now.iter().any(|one| one.result == path && one.inputs == inputs);
        results.retain(|path, inputs| !up_to_date(path, inputs));
        Ok(Self(results.into_keys().collect()))
    }

    /// True for what is stale, and all below it.
    pub(crate) fn holds(&self, path: &str) -> bool {
        tops(path).any(|top| self.0.contains(&top))
    }

    /// Paths of the results.
    pub(crate) fn results(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The path of a result and the hash of what it was computed from.
fn inputs(entity: &Entity) -> Result<Option<(String, String)>, Failure> {
    let properties = desk::properties(entity)?;
    Ok(properties["inputs"].as_str().map(|inputs| (entity.path.clone(), inputs.to_owned())))
}

/// The results that these paths lie in, as far as they were read; and where the others may stand.
fn known<'a>(
    paths: impl IntoIterator<Item = &'a str>,
    read: &[Entity],
) -> Result<(BTreeMap<String, String>, BTreeSet<String>), Failure> {
    let (mut results, mut unread) = (BTreeMap::new(), BTreeSet::new());
    for path in paths {
        let tops: Vec<String> = tops(path).collect();
        let mut found = false;
        for entity in read.iter().filter(|entity| tops.contains(&entity.path)) {
            let result = inputs(entity)?;
            found |= result.is_some();
            results.extend(result);
        }
        if !found {
            unread.extend(tops);
        }
    }
    Ok((results, unread))
}

/// Where the result that a path lies in may stand: results are one or two names deep.
fn tops(path: &str) -> impl Iterator<Item = String> {
    let names: Vec<&str> = path.split('/').take(2).collect();
    (1..=names.len()).map(move |length| names[..length].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_not_asked_for_again() -> Result<(), Failure> {
        let entity = |path: &str, properties: &str| Entity {
            path: path.into(),
            properties: properties.into(),
            ..Entity::default()
        };
        let read = [
            entity("model", r#"{"inputs": "m"}"#),
            entity("model/box", "{}"),
            entity("results/td", r#"{"inputs": "t"}"#),
            entity("results/td/signals", "{}"),
        ];
        let (results, unread) = known(["model/box", "results/td/signals", "results/td"], &read)?;
        assert_eq!(results, [("model".into(), "m".into()), ("results/td".into(), "t".into())].into());
        assert_eq!(unread, BTreeSet::new());
        let (results, unread) = known(["results/other/signals"], &read)?;
        assert_eq!((results.len(), unread), (0, ["results".into(), "results/other".into()].into()));
        Ok(())
    }

    #[test]
    fn what_lies_in_a_stale_result_is_stale() {
        let stale = Stale(["results/td".to_owned(), "model".to_owned()].into());
        for (path, wanted) in [
            ("results/td", true),
            ("results/td/fields/near", true),
            ("model/box", true),
            ("results", false),
            ("results/tda", false),
            ("geometry/model", false),
        ] {
            assert_eq!(stale.holds(path), wanted, "{path}");
        }
    }
}
