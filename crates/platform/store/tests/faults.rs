//! Back ends that fail, lose answers or never answer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use store::conformance::{Fault, Faulty};
use store::{Backend, Changes, Commit, Entity, Error, Filter, Memory, Project, Repository, VersionId};

fn project(backend: Arc<dyn Backend>) -> Project {
    Repository::new(backend).project("one").unwrap()
}

/// Enough entities that their objects are stored in portions.
fn changes(count: usize, value: u64) -> Changes {
    let entity = |n: usize| Entity::new(format!("{n}"), "k", format!("things/{n}")).with("v", value);
    Changes { puts: (0..count).map(entity).collect(), deletes: Vec::new() }
}

async fn values(project: &Project, version: VersionId) -> Vec<u64> {
    let found: Vec<_> = project.entities(version, Filter::default()).try_collect().await.unwrap();
    found.iter().map(|entity| entity.properties["v"].as_u64().unwrap()).collect()
}

/// A failed commit has no effect or its whole effect, and a repetition
/// arrives at the same content.
#[tokio::test]
async fn a_failing_back_end_leaves_whole_versions() {
    const COUNT: usize = 6000;
    for fault in [Fault::Before, Fault::After] {
        for at in 0.. {
            let inner: Arc<dyn Backend> = Arc::new(Memory::new());
            let good = project(inner.clone());
            let first = good.commit("main", Commit::new(None, changes(COUNT, 1), "t", "")).await.unwrap();
            let faulty = Arc::new(Faulty::new(inner.clone(), fault, at));
            let bad = project(faulty.clone());
            let commit = Commit::new(Some(first.version), changes(COUNT, 2), "t", "");
            let result = bad.commit("main", commit.clone()).await;
            let head = good.branch("main").await.unwrap();
            let found = values(&good, head).await;
            assert!(found.len() == COUNT && found.iter().all(|value| *value == found[0]));
            if result.is_ok() {
                assert!(at >= 2, "the commit wrote only {} times", faulty.writes());
                assert_eq!(found[0], 2);
                break;
            }
            assert!(matches!(result, Err(Error::Unavailable { .. })), "{result:?}");
            good.commit("main", commit).await.unwrap();
            let head = good.branch("main").await.unwrap();
            assert_eq!(values(&good, head).await, [2].repeat(COUNT));
            assert_eq!(good.log(head, 9).await.unwrap().len(), 2, "it happened once");
        }
    }
}

/// A caller that gives up on a silent back end holds nobody else up.
#[tokio::test]
async fn a_silent_back_end_can_be_left() {
    let inner: Arc<dyn Backend> = Arc::new(Memory::new());
    let first =
        project(inner.clone()).commit("main", Commit::new(None, changes(1, 1), "t", "")).await.unwrap();
    let silent = project(Arc::new(Faulty::new(inner.clone(), Fault::Silent, 0)));
    for _ in 0..2 {
        let commit = silent.commit("main", Commit::new(Some(first.version), changes(1, 2), "t", ""));
        assert!(tokio::time::timeout(Duration::from_millis(20), commit).await.is_err());
    }
    assert_eq!(values(&silent, first.version).await, [1], "reads go on");
    let other = project(inner);
    other.commit("main", Commit::new(Some(first.version), changes(1, 3), "t", "")).await.unwrap();
}

/// What a failing disk changes is found, not believed.
#[tokio::test]
async fn damaged_objects_are_found() {
    let memory = Arc::new(Memory::new());
    let first =
        project(memory.clone()).commit("main", Commit::new(None, changes(100, 1), "t", "")).await.unwrap();
    let version = project(memory.clone()).version(first.version).await.unwrap();
    assert!(memory.damage("one", version.root));
    let error = project(memory.clone()).count(first.version).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { hash: Some(hash), .. } if hash == version.root), "{error}");
    let error = Repository::new(memory).export("one").unwrap().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.code(), "corrupt");
}
