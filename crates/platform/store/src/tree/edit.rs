//! Changing a tree: new nodes along the changed paths.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::node::{Child, Entry, LEAF, Node, NodeRef, common, groups};
use crate::backend::Object;
use crate::objects::Objects;
use crate::{Hash, Result};

/// A key with its new value; `None` removes it.
pub(crate) type Edit = (String, Option<Hash>);

/// Applies edits and collects the new nodes.
pub(crate) struct Editor<'a> {
    objects: &'a Objects,
    /// The nodes that the new roots need beside the old ones.
    pub written: Vec<Object>,
}

/// What became of a subtree.
enum Part {
    /// At most [`LEAF`] entries, not yet stored.
    Small(Vec<Entry>),
    /// An inner node that is stored or written, with its prefix.
    Large(NodeRef, Vec<u8>),
    /// A stored node that no edit touched.
    Same(NodeRef),
}

impl Part {
    fn count(&self) -> u64 {
        match self {
            Self::Small(entries) => entries.len() as u64,
            Self::Large(node, _) | Self::Same(node) => node.count,
        }
    }
}

impl<'a> Editor<'a> {
    pub fn new(objects: &'a Objects) -> Self {
        Self { objects, written: Vec::new() }
    }

    /// The root after `edits`, which are sorted by key and name each once.
    pub async fn apply(&mut self, root: Option<NodeRef>, edits: &[Edit]) -> Result<Option<NodeRef>> {
        debug_assert!(edits.is_sorted_by(|a, b| a.0 < b.0));
        if edits.is_empty() {
            return Ok(root);
        }
        let part = match root {
            None => self.settle(puts(edits)),
            Some(root) => {
                let node = self.objects.node(root.hash).await?;
                self.edit(node, edits).await?
            }
        };
        Ok((part.count() > 0).then(|| self.store(part)))
    }

    fn edit<'s>(&'s mut self, node: Arc<Node>, edits: &'s [Edit]) -> BoxFuture<'s, Result<Part>> {
        Box::pin(async move {
            let (prefix, children) = match &*node {
                Node::Leaf(entries) => return Ok(self.settle(merge(entries, edits))),
                Node::Inner { prefix, children } => (prefix, children),
            };
            let start = edits.partition_point(|(key, _)| key.as_bytes() < prefix.as_slice());
            let len = edits[start..].partition_point(|(key, _)| key.as_bytes().starts_with(prefix));
            let within = &edits[start..start + len];
            let parts = self.edit_children(prefix.len(), children, within).await?;
            let part = self.join(prefix, parts).await?;
            let mut outside = puts(&edits[..start]);
            outside.extend(puts(&edits[start + len..]));
            self.insert(part, outside).await
        })
    }

    /// The parts of an inner node after the edits that belong below it.
    async fn edit_children(
        &mut self,
        at: usize,
        children: &[Child],
        edits: &[Edit],
    ) -> Result<Vec<(u8, Part)>> {
        let groups: Vec<(u8, &[Edit])> = groups(edits, at, |edit| &edit.0).collect();
        let find = |byte: u8| children.binary_search_by_key(&byte, |child| child.byte).ok();
        let touched: Vec<Hash> = groups
            .iter()
            .filter_map(|(byte, _)| find(*byte).map(|index| children[index].node.hash))
            .collect();
        let mut nodes = self.objects.nodes(&touched).await?.into_iter();
        let mut parts: Vec<(u8, Part)> = Vec::with_capacity(children.len() + groups.len());
        for (byte, group) in &groups {
            let part = match find(*byte).and_then(|_| nodes.next()) {
                Some(node) => {
                    node.check_below(at)?;
                    self.edit(node, group).await?
                }
                None => self.settle(puts(group)),
            };
            parts.push((*byte, part));
        }
        let touched = |byte| groups.binary_search_by_key(&byte, |group| group.0).is_ok();
        let same = children.iter().filter(|child| !touched(child.byte));
        parts.extend(same.map(|child| (child.byte, Part::Same(child.node))));
        parts.sort_unstable_by_key(|part| part.0);
        parts.retain(|(_, part)| part.count() > 0);
        Ok(parts)
    }

    /// Makes the node of parts that share `prefix`.
    async fn join(&mut self, prefix: &[u8], mut parts: Vec<(u8, Part)>) -> Result<Part> {
        let total: u64 = parts.iter().map(|(_, part)| part.count()).sum();
        if total <= LEAF as u64 {
            let mut entries = Vec::with_capacity(total as usize);
            for (_, part) in parts {
                entries.extend(self.entries(part).await?);
            }
            return Ok(Part::Small(entries));
        }
        if parts.len() == 1
            && let Some((_, part)) = parts.pop()
        {
            return Ok(part);
        }
        Ok(self.inner(prefix, parts))
    }

    /// The entries of a part that holds no more than a leaf may.
    async fn entries(&self, part: Part) -> Result<Vec<Entry>> {
        let node = match part {
            Part::Small(entries) => return Ok(entries),
            Part::Large(node, _) | Part::Same(node) => node,
        };
        match &*self.objects.node(node.hash).await? {
            Node::Leaf(entries) => Ok(entries.clone()),
            Node::Inner { .. } => Err(crate::Error::corrupt("tree node", node.hash)),
        }
    }

    /// Adds entries that do not share the prefix of `part`.
    async fn insert(&mut self, part: Part, more: Vec<Entry>) -> Result<Part> {
        if more.is_empty() {
            return Ok(part);
        }
        match part {
            Part::Small(mut entries) => {
                entries.extend(more);
                entries.sort_unstable();
                Ok(self.settle(entries))
            }
            Part::Large(node, prefix) => Ok(self.combine(node, prefix, &more)),
            Part::Same(node) => match &*self.objects.node(node.hash).await? {
                Node::Inner { prefix, .. } => Ok(self.combine(node, prefix.clone(), &more)),
                Node::Leaf(_) => Err(crate::Error::corrupt("tree node", node.hash)),
            },
        }
    }

    /// A large node and entries that each leave its prefix somewhere.
    fn combine(&mut self, node: NodeRef, prefix: Vec<u8>, more: &[Entry]) -> Part {
        let shared = |entry: &Entry| common(&prefix, entry.0.as_bytes());
        let Some(at) = more.iter().map(shared).min().filter(|at| *at < prefix.len()) else {
            return Part::Large(node, prefix);
        };
        let own = prefix[at];
        let head = prefix[..at].to_vec();
        let mut large = Some(prefix);
        let mut parts = Vec::new();
        for (byte, group) in groups(more, at, |entry| &entry.0) {
            let part = match large.take_if(|_| byte == own) {
                Some(prefix) => self.combine(node, prefix, group),
                None => self.settle(group.to_vec()),
            };
            parts.push((byte, part));
        }
        if let Some(prefix) = large {
            parts.push((own, Part::Large(node, prefix)));
            parts.sort_unstable_by_key(|part| part.0);
        }
        self.inner(&head, parts)
    }

    /// The node of sorted entries.
    fn settle(&mut self, entries: Vec<Entry>) -> Part {
        if entries.len() <= LEAF {
            return Part::Small(entries);
        }
        // Sorted, so the first and the last share what all share.
        let at = match (entries.first(), entries.last()) {
            (Some((first, _)), Some((last, _))) => common(first.as_bytes(), last.as_bytes()),
            _ => 0,
        };
        let prefix = entries[0].0.as_bytes()[..at].to_vec();
        let mut parts = Vec::new();
        for (byte, group) in groups(&entries, at, |entry| &entry.0) {
            parts.push((byte, self.settle(group.to_vec())));
        }
        self.inner(&prefix, parts)
    }

    fn inner(&mut self, prefix: &[u8], parts: Vec<(u8, Part)>) -> Part {
        let child = |(byte, part)| Child { byte, node: self.store(part) };
        let children = parts.into_iter().map(child).collect();
        let node = Node::Inner { prefix: prefix.to_vec(), children };
        Part::Large(self.write(&node), prefix.to_vec())
    }

    fn store(&mut self, part: Part) -> NodeRef {
        match part {
            Part::Small(entries) => self.write(&Node::Leaf(entries)),
            Part::Large(node, _) | Part::Same(node) => node,
        }
    }

    fn write(&mut self, node: &Node) -> NodeRef {
        let bytes = node.encode();
        let hash = Hash::of(&bytes);
        self.written.push((hash, bytes));
        NodeRef { hash, count: node.count() }
    }
}

fn puts(edits: &[Edit]) -> Vec<Entry> {
    edits.iter().filter_map(|(key, value)| Some((key.clone(), (*value)?))).collect()
}

/// Sorted entries after sorted edits.
fn merge(entries: &[Entry], edits: &[Edit]) -> Vec<Entry> {
    let mut out = Vec::with_capacity(entries.len() + edits.len());
    let mut old = entries.iter().peekable();
    for (key, value) in edits {
        while let Some(entry) = old.next_if(|entry| entry.0 < *key) {
            out.push(entry.clone());
        }
        old.next_if(|entry| entry.0 == *key);
        out.extend(value.map(|value| (key.clone(), value)));
    }
    out.extend(old.cloned());
    out
}
