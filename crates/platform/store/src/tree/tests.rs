#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::executor::block_on;
use proptest::prelude::*;

use super::node::LEAF;
use super::*;
use crate::cache::Cache;
use crate::objects::Objects;
use crate::{Hash, Memory};

type Model = BTreeMap<String, Hash>;

fn objects() -> Objects {
    Objects {
        backend: Arc::new(Memory::new()),
        project: "p".into(),
        number: 0,
        cache: Arc::new(Cache::new(1 << 20)),
    }
}

async fn change(objects: &Objects, root: Option<NodeRef>, edits: &[Edit]) -> Option<NodeRef> {
    let mut editor = Editor::new(objects);
    let root = editor.apply(root, edits).await.unwrap();
    objects.backend.put_objects("p", editor.written).await.unwrap();
    root
}

async fn build(objects: &Objects, model: &Model) -> Option<NodeRef> {
    let edits: Vec<Edit> = model.iter().map(|(key, value)| (key.clone(), Some(*value))).collect();
    change(objects, None, &edits).await
}

async fn list(objects: &Objects, mut walk: Walk) -> Vec<(String, Hash)> {
    let mut out = Vec::new();
    while let Some(entries) = walk.next(objects).await.unwrap() {
        out.extend(entries);
    }
    out
}

/// Few letters make long common prefixes and keys within keys.
fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,9}", "[a-f]/[0-9]{1,3}", "x/y/z/[0-9]{3}"]
}

fn value() -> impl Strategy<Value = Hash> {
    (0..4_u8).prop_map(|n| Hash::of(&[n]))
}

fn model() -> impl Strategy<Value = Model> {
    proptest::collection::btree_map(key(), value(), 0..400)
}

fn edits() -> impl Strategy<Value = BTreeMap<String, Option<Hash>>> {
    proptest::collection::btree_map(key(), proptest::option::of(value()), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_the_content_decides_the_root(
        start in model(),
        steps in proptest::collection::vec(edits(), 0..4),
    ) {
        block_on(async {
            let objects = objects();
            let mut root = build(&objects, &start).await;
            let mut model = start;
            for step in steps {
                let edits: Vec<Edit> = step.clone().into_iter().collect();
                root = change(&objects, root, &edits).await;
                for (key, value) in step {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
            }
            assert_eq!(root, build(&objects, &model).await);
            assert_eq!(root.map_or(0, |root| root.count), model.len() as u64);
            let all: Vec<_> = model.clone().into_iter().collect();
            assert_eq!(list(&objects, walk(root, "", None)).await, all);

            // Down to nothing and up again, in halves.
            let gone: Vec<Edit> = model.keys().map(|key| (key.clone(), None)).collect();
            let (first, second) = gone.split_at(gone.len() / 2);
            let half = change(&objects, root, first).await;
            assert_eq!(change(&objects, half, second).await, None);
        });
    }

    #[test]
    fn lookups_and_walks_agree_with_a_map(model in model(), keys in proptest::collection::vec(key(), 0..40)) {
        block_on(async {
            let objects = objects();
            let root = build(&objects, &model).await;
            let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            keys.sort_unstable();
            let found = get_many(&objects, root, &keys).await.unwrap();
            for (key, found) in keys.iter().zip(found) {
                assert_eq!(found, model.get(*key).copied(), "{key}");
                let prefix = &key[..key.len().div_ceil(2)];
                for after in [None, Some(*key)] {
                    let wanted = |item: &(&String, &Hash)| {
                        item.0.starts_with(prefix) && after.is_none_or(|after| item.0.as_str() > after)
                    };
                    let expected: Vec<_> =
                        model.iter().filter(wanted).map(|(key, value)| (key.clone(), *value)).collect();
                    assert_eq!(list(&objects, walk(root, prefix, after)).await, expected);
                }
            }
        });
    }

    #[test]
    fn a_diff_leads_from_one_to_the_other(a in model(), step in edits(), other in model()) {
        block_on(async {
            let objects = objects();
            let mut near = a.clone();
            for (key, value) in step {
                match value {
                    Some(value) => near.insert(key, value),
                    None => near.remove(&key),
                };
            }
            let root = build(&objects, &a).await;
            for b in [near, other] {
                let target = build(&objects, &b).await;
                let found = diff(&objects, root, target).await.unwrap();
                for (key, before, after) in &found {
                    assert_eq!((a.get(key).copied(), b.get(key).copied()), (*before, *after));
                    assert_ne!(before, after);
                }
                let edits: Vec<Edit> = found.into_iter().map(|(key, _, after)| (key, after)).collect();
                assert_eq!(change(&objects, root, &edits).await, target);
            }
        });
    }

    #[test]
    fn damaged_nodes_are_refused_without_a_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for tag in *b"LIREV" {
            if let Some(first) = bytes.first_mut() {
                *first = tag;
            }
            let _ = crate::objects::decode(&bytes);
        }
    }
}

#[test]
fn nodes_survive_their_bytes() {
    let entries: Vec<_> = (0..LEAF).map(|n| (format!("k{n:02}"), Hash::of(&[n as u8]))).collect();
    let leaf = Node::Leaf(entries);
    let bytes = leaf.encode();
    assert_eq!(Node::decode_leaf(&bytes[1..]).unwrap(), leaf);
    for cut in 1..bytes.len() {
        assert!(Node::decode_leaf(&bytes[1..cut]).is_none());
    }
}

#[test]
fn one_change_among_many_writes_one_path() {
    block_on(async {
        let objects = objects();
        let model: Model = (0..20_000).map(|n| (format!("entity/{n:08}"), Hash::of(b"x"))).collect();
        let root = build(&objects, &model).await;
        let mut editor = Editor::new(&objects);
        let edit = [("entity/00010000".to_owned(), Some(Hash::of(b"y")))];
        editor.apply(root, &edit).await.unwrap();
        // 20,000 in tens: three inner levels above leaves of ten or more.
        assert!(editor.written.len() <= 5, "{}", editor.written.len());
        let size: usize = editor.written.iter().map(|object| object.1.len()).sum();
        assert!(size < 4096, "{size} bytes for one change");
    });
}
