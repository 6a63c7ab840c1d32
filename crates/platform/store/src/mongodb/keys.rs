//! How names become keys and field names, and numbers and bytes values.
//!
//! What belongs to a project is keyed by the hash of the project's name
//! followed by its own, so all of a project is one range of the `_id` index
//! and no further index is needed. Keys of one collection are equally long:
//! binary values are ordered by their length first.

use ::mongodb::bson::spec::BinarySubtype;
use ::mongodb::bson::{Binary, Bson, Document, doc};
use bytes::Bytes;

use crate::{Error, Hash, Result};

pub(super) fn binary(bytes: impl Into<Vec<u8>>) -> Bson {
    Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.into() })
}

/// The key of something in a project that has a hash, or another 32 bytes.
pub(super) fn owned(project: &str, name: &[u8; 32]) -> Bson {
    binary([Hash::of(project.as_bytes()).as_bytes().as_slice(), name].concat())
}

/// All keys that [`owned`] makes for a project, from this hash on.
pub(super) fn owned_from(project: &str, from: Hash) -> Document {
    doc! { "$gte": owned(project, from.as_bytes()), "$lte": owned(project, &[255; 32]) }
}

/// All keys of a project.
pub(super) fn all_of(project: &str) -> Document {
    owned_from(project, Hash::ZERO)
}

/// The hash that a key of [`owned`] ends in.
pub(super) fn hash_of(document: &Document) -> Result<Hash> {
    let key = document.get_binary_generic("_id").ok();
    key.and_then(|key| Hash::from_slice(key.get(32..)?)).ok_or_else(|| damaged("a key"))
}

/// The key of an entry of a stream.
pub(super) fn entry(stream: &str, seq: u64) -> Bson {
    numbered(Hash::of(stream.as_bytes()).as_bytes(), seq)
}

/// The key of a numbered part of something.
pub(super) fn numbered(whole: &[u8], number: u64) -> Bson {
    binary([whole, &number.to_be_bytes()].concat())
}

/// The number that a key of [`numbered`] ends in.
pub(super) fn number_of(document: &Document) -> Result<u64> {
    let key = document.get_binary_generic("_id").ok();
    let tail = key.and_then(|key| key.len().checked_sub(8).map(|at| &key[at..]));
    tail.and_then(|tail| tail.try_into().ok()).map(u64::from_be_bytes).ok_or_else(|| damaged("a key"))
}

/// A reference's name as a field name, which has no dots and dollars.
pub(super) fn field(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '%' => text.push_str("%25"),
            '.' => text.push_str("%2E"),
            '$' => text.push_str("%24"),
            '\0' => text.push_str("%00"),
            _ => text.push(c),
        }
    }
    text
}

/// The name that [`field`] was made of.
pub(super) fn name(field: &str) -> String {
    field.replace("%2E", ".").replace("%24", "$").replace("%00", "\0").replace("%25", "%")
}

/// The last text that starts with `prefix` is below this.
pub(super) fn below(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

/// Numbers beyond what the database holds saturate; times and sizes never
/// reach it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as the server takes it: none is larger than 31 bits.
pub(super) fn rows(limit: usize) -> i64 {
    i64::from(i32::try_from(limit).unwrap_or(i32::MAX))
}

/// A number that is not negative, of whatever numeric type.
pub(super) fn number(document: &Document, field: &str) -> Option<u64> {
    match document.get(field)? {
        Bson::Int64(number) => u64::try_from(*number).ok(),
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Double(number) if *number >= 0.0 => Some(*number as u64),
        _ => None,
    }
}

/// The bytes in a field.
pub(super) fn bytes(document: Document, field: &'static str) -> Result<Bytes> {
    let mut document = document;
    match document.remove(field) {
        Some(Bson::Binary(binary)) => Ok(binary.bytes.into()),
        _ => Err(damaged(field)),
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::corrupt(format!("the database ({what} is missing or not as written)"), None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_come_back() {
        for text in ["branch/a.b", "x%2E", "a$%", "tag/ä.ö", "%2525", "\0"] {
            let encoded = field(text);
            assert!(!encoded.contains(['.', '$', '\0']), "{encoded}");
            assert_eq!(name(&encoded), text);
        }
    }

    #[test]
    fn keys_keep_the_order() {
        let bytes = |key: Bson| match key {
            Bson::Binary(binary) => binary.bytes,
            _ => Vec::new(),
        };
        assert!(bytes(entry("s", 255)) < bytes(entry("s", 256)));
        let (a, b) = (Hash::of(b"a"), Hash::of(b"b"));
        assert_eq!(a < b, bytes(owned("p", a.as_bytes())) < bytes(owned("p", b.as_bytes())));
        assert_eq!(number_of(&doc! { "_id": entry("s", 77) }).unwrap(), 77);
        assert_eq!(hash_of(&doc! { "_id": owned("p", a.as_bytes()) }).unwrap(), a);
        assert_eq!(hash_of(&doc! { "_id": 1 }).unwrap_err().code(), "corrupt");
    }
}
