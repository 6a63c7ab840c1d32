//! One node and its bytes.

use bytes::Bytes;

use crate::entity::tag;
use crate::{Error, Hash, Result};

/// The most entries of a leaf. Small leaves make cheap commits, large ones
/// shallow trees; 100,000 entities are three to four levels here.
pub(crate) const LEAF: usize = 32;

/// The longest key in bytes; it bounds the depth of a tree.
pub(crate) const MAX_KEY: usize = 512;

/// A key and its value.
pub(crate) type Entry = (String, Hash);

/// A node that is stored, and how many entries are below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeRef {
    pub hash: Hash,
    pub count: u64,
}

/// A child of an inner node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Child {
    /// The byte that follows the prefix; 0 where the key ends.
    pub byte: u8,
    pub node: NodeRef,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Leaf(Vec<Entry>),
    Inner { prefix: Vec<u8>, children: Vec<Child> },
}

/// The byte of `key` at `at`; 0 at its end.
pub(super) fn byte(key: &str, at: usize) -> u8 {
    key.as_bytes().get(at).copied().unwrap_or(0)
}

/// How many bytes two texts share from their start.
pub(super) fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Splits sorted items into runs of equal `byte(key, at)`.
pub(super) fn groups<T>(
    items: &[T],
    at: usize,
    key: impl Fn(&T) -> &str,
) -> impl Iterator<Item = (u8, &[T])> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let first = byte(key(rest.first()?), at);
        let end = rest.partition_point(|item| byte(key(item), at) <= first);
        let (group, tail) = rest.split_at(end);
        rest = tail;
        Some((first, group))
    })
}

impl Node {
    pub fn count(&self) -> u64 {
        match self {
            Self::Leaf(entries) => entries.len() as u64,
            Self::Inner { children, .. } => children.iter().map(|c| c.node.count).sum(),
        }
    }

    /// Refuses a node that is no deeper than its parent's prefix of length
    /// `at`: it bounds recursion on a tree that someone forged.
    pub fn check_below(&self, at: usize) -> Result<()> {
        match self {
            Self::Inner { prefix, .. } if prefix.len() <= at => {
                Err(Error::corrupt("a tree node", Hash::of(&self.encode())))
            }
            _ => Ok(()),
        }
    }

    /// The stored form: little-endian lengths, then what they count.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Leaf(entries) => {
                out.push(tag::LEAF);
                out.extend((entries.len() as u16).to_le_bytes());
                for (key, value) in entries {
                    out.extend((key.len() as u16).to_le_bytes());
                    out.extend(key.as_bytes());
                    out.extend(value.as_bytes());
                }
            }
            Self::Inner { prefix, children } => {
                out.push(tag::INNER);
                out.extend((prefix.len() as u16).to_le_bytes());
                out.extend(prefix);
                out.extend((children.len() as u16).to_le_bytes());
                for child in children {
                    out.push(child.byte);
                    out.extend(child.node.count.to_le_bytes());
                    out.extend(child.node.hash.as_bytes());
                }
            }
        }
        out.into()
    }

    pub fn decode_leaf(body: &[u8]) -> Option<Self> {
        let mut input = Input(body);
        let count = input.u16()? as usize;
        if count > LEAF {
            return None;
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        for _ in 0..count {
            let len = input.u16()? as usize;
            let key = std::str::from_utf8(input.take(len)?).ok()?;
            let value = Hash::from_slice(input.take(32)?)?;
            let ordered = entries.last().is_none_or(|(last, _)| last.as_str() < key);
            if !ordered || key.len() > MAX_KEY || key.contains('\0') {
                return None;
            }
            entries.push((key.to_owned(), value));
        }
        input.end().then_some(Self::Leaf(entries))
    }

    pub fn decode_inner(body: &[u8]) -> Option<Self> {
        let mut input = Input(body);
        let len = input.u16()? as usize;
        let prefix = input.take(len.min(MAX_KEY + 1))?.to_vec();
        let count = input.u16()? as usize;
        let mut children: Vec<Child> = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            let byte = input.take(1)?[0];
            let count = u64::from_le_bytes(input.take(8)?.try_into().ok()?);
            let hash = Hash::from_slice(input.take(32)?)?;
            if count == 0 || children.last().is_some_and(|last| last.byte >= byte) {
                return None;
            }
            children.push(Child { byte, node: NodeRef { hash, count } });
        }
        let total = children.iter().try_fold(0_u64, |sum, c| sum.checked_add(c.node.count))?;
        let good = len <= MAX_KEY && input.end() && children.len() >= 2 && total > LEAF as u64;
        good.then_some(Self::Inner { prefix, children })
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn end(&self) -> bool {
        self.0.is_empty()
    }
}
