//! Going through a tree in the order of its keys.

use std::sync::Arc;

use super::node::{Child, Entry, LEAF, Node, NodeRef, byte};
use crate::objects::Objects;
use crate::{Hash, Result};

/// Where a walk stands.
pub(crate) struct Walk {
    stack: Vec<Item>,
    prefix: String,
    after: Option<String>,
}

enum Item {
    Stored(NodeRef),
    Loaded(Arc<Node>),
}

/// A walk over the keys that start with `prefix` and come after `after`.
pub(crate) fn walk(root: Option<NodeRef>, prefix: &str, after: Option<&str>) -> Walk {
    Walk {
        stack: root.map(Item::Stored).into_iter().collect(),
        prefix: prefix.to_owned(),
        after: after.map(str::to_owned),
    }
}

impl Walk {
    /// The next entries, never an empty list; `None` at the end.
    pub async fn next(&mut self, objects: &Objects) -> Result<Option<Vec<Entry>>> {
        while let Some(item) = self.stack.pop() {
            let node = match item {
                Item::Stored(node) => objects.node(node.hash).await?,
                Item::Loaded(node) => node,
            };
            match &*node {
                Node::Leaf(entries) => {
                    let wanted = |entry: &&Entry| {
                        entry.0.starts_with(&self.prefix)
                            && self.after.as_ref().is_none_or(|after| entry.0 > *after)
                    };
                    let entries: Vec<Entry> = entries.iter().filter(wanted).cloned().collect();
                    if !entries.is_empty() {
                        return Ok(Some(entries));
                    }
                }
                Node::Inner { prefix, children } => self.descend(objects, prefix, children).await?,
            }
        }
        Ok(None)
    }

    /// Puts the children that can hold wanted keys on the stack, the first on
    /// top; leaves are read in one go.
    async fn descend(&mut self, objects: &Objects, own: &[u8], children: &[Child]) -> Result<()> {
        let wanted: Vec<&Child> = children.iter().filter(|child| self.may_hold(own, child.byte)).collect();
        let leaf = |child: &&&Child| child.node.count <= LEAF as u64;
        let hashes: Vec<Hash> = wanted.iter().filter(leaf).map(|child| child.node.hash).collect();
        let mut leaves = objects.nodes(&hashes).await?.into_iter().rev();
        for child in wanted.iter().rev() {
            let loaded = if leaf(&child) { leaves.next() } else { None };
            self.stack.push(loaded.map_or(Item::Stored(child.node), Item::Loaded));
        }
        Ok(())
    }

    fn may_hold(&self, own: &[u8], next: u8) -> bool {
        let want = self.prefix.as_bytes();
        let inside = if want.len() > own.len() {
            want.starts_with(own) && want[own.len()] == next
        } else {
            own.starts_with(want)
        };
        let later = match &self.after {
            None => true,
            Some(after) if after.as_bytes().starts_with(own) => next >= byte(after, own.len()),
            Some(after) => own > after.as_bytes(),
        };
        inside && later
    }
}
