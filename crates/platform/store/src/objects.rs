//! Reading the objects of one project: verified, decoded, cached.

use std::sync::Arc;

use bytes::Bytes;

use crate::backend::{Backend, Object};
use crate::cache::Cache;
use crate::entity::tag;
use crate::tree::Node;
use crate::version::Root;
use crate::{Entity, Error, Hash, Result, Version};

/// An object that was read.
#[derive(Clone)]
pub(crate) enum Decoded {
    Entity(Arc<Entity>),
    Node(Arc<Node>),
    Root(Root),
    Version(Arc<Version>),
}

/// The objects of one project.
pub(crate) struct Objects {
    pub backend: Arc<dyn Backend>,
    pub project: String,
    /// Tells the projects apart in the cache.
    pub number: u64,
    pub cache: Arc<Cache>,
}

/// Decodes an object; `None` when it is damaged.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let (first, body) = bytes.split_first()?;
    Some(match *first {
        tag::ENTITY => Decoded::Entity(Arc::new(Entity::decode(body)?)),
        tag::LEAF => Decoded::Node(Arc::new(Node::decode_leaf(body)?)),
        tag::INNER => Decoded::Node(Arc::new(Node::decode_inner(body)?)),
        tag::ROOT => Decoded::Root(Root::decode(body)?),
        tag::VERSION => Decoded::Version(Arc::new(Version::decode(body)?)),
        _ => return None,
    })
}

/// What a decoded object takes in memory, roughly.
fn cost(encoded: usize) -> usize {
    256 + 3 * encoded
}

impl Objects {
    /// The objects of these hashes; `None` where there is none.
    pub async fn get(&self, hashes: &[Hash], keep: bool) -> Result<Vec<Option<Decoded>>> {
        let mut out: Vec<Option<Decoded>> =
            hashes.iter().map(|hash| self.cache.get((self.number, *hash))).collect();
        let absent: Vec<usize> = (0..out.len()).filter(|at| out[*at].is_none()).collect();
        if absent.is_empty() {
            return Ok(out);
        }
        let age = self.cache.age();
        let wanted: Vec<Hash> = absent.iter().map(|at| hashes[*at]).collect();
        let found = self.backend.get_objects(&self.project, &wanted).await?;
        for (at, bytes) in absent.into_iter().zip(found) {
            let Some(bytes) = bytes else { continue };
            let hash = hashes[at];
            if Hash::of(&bytes) != hash {
                return Err(Error::corrupt("an object", hash));
            }
            let decoded = decode(&bytes).ok_or_else(|| Error::corrupt("an object", hash))?;
            if keep {
                self.cache.insert(age, (self.number, hash), decoded.clone(), cost(bytes.len()));
            }
            out[at] = Some(decoded);
        }
        Ok(out)
    }

    /// Remembers objects that were just written, unless they are so many that
    /// decoding them would cost more than reading them when needed.
    pub fn remember(&self, objects: &[Object]) {
        if objects.len() > 1024 {
            return;
        }
        let age = self.cache.age();
        for (hash, bytes) in objects {
            if let Some(decoded) = decode(bytes) {
                self.cache.insert(age, (self.number, *hash), decoded, cost(bytes.len()));
            }
        }
    }

    pub async fn node(&self, hash: Hash) -> Result<Arc<Node>> {
        let found = self.nodes(&[hash]).await?;
        found.into_iter().next().ok_or_else(|| Error::corrupt("a tree node", hash))
    }

    pub async fn nodes(&self, hashes: &[Hash]) -> Result<Vec<Arc<Node>>> {
        let found = self.get(hashes, true).await?;
        let node = |(decoded, hash): (Option<Decoded>, &Hash)| match decoded {
            Some(Decoded::Node(node)) => Ok(node),
            _ => Err(Error::corrupt("a tree node", *hash)),
        };
        found.into_iter().zip(hashes).map(node).collect()
    }

    pub async fn entities(&self, hashes: &[Hash], keep: bool) -> Result<Vec<Arc<Entity>>> {
        let found = self.get(hashes, keep).await?;
        let entity = |(decoded, hash): (Option<Decoded>, &Hash)| match decoded {
            Some(Decoded::Entity(entity)) => Ok(entity),
            _ => Err(Error::corrupt("an entity", *hash)),
        };
        found.into_iter().zip(hashes).map(entity).collect()
    }

    /// Entities that may be absent.
    pub async fn maybe(&self, hashes: &[Option<Hash>]) -> Result<Vec<Option<Arc<Entity>>>> {
        let present: Vec<Hash> = hashes.iter().flatten().copied().collect();
        let mut found = self.entities(&present, true).await?.into_iter();
        Ok(hashes.iter().map(|hash| hash.and_then(|_| found.next())).collect())
    }

    pub async fn version(&self, id: Hash) -> Result<Arc<Version>> {
        match self.get(&[id], true).await?.pop().flatten() {
            Some(Decoded::Version(version)) => Ok(version),
            _ => Err(Error::not_found("version", id)),
        }
    }

    /// The content of a version.
    pub async fn root(&self, id: Hash) -> Result<Root> {
        let version = self.version(id).await?;
        match self.get(&[version.root], true).await?.pop().flatten() {
            Some(Decoded::Root(root)) => Ok(root),
            Some(_) => Err(Error::corrupt("the root of a version", version.root)),
            None => Err(Error::Pruned { version: id }),
        }
    }

    /// Stores many objects in portions, ahead of the step that needs them. The last come last: a content's root stands
    /// behind what it needs, and is not to be found without it.
    pub async fn store(&self, objects: &mut Vec<Object>, leave: usize) -> Result<()> {
        const PORTION: usize = 4096;
        while objects.len() > leave {
            let first: Vec<Object> = objects.drain(..objects.len().min(PORTION)).collect();
            self.backend.put_objects(&self.project, first).await?;
        }
        Ok(())
    }
}

/// An object from its bytes.
pub(crate) fn object(bytes: Bytes) -> Object {
    (Hash::of(&bytes), bytes)
}
