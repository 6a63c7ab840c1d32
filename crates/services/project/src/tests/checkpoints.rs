use api::v1::*;
use api::{Code, Failure};
use bytes::Bytes;

use super::stage::{Site, User, bytes};

async fn save(user: &mut User, project: &str, run: &str, state: &'static [u8]) -> Result<String, Failure> {
    let first = PutBlobRequest { project: project.into(), data: Bytes::from_static(state), run: run.into() };
    let request = user.says(futures::stream::iter([first]));
    Ok(user.client.put_blob(request).await?.into_inner().hash)
}

async fn load(user: &mut User, project: &str, run: &str, hash: &str) -> Result<Vec<u8>, Failure> {
    let request = GetBlobRequest {
        project: project.into(),
        hash: hash.into(),
        run: run.into(),
        ..GetBlobRequest::default()
    };
    let request = user.says(request);
    bytes(user.client.get_blob(request).await?.into_inner()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_their_runs_own_and_go_with_it() {
    let site = Site::start().await;
    let project = site.user("ada").create("iris").await.id;
    let mut host = site.client("local-session/0");
    let mut solver = site.compute("ada", &project, "r1").await;
    let asked = tonic::Request::new(RunRequestById { run: "r1".into() });
    let run = host.get_run(asked).await.unwrap().into_inner();
    let hash = save(&mut solver, &project, "r1", b"half").await.unwrap();
    assert_eq!(load(&mut solver, &project, "r1", &hash).await.unwrap(), b"half");

    // Apart from the project's content, and nobody else's.
    assert_eq!(load(&mut solver, &project, "", &hash).await.unwrap_err().code, Code::NotFound);
    let mut other = site.compute("ada", &project, "r2").await;
    for user in [&mut other, &mut site.user("ada")] {
        assert_eq!(load(user, &project, "r1", &hash).await.unwrap_err().code, Code::Denied);
        assert_eq!(save(user, &project, "r1", b"x").await.unwrap_err().code, Code::Denied);
    }

    // It stays as long as the run goes on, named or only just stored.
    let named = Checkpoint { blob: hash.clone(), ..Checkpoint::default() };
    let run = host.put_run(Run { checkpoints: vec![named], ..run }).await.unwrap().into_inner();
    let next = save(&mut solver, &project, "r1", b"more").await.unwrap();
    let run = host.put_run(Run { progress: 0.5, ..run }).await.unwrap().into_inner();
    for hash in [&hash, &next] {
        load(&mut solver, &project, "r1", hash).await.unwrap();
    }
    host.put_run(Run { state: RunState::Succeeded.into(), ..run }).await.unwrap();
    for hash in [&hash, &next] {
        assert_eq!(load(&mut solver, &project, "r1", hash).await.unwrap_err().code, Code::Conflict);
    }
}
