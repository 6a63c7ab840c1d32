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
