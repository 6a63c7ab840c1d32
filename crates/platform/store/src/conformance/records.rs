//! Records and streams.

use std::sync::Arc;

use crate::{Backend, Error};

pub async fn revisions_guard_records(backend: Arc<dyn Backend>) {
    let first = backend.put_record("users", "ada", None, "1".into()).await.unwrap();
    let error = backend.put_record("users", "ada", None, "2".into()).await.unwrap_err();
    assert!(matches!(error, Error::StaleRecord { actual, .. } if actual == Some(first)), "{error}");
    let second = backend.put_record("users", "ada", Some(first), "2".into()).await.unwrap();
    assert!(second > first);
    assert!(backend.put_record("users", "ada", Some(first), "3".into()).await.is_err());
    assert!(backend.delete_record("users", "ada", first).await.is_err());
    let record = backend.get_record("users", "ada").await.unwrap().unwrap();
    assert_eq!((record.revision, &record.value[..]), (second, &b"2"[..]));
    backend.delete_record("users", "ada", second).await.unwrap();
    assert_eq!(backend.get_record("users", "ada").await.unwrap(), None);
    assert!(backend.put_record("users", "bob", Some(1), "".into()).await.is_err());
}

pub async fn revisions_never_repeat(backend: Arc<dyn Backend>) {
    let first = backend.put_record("leases", "x", None, "a".into()).await.unwrap();
    backend.delete_record("leases", "x", first).await.unwrap();
    let second = backend.put_record("leases", "x", None, "b".into()).await.unwrap();
    assert!(second > first, "a former owner would pass for the present one");
}

pub async fn records_are_listed_by_prefix(backend: Arc<dyn Backend>) {
    for key in ["a/1", "a/2", "a/3", "b/1", "a"] {
        backend.put_record("runs", key, None, key.to_owned().into()).await.unwrap();
    }
    backend.put_record("other", "a/9", None, "".into()).await.unwrap();
    let keys = async |prefix: &str, after: Option<&str>, limit| {
        let found = backend.list_records("runs", prefix, after, limit).await.unwrap();
        found.into_iter().map(|record| record.key).collect::<Vec<_>>()
    };
    assert_eq!(keys("a/", None, 10).await, ["a/1", "a/2", "a/3"]);
    assert_eq!(keys("a/", Some("a/1"), 1).await, ["a/2"]);
    assert_eq!(keys("", None, 10).await.len(), 5);
    assert_eq!(keys("c", None, 10).await, [""; 0]);
    assert_eq!(backend.list_collections().await.unwrap(), ["other", "runs"]);
}

pub async fn racing_writers_lose_nothing(backend: Arc<dyn Backend>) {
    backend.put_record("c", "sum", None, "0".into()).await.unwrap();
    let tasks = (0..8).map(|_| {
        let backend = backend.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                loop {
                    let old = backend.get_record("c", "sum").await.unwrap().unwrap();
                    let sum: u32 = std::str::from_utf8(&old.value).unwrap().parse().unwrap();
                    let new = (sum + 1).to_string().into();
                    match backend.put_record("c", "sum", Some(old.revision), new).await {
                        Ok(_) => break,
                        Err(Error::StaleRecord { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        })
    });
    futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(backend.get_record("c", "sum").await.unwrap().unwrap().value, "80");
}

pub async fn streams_have_no_gaps(backend: Arc<dyn Backend>) {
    assert_eq!(backend.latest("s").await.unwrap(), 0);
    for n in 1..=5_u64 {
        assert_eq!(backend.append("s", n.to_string().into()).await.unwrap(), n);
    }
    assert_eq!(backend.append("t", "x".into()).await.unwrap(), 1);
    let read = backend.read("s", 2, 2).await.unwrap();
    assert_eq!(read.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(read[0].payload, "3");
    backend.trim("s", 5).await.unwrap();
    assert_eq!(backend.read("s", 0, 10).await.unwrap(), []);
    assert_eq!(backend.latest("s").await.unwrap(), 5);
    assert_eq!(backend.append("s", "6".into()).await.unwrap(), 6);
}

pub async fn racing_appends_have_no_gaps(backend: Arc<dyn Backend>) {
    let tasks = (0..32).map(|_| {
        let backend = backend.clone();
        tokio::spawn(async move { backend.append("s", "x".into()).await.unwrap() })
    });
    let mut seqs = futures::future::try_join_all(tasks).await.unwrap();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=32).collect::<Vec<u64>>());
}
