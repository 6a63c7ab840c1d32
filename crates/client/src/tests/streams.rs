//! Runs followed and blobs carried over connections that break.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::Code;
use api::v1::{Run, RunState, RunUpdate};
use tonic::Status;

use super::stage::Stage;
use crate::{Followed, hash_file};

fn run(state: RunState, progress: f64) -> Run {
    let mut run = Run { id: "run-1".into(), project: "id-1".into(), progress, ..Default::default() };
    run.set_state(state);
    run
}

fn update(state: RunState, progress: f64) -> Result<RunUpdate, Status> {
    Ok(RunUpdate { run: Some(run(state, progress)), ..Default::default() })
}

#[tokio::test]
async fn a_run_is_followed_across_lost_connections_and_hosts() {
    let stage = Stage::new().await;
    stage.script().run = run(RunState::Running, 0.1);
    stage.script().updates.extend([
        // Broken off, then let go of by its host, then followed to the end.
        vec![update(RunState::Running, 0.2), Err(Status::unavailable("the relay is going down"))],
        vec![update(RunState::Running, 0.5)],
        vec![update(RunState::Running, 0.9), update(RunState::Succeeded, 1.0)],
    ]);
    let client = stage.client();
    let (mut seen, mut lost) = (Vec::new(), 0);
    let ended = client
        .follow("run-1", |followed| {
            match followed {
                Followed::Update(update) => seen.extend(update.run.map(|run| run.progress)),
                Followed::Lost(failure) => {
                    assert_eq!(failure.code, Code::Unavailable);
                    stage.script().session = "session-2".into();
                    lost += 1;
                }
            }
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    assert_eq!((seen, lost), (vec![0.2, 0.5, 0.9, 1.0], 1));
    assert_eq!(ended.state(), RunState::Succeeded);
}

#[tokio::test]
async fn following_ends_with_the_run_or_when_it_is_left() {
    let stage = Stage::new().await;
    let client = stage.client();
    stage.script().run = run(RunState::Failed, 0.3);
    let ended = client.follow("run-1", |_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((ended.state(), stage.calls("FollowRun")), (RunState::Failed, 0));
    stage.script().run = run(RunState::Running, 0.1);
    stage.script().updates.push_back(vec![update(RunState::Running, 0.2), update(RunState::Running, 0.3)]);
    let left = client.follow("run-1", |_| ControlFlow::Break(())).await.unwrap();
    assert_eq!(left.progress, 0.2);
    stage.script().failures.push_back(Code::NotFound.because("no such run").into());
    let failure = client.follow("run-2", |_| ControlFlow::Continue(())).await.unwrap_err();
    assert_eq!(failure.code, Code::NotFound);
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_and_is_checked() {
    let stage = Stage::new().await;
    let client = stage.client();
    let bytes: Vec<u8> = (0..10_000_u32).map(|i| (i * 7) as u8).collect();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    stage.script().blob.clone_from(&bytes);
    stage.script().breaks_after = Some(2_500);
    client.session("id-1").await.unwrap();
    let (mut received, mut told) = (Vec::new(), (0, None));
    let size = client.download("id-1", &hash, &mut received, |n, whole| told = (n, whole)).await.unwrap();
    assert!(received == bytes && size == 10_000 && told == (10_000, Some(10_000)));
    assert_eq!(stage.calls("GetBlob"), 2);
    let other = blake3::hash(b"other").to_hex().to_string();
    let failure = client.download("id-1", &other, &mut Vec::new(), |_, _| {}).await.unwrap_err();
    assert_eq!(failure.code, Code::Corrupt);
}

#[tokio::test]
async fn a_file_is_uploaded_in_pieces_and_again_after_a_failure() {
    let stage = Stage::new().await;
    let client = stage.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.step");
    client.session("id-1").await.unwrap();
    for size in [0, 1, rpc::CHUNK, 2 * rpc::CHUNK + 17] {
        std::fs::write(&path, vec![3; size]).unwrap();
        stage.script().failures.push_back(Status::unavailable("going down"));
        let told = Arc::new(AtomicU64::new(0));
        let seen = told.clone();
        let info = client.upload("id-1", &path, move |n| seen.store(n, Ordering::Relaxed)).await.unwrap();
        assert_eq!((info.hash, info.size), hash_file(&path).unwrap());
        assert_eq!(told.load(Ordering::Relaxed), size as u64);
    }
    let gone = client.upload("id-1", &folder.path().join("gone"), |_| {}).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
}
