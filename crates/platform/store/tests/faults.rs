//! Back ends that fail, lose answers or never answer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::TryStreamExt;
use store::conformance::{Fault, Faulty};
use store::{
    Backend, Changes, Commit, Entity, Error, Filter, Memory, Policy, Project, Repository, VersionId,
};

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

/// Versions with these values, all of them old.
async fn old(memory: &Arc<Memory>, count: usize, values: &[u64]) -> Vec<VersionId> {
    let project = project(memory.clone());
    let mut versions: Vec<VersionId> = Vec::new();
    for value in values {
        let commit = Commit::new(versions.last().copied(), changes(count, *value), "t", "");
        versions.push(project.commit("main", commit).await.unwrap().version);
    }
    memory.age("one", 60_000);
    // The times of versions run ahead of the clock where commits come quickly.
    let newest = project.version(versions[values.len() - 1]).await.unwrap().time;
    while SystemTime::now() <= UNIX_EPOCH + Duration::from_millis(newest + 1) {
        tokio::task::yield_now().await;
    }
    versions
}

/// Keeps the newest version; nothing is young.
fn newest() -> Policy {
    Policy { last: Some(1), grace: Duration::ZERO, ..Policy::default() }
}

/// A prune that breaks off anywhere leaves each version whole or pruned, and the next one goes on.
#[tokio::test]
async fn a_prune_that_breaks_off_leaves_whole_versions() {
    const COUNT: usize = 6000;
    for at in 0.. {
        let memory = Arc::new(Memory::new());
        let versions = old(&memory, COUNT, &[0, 1, 2, 3]).await;
        let faulty = Arc::new(Faulty::new(memory.clone(), Fault::Before, at));
        let result = project(faulty.clone()).prune(&newest()).await;
        let after = project(memory.clone());
        for (value, version) in versions.iter().enumerate() {
            match after.count(*version).await {
                Ok(_) => assert_eq!(values(&after, *version).await, [value as u64].repeat(COUNT)),
                Err(error) => assert!(value < 3 && error.code() == "pruned", "{at}: {error}"),
            }
        }
        let archive = Repository::new(memory.clone()).export("one").unwrap();
        assert!(!archive.try_collect::<Vec<_>>().await.unwrap().is_empty());
        after.prune(&newest()).await.unwrap();
        assert_eq!(after.count(versions[2]).await.unwrap_err().code(), "pruned");
        if result.is_ok() {
            assert!(at >= 3, "the prune wrote only {} times", faulty.writes());
            break;
        }
    }
}

/// What a prune deleted is not found in memory, also when it failed then.
#[tokio::test]
async fn a_prune_that_fails_leaves_nothing_in_memory() {
    let memory = Arc::new(Memory::new());
    let versions = old(&memory, 1, &[1, 2]).await;
    let bad = project(Arc::new(Faulty::new(memory, Fault::After, 0)));
    assert_eq!(bad.count(versions[0]).await.unwrap(), 1);
    assert_eq!(bad.prune(&newest()).await.unwrap_err().code(), "unavailable");
    assert_eq!(bad.count(versions[0]).await.unwrap_err().code(), "pruned");
}

/// A large commit that breaks off does not bring back the root of a pruned version with the same content.
#[tokio::test]
async fn a_commit_that_breaks_off_brings_no_root_back() {
    const COUNT: usize = 6000;
    let memory = Arc::new(Memory::new());
    let versions = old(&memory, COUNT, &[1, 2]).await;
    project(memory.clone()).prune(&newest()).await.unwrap();
    let again = Commit::new(Some(versions[1]), changes(COUNT, 1), "t", "");
    let bad = project(Arc::new(Faulty::new(memory.clone(), Fault::Before, 1)));
    assert!(bad.commit("main", again.clone()).await.is_err());
    let after = project(memory);
    assert_eq!(after.count(versions[0]).await.unwrap_err().code(), "pruned");
    after.commit("main", again).await.unwrap();
    assert_eq!(values(&after, versions[0]).await, [1].repeat(COUNT));
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
