use std::sync::atomic::Ordering;
use std::time::Duration;

use api::Code;
use api::v1::*;
use tokio_stream::StreamExt as _;

use super::stage::{Site, append, record};

#[tokio::test(flavor = "multi_thread")]
async fn senders_are_who_their_certificates_say() {
    let site = Site::start().await;
    let mut solver = site.client("compute/fit-td/a1");
    let forged = LogRecord { service: "authorization".into(), instance: "0".into(), ..record("hello", "") };
    append(&mut solver, vec![forged]).await;
    let reply =
        site.client("relay/0").query(site.by("admin", LogQuery::default())).await.unwrap().into_inner();
    let kept = &reply.records[0];
    assert_eq!((kept.service.as_str(), kept.instance.as_str()), ("compute/fit-td", "a1"));
    let named = LogQuery { service: "fit-td".into(), ..LogQuery::default() };
    assert_eq!(site.query("admin", named).await, ["hello"]);

    // Reading is for people, by way of the relay.
    let refused = solver.query(site.by("admin", LogQuery::default())).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let nobody = site.client("relay/0").query(LogQuery::default()).await.unwrap_err();
    assert_eq!(api::Failure::from(nobody).code, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_known_by_their_certificates_to_administrators() {
    let site = Site::start().await;
    let status = ServiceStatus { host: "node-a".into(), cores: 1.5, ..ServiceStatus::default() };
    let request = AppendRequest { status: Some(status.clone()), ..AppendRequest::default() };
    site.client("compute/fit-td/a1").append(request).await.unwrap();
    let reply = site.client("relay/0").services(site.by("admin", Empty {})).await.unwrap().into_inner();
    let names: Vec<_> = reply.services.iter().map(|one| (one.service.as_str(), one.state())).collect();
    assert_eq!(names, [("compute/fit-td", ServiceState::Running), ("logger", ServiceState::Running)]);
    assert_eq!(reply.services[0].status, Some(status));
    assert!(reply.services[1].status.as_ref().unwrap().started_ms > 0);
    // Without records nothing is written.
    assert!(site.query("admin", LogQuery::default()).await.is_empty());
    let refused = site.client("relay/0").services(site.by("ada", Empty {})).await.unwrap_err();
    assert_eq!(api::Failure::from(refused).code, Code::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_batches_and_losses_are_bounded_and_told() {
    let site = Site::start().await;
    let mut relay = site.client("relay/0");
    let records = (0..700).map(|i| record(i.to_string(), "")).collect();
    relay.append(AppendRequest { records, dropped: 5, status: None }).await.unwrap();
    let query = LogQuery { limit: 1_000, ..LogQuery::default() };
    let reply = site.client("relay/0").query(site.by("admin", query)).await.unwrap().into_inner();
    assert_eq!(reply.dropped, 205);
    assert_eq!(reply.records.len(), 501);
    assert_eq!(reply.records[0].message, "699");
    assert!(reply.records[500].message.starts_with("205 records were lost"));

    // An answer stays within what a client takes.
    let large = vec![record("x".repeat(8 << 10), ""); 500];
    append(&mut relay, large.clone()).await;
    append(&mut relay, large).await;
    let query = LogQuery { limit: 1_000, ..LogQuery::default() };
    let reply = site.client("relay/0").query(site.by("admin", query)).await.unwrap().into_inner();
    assert!((300..1_000).contains(&reply.records.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_their_projects_and_administrators_all() {
    let site = Site::start().await;
    site.allow("ada", "p", Right::Viewer);
    let mut solver = site.client("compute/fit-td/a1");
    append(&mut solver, vec![record("mine", "p"), record("theirs", "q"), record("nobody's", "")]).await;
    assert_eq!(site.query("ada", LogQuery::default()).await, ["mine"]);
    assert_eq!(site.query("ada", LogQuery { project: "q".into(), ..LogQuery::default() }).await, [""; 0]);
    assert_eq!(site.query("eve", LogQuery::default()).await, [""; 0]);
    assert_eq!(site.query("admin", LogQuery::default()).await.len(), 3);
    // Rights are not asked for each time.
    for _ in 0..5 {
        site.query("ada", LogQuery::default()).await;
    }
    assert_eq!(site.fake.asked.load(Ordering::Relaxed), 2, "once for ada, once for eve");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_shows_what_there_is_then_what_comes() {
    let mut site = Site::start().await;
    site.allow("ada", "p", Right::Viewer);
    let mut solver = site.client("compute/fit-td/a1");
    append(&mut solver, (1..=5).map(|i| record(format!("old {i}"), "p")).collect()).await;
    let query = LogQuery { limit: 2, ..LogQuery::default() };
    let mut tail = site.client("relay/0").tail(site.by("ada", query)).await.unwrap().into_inner();
    let mut next = async || tail.next().await.unwrap().unwrap().message;
    assert_eq!([next().await, next().await], ["old 4", "old 5"]);
    let debug = LogRecord { level: "DEBUG".into(), ..record("too fine", "p") };
    append(&mut solver, vec![record("theirs", "q"), debug, record("new", "p")]).await;
    assert_eq!(next().await, "new");

    // Going on where one stopped.
    let query = LogQuery { after: 5, ..LogQuery::default() };
    let mut resumed = site.client("relay/0").tail(site.by("ada", query)).await.unwrap().into_inner();
    assert_eq!(resumed.next().await.unwrap().unwrap().message, "new");

    // The end of the service is no end of the log: the reader may come again.
    let ended = tokio::spawn(async move { tail.next().await.unwrap().unwrap_err() });
    site.stop().await;
    assert_eq!(api::Failure::from(ended.await.unwrap()).code, Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_all_that_is_kept_and_holds_up_nobody() {
    let site = Site::start().await;
    let mut relay = site.client("relay/0");
    let mut tail =
        site.client("relay/0").tail(site.by("admin", LogQuery::default())).await.unwrap().into_inner();
    append(&mut relay, vec![record("first", "")]).await;
    assert_eq!(tail.next().await.unwrap().unwrap().message, "first");
    // Far more than all buffers between hold, and more than is kept.
    for _ in 0..40 {
        append(&mut relay, vec![record("x".repeat(4 << 10), ""); 500]).await;
    }
    append(&mut relay, vec![record("last", "")]).await;
    let mut skipped = 0;
    let mut got = 0;
    loop {
        let line =
            tokio::time::timeout(Duration::from_secs(20), tail.next()).await.unwrap().unwrap().unwrap();
        if let Some(count) = line.message.strip_suffix(" lines skipped: they are kept no longer") {
            skipped += count.parse::<usize>().unwrap();
        } else {
            got += 1;
        }
        if line.message == "last" {
            break;
        }
    }
    assert!(skipped > 0);
    assert_eq!(got + skipped, 40 * 500 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_comes_back_gets_every_line_however_many() {
    let site = Site::start().await;
    let mut relay = site.client("relay/0");
    const LINES: usize = 30 * 500;
    for batch in 0..LINES / 500 {
        append(&mut relay, (0..500).map(|n| record((500 * batch + n).to_string(), "")).collect()).await;
    }
    // More than the live channel, a page, an answer of a query hold.
    let query = LogQuery { after: 1, limit: 3, ..LogQuery::default() };
    let mut tail = site.client("relay/0").tail(site.by("admin", query)).await.unwrap().into_inner();
    for n in 1..LINES {
        assert_eq!(tail.next().await.unwrap().unwrap().message, n.to_string());
    }
    append(&mut relay, vec![record("new", "")]).await;
    assert_eq!(tail.next().await.unwrap().unwrap().message, "new");
}
