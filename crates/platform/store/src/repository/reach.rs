//! Everything that versions reach, each object once.

use std::collections::HashSet;

use crate::backend::Object;
use crate::objects::{Decoded, Objects, decode};
use crate::tree::Node;
use crate::{Error, Hash, Result, VersionId};

/// A walk over all that given versions reach. Works on stored bytes, past the
/// cache, and checks hashes and structure on the way.
pub(super) struct Reach {
    /// All objects that were met.
    pub seen: HashSet<Hash>,
    /// All blobs that were met.
    pub blobs: HashSet<Hash>,
    queue: Vec<Want>,
    /// Whether to follow every version to its content.
    contents: bool,
}

#[derive(Clone)]
struct Want {
    hash: Hash,
    place: Place,
}

/// Where an object is expected, and so what it must be.
#[derive(Clone)]
enum Place {
    /// The content of a head must be there; that of others may be pruned.
    Version {
        head: bool,
    },
    Root {
        required: bool,
    },
    Node {
        by: Key,
        count: u64,
        at: Option<usize>,
    },
    Entity {
        by: Key,
        key: String,
    },
}

#[derive(Clone, Copy)]
enum Key {
    Id,
    Path,
}

impl Reach {
    /// A walk that meets all versions, and with `contents` all that they hold.
    pub fn new(contents: bool) -> Self {
        Self { seen: HashSet::new(), blobs: HashSet::new(), queue: Vec::new(), contents }
    }

    /// Adds a version that a reference names, and its ancestors. All heads
    /// come before the first step of the walk.
    pub fn head(&mut self, id: VersionId) {
        self.want(id, Place::Version { head: true });
    }

    /// Adds a content; one that is not `required` may be pruned.
    pub fn root(&mut self, root: Hash, required: bool) {
        self.want(root, Place::Root { required });
    }

    fn want(&mut self, hash: Hash, place: Place) {
        if self.seen.insert(hash) {
            self.queue.push(Want { hash, place });
        }
    }

    /// Goes through all that remains.
    pub async fn finish(&mut self, objects: &Objects) -> Result<()> {
        while self.next(objects).await?.is_some() {}
        Ok(())
    }

    /// The next objects; `None` at the end.
    pub async fn next(&mut self, objects: &Objects) -> Result<Option<Vec<Object>>> {
        if self.queue.is_empty() {
            return Ok(None);
        }
        // From the end: depth first keeps the queue short.
        let batch = self.queue.split_off(self.queue.len().saturating_sub(256));
        let hashes: Vec<Hash> = batch.iter().map(|want| want.hash).collect();
        let found = objects.backend.get_objects(&objects.project, &hashes).await?;
        let mut out = Vec::with_capacity(batch.len());
        for (want, bytes) in batch.into_iter().zip(found) {
            let damaged = || Error::corrupt(want.place.what(), want.hash);
            let Some(bytes) = bytes else {
                // A version outlives its content when that is pruned.
                match want.place {
                    Place::Root { required: false } => {
                        self.seen.remove(&want.hash);
                        continue;
                    }
                    _ => return Err(damaged()),
                }
            };
            if Hash::of(&bytes) != want.hash {
                return Err(damaged());
            }
            let decoded = decode(&bytes).ok_or_else(damaged)?;
            self.follow(&want.place, decoded).ok_or_else(damaged)?;
            out.push((want.hash, bytes));
        }
        Ok(Some(out))
    }

    /// Queues what an object refers to; `None` when it is not what it should be.
    fn follow(&mut self, place: &Place, object: Decoded) -> Option<()> {
        match (place, object) {
            (Place::Version { head }, Decoded::Version(version)) => {
                for parent in &version.parents {
                    self.want(*parent, Place::Version { head: false });
                }
                if self.contents {
                    self.root(version.root, *head);
                }
            }
            (Place::Root { .. }, Decoded::Root(root)) => {
                for (tree, by) in [(root.by_id, Key::Id), (root.by_path, Key::Path)] {
                    if let Some(node) = tree {
                        self.want(node.hash, Place::Node { by, count: node.count, at: None });
                    }
                }
            }
            (Place::Node { by, count, at }, Decoded::Node(node)) => {
                if node.count() != *count {
                    return None;
                }
                self.follow_node(*by, *at, &node)?;
            }
            (Place::Entity { by, key }, Decoded::Entity(entity)) => {
                let own = match by {
                    Key::Id => &entity.id,
                    Key::Path => &entity.path,
                };
                if own != key {
                    return None;
                }
                self.blobs.extend(entity.blobs.values());
            }
            _ => return None,
        }
        Some(())
    }

    fn follow_node(&mut self, by: Key, at: Option<usize>, node: &Node) -> Option<()> {
        match node {
            Node::Leaf(entries) => {
                for (key, hash) in entries {
                    self.want(*hash, Place::Entity { by, key: key.clone() });
                }
            }
            Node::Inner { prefix, children } => {
                if at.is_some_and(|at| prefix.len() <= at) {
                    return None;
                }
                for child in children {
                    let (count, at) = (child.node.count, Some(prefix.len()));
                    self.want(child.node.hash, Place::Node { by, count, at });
                }
            }
        }
        Some(())
    }
}

impl Place {
    fn what(&self) -> &'static str {
        match self {
            Self::Version { .. } => "a version",
            Self::Root { .. } => "the root of a version",
            Self::Node { .. } => "a tree node",
            Self::Entity { .. } => "an entity",
        }
    }
}
