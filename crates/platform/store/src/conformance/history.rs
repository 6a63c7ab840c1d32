//! Commits and what is read of them.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use super::{all, pairs, project, puts, set, thing};
use crate::{
    Action, Backend, ChangeKind, Changes, Commit, ConflictReason, Entity, Error, Fence, Filter, Hash, Order,
    Outcome, Repository,
};

pub async fn a_commit_is_read_back(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let first = set(&p, "main", None, &[("a", 1), ("b", 2)]).await;
    let second = set(&p, "main", Some(first), &[("a", 3), ("b", i64::MIN), ("c", 4)]).await;
    // Another handle with an empty cache sees what is stored.
    let p = project(&backend);
    assert_eq!(all(&p, first).await, pairs(&[("a", 1), ("b", 2)]));
    assert_eq!(all(&p, second).await, pairs(&[("a", 3), ("c", 4)]));
    assert_eq!(p.entity(second, "a").await.unwrap().unwrap().properties["value"], 3);
    assert_eq!(p.entity(second, "b").await.unwrap(), None);
    assert_eq!(p.by_path(second, "things/c").await.unwrap().unwrap().id, "c");
    assert_eq!(p.by_path(second, "things/b").await.unwrap(), None);
    assert_eq!(p.count(second).await.unwrap(), 2);
    let some = p.entities_of(second, &["c", "b", "a"]).await.unwrap();
    assert_eq!(some.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);

    let log = p.log(second, 10).await.unwrap();
    assert_eq!(log.iter().map(|item| item.0).collect::<Vec<_>>(), [second, first]);
    assert!(log[0].1.time > log[1].1.time);
    assert_eq!((log[0].1.author.as_str(), log[0].1.message.as_str()), ("tester", "set"));
    let changes = p.diff(first, second).await.unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| (change.id.as_str(), change.kind())).collect();
    let expected = [("a", ChangeKind::Changed), ("b", ChangeKind::Removed), ("c", ChangeKind::Added)];
    assert_eq!(kinds, expected);

    let same = p.commit("main", Commit::new(Some(second), puts([thing("a", 3)]), "t", "")).await.unwrap();
    assert_eq!((same.version, same.outcome), (second, Outcome::Unchanged));
    let error = p.commit("main", Commit::new(None, Changes::default(), "t", "")).await.unwrap_err();
    assert!(matches!(error, Error::StaleBranch { head, .. } if head == Some(second)));
    let error = p.version(Hash::ZERO).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
}

pub async fn paths_are_unique(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let at = |id: &str, path: &str| Entity::new(id, "thing", path).with("value", 0);
    let first = set(&p, "main", None, &[]).await;
    let commit = |base, changes| p.commit("main", Commit::new(Some(base), changes, "t", ""));
    let twice = commit(first, puts([at("a", "x"), at("b", "x")])).await.unwrap_err();
    assert_eq!(twice.code(), "path_taken");
    let second = commit(first, puts([at("a", "x"), at("b", "y")])).await.unwrap().version;
    let error = commit(second, puts([at("c", "x")])).await.unwrap_err();
    assert!(matches!(&error, Error::PathTaken { id, .. } if id == "a"), "{error}");
    let error = commit(second, puts([at("b", "x")])).await.unwrap_err();
    assert_eq!(error.code(), "path_taken");
    // A swap, and a place that is freed by the same change.
    let third = commit(second, puts([at("a", "y"), at("b", "x")])).await.unwrap().version;
    assert_eq!(p.by_path(third, "x").await.unwrap().unwrap().id, "b");
    let freed = Changes { puts: vec![at("c", "x")], deletes: vec!["b".into()] };
    let fourth = commit(third, freed).await.unwrap().version;
    assert_eq!(p.by_path(fourth, "x").await.unwrap().unwrap().id, "c");
    assert_eq!(p.by_path(fourth, "y").await.unwrap().unwrap().id, "a");
    let both = Changes { puts: vec![at("a", "z")], deletes: vec!["a".into()] };
    assert_eq!(commit(fourth, both).await.unwrap_err().code(), "bad_entity");
}

pub async fn disjoint_commits_merge_themselves(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "main", None, &[("a", 1), ("b", 1)]).await;
    let other = set(&p, "main", Some(base), &[("a", 2), ("c", 1)]).await;
    let done = p.commit("main", Commit::new(Some(base), puts([thing("b", 2)]), "t", "")).await.unwrap();
    assert_eq!((done.outcome, done.previous), (Outcome::Merged, Some(other)));
    assert_eq!(all(&p, done.version).await, pairs(&[("a", 2), ("b", 2), ("c", 1)]));
    // What is only repeated from the base must not undo the other side.
    let stale = p.commit("main", Commit::new(Some(base), puts([thing("a", 1)]), "t", "")).await.unwrap();
    assert_eq!((stale.version, stale.outcome), (done.version, Outcome::Unchanged));
}

pub async fn conflicts_are_named(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "main", None, &[("a", 1), ("b", 1)]).await;
    let head = set(&p, "main", Some(base), &[("a", 2), ("b", i64::MIN)]).await;
    let try_it = |changes| p.commit("main", Commit::new(Some(base), changes, "t", ""));
    let error = try_it(puts([thing("a", 3), thing("b", 3)])).await.unwrap_err();
    let Error::Conflict { conflicts, head: at, .. } = error else { panic!("{error}") };
    assert_eq!(at, head);
    let value = |entity: &Option<Arc<Entity>>| entity.as_ref().map(|e| e.properties["value"].as_i64());
    let [a, b] = conflicts.as_slice() else { panic!("{conflicts:?}") };
    assert_eq!((a.path.as_str(), b.path.as_str()), ("things/a", "things/b"));
    assert_eq!([&a.base, &a.ours, &a.theirs].map(value), [Some(Some(1)), Some(Some(3)), Some(Some(2))]);
    assert_eq!([&b.base, &b.ours, &b.theirs].map(value), [Some(Some(1)), Some(Some(3)), None]);

    let mut rival = thing("c", 0);
    rival.path = "things/d".into();
    let next = set(&p, "main", Some(head), &[("d", 1)]).await;
    let error = try_it(puts([rival])).await.unwrap_err();
    let Error::Conflict { conflicts, head: at, .. } = error else { panic!("{error}") };
    assert_eq!((at, conflicts[0].reason), (next, ConflictReason::Path));
    assert_eq!(p.branch("main").await.unwrap(), next);
}

pub async fn racing_commits_all_arrive(backend: Arc<dyn Backend>) {
    let base = set(&project(&backend), "main", None, &[]).await;
    // Two repositories stand for two processes: they share no lock.
    let repositories = [Repository::new(backend.clone()), Repository::new(backend.clone())];
    let tasks = (0..20).map(|n| {
        let p = repositories[n % 2].project("one").unwrap();
        tokio::spawn(async move { set(&p, "main", Some(base), &[(&format!("t{n:02}"), 1)]).await })
    });
    futures::future::try_join_all(tasks).await.unwrap();
    let p = project(&backend);
    let head = p.branch("main").await.unwrap();
    assert_eq!(all(&p, head).await.len(), 20);
    assert_eq!(p.log(head, 100).await.unwrap().len(), 21);
    assert_eq!(p.latest_event().await.unwrap(), 21);
}

pub async fn fenced_commits_are_refused(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "main", None, &[]).await;
    backend.raise_fence("one", Fence { scope: "run/1".into(), token: 8 }).await.unwrap();
    let mut commit = Commit::new(Some(base), puts([thing("a", 1)]), "t", "");
    commit.fence = Some(Fence { scope: "run/1".into(), token: 7 });
    assert_eq!(p.commit("main", commit.clone()).await.unwrap_err().code(), "fenced");
    assert_eq!(p.branch("main").await.unwrap(), base);
    commit.fence = Some(Fence { scope: "run/1".into(), token: 8 });
    p.commit("main", commit).await.unwrap();
}

pub async fn blobs_must_exist(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let mut entity = thing("a", 1);
    entity.blobs.insert("field".into(), Hash::of(b"field"));
    let commit = Commit::new(None, puts([entity]), "t", "");
    assert_eq!(p.commit("main", commit.clone()).await.unwrap_err().code(), "not_found");
    backend.put_blob_bytes("one", "field".into()).await.unwrap();
    p.commit("main", commit).await.unwrap();
}

pub async fn names_resolve(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let a = set(&p, "main", None, &[("a", 1)]).await;
    let b = set(&p, "main", Some(a), &[("a", 2)]).await;
    let c = set(&p, "main", Some(b), &[("a", 3)]).await;
    p.create_tag("v1", b, "t").await.unwrap();
    p.create_tag("main", a, "t").await.unwrap();
    let hex = b.to_string();
    for (name, version) in [
        ("main", c),
        ("main~", b),
        ("main~2", a),
        ("main^~1", a),
        ("main~0", c),
        ("v1", b),
        ("tag/main", a),
        ("branch/main", c),
        (hex.as_str(), b),
        (&hex[..12], b),
        (&hex[..11], b),
        (&hex[..12].to_uppercase(), b),
    ] {
        assert_eq!(p.resolve(name).await.unwrap(), version, "{name}");
    }
    for name in ["", "none", "main~3", "main~99999999999999999999999", "main^2", "abcdef0123", "~", "main~x"]
    {
        assert!(p.resolve(name).await.is_err(), "{name}");
    }
}

pub async fn watchers_see_everything_once(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let mut watch = p.watch(0);
    let base = set(&p, "main", None, &[]).await;
    let first = watch.next().await.unwrap().unwrap();
    assert_eq!((first.seq, first.action, first.version), (1, Action::Commit, Some(base)));
    let waiting = tokio::spawn(async move { watch.take(6).try_collect::<Vec<_>>().await.unwrap() });
    let mut head = base;
    for n in 0..5 {
        head = set(&p, "main", Some(head), &[("a", n)]).await;
    }
    p.create_tag("v1", head, "ada").await.unwrap();
    let events = waiting.await.unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    let last = events.last().unwrap();
    assert_eq!((last.action, last.name.as_str(), last.author.as_str()), (Action::CreateTag, "v1", "ada"));
    assert_eq!(p.events(5, 1).await.unwrap()[0], events[4]);
}

pub async fn entities_come_in_order(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let entity = |n: usize| {
        let (folder, kind) =
            if n.is_multiple_of(2) { ("even", "number.even") } else { ("odd", "number.odd") };
        Entity::new(format!("id-{:03}", (n * 7) % 300), kind, format!("{folder}/{n:03}"))
    };
    let done = p.commit("main", Commit::new(None, puts((0..300).map(entity)), "t", "")).await.unwrap();
    let version = done.version;
    let list =
        async |filter| -> Vec<Arc<Entity>> { p.entities(version, filter).try_collect().await.unwrap() };
    let found = list(Filter::default()).await;
    assert!(found.len() == 300 && found.is_sorted_by_key(|entity| entity.path.clone()));
    let found = list(Filter { order: Order::Id, ..Filter::default() }).await;
    assert!(found.len() == 300 && found.is_sorted_by_key(|entity| entity.id.clone()));
    let found = list(Filter { path: Some("odd/".into()), ..Filter::default() }).await;
    assert!(found.len() == 150 && found.iter().all(|entity| entity.path.starts_with("odd/")));
    let found = list(Filter { kind: Some("number.e".into()), ..Filter::default() }).await;
    assert!(found.len() == 150 && found.iter().all(|entity| entity.path.starts_with("even/")));
    let after = Some("even/150".to_owned());
    let found = list(Filter { path: Some("even/1".into()), after, ..Filter::default() }).await;
    assert_eq!(found.iter().map(|entity| entity.path.as_str()).next(), Some("even/152"));
    assert_eq!(found.len(), 24);
    assert!(list(Filter { path: Some("odder".into()), ..Filter::default() }).await.is_empty());
}
