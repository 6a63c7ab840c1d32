//! What differs between two trees, without reading what is equal.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{Entry, Node, NodeRef, byte, common, groups};
use crate::objects::Objects;
use crate::{Hash, Result};

/// A key with its value in the one and in the other tree.
pub(crate) type Difference = (String, Option<Hash>, Option<Hash>);

/// One side of a pair of subtrees that cover the same keys.
#[derive(Clone)]
enum Side {
    Stored(NodeRef),
    Loaded(Arc<Node>, NodeRef),
    Entries(Vec<Entry>),
}

const NOTHING: Side = Side::Entries(Vec::new());

/// The differences from `a` to `b` by key. Reads level by level, so the cost
/// is that of the nodes that differ.
pub(crate) async fn diff(
    objects: &Objects,
    a: Option<NodeRef>,
    b: Option<NodeRef>,
) -> Result<Vec<Difference>> {
    let side = |root: Option<NodeRef>| root.map_or(NOTHING, Side::Stored);
    let mut level = vec![(side(a), side(b))];
    let mut out = Vec::new();
    while !level.is_empty() {
        level.retain(|pair| !equal(pair));
        load(objects, &mut level).await?;
        let mut next = Vec::new();
        for (a, b) in level {
            expand(a, b, &mut next, &mut out);
        }
        level = next;
    }
    out.sort_unstable();
    Ok(out)
}

fn equal(pair: &(Side, Side)) -> bool {
    let hash = |side: &Side| match side {
        Side::Stored(node) | Side::Loaded(_, node) => Some(node.hash),
        Side::Entries(_) => None,
    };
    matches!((hash(&pair.0), hash(&pair.1)), (Some(a), Some(b)) if a == b)
}

/// Reads the stored nodes of a level at once.
async fn load(objects: &Objects, level: &mut [(Side, Side)]) -> Result<()> {
    let sides = level.iter_mut().flat_map(|(a, b)| [a, b]);
    let stored: Vec<(&mut Side, NodeRef)> = sides
        .filter_map(|side| match *side {
            Side::Stored(node) => Some((side, node)),
            _ => None,
        })
        .collect();
    let hashes: Vec<Hash> = stored.iter().map(|(_, node)| node.hash).collect();
    let nodes = objects.nodes(&hashes).await?;
    for ((side, node), loaded) in stored.into_iter().zip(nodes) {
        *side = match &*loaded {
            Node::Leaf(entries) => Side::Entries(entries.clone()),
            Node::Inner { .. } => Side::Loaded(loaded, node),
        };
    }
    Ok(())
}

fn expand(a: Side, b: Side, next: &mut Vec<(Side, Side)>, out: &mut Vec<Difference>) {
    if let (Side::Entries(a), Side::Entries(b)) = (&a, &b) {
        return compare(a, b, out);
    }
    // The bytes that all keys of both sides share.
    let prefix = shared(&a, &b);
    let mut pairs: BTreeMap<u8, (Side, Side)> = BTreeMap::new();
    for (byte, part) in split(a, prefix) {
        pairs.insert(byte, (part, NOTHING));
    }
    for (byte, part) in split(b, prefix) {
        pairs.entry(byte).or_insert((NOTHING, NOTHING)).1 = part;
    }
    next.extend(pairs.into_values());
}

fn shared(a: &Side, b: &Side) -> usize {
    let mut texts: Vec<&[u8]> = Vec::new();
    for side in [a, b] {
        match side {
            Side::Loaded(node, _) => {
                if let Node::Inner { prefix, .. } = &**node {
                    texts.push(prefix);
                }
            }
            Side::Entries(entries) => {
                texts.extend(entries.first().map(|entry| entry.0.as_bytes()));
                texts.extend(entries.last().map(|entry| entry.0.as_bytes()));
            }
            Side::Stored(_) => {}
        }
    }
    let Some((first, rest)) = texts.split_first() else { return 0 };
    rest.iter().map(|text| common(first, text)).min().unwrap_or(first.len())
}

/// The parts of a side by the byte at `at`.
fn split(side: Side, at: usize) -> Vec<(u8, Side)> {
    match side {
        Side::Entries(entries) => groups(&entries, at, |entry| &entry.0)
            .map(|(byte, group)| (byte, Side::Entries(group.to_vec())))
            .collect(),
        Side::Loaded(node, stored) => match &*node {
            Node::Inner { prefix, children } if prefix.len() == at => {
                children.iter().map(|child| (child.byte, Side::Stored(child.node))).collect()
            }
            Node::Inner { prefix, .. } => {
                vec![(prefix[at], Side::Loaded(node.clone(), stored))]
            }
            Node::Leaf(entries) => {
                let first = entries.first().map_or(0, |entry| byte(&entry.0, at));
                vec![(first, Side::Entries(entries.clone()))]
            }
        },
        Side::Stored(_) => Vec::new(),
    }
}

fn compare(a: &[Entry], b: &[Entry], out: &mut Vec<Difference>) {
    let mut b = b.iter().peekable();
    for (key, value) in a {
        while let Some((new, value)) = b.next_if(|entry| entry.0 < *key) {
            out.push((new.clone(), None, Some(*value)));
        }
        match b.next_if(|entry| entry.0 == *key) {
            Some((_, other)) if other == value => {}
            other => out.push((key.clone(), Some(*value), other.map(|entry| entry.1))),
        }
    }
    out.extend(b.map(|(key, value)| (key.clone(), None, Some(*value))));
}
