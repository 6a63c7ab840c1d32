//! Measures the store on this machine's disk: `cargo run --release -p store
//! --example latency -- [DIRECTORY]`.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use store::{Changes, Commit, Entity, Filter, Repository, Sqlite, SqliteOptions};

fn entity(n: usize, value: u64) -> Entity {
    // Ids in no order, as random UUIDs are.
    let id = blake3::hash(&n.to_le_bytes()).to_hex()[..32].to_owned();
    Entity::new(id, "solid.box", format!("solids/group {:03}/box {n:06}", n / 1000))
        .with("width", value)
        .with("material", "copper")
        .with("corner", vec![0.001 * n as f64, 0.002, 0.003])
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("  {what:<34} median {:>8.3} ms   p99 {:>8.3} ms", at(0.5), at(0.99));
}

#[tokio::main]
async fn main() {
    let temporary = tempfile::tempdir().unwrap();
    let root = std::env::args().nth(1).map_or(temporary.path().to_owned(), Into::into);
    for count in [10, 1_000, 100_000] {
        let directory = root.join(format!("store-{count}"));
        let backend = Arc::new(Sqlite::open(&directory, &SqliteOptions::default()).unwrap());
        let project = Repository::new(backend.clone()).project("bench").unwrap();
        let puts = (0..count).map(|n| entity(n, 0)).collect();
        let start = Instant::now();
        let commit = Commit::new(None, Changes { puts, deletes: Vec::new() }, "bench", "start");
        let mut base = project.commit("main", commit).await.unwrap().version;
        println!("{count} entities, first commit {:.3} s", start.elapsed().as_secs_f64());
        let first = base;

        let mut times = Vec::new();
        for n in 0..500 {
            let puts = vec![entity(n * 7919 % count, n as u64 + 1)];
            let commit = Commit::new(Some(base), Changes { puts, deletes: Vec::new() }, "bench", "one");
            let start = Instant::now();
            base = project.commit("main", commit).await.unwrap().version;
            times.push(start.elapsed());
        }
        row("commit of one entity", &mut times);

        let cold = Repository::new(backend.clone()).project("bench").unwrap();
        let mut times = Vec::new();
        for n in 0..500 {
            let path = entity(n * 104_729 % count, 0).path;
            let start = Instant::now();
            cold.by_path(base, &path).await.unwrap().unwrap();
            times.push(start.elapsed());
        }
        row("entity by path, cache cold at first", &mut times);
        let start = Instant::now();
        let all: Vec<_> = cold.entities(base, Filter::default()).try_collect().await.unwrap();
        row(&format!("all {} by path", all.len()), &mut [start.elapsed()]);
        let start = Instant::now();
        let changes = cold.diff(first, base).await.unwrap().len();
        row(&format!("diff with {changes} changes"), &mut [start.elapsed()]);
        let start = Instant::now();
        cold.prune(&store::Policy { last: Some(1), ..store::Policy::default() }).await.unwrap();
        row("prune", &mut [start.elapsed()]);
    }
}
