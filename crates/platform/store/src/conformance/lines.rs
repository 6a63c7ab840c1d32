//! Branches, merges, ways back and prune.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{all, pairs, project, puts, set, thing};
use crate::{Backend, Commit, Error, Hash, Outcome, Policy, Project, VersionId};

const GONE: i64 = i64::MIN;

pub(super) async fn branch(p: &Project, name: &str, at: VersionId) {
    p.create_branch(name, at, "t").await.unwrap();
}

pub async fn merges_follow_the_base(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "main", None, &[("a", 1), ("b", 1), ("c", 1)]).await;
    branch(&p, "side", base).await;
    let side = set(&p, "side", Some(base), &[("a", 2), ("c", GONE), ("d", 1)]).await;
    let done = p.merge("main", side, "t", "forward").await.unwrap();
    assert_eq!((done.version, done.outcome), (side, Outcome::Moved));
    let again = p.merge("main", base, "t", "").await.unwrap();
    assert_eq!((again.version, again.outcome), (side, Outcome::Unchanged));

    let main = set(&p, "main", Some(side), &[("b", 5), ("e", 1)]).await;
    let side = set(&p, "side", Some(side), &[("a", 7), ("e", 1)]).await;
    let done = p.merge("main", side, "t", "both").await.unwrap();
    assert_eq!(p.version(done.version).await.unwrap().parents, [main, side]);
    let expected = pairs(&[("a", 7), ("b", 5), ("d", 1), ("e", 1)]);
    assert_eq!(all(&p, done.version).await, expected);
    assert_eq!(p.bases(done.version, side).await.unwrap(), [side]);

    set(&p, "main", Some(done.version), &[("a", 8)]).await;
    let side = set(&p, "side", Some(side), &[("a", 9), ("b", 9)]).await;
    let error = p.merge("main", side, "t", "").await.unwrap_err();
    let Error::Conflict { conflicts, .. } = error else { panic!("{error}") };
    assert_eq!(conflicts.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["things/a", "things/b"]);
    // Lines without a common version meet as if from nothing.
    let alone = set(&p, "alone", None, &[("z", 1)]).await;
    let done = p.merge("side", alone, "t", "").await.unwrap();
    assert!(all(&p, done.version).await.contains(&("z".to_owned(), 1)));
}

pub async fn conflicts_are_settled_by_path(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "main", None, &[("a", 1), ("b", 1), ("c", 1)]).await;
    branch(&p, "side", base).await;
    set(&p, "main", Some(base), &[("a", 2), ("b", 2), ("c", 2)]).await;
    let side = set(&p, "side", Some(base), &[("a", 3), ("b", 3), ("c", GONE), ("d", 3)]).await;
    let mut settled: BTreeMap<String, bool> =
        [("things/a".to_owned(), true), ("things/b".to_owned(), false)].into();
    let error = p.merge_settled("main", side, "t", "", &settled).await.unwrap_err();
    let Error::Conflict { conflicts, .. } = error else { panic!("{error}") };
    assert_eq!(conflicts.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["things/c"]);
    settled.insert("things/c".to_owned(), true);
    let done = p.merge_settled("main", side, "t", "", &settled).await.unwrap();
    assert_eq!(all(&p, done.version).await, pairs(&[("a", 3), ("b", 2), ("d", 3)]));
}

pub async fn criss_cross_merges(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let base = set(&p, "x", None, &[("a", 0), ("b", 0), ("c", 0)]).await;
    branch(&p, "y", base).await;
    let x1 = set(&p, "x", Some(base), &[("a", 1)]).await;
    let y1 = set(&p, "y", Some(base), &[("b", 1)]).await;
    let x2 = p.merge("x", y1, "t", "").await.unwrap().version;
    let y2 = p.merge("y", x1, "t", "").await.unwrap().version;
    let mut bases = p.bases(x2, y2).await.unwrap();
    bases.sort();
    let mut expected = vec![x1, y1];
    expected.sort();
    assert_eq!(bases, expected);
    // With either base alone one of these would look changed on both sides.
    set(&p, "x", Some(x2), &[("a", 5)]).await;
    let y3 = set(&p, "y", Some(y2), &[("b", 6)]).await;
    let done = p.merge("x", y3, "t", "").await.unwrap();
    assert_eq!(all(&p, done.version).await, pairs(&[("a", 5), ("b", 6), ("c", 0)]));
}

pub async fn revert_and_restore(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let a = set(&p, "main", None, &[("a", 1), ("b", 1)]).await;
    let b = set(&p, "main", Some(a), &[("a", 2), ("c", 2)]).await;
    let c = set(&p, "main", Some(b), &[("b", 3)]).await;
    let done = p.revert("main", b, "t", "undo b").await.unwrap();
    assert_eq!(all(&p, done.version).await, pairs(&[("a", 1), ("b", 3)]));
    assert_eq!(p.version(done.version).await.unwrap().parents, [c]);
    let again = p.revert("main", b, "t", "").await.unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    let d = set(&p, "main", Some(done.version), &[("b", 4)]).await;
    let error = p.revert("main", c, "t", "").await.unwrap_err();
    assert_eq!(error.code(), "conflict");
    let done = p.restore("main", b, "t", "").await.unwrap();
    assert_eq!(p.version(done.version).await.unwrap().parents, [d]);
    assert_eq!(p.version(done.version).await.unwrap().root, p.version(b).await.unwrap().root);
}

/// What can be undone and redone, by what it says.
async fn can(p: &Project, author: &str) -> [Option<String>; 2] {
    let found = p.undoable("main", author).await.unwrap();
    found.map(|one| one.map(|(_, version)| version.message.clone()))
}

pub async fn undo_and_redo_lose_nothing(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let a = set(&p, "main", None, &[("a", 1)]).await;
    let b = set(&p, "main", Some(a), &[("a", 2)]).await;
    let c = set(&p, "main", Some(b), &[("a", 3)]).await;
    let said = || Some("set".to_owned());
    assert_eq!(can(&p, "tester").await, [said(), None]);
    assert_eq!(p.undo("main", "tester").await.unwrap().version, b);
    assert_eq!(p.undo("main", "tester").await.unwrap().version, a);
    assert_eq!(can(&p, "tester").await, [None, said()]);
    assert!(matches!(p.undo("main", "tester").await, Err(Error::NothingTo { action: "undo", .. })));
    assert_eq!(p.redo("main", "tester").await.unwrap().version, b);
    assert_eq!(p.redo("main", "tester").await.unwrap().version, c);
    assert!(matches!(p.redo("main", "tester").await, Err(Error::NothingTo { action: "redo", .. })));

    p.undo("main", "tester").await.unwrap();
    p.undo("main", "tester").await.unwrap();
    let d = set(&p, "main", Some(a), &[("b", 1)]).await;
    assert!(p.redo("main", "tester").await.is_err());
    assert_eq!(p.abandoned().await.unwrap(), [c]);
    let policy = Policy { grace: Duration::ZERO, ..Policy::default() };
    p.prune(&policy).await.unwrap();
    assert_eq!(all(&p, c).await, pairs(&[("a", 3)]));
    // A client that still stands on the undone version keeps the others' work.
    let done = p.commit("main", Commit::new(Some(c), puts([thing("x", 1)]), "t", "")).await.unwrap();
    assert_eq!(done.previous, Some(d));
    assert_eq!(all(&p, done.version).await, pairs(&[("a", 1), ("b", 1), ("x", 1)]));
}

/// A change of somebody, or of a run for somebody, on the head.
async fn change(p: &Project, author: &str, run: &str, id: &str, value: i64) -> VersionId {
    let head = p.branch("main").await.unwrap();
    let mut commit = Commit::new(Some(head), puts([thing(id, value)]), author, format!("{id} {value}"));
    commit.run = run.into();
    p.commit("main", commit).await.unwrap().version
}

/// Undoes or redoes, and tells what the branch then holds.
async fn back(p: &Project, author: &str) -> Vec<(String, i64)> {
    all(p, p.undo("main", author).await.unwrap().version).await
}

async fn forth(p: &Project, author: &str) -> Vec<(String, i64)> {
    all(p, p.redo("main", author).await.unwrap().version).await
}

pub async fn undo_passes_over_runs(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    set(&p, "main", None, &[("w", 0)]).await;
    for value in [1, 2] {
        change(&p, "ada", "", "w", value).await;
    }
    change(&p, "ada", "run1", "mesh", 2).await;
    let solved = change(&p, "ada", "run1", "field", 2).await;
    assert_eq!(p.version(solved).await.unwrap().run, "run1");
    let say = |text: &str| Some(text.to_owned());
    assert_eq!(can(&p, "ada").await, [say("w 2"), None]);
    // The results stay; the last change goes, then the one before, then there is nothing.
    let with = |w| pairs(&[("field", 2), ("mesh", 2), ("w", w)]);
    let undone = p.undo("main", "ada").await.unwrap();
    assert_eq!((undone.outcome, undone.previous), (Outcome::Created, Some(solved)));
    let version = p.version(undone.version).await.unwrap();
    assert!(
        version.undoes.is_some()
            && version.message.starts_with("undo ")
            && version.message.ends_with("(w 2)")
    );
    assert_eq!(all(&p, undone.version).await, with(1));
    assert_eq!(can(&p, "ada").await, [say("w 1"), say("w 2")]);
    assert_eq!(back(&p, "ada").await, with(0));
    assert_eq!(p.undo("main", "ada").await.unwrap_err().code(), "nothing_to");
    // And forth again, in the order in which they were made, also when a run goes on between.
    assert_eq!(can(&p, "ada").await, [None, say("w 1")]);
    assert_eq!(forth(&p, "ada").await, with(1));
    change(&p, "ada", "run2", "field", 1).await;
    let with = |w| pairs(&[("field", 1), ("mesh", 2), ("w", w)]);
    assert_eq!(forth(&p, "ada").await, with(2));
    assert_eq!(p.redo("main", "ada").await.unwrap_err().code(), "nothing_to");
    // What was brought back can be undone like any change.
    assert_eq!(back(&p, "ada").await, with(1));
    assert_eq!(back(&p, "ada").await, with(0));
    assert_eq!(forth(&p, "ada").await, with(1));
    // A change of one's own ends it.
    change(&p, "ada", "", "w", 7).await;
    assert_eq!(can(&p, "ada").await, [say("w 7"), None]);
    assert_eq!(back(&p, "ada").await, with(1));
    assert_eq!(back(&p, "ada").await, with(0));
    assert_eq!(forth(&p, "ada").await, with(1));
    assert_eq!(forth(&p, "ada").await, with(7));
    assert_eq!(p.redo("main", "ada").await.unwrap_err().code(), "nothing_to");
}

pub async fn a_run_after_an_undo_leaves_the_redo(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    set(&p, "main", None, &[("w", 0)]).await;
    let one = change(&p, "ada", "", "w", 1).await;
    let two = change(&p, "ada", "", "w", 2).await;
    assert_eq!(p.undo("main", "ada").await.unwrap().version, one);
    change(&p, "ada", "run1", "field", 1).await;
    change(&p, "bob", "", "b", 1).await;
    assert_eq!(can(&p, "ada").await[1].as_deref(), Some("w 2"));
    let with = |w| pairs(&[("b", 1), ("field", 1), ("w", w)]);
    assert_eq!(back(&p, "ada").await, with(0));
    assert_eq!(forth(&p, "ada").await, with(1));
    assert_eq!(forth(&p, "ada").await, with(2));
    assert_eq!(p.redo("main", "ada").await.unwrap_err().code(), "nothing_to");
    assert_eq!(p.abandoned().await.unwrap(), [two], "the version that was laid over is held");
    assert_eq!(back(&p, "ada").await, with(1));
    assert_eq!(forth(&p, "ada").await, with(2));
}

pub async fn undo_is_of_the_own_changes(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    set(&p, "main", None, &[("a", 0), ("b", 0)]).await;
    change(&p, "ada", "", "a", 1).await;
    let bob = change(&p, "bob", "", "b", 1).await;
    assert_eq!(can(&p, "eve").await, [None, None]);
    assert_eq!(p.undo("main", "eve").await.unwrap_err().code(), "nothing_to");
    // Not what is at the head, but what is one's own.
    assert_eq!(back(&p, "ada").await, pairs(&[("a", 0), ("b", 1)]));
    assert_eq!(p.redo("main", "bob").await.unwrap_err().code(), "nothing_to");
    assert_eq!(back(&p, "bob").await, pairs(&[("a", 0), ("b", 0)]));
    assert_eq!(forth(&p, "ada").await, pairs(&[("a", 1), ("b", 0)]));
    assert_eq!(forth(&p, "bob").await, pairs(&[("a", 1), ("b", 1)]));
    assert_ne!(p.branch("main").await.unwrap(), bob);

    // Two who undo by turns, one of them by moves, get back what is theirs.
    change(&p, "ada", "", "a", 2).await;
    change(&p, "bob", "", "b", 2).await;
    assert_eq!(back(&p, "bob").await, pairs(&[("a", 2), ("b", 1)]));
    assert_eq!(back(&p, "ada").await, pairs(&[("a", 1), ("b", 1)]));
    assert_eq!(forth(&p, "bob").await, pairs(&[("a", 1), ("b", 2)]));
    assert_eq!(forth(&p, "ada").await, pairs(&[("a", 2), ("b", 2)]));

    // What others changed since is not lost without a word.
    change(&p, "ada", "", "a", 3).await;
    change(&p, "bob", "", "a", 4).await;
    let head = p.branch("main").await.unwrap();
    let error = p.undo("main", "ada").await.unwrap_err();
    let Error::Conflict { conflicts, .. } = error else { panic!("{error}") };
    assert_eq!(conflicts[0].path, "things/a");
    assert_eq!(p.branch("main").await.unwrap(), head);
    // What somebody has set back already is passed over.
    change(&p, "bob", "", "a", 2).await;
    assert_eq!(back(&p, "ada").await, pairs(&[("a", 1), ("b", 2)]));
}

pub async fn branches_and_tags(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let a = set(&p, "main", None, &[("a", 1)]).await;
    branch(&p, "feature/x", a).await;
    assert_eq!(p.create_branch("main", a, "t").await.unwrap_err().code(), "already_exists");
    assert_eq!(p.create_branch("a b", a, "t").await.unwrap_err().code(), "bad_name");
    assert_eq!(p.create_branch("y", Hash::ZERO, "t").await.unwrap_err().code(), "not_found");
    let b = set(&p, "feature/x", Some(a), &[("a", 2)]).await;
    let listed = p.branches().await.unwrap();
    assert_eq!(listed, [("feature/x".to_owned(), b), ("main".to_owned(), a)]);
    p.delete_branch("feature/x", "t").await.unwrap();
    assert_eq!(p.branch("feature/x").await.unwrap_err().code(), "not_found");
    assert_eq!(p.abandoned().await.unwrap(), [b]);
    p.create_tag("v1", b, "t").await.unwrap();
    assert_eq!(p.create_tag("v1", a, "t").await.unwrap_err().code(), "already_exists");
    assert_eq!(p.tags().await.unwrap(), [("v1".to_owned(), b)]);
    p.delete_tag("v1", "t").await.unwrap();
    assert_eq!(p.delete_tag("v1", "t").await.unwrap_err().code(), "not_found");
}
