use std::sync::Arc;

use api::v1::*;
use api::{Code, Failure};
use store::{Backend, Fence, Memory};

use super::stage::{Client, Site, parameter};

fn run(project: &str, id: &str, created_ms: i64) -> Run {
    Run {
        id: id.into(),
        project: project.into(),
        session: "s1".into(),
        user: "ada".into(),
        local_session: "0".into(),
        state: RunState::Running.into(),
        created_ms,
        fence: 1,
        assertion: Some(SignedAssertion { assertion: b"secret".to_vec().into(), ..Default::default() }),
        ..Default::default()
    }
}

async fn put(client: &mut Client, run: Run) -> Result<Run, Failure> {
    Ok(client.put_run(run).await?.into_inner())
}

async fn listed(client: &mut Client, request: tonic::Request<ListRunsRequest>) -> Vec<String> {
    let runs = client.list_runs(request).await.unwrap().into_inner().runs;
    runs.into_iter().map(|run| run.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_runs_are_guarded_by_revision_and_fence() {
    let site = Site::start().await;
    let project = site.user("ada").create("iris").await.id;
    let mut host = site.client("local-session/0");
    let first = put(&mut host, run(&project, "r1", 10)).await.unwrap();
    assert!(first.revision > 0);
    // The same once more, as after a lost answer.
    assert_eq!(put(&mut host, run(&project, "r1", 10)).await.unwrap(), first);
    assert_eq!(put(&mut host, run(&project, "r1", 11)).await.unwrap_err().code, Code::Exists);
    let second = put(&mut host, Run { progress: 0.5, ..first.clone() }).await.unwrap();
    assert!(second.revision > first.revision);
    assert_eq!(put(&mut host, Run { progress: 0.5, ..first.clone() }).await.unwrap(), second);
    assert_eq!(put(&mut host, Run { progress: 0.6, ..first }).await.unwrap_err().code, Code::Conflict);
    // Another owner takes it over; the former one is refused whatever revision it names.
    let mut other = site.client("local-session/1");
    let taken = put(&mut other, Run { fence: 2, local_session: "1".into(), ..second.clone() }).await.unwrap();
    let late = put(&mut host, Run { revision: taken.revision, ..second }).await.unwrap_err();
    assert_eq!(late.code, Code::Conflict);
    assert!(late.message.contains("`1`"), "{late}");
    for bad in [run("nothing", "r2", 1), run(&project, "r9", 1)] {
        let bad = Run { revision: if bad.id == "r9" { 7 } else { 0 }, ..bad };
        assert_eq!(put(&mut host, bad).await.unwrap_err().code, Code::NotFound);
    }
    assert_eq!(put(&mut host, run(&project, "a/b", 1)).await.unwrap_err().code, Code::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_newest_first_and_without_their_assertions() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (iris, lens) = (ada.create("iris").await.id, ada.create("lens").await.id);
    let mut host = site.client("local-session/0");
    put(&mut host, run(&iris, "old", 1)).await.unwrap();
    let new = put(&mut host, run(&iris, "new", 3)).await.unwrap();
    put(&mut host, Run { session: "s2".into(), ..run(&lens, "mid", 2) }).await.unwrap();

    let ask = |project: &str, active, limit, session: &str| ListRunsRequest {
        project: project.into(),
        active,
        limit,
        session: session.into(),
    };
    let says = ada.says(ask("", false, 0, ""));
    assert_eq!(listed(&mut ada.client, says).await, ["new", "mid", "old"]);
    let says = ada.says(ask(&iris, false, 1, ""));
    assert_eq!(listed(&mut ada.client, says).await, ["new"]);
    let says = ada.says(ask("", false, 0, "s2"));
    assert_eq!(listed(&mut ada.client, says).await, ["mid"]);
    // Another one who sees one of the projects, and one who sees none.
    site.allow("vera", &lens, Right::Viewer);
    let mut vera = site.user("vera");
    let says = vera.says(ask("", true, 0, ""));
    assert_eq!(listed(&mut vera.client, says).await, ["mid"]);
    let says = site.user("eve").says(ask("", true, 0, ""));
    assert!(listed(&mut vera.client, says).await.is_empty());
    let says = vera.says(RunRequestById { run: "new".into() });
    assert_eq!(Failure::from(vera.client.get_run(says).await.unwrap_err()).code, Code::NotFound);

    put(&mut host, Run { state: RunState::Succeeded.into(), ..new.clone() }).await.unwrap();
    let says = ada.says(ask("", true, 0, ""));
    assert_eq!(listed(&mut ada.client, says).await, ["mid", "old"]);
    let says = ada.says(RunRequestById { run: "new".into() });
    let told = ada.client.get_run(says).await.unwrap().into_inner();
    assert_eq!((told.state(), told.assertion), (RunState::Succeeded, None));

    // A local-session on behalf of nobody sees all; on behalf of a user what the user sees.
    let runs = host.list_runs(ask("", true, 0, "s1")).await.unwrap().into_inner().runs;
    assert_eq!(runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["old"]);
    assert!(runs[0].assertion.is_some());
    assert!(
        host.get_run(RunRequestById { run: "new".into() }).await.unwrap().into_inner().assertion.is_some()
    );
    let says = ada.says(RunRequestById { run: "new".into() });
    assert!(host.get_run(says).await.unwrap().into_inner().assertion.is_none());
    assert!(site.client("relay/0").list_runs(ask("", true, 0, "")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_with_active_runs_is_neither_pruned_nor_purged() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let mut host = site.client("local-session/0");
    let active = put(&mut host, run(&project, "r1", 1)).await.unwrap();
    let prune = || PruneRequest { project: project.clone(), keep: 1 };
    let failure = Failure::from(ada.client.prune(ada.says(prune())).await.unwrap_err());
    assert_eq!((failure.code, failure.places), (Code::Precondition, vec!["r1".to_owned()]));
    put(&mut host, Run { state: RunState::Failed.into(), ..active }).await.unwrap();
    ada.client.prune(ada.says(prune())).await.unwrap();
    let one = || ProjectRequest { project: project.clone() };
    ada.client.delete_project(ada.says(one())).await.unwrap();
    ada.client.purge_project(ada.says(one())).await.unwrap();
    let gone = host.get_run(RunRequestById { run: "r1".into() }).await;
    assert_eq!(Failure::from(gone.unwrap_err()).code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_a_former_owner_are_refused() {
    let backend: Arc<dyn Backend> = Arc::new(Memory::default());
    let site = Site::on(Some(backend.clone())).await;
    let project = site.user("ada").create("iris").await.id;
    let mut solver = site.compute("ada", &project, "r1").await;
    solver.put(&project, vec![parameter("a", "1")]).await.unwrap();

    // Another local-session takes the run over while this one is paused.
    let mut host = site.client("local-session/1");
    let record = host.get_run(RunRequestById { run: "r1".into() }).await.unwrap().into_inner();
    let next = Run { fence: 2, local_session: "1".into(), ..record };
    let taken = put(&mut host, next.clone()).await.unwrap();
    let late = solver.put(&project, vec![parameter("a", "2")]).await.unwrap_err();
    assert_eq!(late.code, Code::Conflict);
    assert!(late.message.contains("`1` owns the run r1"), "{late}");
    // Also a commit that had passed the look at the record before: the store itself refuses it.
    let old = Fence { scope: "run/r1".into(), token: 1 };
    assert!(matches!(backend.raise_fence(&project, old).await, Err(store::Error::Fenced { current: 2, .. })));
    assert_eq!(put(&mut host, next).await.unwrap(), taken, "the same once more, as after a lost answer");

    solver.fence = 2;
    solver.put(&project, vec![parameter("a", "2")]).await.unwrap();
    put(&mut host, Run { state: RunState::Cancelled.into(), ..taken }).await.unwrap();
    assert_eq!(solver.put(&project, vec![parameter("a", "3")]).await.unwrap_err().code, Code::Conflict);
    // Without a fence it is nobody's.
    solver.fence = 0;
    assert_eq!(solver.put(&project, vec![parameter("a", "3")]).await.unwrap_err().code, Code::Conflict);
}
