use api::v1::event::What;
use api::v1::*;
use api::{Code, Failure};
use std::sync::Arc;
use store::{Backend, Memory};
use tonic::Streaming;

use super::stage::{Site, User, parameter};

async fn stage() -> (Site, User, String) {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    (site, ada, project)
}

async fn next(stream: &mut Streaming<Event>) -> (u64, What) {
    let event = stream.message().await.unwrap().expect("the stream goes on");
    (event.number, event.what.unwrap())
}

fn appended(what: What) -> VersionAppended {
    match what {
        What::Version(appended) => appended,
        other => panic!("expected a version, found {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_is_told_what_happens_from_now_on() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let mut stream = ada.watch(&project, 0).await;
    assert_eq!(next(&mut stream).await, (0, What::Standing(1)));
    let version = ada.put(&project, vec![parameter("a", "2"), parameter("b", "1")]).await.unwrap();
    let (number, what) = next(&mut stream).await;
    let appended = appended(what);
    assert_eq!((number, appended.branch.as_str(), appended.many), (2, "main", false));
    assert_eq!(appended.paths, ["parameters/a", "parameters/b"]);
    let told = appended.version.unwrap();
    assert_eq!((told.id, told.author.as_str()), (version.id, "ada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_comes_back_is_told_what_was_missed() {
    let (_site, mut ada, project) = stage().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(ada.put(&project, vec![parameter("a", &n.to_string())]).await.unwrap().id);
    }
    let mut stream = ada.watch(&project, 2).await;
    assert_eq!(next(&mut stream).await, (0, What::Standing(5)));
    for number in 3..=5 {
        let (at, what) = next(&mut stream).await;
        assert_eq!(at, number);
        assert_eq!(appended(what).version.unwrap().id, ids[number as usize - 1]);
    }
    // With a number of another life, as after a restored backup, what was seen is of no use.
    let mut stream = ada.watch(&project, 1_000).await;
    assert_eq!(next(&mut stream).await, (0, What::Standing(5)));
    assert_eq!(next(&mut stream).await, (0, What::StartOver(5)));
    ada.put(&project, vec![parameter("b", "1")]).await.unwrap();
    assert_eq!(next(&mut stream).await.0, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_back_branches_and_many_paths_are_told() {
    let (_site, mut ada, project) = stage().await;
    let mut stream = ada.watch(&project, 0).await;
    next(&mut stream).await;
    let first = ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    assert_eq!(appended(next(&mut stream).await.1).paths, ["parameters/a"]);
    ada.put(&project, (0..1001).map(|n| parameter(&format!("p{n}"), "1")).collect()).await.unwrap();
    let large = appended(next(&mut stream).await.1);
    assert!(large.many && large.paths.is_empty());
    ada.client
        .undo(ada.says(BranchRequest { project: project.clone(), branch: String::new() }))
        .await
        .unwrap();
    let undone = appended(next(&mut stream).await.1);
    assert_eq!((undone.version.unwrap().id, undone.many), (first.id, true));
    let branch = RefRequest { project: project.clone(), name: "b".into(), version: String::new() };
    ada.client.create_branch(ada.says(branch.clone())).await.unwrap();
    let made = appended(next(&mut stream).await.1);
    assert_eq!((made.branch.as_str(), made.paths.len()), ("b", 1));
    ada.client.delete_branch(ada.says(branch)).await.unwrap();
    let (number, what) = next(&mut stream).await;
    assert!(matches!((number, what), (5, What::Project(_))));
    // A label is no branch.
    let tag = RefRequest { project: project.clone(), name: "t".into(), version: String::new() };
    ada.client.create_tag(ada.says(tag)).await.unwrap();
    let (number, what) = next(&mut stream).await;
    assert!(matches!((number, what), (6, What::Project(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_runs_and_names_are_told_to_those_who_are_there() {
    let (site, mut ada, project) = stage().await;
    site.allow("vera", &project, Right::Viewer);
    let mut stream = site.user("vera").watch(&project, 0).await;
    next(&mut stream).await;
    let announce = AnnounceRequest {
        project: project.clone(),
        client: "tab".into(),
        selection: vec!["geometry/a".into()],
        gone: false,
        branch: "try".into(),
    };
    ada.client.announce(ada.says(announce)).await.unwrap();
    let (number, what) = next(&mut stream).await;
    let What::Presence(presence) = what else { panic!("{what:?}") };
    assert_eq!((number, presence.user.as_str(), presence.client.as_str()), (0, "ada", "tab"));
    assert_eq!((presence.branch.as_str(), presence.selection.len()), ("try", 1));
    let run = Run {
        id: "r1".into(),
        project: project.clone(),
        assertion: Some(SignedAssertion::default()),
        ..Default::default()
    };
    site.client("local-session/0").put_run(run).await.unwrap();
    let What::Run(run) = next(&mut stream).await.1 else { panic!("no run") };
    assert_eq!((run.id.as_str(), run.assertion), ("r1", None));
    let rename =
        UpdateProjectRequest { project: project.clone(), name: Some("lens".into()), ..Default::default() };
    ada.client.update_project(ada.says(rename)).await.unwrap();
    let What::Project(info) = next(&mut stream).await.1 else { panic!("no project") };
    assert_eq!((info.name.as_str(), info.right()), ("lens", Right::None));
    let mut eve = site.user("eve");
    let announce = eve.says(AnnounceRequest { project, ..Default::default() });
    assert_eq!(Failure::from(eve.client.announce(announce).await.unwrap_err()).code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_end_with_a_reason() {
    let (site, mut ada, project) = stage().await;
    let mut stream = ada.watch(&project, 0).await;
    next(&mut stream).await;
    let one = || ProjectRequest { project: project.clone() };
    ada.client.delete_project(ada.says(one())).await.unwrap();
    assert!(matches!(next(&mut stream).await.1, What::Project(info) if info.deleted_ms > 0));
    ada.client.purge_project(ada.says(one())).await.unwrap();
    let end = Failure::from(stream.message().await.unwrap_err());
    assert_eq!(end.code, Code::NotFound);

    let project = ada.create("next").await.id;
    let mut stream = ada.watch(&project, 0).await;
    next(&mut stream).await;
    site.context.shutdown.cancel();
    let end = Failure::from(stream.message().await.unwrap_err());
    assert_eq!(end.code, Code::Unavailable);
    site.task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_costs_nothing_and_gets_the_runs_as_they_are() {
    let (site, mut ada, project) = stage().await;
    let mut stream = ada.watch(&project, 0).await;
    next(&mut stream).await;
    let mut host = site.client("local-session/0");
    let mut run = Run { id: "r1".into(), project: project.clone(), ..Default::default() };
    // More than the pipes between hold: what is of no interest any more is passed over.
    let step = "x".repeat(100_000);
    for n in 0..600 {
        run.step = format!("{n} {step}");
        run = host.put_run(run).await.unwrap().into_inner();
    }
    let mut told = 0;
    loop {
        let What::Run(seen) = next(&mut stream).await.1 else { panic!("no run") };
        told += 1;
        if seen.step == run.step {
            break;
        }
    }
    assert!(told < 600, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_comes_back_too_late_is_told_to_start_over() {
    let backend: Arc<dyn Backend> = Arc::new(Memory::default());
    let site = Site::on(Some(backend.clone())).await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    for n in 0..6 {
        ada.put(&project, vec![parameter("a", &n.to_string())]).await.unwrap();
    }
    backend.trim(&format!("project/{project}"), 4).await.unwrap();
    // All that was missed is there still.
    let mut stream = ada.watch(&project, 4).await;
    assert_eq!(next(&mut stream).await, (0, What::Standing(6)));
    assert_eq!((next(&mut stream).await.0, next(&mut stream).await.0), (5, 6));
    // Some of it is not.
    let mut late = ada.watch(&project, 3).await;
    assert_eq!(next(&mut late).await, (0, What::Standing(6)));
    assert_eq!(next(&mut late).await, (0, What::StartOver(6)));
    ada.put(&project, vec![parameter("b", "1")]).await.unwrap();
    assert_eq!((next(&mut stream).await.0, next(&mut late).await.0), (7, 7));
}
