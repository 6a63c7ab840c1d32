use std::sync::atomic::Ordering;

use api::v1::*;
use api::{Code, Failure};
use runtime::caller::speak_for;
use tonic::Status;

use super::stage::{Site, User, parameter, person};

fn code<T>(result: Result<T, Status>) -> Option<Code> {
    result.err().map(|status| Failure::from(status).code)
}

/// What each method says to a caller, by name, with the right that it needs.
async fn each(user: &mut User, id: &str) -> Vec<(&'static str, Right, Option<Code>)> {
    let project = id.to_owned();
    let mut said = Vec::new();
    macro_rules! ask {
        ($($right:ident $method:ident $request:expr;)*) => {
            $(let request = user.says($request);
            said.push((stringify!($method), Right::$right, code(user.client.$method(request).await)));)*
        };
    }
    let one = || ProjectRequest { project: project.clone() };
    let named = || RefRequest { project: project.clone(), name: "b".into(), version: "main".into() };
    let back = || RevertRequest { project: project.clone(), branch: String::new(), version: "main".into() };
    let line = || BranchRequest { project: project.clone(), branch: String::new() };
    let change = vec![parameter("b", "2")];
    ask! {
        Viewer get_project one();
        Viewer entities EntitiesRequest { project: project.clone(), ..Default::default() };
        Viewer versions VersionsRequest { project: project.clone(), ..Default::default() };
        Viewer evaluate EvaluateRequest { project: project.clone(), ..Default::default() };
        Viewer diff DiffRequest { project: project.clone(), ..Default::default() };
        Viewer branches one();
        Viewer undoable line();
        Viewer watch WatchRequest { project: project.clone(), after: 0 };
        Viewer announce AnnounceRequest { project: project.clone(), ..Default::default() };
        Viewer export_project one();
        Viewer list_runs ListRunsRequest { project: project.clone(), ..Default::default() };
        Viewer get_blob GetBlobRequest { project: project.clone(), hash: blake3::hash(b"x").to_string(), ..Default::default() };
        Editor update_project UpdateProjectRequest { project: project.clone(), ..Default::default() };
        Editor commit CommitRequest { project: project.clone(), put: change, ..Default::default() };
        Editor create_branch named();
        Editor delete_branch named();
        Editor create_tag named();
        Editor delete_tag named();
        Editor merge MergeRequest { project: project.clone(), from: "main".into(), ..Default::default() };
        Editor revert back();
        Editor restore_version back();
        Editor undo line();
        Editor redo line();
        Owner prune PruneRequest { project: project.clone(), keep: 1 };
        Owner delete_project one();
        Owner restore_project one();
    }
    let piece = PutBlobRequest { project: project.clone(), data: b"x".to_vec().into(), run: String::new() };
    let request = user.says(futures::stream::iter([piece]));
    said.push(("put_blob", Right::Editor, code(user.client.put_blob(request).await)));
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_asks_for_its_right() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    ada.upload(&project, b"x").await.unwrap();
    for (name, right) in
        [("nobody", Right::None), ("vera", Right::Viewer), ("emil", Right::Editor), ("olga", Right::Owner)]
    {
        site.allow(name, &project, right);
        for (method, needs, said) in each(&mut site.user(name), &project).await {
            let wanted = match right {
                Right::None => Some(Code::NotFound),
                right if right < needs => Some(Code::Denied),
                _ => None,
            };
            assert_eq!(said, wanted, "{method} for {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_project_and_an_unknown_one_give_the_same_answer() {
    let site = Site::start().await;
    let forbidden = site.user("ada").create("iris").await.id;
    let unknown = uuid::Uuid::now_v7().to_string();
    let mut eve = site.user("eve");
    let mut answers = Vec::new();
    for id in [&forbidden, &unknown] {
        let failure = eve.entities(EntitiesRequest { project: id.clone(), ..Default::default() }).await;
        let failure = failure.unwrap_err();
        answers.push((failure.code, failure.message.replace(id.as_str(), "ID"), failure.remedy));
    }
    assert_eq!(answers[0], answers[1]);
    for id in ["", "..", "a/b", &"x".repeat(10_000)] {
        let failure = eve.put(id, vec![]).await.unwrap_err();
        assert_eq!(failure.code, Code::NotFound, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_user_or_with_a_forged_one_is_refused() {
    let site = Site::start().await;
    let project = site.user("ada").create("iris").await.id;
    let request = ProjectRequest { project: project.clone() };
    let refused = site.client("relay/0").get_project(request.clone()).await;
    assert_eq!(code(refused), Some(Code::Unauthenticated));
    let (forger, _) = runtime::Signer::generate().unwrap();
    let forged = speak_for(&forger.sign(&person("ada")), request);
    assert_eq!(code(site.client("relay/0").get_project(forged).await), Some(Code::Unauthenticated));
    assert_eq!(code(site.client("relay/0").describe(Empty {}).await), Some(Code::Unauthenticated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_good_for_its_own_project_only() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (own, other) = (ada.create("own").await.id, ada.create("other").await.id);
    let mut run = site.compute("ada", &own, "r1").await;
    assert_eq!(run.put(&own, vec![parameter("a", "1")]).await.unwrap().author, "ada");
    assert_eq!(run.put(&other, vec![parameter("a", "1")]).await.unwrap_err().code, Code::NotFound);
    // The bound right holds, whatever the user's own is.
    let mut relayed = User { client: site.client("relay/0"), signed: run.signed.clone(), fence: 0 };
    let request = relayed.says(ProjectRequest { project: own });
    assert_eq!(code(relayed.client.delete_project(request).await), Some(Code::Denied));
    let request = relayed.says(CreateProjectRequest { name: "new".into(), ..Default::default() });
    assert_eq!(code(relayed.client.create_project(request).await), Some(Code::Denied));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_for_a_run_is_good_until_it_ends() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("own").await.id;
    let hash = ada.upload(&project, b"data").await.unwrap().hash;
    let mut run = site.compute("ada", &project, "r1").await;
    let blob = || GetBlobRequest { project: project.clone(), hash: hash.clone(), ..Default::default() };
    run.client.get_blob(run.says(blob())).await.unwrap();
    let mut host = site.client("local-session/0");
    let record = host.get_run(RunRequestById { run: "r1".into() }).await.unwrap().into_inner();
    host.put_run(Run { state: RunState::Cancelled.into(), ..record }).await.unwrap();
    assert_eq!(code(run.client.get_blob(run.says(blob())).await), Some(Code::Conflict));
    assert_eq!(run.upload(&project, b"more").await.unwrap_err().code, Code::Conflict);
    let all = EntitiesRequest { project: project.clone(), ..Default::default() };
    assert_eq!(run.entities(all).await.unwrap_err().code, Code::Conflict);
    // Not what its user does.
    ada.client.get_blob(ada.says(blob())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn services_call_what_is_for_them_only() {
    let site = Site::start().await;
    let record = Record { collection: "sessions".into(), key: "p".into(), ..Default::default() };
    assert_eq!(code(site.client("local-session/0").put_record(record).await), Some(Code::Denied));
    assert_eq!(code(site.client("global-session/0").put_run(Run::default()).await), Some(Code::Denied));
    let refused = site.client("compute/fit-td/x").register_service(super::stage::modeling()).await;
    assert_eq!(code(refused), Some(Code::Denied));
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_have_names_of_their_owners() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.user("ada"), site.user("bob"));
    let iris = ada.create("Iris").await;
    assert_eq!((iris.owner.as_str(), iris.right()), ("ada", Right::Owner));
    let again = ada.says(CreateProjectRequest { name: "iRIS".into(), ..Default::default() });
    assert_eq!(code(ada.client.create_project(again).await), Some(Code::Exists));
    let bobs = bob.create("iris").await;
    let get = |name: &str| ProjectRequest { project: name.into() };
    let found = ada.client.get_project(ada.says(get("iris"))).await.unwrap().into_inner();
    assert_eq!(found.id, iris.id);
    site.allow("ada", &bobs.id, Right::Viewer);
    let failure = Failure::from(ada.client.get_project(ada.says(get("iris"))).await.unwrap_err());
    assert_eq!(failure.code, Code::Invalid);
    assert!(failure.message.contains("bob/iris") && failure.message.contains("ada/Iris"), "{failure}");
    let found = ada.client.get_project(ada.says(get("bob/IRIS"))).await.unwrap().into_inner();
    assert_eq!((&found.id, found.right()), (&bobs.id, Right::Viewer));
    for bad in ["", " ", "a/b", "a\nb", &"x".repeat(129), &iris.id] {
        let request = ada.says(CreateProjectRequest { name: bad.into(), ..Default::default() });
        assert_eq!(code(ada.client.create_project(request).await), Some(Code::Invalid), "{bad:?}");
    }
    let request = ada.says(UpdateProjectRequest {
        project: iris.id.clone(),
        name: Some("Lens".into()),
        add_tags: vec!["optics".into(), "optics".into()],
        ..Default::default()
    });
    let changed = ada.client.update_project(request).await.unwrap().into_inner();
    assert_eq!((changed.name.as_str(), changed.tags), ("Lens", vec!["optics".to_owned()]));
    let listed =
        ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap().into_inner();
    assert_eq!(listed.projects.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_holds_projects_until_they_are_purged() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let id = ada.create("iris").await.id;
    ada.put(&id, vec![parameter("a", "1")]).await.unwrap();
    let one = || ProjectRequest { project: id.clone() };
    assert_eq!(code(ada.client.purge_project(ada.says(one())).await), Some(Code::Precondition));
    ada.client.delete_project(ada.says(one())).await.unwrap();
    assert_eq!(ada.put(&id, vec![]).await.unwrap_err().code, Code::Precondition);
    let list = async |ada: &mut User, deleted| {
        let request = ada.says(ListProjectsRequest { deleted });
        ada.client.list_projects(request).await.unwrap().into_inner().projects.len()
    };
    assert_eq!((list(&mut ada, false).await, list(&mut ada, true).await), (0, 1));
    // Its name is free meanwhile, so it cannot come back beside another of that name.
    let second = ada.create("iris").await.id;
    assert_eq!(code(ada.client.restore_project(ada.says(one())).await), Some(Code::Exists));
    let rename = UpdateProjectRequest { project: second, name: Some("lens".into()), ..Default::default() };
    ada.client.update_project(ada.says(rename)).await.unwrap();
    let back = ada.client.restore_project(ada.says(one())).await.unwrap().into_inner();
    assert_eq!((back.deleted_ms, back.entities), (0, 1));
    ada.client.delete_project(ada.says(one())).await.unwrap();
    ada.client.purge_project(ada.says(one())).await.unwrap();
    assert_eq!(code(ada.client.restore_project(ada.says(one())).await), Some(Code::NotFound));
    assert!(!site.fake.rights.lock().unwrap().keys().any(|(_, project)| *project == id));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_owner_no_project_is_left() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    site.fake.broken.store(true, Ordering::Relaxed);
    let request = ada.says(CreateProjectRequest { name: "iris".into(), ..Default::default() });
    assert!(ada.client.create_project(request).await.is_err());
    site.fake.broken.store(false, Ordering::Relaxed);
    // The name is free, and nothing is seen.
    assert_eq!(ada.create("iris").await.entities, 0);
    let listed =
        ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap().into_inner();
    assert_eq!(listed.projects.len(), 1);
}
