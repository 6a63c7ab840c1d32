//! From one content to the next: changes applied, and three-way merges.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use crate::backend::Object;
use crate::objects::{Objects, object};
use crate::tree::{Edit, Editor, diff, get_many};
use crate::version::Root;
use crate::{Conflict, ConflictReason, Entity, Error, Hash, Result};

/// What one entity shall be.
pub(super) struct Wanted {
    pub id: String,
    /// `None` deletes it.
    pub new: Option<(Hash, Arc<Entity>)>,
    /// The bytes of a new entity; `None` when it is stored already.
    pub bytes: Option<Bytes>,
}

impl Wanted {
    pub fn hash(&self) -> Option<Hash> {
        self.new.as_ref().map(|new| new.0)
    }
}

/// A path that two entities want.
pub(super) struct Taken {
    pub new: Arc<Entity>,
    pub holder: Arc<Entity>,
}

/// A content after changes, and what must be stored for it.
pub(super) struct Applied {
    pub root: Root,
    pub objects: Vec<Object>,
    /// Blobs that the changed entities name.
    pub blobs: Vec<Hash>,
    /// Not empty: the change is impossible, and the rest is void.
    pub taken: Vec<Taken>,
}

/// Applies changes, sorted by id, to a content.
pub(super) async fn apply(objects: &Objects, root: Root, wanted: &[Wanted]) -> Result<Applied> {
    let ids: Vec<&str> = wanted.iter().map(|wanted| wanted.id.as_str()).collect();
    let old = get_many(objects, root.by_id, &ids).await?;
    let changed: Vec<(&Wanted, Option<Hash>)> =
        wanted.iter().zip(old).filter(|(wanted, old)| wanted.hash() != *old).collect();
    let hashes: Vec<Option<Hash>> = changed.iter().map(|change| change.1).collect();
    let before = objects.maybe(&hashes).await?;

    let mut paths: BTreeMap<String, Option<Hash>> = BTreeMap::new();
    for ((wanted, _), old) in changed.iter().zip(&before) {
        let stays = |old: &Entity| wanted.new.as_ref().is_some_and(|new| new.1.path == old.path);
        if let Some(old) = old.as_ref().filter(|old| !stays(old)) {
            paths.insert(old.path.clone(), None);
        }
    }
    let taken = claim(objects, root, &changed, &before, &mut paths).await?;
    if !taken.is_empty() {
        return Ok(Applied { root, objects: Vec::new(), blobs: Vec::new(), taken });
    }

    let by_id: Vec<Edit> = changed.iter().map(|(wanted, _)| (wanted.id.clone(), wanted.hash())).collect();
    let by_path: Vec<Edit> = paths.into_iter().collect();
    let mut editor = Editor::new(objects);
    let root = Root {
        by_id: editor.apply(root.by_id, &by_id).await?,
        by_path: editor.apply(root.by_path, &by_path).await?,
    };
    if root.by_id.map(|node| node.count) != root.by_path.map(|node| node.count) {
        return Err(Error::corrupt("the index of paths", None));
    }
    let mut written = editor.written;
    let new = |(wanted, _): &(&Wanted, _)| Some((wanted.hash()?, wanted.bytes.clone()?));
    written.extend(changed.iter().filter_map(new));
    written.push(object(root.encode()));
    let entities = changed.iter().filter_map(|(wanted, _)| wanted.new.as_ref());
    let mut blobs: Vec<Hash> = entities.flat_map(|new| new.1.blobs.values().copied()).collect();
    blobs.sort_unstable();
    blobs.dedup();
    Ok(Applied { root, objects: written, blobs, taken })
}

/// Enters the paths of the new entities; gives those that others hold.
async fn claim(
    objects: &Objects,
    root: Root,
    changed: &[(&Wanted, Option<Hash>)],
    before: &[Option<Arc<Entity>>],
    paths: &mut BTreeMap<String, Option<Hash>>,
) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    let mut claimed: BTreeMap<&str, &Arc<Entity>> = BTreeMap::new();
    let mut fresh: BTreeMap<&str, &Arc<Entity>> = BTreeMap::new();
    for ((wanted, _), old) in changed.iter().zip(before) {
        let Some((hash, new)) = &wanted.new else { continue };
        if let Some(holder) = claimed.insert(&new.path, new) {
            taken.push(Taken { new: new.clone(), holder: holder.clone() });
        }
        let moved = old.as_ref().is_none_or(|old| old.path != new.path);
        if moved && !paths.contains_key(&new.path) {
            fresh.insert(&new.path, new);
        }
        paths.insert(new.path.clone(), Some(*hash));
    }
    let keys: Vec<&str> = fresh.keys().copied().collect();
    let holders = get_many(objects, root.by_path, &keys).await?;
    let holders = objects.maybe(&holders).await?;
    for (new, holder) in fresh.into_values().zip(holders) {
        // A holder that is itself changed stays where it is: were it to move
        // or go, its path would have been free.
        taken.extend(holder.map(|holder| Taken { new: new.clone(), holder }));
    }
    Ok(taken)
}

/// A merge: what to change in `ours`, and what cannot be decided.
pub(super) struct Merge {
    pub wanted: Vec<Wanted>,
    pub conflicts: Vec<Conflict>,
}

/// Brings the changes from `base` to `theirs` into `ours`.
pub(super) async fn three_way(objects: &Objects, base: Root, ours: Root, theirs: Root) -> Result<Merge> {
    let mine: HashMap<String, Option<Hash>> =
        diff(objects, base.by_id, ours.by_id).await?.into_iter().map(|(id, _, after)| (id, after)).collect();
    let mut take = Vec::new();
    let mut undecided = Vec::new();
    for (id, before, after) in diff(objects, base.by_id, theirs.by_id).await? {
        match mine.get(&id) {
            None => take.push((id, after)),
            Some(own) if *own == after => {}
            Some(own) => undecided.push((id, [before, *own, after])),
        }
    }
    let hashes: Vec<Option<Hash>> = take.iter().map(|item| item.1).collect();
    let entities = objects.maybe(&hashes).await?;
    let wanted = take
        .into_iter()
        .zip(entities)
        .map(|((id, hash), entity)| Wanted { id, new: hash.zip(entity), bytes: None })
        .collect();
    Ok(Merge { wanted, conflicts: conflicts(objects, undecided).await? })
}

/// The conflicts of entities by their hashes in base, ours and theirs.
pub(super) async fn conflicts(
    objects: &Objects,
    undecided: Vec<(String, [Option<Hash>; 3])>,
) -> Result<Vec<Conflict>> {
    let hashes: Vec<Option<Hash>> = undecided.iter().flat_map(|item| item.1).collect();
    let mut entities = objects.maybe(&hashes).await?.into_iter();
    let mut next = || entities.next().flatten();
    let mut conflicts: Vec<Conflict> = undecided
        .into_iter()
        .map(|(id, _)| {
            let (base, ours, theirs) = (next(), next(), next());
            let shown = ours.as_ref().or(theirs.as_ref()).or(base.as_ref());
            let path = shown.map_or_else(String::new, |entity| entity.path.clone());
            Conflict { id, path, reason: ConflictReason::Content, base, ours, theirs }
        })
        .collect();
    conflicts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(conflicts)
}

/// Paths that two entities want, as conflicts.
pub(super) fn path_conflicts(taken: Vec<Taken>) -> Vec<Conflict> {
    let conflict = |taken: Taken| Conflict {
        id: taken.new.id.clone(),
        path: taken.new.path.clone(),
        reason: ConflictReason::Path,
        base: None,
        ours: Some(taken.new),
        theirs: Some(taken.holder),
    };
    taken.into_iter().map(conflict).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use futures::executor::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::tree::get_many;
    use crate::{Memory, Repository};

    /// Entities by id: their path and value.
    type Model = BTreeMap<u8, (u8, u8)>;

    fn entity(id: u8, (path, value): (u8, u8)) -> Entity {
        Entity::new(format!("id{id}"), "k", format!("p/{path}")).with("v", value)
    }

    /// Paths are unique: later ids with a taken path are left out.
    fn model() -> impl Strategy<Value = Model> {
        proptest::collection::btree_map(0..80_u8, (0..100_u8, 0..3_u8), 0..80).prop_map(|raw| {
            let mut taken = std::collections::BTreeSet::new();
            raw.into_iter().filter(|(_, (path, _))| taken.insert(*path)).collect()
        })
    }

    fn wanted(from: &Model, to: &Model) -> Vec<Wanted> {
        let mut out = Vec::new();
        for id in 0..=u8::MAX {
            if from.get(&id) == to.get(&id) {
                continue;
            }
            let new = to.get(&id).map(|thing| entity(id, *thing));
            let bytes = new.as_ref().map(|new| new.encode().unwrap());
            let new = bytes.as_ref().map(|bytes| Hash::of(bytes)).zip(new.map(Arc::new));
            out.push(Wanted { id: format!("id{id}"), new, bytes });
        }
        out.sort_by(|a, b| a.id.cmp(&b.id));
        out
    }

    async fn make(objects: &Objects, root: Root, from: &Model, to: &Model) -> Root {
        let done = apply(objects, root, &wanted(from, to)).await.unwrap();
        assert!(done.taken.is_empty());
        objects.backend.put_objects(&objects.project, done.objects).await.unwrap();
        done.root
    }

    async fn merge(objects: &Objects, [base, ours, theirs]: [Root; 3]) -> Option<Root> {
        let merge = three_way(objects, base, ours, theirs).await.unwrap();
        let done = apply(objects, ours, &merge.wanted).await.unwrap();
        (merge.conflicts.is_empty() && done.taken.is_empty()).then_some(done.root)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn merge_laws(base in model(), a in model(), b in model()) {
            let repository = Repository::new(Arc::new(Memory::new()));
            let project = repository.project("p").unwrap();
            let objects = &*project.objects;
            block_on(async {
                let none = Model::new();
                let root = make(objects, Root::default(), &none, &base).await;
                let ours = make(objects, root, &base, &a).await;
                let theirs = make(objects, root, &base, &b).await;
                // The content decides the root, not the way to it.
                assert_eq!(ours, make(objects, theirs, &b, &a).await);
                assert_eq!(merge(objects, [root, ours, ours]).await, Some(ours));
                assert_eq!(merge(objects, [root, ours, root]).await, Some(ours));
                assert_eq!(merge(objects, [root, root, theirs]).await, Some(theirs));
                let one = merge(objects, [root, ours, theirs]).await;
                let other = merge(objects, [root, theirs, ours]).await;
                assert_eq!(one, other, "the order of the sides does not matter");
                let clash = (0..=u8::MAX).any(|id| {
                    let [base, a, b] = [&base, &a, &b].map(|model| model.get(&id));
                    a != base && b != base && a != b
                });
                assert!(!clash || one.is_none(), "a clash must not pass");
            });
        }

        #[test]
        fn paths_lead_to_their_entities(a in model(), b in model()) {
            let repository = Repository::new(Arc::new(Memory::new()));
            let project = repository.project("p").unwrap();
            let objects = &*project.objects;
            block_on(async {
                let root = make(objects, Root::default(), &Model::new(), &a).await;
                let root = make(objects, root, &a, &b).await;
                for path in 0..100 {
                    let found = get_many(objects, root.by_path, &[&format!("p/{path}")]).await.unwrap();
                    let owner = b.iter().find(|thing| thing.1.0 == path);
                    let expected = owner.map(|(id, thing)| entity(*id, *thing).hash().unwrap());
                    assert_eq!(found[0], expected);
                }
            });
        }
    }
}
