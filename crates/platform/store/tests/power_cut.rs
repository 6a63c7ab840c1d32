//! The power fails while a process commits: what it acknowledged is there, whatever of the unsynced is lost.
//!
//! A process commits under `strace`, which writes down every call that changes the disk. From that it is known what the
//! disk holds for certain at each moment, and what it may hold besides. The store is opened on such disks: one for each
//! sync and each acknowledgement. Needs Linux and `strace`. It takes more than ten seconds on a slow disk.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "power_cut/disk.rs"]
mod disk;
#[path = "power_cut/trace.rs"]
mod trace;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use disk::{Begun, Chance, Coin, Disk, Never};
use futures::TryStreamExt;
use store::{Changes, Commit, Entity, Filter, Repository, Sqlite, SqliteOptions, VersionId};
use trace::{Call, Event};

const DIRECTORY: &str = "STORE_POWER_CUT_DIRECTORY";

/// Commits of the process.
const COMMITS: u64 = 12;

/// Calls that change the disk, or tell of it.
const CALLS: &str = "trace=openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,\
                     sync_file_range,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,rmdir,link,linkat,lseek";

fn repository(directory: &Path) -> Repository {
    Repository::new(Arc::new(Sqlite::open(directory, &SqliteOptions::default()).unwrap()))
}

/// Not a test by itself: the process whose calls are looked at.
#[tokio::test]
#[ignore = "run by the other test, under strace"]
async fn victim() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let repository = repository(&Path::new(&directory).join("state"));
    let backend = repository.backend().clone();
    let project = repository.project("power").unwrap();
    let (mut base, mut revision) = (None, None);
    for n in 0..COMMITS {
        // A new blob, and one that was there before.
        let blob = backend.put_blob_bytes("power", Bytes::from(vec![n as u8; 300_000])).await.unwrap();
        let pair = ["a", "b"].map(|id| {
            let mut entity = Entity::new(id, "half", format!("half/{id}")).with("n", n);
            entity.blobs.insert("data".into(), blob.hash);
            entity
        });
        let changes = Changes { puts: pair.to_vec(), deletes: Vec::new() };
        let done = project.commit("main", Commit::new(base, changes, "victim", "")).await.unwrap();
        base = Some(done.version);
        say(&format!("ACK version {}", done.version));
        let record = backend.put_record("c", "k", revision, n.to_string().into()).await.unwrap();
        revision = Some(record);
        say(&format!("ACK record {n}"));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // One call, so that it is one in the trace.
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The calls of the process, or why they cannot be had here.
fn traced(directory: &Path) -> Result<String, String> {
    let file = directory.join("trace");
    let done = Command::new("strace")
        .args(["-f", "-y", "-xx", "-s", "100000000", "-e", CALLS, "-o"])
        .arg(&file)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .output()
        .map_err(|error| format!("`strace` cannot be run: {error}"))?;
    let stderr = String::from_utf8_lossy(&done.stderr);
    if stderr.contains("ptrace") {
        return Err(stderr.into_owned());
    }
    assert!(done.status.success(), "{stderr}");
    Ok(std::fs::read_to_string(&file).unwrap())
}

/// What was acknowledged.
#[derive(Clone, Default)]
struct Told {
    versions: Vec<VersionId>,
    record: Option<u64>,
}

impl Told {
    /// Takes note of what the process says; true if that was an acknowledgement.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim();
        if let Some(version) = line.strip_prefix("ACK version ") {
            self.versions.push(version.parse().unwrap());
        } else if let Some(n) = line.strip_prefix("ACK record ") {
            self.record = Some(n.parse().unwrap());
        } else {
            return false;
        }
        true
    }
}

/// Follows the calls of the process.
struct Follower {
    disk: Disk,
    told: Told,
    /// Where the next `write` of an open file goes.
    places: HashMap<i64, usize>,
    syncing: HashMap<u32, Begun>,
    /// Syncs of paths with this in them do nothing.
    deaf: Option<&'static str>,
}

impl Follower {
    fn new(directory: &Path, deaf: Option<&'static str>) -> Self {
        Self {
            disk: Disk::new(directory),
            told: Told::default(),
            places: HashMap::new(),
            syncing: HashMap::new(),
            deaf,
        }
    }

    /// True where the power might fail now.
    fn follow(&mut self, event: Event) -> bool {
        match event {
            Event::Begins { thread, call } => match call.name.as_str() {
                "fsync" | "fdatasync" => {
                    let heard = |path: &std::path::PathBuf| {
                        let path = format!("{}/", path.display());
                        !self.deaf.is_some_and(|deaf| path.contains(deaf))
                    };
                    let begun = call.opened(0).filter(heard).map(|path| self.disk.begin_sync(&path));
                    self.syncing.insert(thread, begun.unwrap_or(Begun::Nothing));
                    false
                }
                // From its beginning somebody may hear it.
                "write" if call.opened(0).is_none() => self.told.hear(&call.bytes(1)),
                _ => false,
            },
            Event::Ends { result: ..0, .. } => false,
            Event::Ends { thread, call, result } => match call.name.as_str() {
                "fsync" | "fdatasync" => {
                    let begun = self.syncing.remove(&thread).unwrap_or(Begun::Nothing);
                    let changed = !matches!(begun, Begun::Nothing);
                    self.disk.end_sync(begun);
                    changed
                }
                _ => {
                    self.change(&call, result);
                    false
                }
            },
        }
    }

    fn change(&mut self, call: &Call, result: i64) {
        let disk = &mut self.disk;
        match call.name.as_str() {
            "openat" => {
                self.places.insert(result, 0);
                disk.open(&call.path(1), call.has(2, "O_CREAT"), call.has(2, "O_TRUNC"));
            }
            "write" => {
                let Some(node) = call.opened(0).and_then(|path| disk.find(&path)) else { return };
                let at = self.places.entry(call.descriptor(0)).or_default();
                disk.write(node, *at, &call.bytes(1)[..result as usize]);
                *at += result as usize;
            }
            "pwrite64" => {
                let Some(node) = call.opened(0).and_then(|path| disk.find(&path)) else { return };
                disk.write(node, call.number(3), &call.bytes(1)[..result as usize]);
            }
            "lseek" => {
                self.places.insert(call.descriptor(0), result as usize);
            }
            "ftruncate" => {
                let Some(node) = call.opened(0).and_then(|path| disk.find(&path)) else { return };
                disk.resize(node, call.number(1));
            }
            "rename" => disk.rename(&call.path(0), &call.path(1)),
            "mkdir" => disk.make_folder(&call.path(0)),
            "unlink" | "rmdir" => disk.remove(&call.path(0)),
            "unlinkat" => disk.remove(&call.path(1)),
            other => {
                let inside = call.opened(0).is_some_and(|path| disk.find(&path).is_some());
                assert!(!inside, "the test does not know what `{other}` does to a disk: {call:?}");
            }
        }
    }
}

/// Opens the store on a disk after a power cut, and compares it with what was acknowledged.
async fn check(disk: &Disk, told: &Told, chance: &mut dyn Chance) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    disk.cut(directory.path(), chance);
    let said = |error: store::Error| error.to_string();
    let store = Sqlite::open(&directory.path().join("state"), &SqliteOptions::default()).map_err(said)?;
    let repository = Repository::new(Arc::new(store));
    let record = repository.backend().get_record("c", "k").await.map_err(said)?;
    let record = record.map(|record| String::from_utf8_lossy(&record.value).parse::<u64>().unwrap());
    if record < told.record {
        return Err(format!("the record {:?} is lost, found {record:?}", told.record));
    }
    let project = repository.project("power").unwrap();
    let Ok(head) = project.branch("main").await else {
        return if told.versions.is_empty() { Ok(()) } else { Err("all versions are lost".into()) };
    };
    let log = project.log(head, usize::MAX).await.map_err(said)?;
    if let Some(lost) = told.versions.iter().find(|version| !log.iter().any(|item| item.0 == **version)) {
        return Err(format!("version {lost} is lost"));
    }
    let both: Vec<_> = project.entities(head, Filter::default()).try_collect().await.map_err(said)?;
    if both.len() != 2 || both[0].properties["n"] != both[1].properties["n"] {
        return Err("half a version".into());
    }
    // Reads and verifies every object and blob that any version reaches.
    let pieces: Vec<Bytes> = repository.export("power").map_err(said)?.try_collect().await.map_err(said)?;
    assert!(!pieces.is_empty());
    // And it can be gone on with.
    let changes = Changes { puts: vec![Entity::new("c", "k", "c")], deletes: Vec::new() };
    project.commit("main", Commit::new(Some(head), changes, "t", "")).await.map(drop).map_err(said)
}

#[tokio::test]
async fn slow_what_was_acknowledged_outlives_a_power_cut() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().canonicalize().unwrap();
    let trace = match traced(&directory) {
        Ok(trace) => trace,
        Err(why) => {
            eprintln!(
                "not run: the calls of a process cannot be traced here ({why}); install strace, allow ptrace"
            );
            return;
        }
    };
    let mut follower = Follower::new(&directory, None);
    let mut cuts = 0;
    for event in trace::read(&trace) {
        if !follower.follow(event) {
            continue;
        }
        cuts += 1;
        check(&follower.disk, &follower.told, &mut Never)
            .await
            .unwrap_or_else(|why| panic!("cut {cuts}, all unsynced lost: {why}"));
        let seed = 1000 + cuts;
        check(&follower.disk, &follower.told, &mut Coin(seed))
            .await
            .unwrap_or_else(|why| panic!("cut {cuts}, part of the unsynced lost (seed {seed}): {why}"));
    }
    assert_eq!(follower.told.versions.len() as u64, COMMITS, "the process did not do its work");
    assert!(cuts > 4 * COMMITS, "{cuts} cuts");

    // The same with a disk that does not do what one of the syncs asks for: the loss is noticed, so each is needed.
    for deaf in ["store.db-wal", "/blobs/tmp/", "/p-power"] {
        let mut follower = Follower::new(&directory, Some(deaf));
        let mut noticed = false;
        for event in trace::read(&trace) {
            if follower.follow(event)
                && !follower.told.versions.is_empty()
                && check(&follower.disk, &follower.told, &mut Never).await.is_err()
            {
                noticed = true;
                break;
            }
        }
        assert!(noticed, "nothing is lost without the syncs of {deaf}");
    }
}
