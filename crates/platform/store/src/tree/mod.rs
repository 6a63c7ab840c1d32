//! A map from text to hashes as a tree of immutable objects.
//!
//! The tree is a radix tree over the bytes of the key. The node of a set of
//! keys is a function of that set alone:
//!
//! - up to [`node::LEAF`] keys: a leaf that lists them,
//! - else: their longest common prefix and one child for each byte that
//!   follows it (0 where a key ends there; keys hold no 0).
//!
//! So equal content has an equal root whatever its history (**invariant**),
//! a change rewrites one path of nodes, equal subtrees are skipped by a
//! comparison, and keys come in byte order.

mod diff;
mod edit;
mod lookup;
mod node;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use diff::diff;
pub(crate) use edit::{Edit, Editor};
pub(crate) use lookup::get_many;
pub(crate) use node::{Node, NodeRef};
pub(crate) use walk::{Walk, walk};
