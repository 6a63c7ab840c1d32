//! Finding many keys at once.

use std::ops::Range;

use super::node::{Node, NodeRef, groups};
use crate::objects::Objects;
use crate::{Hash, Result};

/// The values of `keys`, which are sorted; level by level, one read a level.
pub(crate) async fn get_many(
    objects: &Objects,
    root: Option<NodeRef>,
    keys: &[&str],
) -> Result<Vec<Option<Hash>>> {
    debug_assert!(keys.is_sorted());
    let mut found = vec![None; keys.len()];
    let mut level: Vec<(Hash, Range<usize>)> =
        root.map(|root| (root.hash, 0..keys.len())).into_iter().collect();
    while !level.is_empty() {
        let hashes: Vec<Hash> = level.iter().map(|(hash, _)| *hash).collect();
        let nodes = objects.nodes(&hashes).await?;
        let mut next = Vec::new();
        for (node, (_, range)) in nodes.iter().zip(level) {
            match &**node {
                Node::Leaf(entries) => {
                    for at in range {
                        let hit = entries.binary_search_by(|entry| entry.0.as_str().cmp(keys[at]));
                        found[at] = hit.ok().map(|index| entries[index].1);
                    }
                }
                Node::Inner { prefix, children } => {
                    let within = &keys[range.clone()];
                    let skip = within.partition_point(|key| key.as_bytes() < prefix.as_slice());
                    let len = within[skip..].partition_point(|key| key.as_bytes().starts_with(prefix));
                    let mut start = range.start + skip;
                    for (byte, group) in groups(&within[skip..skip + len], prefix.len(), |k| k) {
                        let end = start + group.len();
                        if let Ok(index) = children.binary_search_by_key(&byte, |c| c.byte) {
                            next.push((children[index].node.hash, start..end));
                        }
                        start = end;
                    }
                }
            }
        }
        level = next;
    }
    Ok(found)
}
