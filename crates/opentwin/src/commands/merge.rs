//! Merging branches; conflicts with both sides.

use std::collections::BTreeMap;

use api::v1::{EntitiesRequest, Entity, MergeRequest, ProjectInfo, Version};
use api::{Code, Failure};
use clap::Args;
use client::{Client, ask};

use super::desk::{self, Desk};
use super::versions::made;
use super::{changes, text};

/// All conflicts, rather than the path of one.
const ALL: &str = "all";

/// Merge a branch into another
///
/// What only one side changed is taken over. Where both changed the same entity, the conflict is shown with both
/// sides and nothing is merged; settle it with --theirs (the branch that is merged) or --ours (the branch merged
/// into), by path or `all`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin merge iris narrow-slot\n  opentwin merge iris narrow-slot --theirs geometry/slot --ours all"
)]
pub struct Merge {
    /// Name or id of the project
    project: String,
    /// The branch or version to merge
    from: String,
    /// The branch to merge into
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    into: String,
    /// Take the merged branch's side of a conflict: a path, or `all`
    #[arg(long, value_name = "PATH")]
    theirs: Vec<String>,
    /// Keep one's own side of a conflict: a path, or `all`
    #[arg(long, value_name = "PATH")]
    ours: Vec<String>,
}

impl Merge {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let (client, info) = desk.project(&self.project).await?;
        let mut request = MergeRequest {
            project: info.id.clone(),
            into: self.into.clone(),
            from: self.from.clone(),
            take_theirs: settled(&self.theirs, &self.ours)?,
        };
        let mut result = merge(&client, &request).await;
        if let Err(failure) = &result
            && let Some(rest) = self.rest()
            && failure.code == Code::Conflict
            && !failure.places.is_empty()
        {
            for place in &failure.places {
                request.take_theirs.entry(place.clone()).or_insert(rest);
            }
            result = merge(&client, &request).await;
        }
        match result {
            Ok(version) => made(desk, &version, &format!("merged {} into {}", self.from, self.into)),
            Err(failure) => {
                if failure.code == Code::Conflict && !desk.out.json() {
                    self.tell(desk, &client, &info, &failure).await?;
                }
                Err(failure.remedy("settle each conflict with --theirs PATH or --ours PATH (or `all`)"))
            }
        }
    }

    /// The side that wins all conflicts that are not settled by path.
    fn rest(&self) -> Option<bool> {
        let all = |paths: &[String]| paths.iter().any(|path| path == ALL);
        all(&self.theirs).then_some(true).or(all(&self.ours).then_some(false))
    }

    /// Shows both sides of each conflict.
    async fn tell(
        &self,
        desk: &Desk<'_>,
        client: &Client,
        info: &ProjectInfo,
        failure: &Failure,
    ) -> Result<(), Failure> {
        let ours = side(client, info, &self.into, &failure.places).await?;
        let theirs = side(client, info, &self.from, &failure.places).await?;
        for place in &failure.places {
            desk.out.line(&text::clean(&format!("! {place}")))?;
            for line in both(ours.get(place), theirs.get(place), &self.into, &self.from)? {
                desk.out.line(&format!("    {line}"))?;
            }
        }
        Ok(())
    }
}

async fn merge(client: &Client, request: &MergeRequest) -> Result<Version, Failure> {
    ask!(client, project.merge(request.clone()))
}

/// Which side wins, by path.
fn settled(theirs: &[String], ours: &[String]) -> Result<BTreeMap<String, bool>, Failure> {
    if let Some(path) = theirs.iter().find(|path| ours.contains(path)) {
        return Err(super::usage(format!("`{path}` stands with --theirs and --ours"), "settle it one way"));
    }
    let sides = theirs.iter().map(|path| (path, true)).chain(ours.iter().map(|path| (path, false)));
    Ok(sides.filter(|(path, _)| *path != ALL).map(|(path, side)| (path.clone(), side)).collect())
}

async fn side(
    client: &Client,
    info: &ProjectInfo,
    version: &str,
    paths: &[String],
) -> Result<BTreeMap<String, Entity>, Failure> {
    let request = EntitiesRequest {
        project: info.id.clone(),
        version: version.to_owned(),
        kinds: vec![],
        paths: paths.to_vec(),
    };
    // No path at all would mean all of them.
    let (_, entities) =
        if paths.is_empty() { Default::default() } else { desk::entities(client, request).await? };
    Ok(entities.into_iter().map(|entity| (entity.path.clone(), entity)).collect())
}

/// Both sides of one conflict.
fn both(
    ours: Option<&Entity>,
    theirs: Option<&Entity>,
    into: &str,
    from: &str,
) -> Result<Vec<String>, Failure> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            let mut lines = changes::within(ours, theirs)?;
            if lines.is_empty() {
                lines.push("both sides read the same here; another entity stands in the way".to_owned());
            }
            lines.insert(0, text::clean(&format!("{into} → {from}:")));
            Ok(lines)
        }
        (Some(_), None) => Ok(vec![text::clean(&format!("changed in {into}, removed in {from}"))]),
        (None, Some(_)) => Ok(vec![text::clean(&format!("removed in {into}, changed in {from}"))]),
        (None, None) => Ok(vec!["in neither side at this path".to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn list(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|&path| path.to_owned()).collect()
    }

    #[test]
    fn conflicts_are_settled_by_path_and_one_way() {
        let sides = settled(&list(&["a", "all"]), &list(&["b"])).unwrap();
        assert_eq!(sides, BTreeMap::from([("a".to_owned(), true), ("b".to_owned(), false)]));
        assert_eq!(settled(&list(&["a"]), &list(&["a"])).unwrap_err().code, Code::Usage);
    }

    #[test]
    fn a_conflict_shows_both_sides() {
        let entity = |x: &str| Entity {
            kind: "a.b".into(),
            properties: format!(r#"{{"x":"{x}"}}"#),
            ..Entity::default()
        };
        let lines = both(Some(&entity("1 mm")), Some(&entity("2 mm")), "main", "slot").unwrap();
        assert_eq!(lines, ["main → slot:", "x: 1 mm → 2 mm"]);
        let lines = both(Some(&entity("1")), None, "main", "slot").unwrap();
        assert_eq!(lines, ["changed in main, removed in slot"]);
    }
}
