//! A process is killed while it commits: what it acknowledged is there, and
//! of the rest nothing is there in part.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use store::conformance::mongodb_options;
use store::{
    Backend, Changes, Commit, Entity, Filter, Mongodb, MongodbOptions, Repository, Sqlite, SqliteOptions,
    VersionId,
};

const PLACE: &str = "STORE_CRASH_TEST_PLACE";

/// Where the projects lie.
enum Place {
    Directory(std::path::PathBuf),
    Database(MongodbOptions),
}

impl Place {
    /// As it is told to the process that is killed.
    fn told(&self) -> String {
        match self {
            Self::Directory(path) => path.to_str().unwrap().to_owned(),
            Self::Database(options) => format!("{} {}", options.uri, options.database),
        }
    }

    async fn repository(&self) -> Repository {
        let backend: Arc<dyn Backend> = match self {
            Self::Directory(path) => Arc::new(Sqlite::open(path, &SqliteOptions::default()).unwrap()),
            Self::Database(options) => Arc::new(Mongodb::open(options).await.unwrap()),
        };
        Repository::new(backend)
    }
}

/// Not a test by itself: the process that is killed. Commits pairs of
/// entities that only make sense together, each with a blob, from two tasks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the other test, which kills it"]
async fn victim() {
    let Ok(told) = std::env::var(PLACE) else { return };
    let place = match told.split_once(' ') {
        Some((uri, database)) => {
            // The password, if any, comes from where the other process has it.
            Place::Database(MongodbOptions {
                uri: uri.into(),
                database: database.into(),
                ..mongodb_options()
            })
        }
        None => Place::Directory(told.into()),
    };
    let repository = place.repository().await;
    let tasks = ["left", "right"].map(|side| tokio::spawn(commit_for_ever(repository.clone(), side)));
    for task in tasks {
        task.await.unwrap();
    }
}

async fn commit_for_ever(repository: Repository, branch: &'static str) {
    let project = repository.project("crash").unwrap();
    let mut base = project.branch(branch).await.ok();
    for n in 0_u64.. {
        let bytes = Bytes::from(format!("{branch} {n} ").repeat(20_000));
        let blob = repository.backend().put_blob_bytes("crash", bytes).await.unwrap();
        let pair = ["a", "b"].map(|id| {
            let mut entity = Entity::new(id, "half", format!("half/{id}")).with("n", n);
            entity.blobs.insert("data".into(), blob.hash);
            entity
        });
        let changes = Changes { puts: pair.to_vec(), deletes: Vec::new() };
        let done = project.commit(branch, Commit::new(base, changes, "victim", "")).await.unwrap();
        base = Some(done.version);
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nACK {branch} {}", done.version).unwrap();
        out.flush().unwrap();
    }
}

/// Starts the victim, kills it after `count` acknowledgements, and gives all
/// that it acknowledged.
fn kill_after(place: &Place, count: usize) -> Vec<(String, VersionId)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture"])
        .env(PLACE, place.told())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((branch, version)) = line.strip_prefix("ACK ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        // A kill can cut the last line: that was no acknowledgement.
        let Ok(version) = version.parse() else { continue };
        acknowledged.push((branch.to_owned(), version));
        if acknowledged.len() == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= count, "the victim died by itself");
    acknowledged
}

#[tokio::test]
async fn acknowledged_is_there_and_the_rest_is_not() {
    let directory = tempfile::tempdir().unwrap();
    acknowledged_is_there(&Place::Directory(directory.path().to_owned())).await;
}

#[tokio::test]
async fn acknowledged_is_there_on_mongodb() {
    let place = Place::Database(mongodb_options());
    acknowledged_is_there(&place).await;
    let Place::Database(options) = place else { return };
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

async fn acknowledged_is_there(place: &Place) {
    for round in 0..6 {
        let acknowledged = kill_after(place, 1 + 7 * round);
        let repository = place.repository().await;
        let project = repository.project("crash").unwrap();
        for branch in ["left", "right"] {
            let Ok(head) = project.branch(branch).await else { continue };
            let log = project.log(head, usize::MAX).await.unwrap();
            let known: HashSet<VersionId> = log.iter().map(|item| item.0).collect();
            let own: Vec<_> = acknowledged.iter().filter(|item| item.0 == branch).collect();
            assert!(own.iter().all(|item| known.contains(&item.1)), "an acknowledged version is lost");
            for (version, _) in log.iter().take(own.len() + 2) {
                let both: Vec<_> = project.entities(*version, Filter::default()).try_collect().await.unwrap();
                assert_eq!(both.len(), 2);
                assert_eq!(both[0].properties["n"], both[1].properties["n"], "half a version");
            }
        }
        // Reads and verifies every object and blob that any version reaches.
        let archive = repository.export("crash").unwrap();
        let size: usize =
            archive.map_ok(|piece| piece.len()).try_fold(0, |a, b| async move { Ok(a + b) }).await.unwrap();
        assert!(size > 0);
        let events = project.events(0, usize::MAX).await.unwrap();
        let versions: HashSet<_> = events.iter().filter_map(|event| event.version).collect();
        assert!(acknowledged.iter().all(|item| versions.contains(&item.1)), "an event is lost");
    }
}
