//! Prune: what it keeps, what it drops, and that each version is whole or
//! pruned after it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;

use super::{all, pairs, project, puts, set, thing};
use crate::objects::object;
use crate::tree::NodeRef;
use crate::version::Root;
use crate::{Backend, Commit, Error, Hash, Policy, Project, Repository, VersionId, now};

/// Nothing is young.
fn keep(last: usize) -> Policy {
    Policy { last: Some(last), grace: Duration::ZERO, ..Policy::default() }
}

/// Waits until the clock has left the last write and the time of the newest version, which may be ahead of it; that is
/// the time from which things are young.
async fn later(p: &Project, newest: VersionId) -> u64 {
    let start = p.version(newest).await.unwrap().time.max(now());
    while now() <= start + 1 {
        tokio::task::yield_now().await;
    }
    start + 1
}

/// Versions of one thing with the values 0 to 5.
async fn six(p: &Project) -> Vec<VersionId> {
    let mut versions: Vec<VersionId> = Vec::new();
    for n in 0..6 {
        versions.push(set(p, "main", versions.last().copied(), &[("a", n)]).await);
    }
    versions
}

pub async fn prune_keeps_what_is_needed(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let keep = backend.put_blob_bytes("one", "keep".into()).await.unwrap();
    let pinned = backend.put_blob_bytes("one", "pinned".into()).await.unwrap();
    let loose = backend.put_blob_bytes("one", "loose".into()).await.unwrap();
    p.pin("run/1", pinned.hash).await.unwrap();
    let mut entity = thing("a", 1);
    entity.blobs.insert("field".into(), keep.hash);
    let a = p.commit("main", Commit::new(None, puts([entity]), "t", "")).await.unwrap().version;
    let b = set(&p, "main", Some(a), &[("a", 2)]).await;
    backend.put_objects("one", vec![super::object("garbage")]).await.unwrap();

    let none = p.prune(&Policy::default()).await.unwrap();
    assert_eq!((none.objects, none.blobs), (0, 0), "all is younger than the grace");
    let policy = Policy { grace: Duration::ZERO, ..Policy::default() };
    later(&p, b).await;
    let done = p.prune(&policy).await.unwrap();
    assert_eq!((done.objects, done.blobs, done.blob_bytes), (1, 1, 5));
    assert_eq!(backend.stat_blob("one", loose.hash).await.unwrap(), None);
    assert_eq!(backend.get_blob("one", pinned.hash, 99).await.unwrap(), "pinned");
    assert_eq!(backend.get_blob("one", keep.hash, 99).await.unwrap(), "keep");
    assert_eq!(all(&p, a).await.len() + all(&p, b).await.len(), 2);
    p.unpin("run/1").await.unwrap();
    assert_eq!(p.prune(&policy).await.unwrap().blobs, 1);
}

pub async fn prune_drops_old_content(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let mut versions = vec![set(&p, "main", None, &[("a", 0), ("b", 0)]).await];
    for n in 1..6 {
        versions.push(set(&p, "main", versions.last().copied(), &[("a", n)]).await);
    }
    p.create_tag("first", versions[0], "t").await.unwrap();
    later(&p, versions[5]).await;
    let policy = Policy { last: Some(2), grace: Duration::ZERO, ..Policy::default() };
    // Per dropped version: one root, two leaves, one entity.
    assert_eq!(p.prune(&policy).await.unwrap().objects, 3 * 4);
    assert_eq!(p.log(versions[5], 10).await.unwrap().len(), 6, "the log stays");
    for (at, kept) in [true, false, false, false, true, true].into_iter().enumerate() {
        match p.entity(versions[at], "a").await {
            Ok(entity) => assert!(kept && entity.is_some(), "{at}"),
            Err(error) => assert!(!kept && error.code() == "pruned", "{at}: {error}"),
        }
    }
    assert_eq!(p.create_branch("old", versions[2], "t").await.unwrap_err().code(), "pruned");
    set(&p, "main", Some(versions[5]), &[("b", 1)]).await;
}

/// Reads and verifies all that a reference reaches.
async fn verify(backend: &Arc<dyn Backend>) {
    let archive = Repository::new(backend.clone()).export("one").unwrap();
    archive.try_collect::<Vec<Bytes>>().await.unwrap();
}

/// What is old and what is young is of each object, but a young version needs old ones too.
pub async fn prune_leaves_young_versions_whole(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let old = set(&p, "main", None, &[("a", 0), ("b", 0)]).await;
    let before = later(&p, old).await;
    let young = set(&p, "main", Some(old), &[("a", 1)]).await;
    let head = set(&p, "main", Some(young), &[("b", 1)]).await;
    p.prune_before(&keep(1), before).await.unwrap();
    for p in [&p, &project(&backend)] {
        assert_eq!(all(p, young).await, pairs(&[("a", 1), ("b", 0)]));
        assert_eq!(all(p, head).await, pairs(&[("a", 1), ("b", 1)]));
        assert_eq!(p.count(old).await.unwrap_err().code(), "pruned");
        assert_eq!(p.diff(young, head).await.unwrap().len(), 1);
    }
    verify(&backend).await;
    p.prune(&keep(5)).await.unwrap();
    assert_eq!(all(&project(&backend), young).await.len(), 2);
    later(&p, head).await;
    p.prune(&keep(1)).await.unwrap();
    assert_eq!(project(&backend).count(young).await.unwrap_err().code(), "pruned");
    verify(&backend).await;
}

/// The root of an old version that was written again lately stays, and so does what it needs.
pub async fn prune_spares_what_a_young_root_needs(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let blob = backend.put_blob_bytes("one", "field".into()).await.unwrap();
    let mut entity = thing("a", 0);
    entity.blobs.insert("field".into(), blob.hash);
    let first = p.commit("main", Commit::new(None, puts([entity]), "t", "")).await.unwrap().version;
    let second = set(&p, "main", Some(first), &[("a", 1)]).await;
    let third = set(&p, "main", Some(second), &[("a", 2)]).await;
    let before = later(&p, third).await;
    let root = p.version(first).await.unwrap().root;
    let bytes = backend.get_objects("one", &[root]).await.unwrap().remove(0).unwrap();
    backend.put_objects("one", vec![(root, bytes)]).await.unwrap();
    // One that broke off: its root is there, and nothing else.
    let node = Some(NodeRef { hash: Hash::ZERO, count: 1 });
    let broken = object(Root { by_id: node, by_path: node }.encode());
    backend.put_objects("one", vec![broken]).await.unwrap();

    p.prune_before(&keep(1), before).await.unwrap();
    let p = project(&backend);
    assert_eq!(all(&p, first).await, pairs(&[("a", 0)]));
    assert_eq!(backend.get_blob("one", blob.hash, 9).await.unwrap(), "field");
    assert_eq!(p.count(second).await.unwrap_err().code(), "pruned");
    assert_eq!(all(&p, third).await, pairs(&[("a", 2)]));
    verify(&backend).await;
}

/// Undoes or redoes as far as prune has left something to go to, and nowhere else.
pub async fn undo_ends_at_what_is_pruned(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let versions = six(&p).await;
    later(&p, versions[5]).await;
    p.prune(&keep(2)).await.unwrap();
    assert_eq!(p.undo("main", "tester").await.unwrap().version, versions[4]);
    for p in [&p, &project(&backend)] {
        let [undo, redo] = p.undoable("main", "tester").await.unwrap();
        assert_eq!((undo.is_none(), redo.map(|one| one.0)), (true, Some(versions[5])));
        let refused = p.undo("main", "tester").await.unwrap_err();
        assert!(matches!(refused, Error::Pruned { version } if version == versions[3]), "{refused}");
        assert_eq!(p.branch("main").await.unwrap(), versions[4]);
    }
    assert_eq!(all(&p, versions[4]).await, pairs(&[("a", 4)]));
    verify(&backend).await;
}

/// What was undone can be redone after a prune, each step of it.
pub async fn prune_keeps_the_way_forth(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let versions = six(&p).await;
    for _ in 0..3 {
        p.undo("main", "tester").await.unwrap();
    }
    later(&p, versions[5]).await;
    p.prune(&keep(1)).await.unwrap();
    let p = project(&backend);
    assert_eq!(p.count(versions[1]).await.unwrap_err().code(), "pruned");
    for (n, version) in (3..).zip(&versions[3..]) {
        assert_eq!(p.redo("main", "tester").await.unwrap().version, *version);
        assert_eq!(all(&p, *version).await, pairs(&[("a", n)]));
    }
    verify(&backend).await;
}
