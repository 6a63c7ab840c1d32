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
    /// For what comes from outside, all objects together with the places where they were met: an object that is
    /// right in one place may be wrong in another. Also, entities must be as this store would write them then.
    places: Option<HashSet<(Hash, Place)>>,
}

#[derive(Clone)]
struct Want {
    hash: Hash,
    place: Place,
}

/// Where an object is expected, and so what it must be.
#[derive(Clone, PartialEq, Eq, Hash)]
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
        /// What all keys below begin with; a key that ends there has its end in place of the last byte, 0.
        under: Vec<u8>,
    },
    Entity {
        by: Key,
        key: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Id,
    Path,
}

impl Reach {
    /// A walk that meets all versions, and with `contents` all that they hold.
    pub fn new(contents: bool) -> Self {
        Self { seen: HashSet::new(), blobs: HashSet::new(), queue: Vec::new(), contents, places: None }
    }

    /// A walk that meets everything and trusts nothing: for what comes from outside.
    pub fn strict() -> Self {
        Self { places: Some(HashSet::new()), ..Self::new(true) }
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
        let new = self.seen.insert(hash);
        let met = self.places.as_mut().map(|places| !places.insert((hash, place.clone())));
        if !met.unwrap_or(!new) {
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
            self.follow(&want.place, decoded, &bytes).ok_or_else(damaged)?;
            out.push((want.hash, bytes));
        }
        Ok(Some(out))
    }

    /// Queues what an object refers to; `None` when it is not what it should be.
    fn follow(&mut self, place: &Place, object: Decoded, bytes: &[u8]) -> Option<()> {
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
                        self.want(node.hash, Place::Node { by, count: node.count, under: Vec::new() });
                    }
                }
            }
            (Place::Node { by, count, under }, Decoded::Node(node)) => {
                if node.count() != *count {
                    return None;
                }
                self.follow_node(*by, under, &node)?;
            }
            (Place::Entity { by, key }, Decoded::Entity(entity)) => {
                let own = match by {
                    Key::Id => &entity.id,
                    Key::Path => &entity.path,
                };
                if own != key || self.places.is_some() && entity.encode().ok()? != bytes {
                    return None;
                }
                self.blobs.extend(entity.blobs.values());
            }
            _ => return None,
        }
        Some(())
    }

    fn follow_node(&mut self, by: Key, under: &[u8], node: &Node) -> Option<()> {
        match node {
            Node::Leaf(entries) => {
                for (key, hash) in entries {
                    if !below(under, key.as_bytes()) {
                        return None;
                    }
                    self.want(*hash, Place::Entity { by, key: key.clone() });
                }
            }
            Node::Inner { prefix, children } => {
                // Longer than the parent's, so that the depth of a tree has a bound.
                if !prefix.starts_with(under) {
                    return None;
                }
                for child in children {
                    let under = [prefix, &[child.byte][..]].concat();
                    self.want(child.node.hash, Place::Node { by, count: child.node.count, under });
                }
            }
        }
        Some(())
    }
}

/// Whether a key belongs under a node's prefix and byte, where 0 stands for the key's end.
fn below(under: &[u8], key: &[u8]) -> bool {
    match under.split_last() {
        Some((0, prefix)) => key == prefix,
        _ => key.starts_with(under),
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
