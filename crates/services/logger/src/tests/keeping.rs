use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use api::v1::*;

use super::stage::{Site, append, record};
use crate::filter::Filter;
use crate::journal::Journal;
use crate::newest::MOST;
use crate::sight::Sight;

fn segments(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    files
}

async fn all(journal: &Journal, after: u64, limit: usize) -> Vec<LogRecord> {
    let filter = Filter::new(LogQuery { after, ..LogQuery::default() }).unwrap();
    journal.query(Arc::new(filter), Arc::new(Sight::All), limit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_there_after_a_restart_and_numbers_go_on() {
    let mut site = Site::start().await;
    let mut relay = site.client("relay/0");
    append(&mut relay, vec![record("one", ""), record("two", "")]).await;
    site.stop().await;
    // As a crash in the middle of a write leaves it.
    let newest = segments(&site.logs()).pop().unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&newest).unwrap();
    file.write_all(br#"{"number":3,"time_ms":1000,"level":"INFO","mess"#).unwrap();
    drop(file);
    site.again().await;
    assert_eq!(site.query("admin", LogQuery::default()).await, ["two", "one"]);
    append(&mut site.client("relay/0"), vec![record("three", "")]).await;
    site.stop().await;
    site.again().await;
    assert_eq!(site.query("admin", LogQuery::default()).await, ["three", "two", "one"]);
    assert_eq!(site.query("admin", LogQuery { after: 2, ..LogQuery::default() }).await, ["three"]);
}

#[tokio::test]
async fn damaged_lines_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), 1 << 20).unwrap();
    journal.append(vec![record("one", ""), record("two", ""), record("three", "")]).await.unwrap();
    drop(journal);
    let path = &segments(folder.path())[0];
    let text = std::fs::read_to_string(path).unwrap().replace("\"two\"", "\"tw\0");
    std::fs::write(path, text).unwrap();
    let journal = Journal::open(folder.path(), 1 << 20).unwrap();
    let messages: Vec<String> = all(&journal, 0, 9).await.into_iter().map(|r| r.message).collect();
    assert_eq!(messages, ["three", "one"]);
}

#[tokio::test]
async fn only_one_process_writes() {
    let folder = tempfile::tempdir().unwrap();
    let _journal = Journal::open(folder.path(), 1 << 20).unwrap();
    let failure = api::Failure::from(Journal::open(folder.path(), 1 << 20).err().unwrap());
    assert_eq!(failure.code, api::Code::Locked);
}

#[tokio::test]
async fn the_oldest_segments_go_and_the_disk_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let keep = 1 << 20;
    let journal = Journal::open(folder.path(), keep).unwrap();
    for batch in 0..100 {
        let message = format!("{batch} {}", "x".repeat(200));
        journal.append(vec![record(message, ""); 100]).await.unwrap();
        let total: u64 = segments(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(total <= keep, "{total}");
    }
    let files = segments(folder.path());
    assert!(files.len() > 4 && !files[0].ends_with("00000000000000000001.jsonl"));
    drop(journal);
    let journal = Journal::open(folder.path(), keep).unwrap();
    let newest = all(&journal, 0, 1).await.remove(0);
    assert_eq!(newest.number, 10_000);
}

#[tokio::test]
async fn a_query_goes_on_in_files_where_memory_ends() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), 64 << 20).unwrap();
    journal.append(vec![record("the needle", "")]).await.unwrap();
    for _ in 0..(MOST / 500 + 1) {
        journal.append(vec![record("hay", ""); 500]).await.unwrap();
    }
    let filter = || Arc::new(Filter::new(LogQuery { text: "needle".into(), ..LogQuery::default() }).unwrap());
    let found = journal.query(filter(), Arc::new(Sight::All), 10).await.unwrap();
    assert_eq!(found.iter().map(|r| r.number).collect::<Vec<_>>(), [1]);
    let blind = Arc::new(Sight::Projects(Default::default()));
    assert!(journal.query(filter(), blind, 10).await.unwrap().is_empty());
    // Over the border, without a gap and nothing twice.
    let total = 1 + 500 * (MOST as u64 / 500 + 1);
    let records = all(&journal, 0, usize::MAX).await;
    let numbers: Vec<u64> = records.iter().map(|r| r.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1));
    assert_eq!(numbers[0], total);
}

/// All numbers after one, as a live reader gets them, and how many are missing.
async fn paged(journal: &Journal, mut after: u64) -> (Vec<u64>, u64) {
    let (mut numbers, mut missing) = (Vec::new(), 0);
    loop {
        let filter = Arc::new(Filter::new(LogQuery::default()).unwrap());
        let page = journal.page(after, filter, Arc::new(Sight::All), 700).await.unwrap();
        numbers.extend(page.records.iter().map(|record| record.number));
        (after, missing) = (page.through, missing + page.missing);
        if page.end {
            return (numbers, missing);
        }
    }
}

#[tokio::test]
async fn pages_go_through_files_and_memory_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), 16 << 20).unwrap();
    let total = MOST as u64 + 10_000;
    for _ in 0..total / 500 {
        journal.append(vec![record("x".repeat(300), ""); 500]).await.unwrap();
    }
    for after in [0, 1, 777, total - MOST as u64 - 1, total - 1] {
        let (numbers, missing) = paged(&journal, after).await;
        assert_eq!(missing, 0);
        assert!(numbers.iter().copied().eq(after + 1..=total), "after {after}");
    }
    assert_eq!(paged(&journal, total).await, (vec![], 0));
    // A whole file is gone: what is missing is counted.
    let files = segments(folder.path());
    let first = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(first(&files[0]), 1);
    std::fs::remove_file(&files[0]).unwrap();
    let (numbers, missing) = paged(&journal, 0).await;
    assert_eq!(missing, first(&files[1]).min(total - MOST as u64 + 1) - 1);
    assert_eq!(numbers.len() as u64 + missing, total);
}
