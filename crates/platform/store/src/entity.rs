//! What a project is made of, and its canonical form.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Hash, Result, names};

/// The largest encoded entity in bytes; what is larger belongs into a blob.
pub const MAX_ENTITY: usize = 4 << 20;
const MAX_DEPTH: usize = 64;

/// One thing of a project: a parameter, a solid, a port, a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its name for ever, unique in the project; usually a UUID.
    pub id: String,
    /// What it is; its schema goes by this.
    pub kind: String,
    /// Where it is in the tree: "ports/1"; unique in a version.
    pub path: String,
    /// Its values, in SI units.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Ids of the entities it depends on.
    #[serde(default)]
    pub references: Vec<String>,
    /// Its large data by name.
    #[serde(default)]
    pub blobs: BTreeMap<String, Hash>,
}

impl Entity {
    /// An entity without values.
    pub fn new(id: impl Into<String>, kind: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            path: path.into(),
            properties: Map::new(),
            references: Vec::new(),
            blobs: BTreeMap::new(),
        }
    }

    /// The same with one more property.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }

    /// Checks names and sizes, and gives the canonical bytes: a tag, then JSON
    /// without spaces whose keys are sorted at every level, so that equal
    /// entities have equal hashes.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::BadEntity`], [`Error::TooLarge`].
    pub fn encode(&self) -> Result<Bytes> {
        names::id(&self.id)?;
        names::kind(&self.kind)?;
        names::path(&self.path)?;
        for reference in &self.references {
            names::id(reference)?;
        }
        let mut out = vec![tag::ENTITY];
        let mut fields = Fields::new(&mut out);
        fields.key("blobs", |out| write(out, &self.blobs));
        fields.key("id", |out| write(out, &self.id));
        fields.key("kind", |out| write(out, &self.kind));
        fields.key("path", |out| write(out, &self.path));
        let mut good = true;
        fields.key("properties", |out| good = object(out, &self.properties, 0));
        fields.key("references", |out| write(out, &self.references));
        fields.end();
        if !good {
            let why = format!("its properties nest deeper than {MAX_DEPTH}");
            return Err(Error::bad_entity(&self.id, why));
        }
        if out.len() > MAX_ENTITY {
            let what = format!("entity `{}`", self.path);
            return Err(Error::TooLarge { what, size: out.len() as u64, limit: MAX_ENTITY as u64 });
        }
        Ok(out.into())
    }

    /// The hash of the canonical form.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn hash(&self) -> Result<Hash> {
        Ok(Hash::of(&self.encode()?))
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// The first byte of an object says what it is.
pub(crate) mod tag {
    pub const ENTITY: u8 = b'E';
    pub const LEAF: u8 = b'L';
    pub const INNER: u8 = b'I';
    pub const ROOT: u8 = b'R';
    pub const VERSION: u8 = b'V';
}

/// Writes the fields of one JSON object.
struct Fields<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Fields<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    fn key(&mut self, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        write(self.out, key);
        self.out.push(b':');
        value(self.out);
    }

    fn end(self) {
        self.out.push(b'}');
    }
}

/// Text, lists and maps of text always have a JSON form, and a vector takes
/// every write.
fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

fn object(out: &mut Vec<u8>, map: &Map<String, Value>, depth: usize) -> bool {
    let mut keys: Vec<_> = map.iter().collect();
    keys.sort_unstable_by_key(|(key, _)| *key);
    let mut good = depth < MAX_DEPTH;
    let mut fields = Fields::new(out);
    for (key, item) in keys {
        fields.key(key, |out| good = good && value(out, item, depth + 1));
    }
    fields.end();
    good
}

fn value(out: &mut Vec<u8>, item: &Value, depth: usize) -> bool {
    match item {
        Value::Object(map) => object(out, map, depth),
        Value::Array(items) => {
            if depth >= MAX_DEPTH {
                return false;
            }
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                if !value(out, item, depth + 1) {
                    return false;
                }
            }
            out.push(b']');
            true
        }
        plain => {
            write(out, plain);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn order_of_keys_does_not_matter() {
        let a = Entity::new("1", "box", "solids/a").with("x", json!({"p": 1, "q": [2.5, null]}));
        let b = Entity::new("1", "box", "solids/a").with("x", json!({"q": [2.5, null], "p": 1}));
        assert_eq!(a.encode().unwrap(), b.encode().unwrap());
        assert_eq!(Entity::decode(&a.encode().unwrap()[1..]).unwrap(), a);
    }

    #[test]
    fn refuses_bad_entities() {
        assert_eq!(Entity::new("", "k", "p").encode().unwrap_err().code(), "bad_name");
        assert_eq!(Entity::new("1", "k", "/p").encode().unwrap_err().code(), "bad_name");
        let mut deep = json!(1);
        for _ in 0..10_000 {
            deep = Value::Array(vec![deep]);
        }
        let mut entity = Entity::new("1", "k", "p").with("deep", deep);
        assert_eq!(entity.encode().unwrap_err().code(), "bad_entity");
        // Unwound by hand: dropping a value that deep would overflow the stack.
        let mut rest = entity.properties.remove("deep").unwrap();
        while let Value::Array(mut items) = rest {
            rest = items.pop().unwrap_or(Value::Null);
        }
        let large = Entity::new("1", "k", "p").with("x", "y".repeat(MAX_ENTITY));
        assert_eq!(large.encode().unwrap_err().code(), "too_large");
    }
}
