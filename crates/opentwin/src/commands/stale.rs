//! Which results were computed from something else than what stands beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::v1::{EntitiesRequest, InputsRequest};
use api::{Code, Failure};
use client::Client;

use super::desk;

/// A site that is full makes nobody wait for a mark.
const PATIENCE: Duration = Duration::from_secs(5);

/// Results that are not up to date in a version, by their paths, such as `results/transient` or `model`.
#[derive(Debug, Default)]
pub(crate) struct Stale(BTreeSet<String>);

impl Stale {
    /// Asks for the results that these paths lie in.
    pub(crate) async fn among(
        client: &Client,
        project: &str,
        version: &str,
        paths: impl IntoIterator<Item = &str>,
    ) -> Result<Self, Failure> {
        let tops: BTreeSet<String> = paths.into_iter().flat_map(tops).collect();
        if tops.is_empty() {
            return Ok(Self::default());
        }
        let request = EntitiesRequest {
            project: project.to_owned(),
            version: version.to_owned(),
            kinds: vec![],
            paths: tops.into_iter().collect(),
        };
        let (version, entities) = desk::entities(client, request).await?;
        let mut results = BTreeMap::new();
        for entity in entities {
            if let Some(inputs) = desk::properties(&entity)?["inputs"].as_str() {
                results.insert(entity.path, inputs.to_owned());
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

/// Where the result that a path lies in may stand: results are one or two names deep.
fn tops(path: &str) -> impl Iterator<Item = String> {
    let names: Vec<&str> = path.split('/').take(2).collect();
    (1..=names.len()).map(move |length| names[..length].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
