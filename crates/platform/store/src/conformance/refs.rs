//! Objects, references, steps and fences.

use std::sync::Arc;

use super::object;
use crate::{Backend, Error, Fence, Hash, Publish, RefChange, now};

const P: &str = "p";

pub async fn objects_are_kept_by_hash(backend: Arc<dyn Backend>) {
    let (a, b) = (object("a"), object("b"));
    assert_eq!(backend.get_objects(P, &[a.0]).await.unwrap(), [None]);
    backend.put_objects(P, vec![a.clone(), b.clone()]).await.unwrap();
    backend.put_objects(P, vec![a.clone()]).await.unwrap();
    let found = backend.get_objects(P, &[b.0, Hash::ZERO, a.0, b.0]).await.unwrap();
    assert_eq!(found, [Some(b.1.clone()), None, Some(a.1.clone()), Some(b.1.clone())]);

    let mut hashes = vec![a.0, b.0];
    hashes.sort();
    assert_eq!(backend.list_objects(P, Hash::ZERO, 10).await.unwrap(), hashes);
    assert_eq!(backend.list_objects(P, hashes[1], 10).await.unwrap(), hashes[1..]);
    assert_eq!(backend.list_objects(P, Hash::ZERO, 1).await.unwrap(), hashes[..1]);
    assert_eq!(backend.list_objects("none", Hash::ZERO, 1).await.unwrap(), []);
}

pub async fn young_objects_are_not_deleted(backend: Arc<dyn Backend>) {
    let (a, b) = (object("a"), object("b"));
    let start = now();
    backend.put_objects(P, vec![a.clone(), b.clone()]).await.unwrap();
    assert_eq!(backend.delete_objects(P, &[a.0], start).await.unwrap(), 0);
    assert_eq!(backend.delete_objects(P, &[a.0, Hash::ZERO], u64::MAX).await.unwrap(), 1);
    assert_eq!(backend.get_objects(P, &[a.0, b.0]).await.unwrap(), [None, Some(b.1)]);
}

pub async fn references_swap_only_from_what_is_expected(backend: Arc<dyn Backend>) {
    let (a, b) = (Hash::of(b"a"), Hash::of(b"b"));
    assert_eq!(backend.get_ref(P, "x").await.unwrap(), None);
    assert!(backend.swap_ref(P, "x", Some(a), Some(b)).await.is_err());
    backend.swap_ref(P, "x", None, Some(a)).await.unwrap();
    let error = backend.swap_ref(P, "x", None, Some(b)).await.unwrap_err();
    assert!(matches!(error, Error::RefMoved { actual, .. } if actual == Some(a)), "{error}");
    backend.swap_ref(P, "x", Some(a), Some(b)).await.unwrap();
    backend.swap_ref(P, "branch/y.z", None, Some(a)).await.unwrap();
    let listed = backend.list_refs(P, "").await.unwrap();
    assert_eq!(listed, [("branch/y.z".to_owned(), a), ("x".to_owned(), b)]);
    assert_eq!(backend.list_refs(P, "branch/").await.unwrap(), listed[..1]);
    backend.swap_ref(P, "x", Some(b), None).await.unwrap();
    assert_eq!(backend.get_ref(P, "x").await.unwrap(), None);
}

pub async fn a_step_is_all_or_nothing(backend: Arc<dyn Backend>) {
    let a = object("a");
    let change = |name: &str, expected| RefChange { name: name.into(), expected, new: Some(a.0) };
    let step = |refs| Publish {
        objects: vec![a.clone()],
        refs,
        event: Some(("s".into(), "e".into())),
        ..Publish::default()
    };
    let bad = step(vec![change("x", None), change("y", Some(a.0))]);
    assert_eq!(backend.publish(P, bad).await.unwrap_err().code(), "ref_moved");
    assert_eq!(backend.list_refs(P, "").await.unwrap(), []);
    assert_eq!(backend.latest("s").await.unwrap(), 0);
    let mut lacking = step(vec![change("x", None)]);
    lacking.blobs = vec![a.0];
    assert_eq!(backend.publish(P, lacking).await.unwrap_err().code(), "not_found");
    assert_eq!(backend.list_refs(P, "").await.unwrap(), []);

    let good = step(vec![change("x", None), change("y", None)]);
    assert_eq!(backend.publish(P, good).await.unwrap(), Some(1));
    assert_eq!(backend.list_refs(P, "").await.unwrap().len(), 2);
    assert_eq!(backend.get_objects(P, &[a.0]).await.unwrap(), [Some(a.1.clone())]);
    assert_eq!(backend.read("s", 0, 10).await.unwrap()[0].payload, "e");
}

pub async fn racing_swaps_have_one_winner(backend: Arc<dyn Backend>) {
    let tasks = (0..16_u8).map(|n| {
        let backend = backend.clone();
        tokio::spawn(async move { backend.swap_ref(P, "x", None, Some(Hash::of(&[n]))).await })
    });
    let results = futures::future::join_all(tasks).await;
    assert_eq!(results.iter().filter(|result| result.as_ref().unwrap().is_ok()).count(), 1);
}

pub async fn fences_refuse_former_owners(backend: Arc<dyn Backend>) {
    let fence = |token| Fence { scope: "run/1".into(), token };
    let step = |token| Publish {
        refs: vec![RefChange { name: format!("t{token}"), expected: None, new: Some(Hash::ZERO) }],
        fence: Some(fence(token)),
        ..Publish::default()
    };
    backend.publish(P, step(3)).await.unwrap();
    backend.raise_fence(P, fence(5)).await.unwrap();
    let error = backend.publish(P, step(4)).await.unwrap_err();
    assert!(matches!(error, Error::Fenced { current: 5, token: 4, .. }), "{error}");
    assert_eq!(backend.get_ref(P, "t4").await.unwrap(), None);
    backend.publish(P, step(5)).await.unwrap();
}

pub async fn projects_are_apart(backend: Arc<dyn Backend>) {
    let a = object("a");
    for project in ["p", "q"] {
        backend.put_objects(project, vec![a.clone()]).await.unwrap();
        backend.swap_ref(project, "x", None, Some(a.0)).await.unwrap();
        backend.put_blob_bytes(project, "blob".into()).await.unwrap();
    }
    assert_eq!(backend.list_projects().await.unwrap(), ["p", "q"]);
    backend.drop_project("p").await.unwrap();
    backend.drop_project("p").await.unwrap();
    assert_eq!(backend.list_projects().await.unwrap(), ["q"]);
    assert_eq!(backend.get_objects("p", &[a.0]).await.unwrap(), [None]);
    let blob = Hash::of(b"blob");
    assert_eq!(backend.stat_blob("p", blob).await.unwrap(), None);
    assert_eq!(backend.get_blob("q", blob, 10).await.unwrap(), "blob");
    assert_eq!(backend.get_ref("q", "x").await.unwrap(), Some(a.0));
}
