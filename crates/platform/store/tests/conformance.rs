//! The conformance suite over the back ends of this crate.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use store::conformance::{Fault, Faulty, mongodb, run};
use store::{Backend, Memory, Sqlite, SqliteOptions};

#[tokio::test]
async fn memory_conforms() {
    run(|| async { Arc::new(Memory::new()) as Arc<dyn Backend> }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    run(|| async {
        count.set(count.get() + 1);
        let path = directory.path().join(count.get().to_string());
        Arc::new(Sqlite::open(&path, &SqliteOptions::default()).unwrap()) as Arc<dyn Backend>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mongodb_conforms() {
    let made = std::sync::Mutex::new(Vec::new());
    run(|| async {
        let store = Arc::new(mongodb().await);
        made.lock().unwrap().push(store.clone());
        store as Arc<dyn Backend>
    })
    .await;
    let made = made.into_inner().unwrap();
    for store in made {
        store.destroy().await.unwrap();
    }
}

/// What is slow must still be right: races then have time to happen.
#[tokio::test]
async fn a_slow_back_end_conforms() {
    run(|| async {
        let slow = Fault::Slow(Duration::from_millis(1));
        Arc::new(Faulty::new(Arc::new(Memory::new()), slow, 0)) as Arc<dyn Backend>
    })
    .await;
}
