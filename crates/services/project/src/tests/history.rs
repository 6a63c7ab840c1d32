use api::v1::*;
use api::{Code, Failure};

use super::stage::{Site, User, parameter};

async fn stage() -> (Site, User, String) {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    (site, ada, project)
}

async fn value(user: &mut User, project: &str, version: &str, name: &str) -> Option<String> {
    let request = EntitiesRequest {
        project: project.into(),
        version: version.into(),
        paths: vec![format!("parameters/{name}")],
        ..Default::default()
    };
    let found = user.entities(request).await.unwrap().1.pop()?;
    let properties: serde_json::Value = serde_json::from_str(&found.properties).unwrap();
    Some(properties["value"].as_str().unwrap().to_owned())
}

async fn versions(user: &mut User, project: &str, from: &str, limit: u32) -> Vec<Version> {
    let request = user.says(VersionsRequest { project: project.into(), from: from.into(), limit });
    user.client.versions(request).await.unwrap().into_inner().versions
}

async fn branch(user: &mut User, project: &str, name: &str, version: &str) -> Result<Ref, Failure> {
    let request =
        user.says(RefRequest { project: project.into(), name: name.into(), version: version.into() });
    Ok(user.client.create_branch(request).await?.into_inner())
}

async fn on(user: &mut User, project: &str, branch: &str, put: Entity) -> Version {
    let request = CommitRequest {
        project: project.into(),
        branch: branch.into(),
        put: vec![put],
        ..Default::default()
    };
    user.commit(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_project_answers_everything() {
    let (_site, mut ada, project) = stage().await;
    assert!(versions(&mut ada, &project, "", 0).await.is_empty());
    assert!(versions(&mut ada, &project, "main", 1).await.is_empty());
    let request = EntitiesRequest { project: project.clone(), version: "main".into(), ..Default::default() };
    assert_eq!(ada.entities(request).await.unwrap(), (String::new(), vec![]));
    assert_eq!(branch(&mut ada, &project, "b", "").await.unwrap_err().code, Code::Precondition);
    let request = ada.says(BranchRequest { project: project.clone(), branch: String::new() });
    assert!(ada.client.undo(request).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_go_by_many_names() {
    let (_site, mut ada, project) = stage().await;
    let first = ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let second = ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    assert_eq!(second.refs, ["main"]);
    let tag = RefRequest { project: project.clone(), name: "v1".into(), version: "main~1".into() };
    let tag = ada.client.create_tag(ada.says(tag)).await.unwrap().into_inner();
    assert_eq!(tag.version, first.id);
    for (name, wanted) in
        [("", "2"), ("main", "2"), ("main~1", "1"), ("v1", "1"), (&first.id[..10], "1"), (&second.id, "2")]
    {
        assert_eq!(value(&mut ada, &project, name, "a").await.as_deref(), Some(wanted), "{name}");
    }
    for bad in ["nothing", "main~7", "main~x", "~", "0000"] {
        let request = EntitiesRequest { project: project.clone(), version: bad.into(), ..Default::default() };
        let code = ada.entities(request).await.unwrap_err().code;
        assert!(matches!(code, Code::NotFound | Code::Invalid), "{bad}: {code:?}");
    }
    let log = versions(&mut ada, &project, "main", 0).await;
    assert_eq!(log.iter().map(|v| v.id.as_str()).collect::<Vec<_>>(), [&second.id, &first.id]);
    assert_eq!(log[1].refs, ["v1"]);
    assert_eq!(versions(&mut ada, &project, "main", 1).await.len(), 1);
    let request = DiffRequest { project: project.clone(), from: "v1".into(), to: String::new() };
    let changes = ada.client.diff(ada.says(request)).await.unwrap().into_inner().changes;
    assert_eq!(changes.len(), 1);
    assert!(changes[0].before.as_ref().unwrap().properties.contains('1'));
    assert!(changes[0].after.as_ref().unwrap().properties.contains('2'));
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_part_and_come_together() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("a", "1"), parameter("b", "1")]).await.unwrap();
    branch(&mut ada, &project, "try", "main").await.unwrap();
    assert_eq!(branch(&mut ada, &project, "try", "main").await.unwrap_err().code, Code::Exists);
    assert_eq!(branch(&mut ada, &project, "-x", "main").await.unwrap_err().code, Code::Invalid);
    on(&mut ada, &project, "try", parameter("a", "2")).await;
    on(&mut ada, &project, "main", parameter("b", "3")).await;
    let merge = MergeRequest { project: project.clone(), from: "try".into(), ..Default::default() };
    let merged = ada.client.merge(ada.says(merge.clone())).await.unwrap().into_inner();
    assert_eq!(merged.parents.len(), 2);
    assert_eq!(value(&mut ada, &project, "main", "a").await.as_deref(), Some("2"));
    assert_eq!(value(&mut ada, &project, "main", "b").await.as_deref(), Some("3"));
    let again = ada.client.merge(ada.says(merge)).await.unwrap().into_inner();
    assert!(!again.created);
    assert_eq!(again.id, merged.id);

    let request = ada.says(ProjectRequest { project: project.clone() });
    let all = ada.client.branches(request).await.unwrap().into_inner();
    assert_eq!(all.branches.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), ["main", "try"]);
    let gone = |name: &str| RefRequest { project: project.clone(), name: name.into(), ..Default::default() };
    ada.client.delete_branch(ada.says(gone("try"))).await.unwrap();
    let refused = ada.client.delete_branch(ada.says(gone("main"))).await;
    assert_eq!(Failure::from(refused.unwrap_err()).code, Code::Precondition);
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_of_a_merge_are_named_and_settled_by_path() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("a", "1"), parameter("b", "1")]).await.unwrap();
    branch(&mut ada, &project, "try", "main").await.unwrap();
    for (line, value) in [("try", "theirs"), ("main", "ours")] {
        // Changed on both sides, and two new entities at one path.
        for name in ["a", "b", "new", "other"] {
            on(&mut ada, &project, line, parameter(name, value)).await;
        }
    }
    let merge = |take: &[(&str, bool)]| MergeRequest {
        project: project.clone(),
        from: "try".into(),
        take_theirs: take.iter().map(|(name, take)| (format!("parameters/{name}"), *take)).collect(),
        ..Default::default()
    };
    let refused = Failure::from(ada.client.merge(ada.says(merge(&[("a", true)]))).await.unwrap_err());
    assert_eq!(refused.code, Code::Conflict);
    assert_eq!(refused.places, ["parameters/b", "parameters/new", "parameters/other"]);
    let all = [("a", true), ("b", false), ("new", true), ("other", false)];
    let merged = ada.client.merge(ada.says(merge(&all))).await.unwrap().into_inner();
    assert!(merged.created && merged.parents.len() == 2);
    for (name, theirs) in all {
        let wanted = if theirs { "theirs" } else { "ours" };
        assert_eq!(value(&mut ada, &project, "main", name).await.as_deref(), Some(wanted), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_way_back_and_forth() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let second = ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    let third = ada.put(&project, vec![parameter("b", "1")]).await.unwrap();
    let line = || BranchRequest { project: project.clone(), branch: String::new() };
    let undone = ada.client.undo(ada.says(line())).await.unwrap().into_inner();
    assert_eq!((undone.id, undone.created), (second.id.clone(), false));
    assert_eq!(ada.client.redo(ada.says(line())).await.unwrap().into_inner().id, third.id);
    let nothing = ada.client.redo(ada.says(line())).await.unwrap_err();
    assert_eq!(Failure::from(nothing).code, Code::Precondition);
    let of = |version: &str| RevertRequest {
        project: project.clone(),
        version: version.into(),
        ..Default::default()
    };
    ada.client.revert(ada.says(of(&second.id))).await.unwrap();
    assert_eq!(value(&mut ada, &project, "", "a").await.as_deref(), Some("1"));
    assert_eq!(value(&mut ada, &project, "", "b").await.as_deref(), Some("1"));
    ada.client.restore_version(ada.says(of(&second.id))).await.unwrap();
    assert_eq!(value(&mut ada, &project, "", "a").await.as_deref(), Some("2"));
    assert_eq!(value(&mut ada, &project, "", "b").await, None);
    let request = ada.says(PruneRequest { project: project.clone(), keep: 1 });
    // All of it is too young to go.
    assert_eq!(ada.client.prune(request).await.unwrap().into_inner().objects, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_is_of_the_own_changes_and_passes_over_runs() {
    let (site, mut ada, project) = stage().await;
    let line = || BranchRequest { project: project.clone(), branch: String::new() };
    let nothing = ada.client.undoable(ada.says(line())).await.unwrap().into_inner();
    assert_eq!(nothing, UndoableReply::default());
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let change = ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    let result = site.compute("ada", &project, "r1").await.put(&project, vec![parameter("r", "1")]).await;
    assert_eq!((change.run.as_str(), result.unwrap().run.as_str()), ("", "r1"));

    let can = ada.client.undoable(ada.says(line())).await.unwrap().into_inner();
    assert_eq!((can.undo.map(|version| version.id), can.redo), (Some(change.id.clone()), None));
    let undone = ada.client.undo(ada.says(line())).await.unwrap().into_inner();
    assert!(undone.created && undone.message.starts_with("undo "), "{undone:?}");
    assert_eq!(value(&mut ada, &project, "", "a").await.as_deref(), Some("1"));
    assert_eq!(value(&mut ada, &project, "", "r").await.as_deref(), Some("1"), "results stay");
    let can = ada.client.undoable(ada.says(line())).await.unwrap().into_inner();
    assert_eq!((can.undo, can.redo.map(|version| version.id)), (None, Some(change.id)));
    ada.client.redo(ada.says(line())).await.unwrap();
    assert_eq!(value(&mut ada, &project, "", "a").await.as_deref(), Some("2"));

    // Somebody else has nothing to undo; what somebody else has changed since is told.
    site.allow("bob", &project, Right::Editor);
    let mut bob = site.user("bob");
    let refused = bob.client.undo(bob.says(line())).await.unwrap_err();
    assert_eq!(Failure::from(refused).code, Code::Precondition);
    bob.put(&project, vec![parameter("a", "3")]).await.unwrap();
    let refused = Failure::from(ada.client.undo(ada.says(line())).await.unwrap_err());
    assert_eq!((refused.code, refused.places), (Code::Conflict, vec!["parameters/a".to_owned()]));
    assert_eq!(value(&mut ada, &project, "", "a").await.as_deref(), Some("3"));
}
