//! What every back end must do, as checks that any of them can run.
//!
//! ```ignore
//! conformance::run(|| async { Arc::new(Memory::new()) as Arc<dyn Backend> }).await;
//! ```
//!
//! A check panics when it fails, naming what it found.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod archives;
mod blobs;
mod faulty;
mod history;
mod lines;
mod pruning;
mod records;
mod refs;
mod server;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;

pub use faulty::{Fault, Faulty};
pub use server::{
    MongodbAddress, MongodbServer, mongodb, mongodb_address, mongodb_database, mongodb_options,
};

use crate::{Backend, Changes, Commit, Entity, Hash, Object, Project, Repository, VersionId};

type Check = fn(Arc<dyn Backend>) -> BoxFuture<'static, ()>;

macro_rules! checks {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$((stringify!($name), |backend| Box::pin($module::$name(backend)))),*]
    };
}

/// All checks by name; each wants an empty back end.
pub const CHECKS: &[(&str, Check)] = checks![
    refs::objects_are_kept_by_hash,
    refs::young_objects_are_not_deleted,
    refs::references_swap_only_from_what_is_expected,
    refs::a_step_is_all_or_nothing,
    refs::racing_swaps_have_one_winner,
    refs::fences_refuse_former_owners,
    refs::projects_are_apart,
    records::revisions_guard_records,
    records::revisions_never_repeat,
    records::records_are_listed_by_prefix,
    records::racing_writers_lose_nothing,
    records::streams_have_no_gaps,
    records::racing_appends_have_no_gaps,
    blobs::blobs_come_back_in_ranges,
    blobs::empty_blobs_exist,
    blobs::wrong_hashes_are_refused,
    blobs::broken_streams_leave_nothing,
    blobs::blobs_are_listed_and_deleted,
    history::a_commit_is_read_back,
    history::paths_are_unique,
    history::disjoint_commits_merge_themselves,
    history::conflicts_are_named,
    history::racing_commits_all_arrive,
    history::fenced_commits_are_refused,
    history::blobs_must_exist,
    history::names_resolve,
    history::watchers_see_everything_once,
    history::entities_come_in_order,
    lines::merges_follow_the_base,
    lines::conflicts_are_settled_by_path,
    lines::criss_cross_merges,
    lines::revert_and_restore,
    lines::undo_and_redo_lose_nothing,
    lines::undo_passes_over_runs,
    lines::a_run_after_an_undo_leaves_the_redo,
    lines::undo_is_of_the_own_changes,
    lines::branches_and_tags,
    pruning::prune_keeps_what_is_needed,
    pruning::prune_drops_old_content,
    pruning::prune_leaves_young_versions_whole,
    pruning::prune_spares_what_a_young_root_needs,
    pruning::undo_ends_at_what_is_pruned,
    pruning::prune_keeps_the_way_forth,
    archives::archives_round_trip,
    archives::an_archive_of_a_site_holds_what_no_version_names,
    archives::damaged_archives_leave_nothing,
    archives::an_archive_of_a_project_brings_no_records,
    archives::forged_entities_are_refused,
    archives::forged_trees_are_refused,
    archives::a_stalled_reader_stops_nobody,
];

/// Runs all checks, each on a new back end.
pub async fn run<F: Future<Output = Arc<dyn Backend>>>(make: impl Fn() -> F) {
    for (name, check) in CHECKS {
        // Names the check when its panic unwinds.
        let note = Note(name);
        check(make().await).await;
        drop(note);
    }
}

struct Note(&'static str);

impl Drop for Note {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed: {}", self.0);
        }
    }
}

pub(crate) fn object(text: &str) -> Object {
    (Hash::of(text.as_bytes()), Bytes::copy_from_slice(text.as_bytes()))
}

pub(crate) fn project(backend: &Arc<dyn Backend>) -> Project {
    Repository::new(backend.clone()).project("one").unwrap()
}

/// An entity whose path ends in its id, with one value.
pub(crate) fn thing(id: &str, value: i64) -> Entity {
    Entity::new(id, "thing", format!("things/{id}")).with("value", value)
}

pub(crate) fn puts(entities: impl IntoIterator<Item = Entity>) -> Changes {
    Changes { puts: entities.into_iter().collect(), deletes: Vec::new() }
}

/// Commits things by id and value; `i64::MIN` deletes.
pub(crate) async fn set(
    project: &Project,
    branch: &str,
    base: Option<VersionId>,
    things: &[(&str, i64)],
) -> VersionId {
    let (gone, there): (Vec<_>, Vec<_>) = things.iter().partition(|thing| thing.1 == i64::MIN);
    let changes = Changes {
        puts: there.iter().map(|(id, value)| thing(id, *value)).collect(),
        deletes: gone.iter().map(|(id, _)| (*id).to_owned()).collect(),
    };
    project.commit(branch, Commit::new(base, changes, "tester", "set")).await.unwrap().version
}

/// All things of a version by id and value.
pub(crate) async fn all(project: &Project, version: VersionId) -> Vec<(String, i64)> {
    use futures::TryStreamExt;
    let found: Vec<_> = project.entities(version, crate::Filter::default()).try_collect().await.unwrap();
    let value = |entity: &Arc<Entity>| entity.properties["value"].as_i64().unwrap();
    found.iter().map(|entity| (entity.id.clone(), value(entity))).collect()
}

/// The same, of plain pairs.
pub(crate) fn pairs(things: &[(&str, i64)]) -> Vec<(String, i64)> {
    things.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect()
}
