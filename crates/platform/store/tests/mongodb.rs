//! What only the back end on a MongoDB server promises.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use mongodb::bson::{Document, doc};
#[cfg(unix)]
use store::conformance::MongodbServer;
use store::conformance::{mongodb, mongodb_address, mongodb_options};
use store::{
    Backend, Changes, Commit, Entity, Error, Fence, Hash, Health, Mongodb, MongodbOptions, Outcome, Publish,
    RefChange, Repository,
};

/// Another process's view of the same database.
async fn another(options: &MongodbOptions) -> Arc<dyn Backend> {
    Arc::new(Mongodb::open(options).await.unwrap())
}

fn noise(len: usize) -> Bytes {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes.into()
}

async fn count(store: &Mongodb, collection: &str) -> u64 {
    store.database().collection::<Document>(collection).count_documents(doc! {}).await.unwrap()
}

#[tokio::test]
async fn newer_and_foreign_databases_are_left_alone() {
    let options = mongodb_options();
    let store = Mongodb::open(&options).await.unwrap();
    assert!(store.shared());
    let meta = store.database().collection::<Document>("meta");
    let set = async |change: Document| {
        meta.update_one(doc! { "_id": "schema" }, doc! { "$set": change }).await.unwrap();
        Mongodb::open(&options).await.err().unwrap()
    };
    let error = set(doc! { "version": 99 }).await;
    assert!(matches!(error, Error::TooNew { found: 99, known: 1 }), "{error}");
    assert_eq!(store.health().await.unwrap_err().code(), "too_new", "a running one notices");
    assert_eq!(set(doc! { "version": 1, "application": "other" }).await.code(), "corrupt");
    assert_eq!(set(doc! { "version": "x", "application": "opentwin" }).await.code(), "corrupt");
    store.destroy().await.unwrap();

    let options = mongodb_options();
    let uri = mongodb_address().with_database(&options.database);
    let taken = Mongodb::open(&MongodbOptions { uri: uri.clone(), ..options.clone() }).await.unwrap();
    let other = MongodbOptions { uri, database: "other".into(), ..options };
    assert_eq!(Mongodb::open(&other).await.err().unwrap().code(), "misconfigured");
    taken.destroy().await.unwrap();

    let options = mongodb_options();
    let foreign = Mongodb::open(&options).await.unwrap();
    foreign.destroy().await.unwrap();
    foreign.database().collection("customers").insert_one(doc! { "name": "ada" }).await.unwrap();
    let error = Mongodb::open(&options).await.err().unwrap();
    assert!(matches!(&error, Error::Misconfigured { reason, .. } if reason.contains("customers")), "{error}");
    assert_eq!(count(&foreign, "meta").await, 0);
    foreign.destroy().await.unwrap();
}

#[tokio::test]
async fn large_blobs_lie_in_pieces_and_damage_is_found() {
    let store = Arc::new(mongodb().await);
    let bytes = noise(40_000_000);
    let backend: Arc<dyn Backend> = store.clone();
    let info = backend.put_blob_bytes("p", bytes.clone()).await.unwrap();
    assert_eq!((info.size, info.hash), (40_000_000, Hash::of(&bytes)));
    assert_eq!(count(&store, "pieces").await, 40_000_000_u64.div_ceil(256 << 10));
    assert_eq!(backend.get_blob("p", info.hash, u64::MAX).await.unwrap(), bytes);
    for (offset, len) in [(0, 1), (262_143, 2), (17_000_000, 1_000_000), (39_999_999, 1), (20_000_000, 0)] {
        let read = backend.read_blob("p", info.hash, offset as u64, len).await.unwrap();
        assert_eq!(read, bytes[offset..offset + len]);
    }
    // Again: the new upload takes the old one's place.
    backend.put_blob_bytes("p", bytes.clone()).await.unwrap();
    assert_eq!((count(&store, "uploads").await, count(&store, "pieces").await), (1, 153));

    let pieces = store.database().collection::<Document>("pieces");
    let third = pieces.find(doc! {}).sort(doc! { "_id": 1 }).skip(2).limit(1).await.unwrap();
    let third: Vec<Document> = futures::TryStreamExt::try_collect(third).await.unwrap();
    let id = third[0].get("_id").unwrap().clone();
    let mut data = third[0].get_binary_generic("data").unwrap().clone();
    data[100] ^= 1;
    let data = mongodb::bson::Binary { subtype: mongodb::bson::spec::BinarySubtype::Generic, bytes: data };
    pieces.update_one(doc! { "_id": id.clone() }, doc! { "$set": { "data": data } }).await.unwrap();
    assert_eq!(backend.read_blob("p", info.hash, 0, 500_000).await.unwrap(), bytes[..500_000]);
    let error = backend.read_blob("p", info.hash, 600_000, 10).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { hash: Some(hash), .. } if hash == info.hash), "{error}");
    pieces.delete_one(doc! { "_id": id }).await.unwrap();
    let error = backend.read_blob("p", info.hash, 600_000, 10).await.unwrap_err();
    assert_eq!(error.code(), "corrupt");
    backend.put_blob_bytes("p", bytes.clone()).await.unwrap();
    assert_eq!(
        backend.read_blob("p", info.hash, 600_000, 10).await.unwrap(),
        bytes[600_000..600_010],
        "healed"
    );

    assert_eq!(backend.delete_blobs("p", &[info.hash], u64::MAX).await.unwrap(), (1, 40_000_000));
    assert_eq!((count(&store, "uploads").await, count(&store, "pieces").await), (0, 0));
    store.destroy().await.unwrap();
}

#[tokio::test]
async fn what_an_interrupted_upload_left_is_cleared() {
    let store = Arc::new(mongodb().await);
    let backend: Arc<dyn Backend> = store.clone();
    let kept = backend.put_blob_bytes("p", noise(1_000_000)).await.unwrap();
    let broken = Error::Unavailable { reason: "the sender has gone".into() };
    let pieces = futures::stream::iter([Ok(noise(9_000_000)), Err(broken)]);
    assert!(backend.put_blob("p", Box::pin(pieces), None).await.is_err());
    assert_eq!(count(&store, "uploads").await, 1, "a failed upload cleans up itself");

    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let endless = futures::stream::iter([Ok(noise(9_000_000))]).chain(futures::stream::once(async move {
        drop(sender);
        std::future::pending().await
    }));
    let upload = tokio::spawn({
        let backend = backend.clone();
        async move { backend.put_blob("p", Box::pin(endless), None).await }
    });
    let _ = receiver.await;
    upload.abort();
    assert!(upload.await.is_err());
    assert_eq!(count(&store, "uploads").await, 2, "nobody could clean up");
    backend.compact("p", 1).await.unwrap();
    assert_eq!(count(&store, "uploads").await, 2, "too young");
    backend.compact("p", u64::MAX).await.unwrap();
    assert_eq!((count(&store, "uploads").await, count(&store, "pieces").await), (1, 4));
    assert_eq!(backend.get_blob("p", kept.hash, u64::MAX).await.unwrap(), noise(1_000_000));
    store.destroy().await.unwrap();
}

/// Several processes commit to one branch: all arrive, and watchers in each
/// see every step once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_a_project() {
    const EACH: usize = 10;
    let options = mongodb_options();
    let first = Repository::new(another(&options).await).project("shared").unwrap();
    let base = first.commit("main", Commit::new(None, Changes::default(), "t", "")).await.unwrap().version;
    let watched = Repository::new(another(&options).await).project("shared").unwrap();
    let watcher = tokio::spawn(async move { watched.watch(0).take(3 * EACH + 1).collect::<Vec<_>>().await });
    let tasks = (0..3).map(|process| {
        let options = options.clone();
        tokio::spawn(async move {
            let project = Repository::new(another(&options).await).project("shared").unwrap();
            for n in 0..EACH {
                let id = format!("{process}-{n}");
                let changes =
                    Changes { puts: vec![Entity::new(&id, "k", format!("at/{id}"))], deletes: Vec::new() };
                loop {
                    // Only a branch that moves under the commit may be in its way.
                    match project.commit("main", Commit::new(Some(base), changes.clone(), "t", "")).await {
                        Ok(done) => break assert_ne!(done.outcome, Outcome::Unchanged),
                        Err(Error::RefMoved { .. } | Error::StaleBranch { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        })
    });
    futures::future::try_join_all(tasks).await.unwrap();
    let head = first.branch("main").await.unwrap();
    assert_eq!(first.count(head).await.unwrap(), 3 * EACH as u64);
    let events: Vec<_> = watcher.await.unwrap().into_iter().map(Result::unwrap).collect();
    assert!(events.iter().enumerate().all(|(at, event)| event.seq == at as u64 + 1));
    assert_eq!(events.last().unwrap().version, Some(head), "events come in the order of the steps");
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

/// Positions have no gaps, whoever writes, archives, reads and trims.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_steps_have_no_gaps() {
    let options = mongodb_options();
    let mut tasks = Vec::new();
    for process in 0..4_u8 {
        let store = another(&options).await;
        tasks.push(tokio::spawn(async move {
            for n in 0..25_u8 {
                let event = Some(("s".to_owned(), Bytes::from(vec![process, n])));
                store.publish("p", Publish { event, ..Publish::default() }).await.unwrap();
            }
        }));
    }
    let reader = another(&options).await;
    let mut seen = Vec::new();
    while seen.len() < 100 {
        let new = reader.read("s", seen.len() as u64, 7).await.unwrap();
        assert!(new.iter().zip(seen.len() as u64 + 1..).all(|(entry, seq)| entry.seq == seq), "{new:?}");
        seen.extend(new.into_iter().map(|entry| entry.payload));
    }
    futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 100, "each once");
    for process in 0..4 {
        let own: Vec<u8> =
            seen.iter().filter(|payload| payload[0] == process).map(|payload| payload[1]).collect();
        assert_eq!(own, (0..25).collect::<Vec<u8>>(), "in order");
    }
    reader.trim("s", 97).await.unwrap();
    let left = reader.read("s", 0, 100).await.unwrap();
    assert_eq!(left.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [98, 99, 100]);
    assert_eq!(reader.latest("s").await.unwrap(), 100);
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

/// From the moment at which a fence is raised no former owner writes, however
/// the two race.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_fence_holds_across_processes() {
    let options = mongodb_options();
    let (owner, heir) = (another(&options).await, another(&options).await);
    let fence = |token| Fence { scope: "run/1".into(), token };
    for round in 1..=20_u64 {
        let former = fence(round);
        owner.raise_fence("p", former.clone()).await.unwrap();
        let writer = tokio::spawn({
            let owner = owner.clone();
            async move {
                loop {
                    let expected = owner.get_ref("p", "x").await.unwrap();
                    let new = Some(Hash::of(expected.unwrap_or(Hash::ZERO).as_bytes()));
                    let refs = vec![RefChange { name: "x".into(), expected, new }];
                    let step = Publish { refs, fence: Some(former.clone()), ..Publish::default() };
                    match owner.publish("p", step).await {
                        Ok(_) => {}
                        Err(Error::Fenced { current, .. }) => break current,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
        heir.raise_fence("p", fence(round + 1)).await.unwrap();
        let at = heir.get_ref("p", "x").await.unwrap();
        assert_eq!(writer.await.unwrap(), round + 1);
        assert_eq!(heir.get_ref("p", "x").await.unwrap(), at, "a former owner wrote");
    }
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revisions_grow_however_a_record_comes_and_goes() {
    let options = mongodb_options();
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let store = another(&options).await;
        tasks.push(tokio::spawn(async move {
            let mut held = Vec::new();
            while held.len() < 15 {
                let Ok(mine) = store.put_record("leases", "x", None, "a".into()).await else { continue };
                let mine = store.put_record("leases", "x", Some(mine), "b".into()).await.unwrap();
                held.push(mine);
                store.delete_record("leases", "x", mine).await.unwrap();
            }
            held
        }));
    }
    let held = futures::future::try_join_all(tasks).await.unwrap();
    assert!(held.iter().all(|own| own.is_sorted()), "{held:?}");
    assert_eq!(held.concat().iter().collect::<BTreeSet<_>>().len(), 45, "none twice");
    let store = another(&options).await;
    assert_eq!(store.list_records("leases", "", None, 10).await.unwrap(), []);
    assert_eq!(store.list_collections().await.unwrap(), [""; 0]);
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

/// Who waits for a turn gets it, in this process or another; a turn whose
/// process is gone ends by its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_hold_across_processes() {
    let options = mongodb_options();
    let store = another(&options).await;
    store.put_record("c", "sum", None, "0".into()).await.unwrap();
    // Left by a process that is gone.
    let old = r#"{"until": 5}"#;
    store.put_record("turns", "sum", None, old.into()).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let store = another(&options).await;
        tasks.push(tokio::spawn(async move {
            let turns = store::Turns::new(store.clone(), "sum");
            for _ in 0..4 {
                let _turn = turns.take().await.unwrap();
                let old = store.get_record("c", "sum").await.unwrap().unwrap();
                let sum: u32 = std::str::from_utf8(&old.value).unwrap().parse().unwrap();
                // Fails when anybody else wrote meanwhile.
                let new = (sum + 1).to_string().into();
                store.put_record("c", "sum", Some(old.revision), new).await.unwrap();
            }
        }));
    }
    futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(store.get_record("c", "sum").await.unwrap().unwrap().value, "12");
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let store = Arc::new(mongodb().await);
    let backend: Arc<dyn Backend> = store.clone();
    backend.swap_ref("p", "tag/a.b$c%", None, Some(Hash::ZERO)).await.unwrap();
    assert_eq!(backend.list_refs("p", "tag/").await.unwrap(), [("tag/a.b$c%".to_owned(), Hash::ZERO)]);
    let projects = store.database().collection::<Document>("projects");
    projects.update_one(doc! { "_id": "p" }, doc! { "$set": { "count": 20_000_i64 } }).await.unwrap();
    let error = backend.swap_ref("p", "tag/one-more", None, Some(Hash::ZERO)).await.unwrap_err();
    assert!(matches!(&error, Error::TooMany { limit: 20_000, .. }), "{error}");
    backend.swap_ref("p", "tag/a.b$c%", Some(Hash::ZERO), None).await.unwrap();
    backend.swap_ref("p", "tag/one-more", None, Some(Hash::ZERO)).await.unwrap();

    let large = Bytes::from(vec![7; 16 << 20]);
    let object = (Hash::of(&large), large.clone());
    assert_eq!(backend.put_objects("p", vec![object]).await.unwrap_err().code(), "too_large");
    assert_eq!(backend.put_record("c", "k", None, large.clone()).await.unwrap_err().code(), "too_large");
    assert_eq!(backend.append("s", large).await.unwrap_err().code(), "too_large");
    assert_eq!(backend.get_record("c", "k").await.unwrap(), None);
    assert_eq!(backend.latest("s").await.unwrap(), 0);
    store.destroy().await.unwrap();
}

// It ends a server of its own, which is started by a script of Unix.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_goes_is_said() {
    let mut server = MongodbServer::start();
    let uri = format!("{}/?serverSelectionTimeoutMS=4000", server.uri());
    let store = another(&MongodbOptions::new(uri.clone())).await;
    store.put_record("c", "k", None, "v".into()).await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::Good);
    server.kill();
    let error = store.put_record("c", "l", None, "v".into()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }) && error.retryable(), "{error}");
    assert_eq!(store.health().await.unwrap_err().code(), "unavailable");
    let error = Mongodb::open(&MongodbOptions::new(uri)).await.err().unwrap();
    assert_eq!(error.code(), "unavailable", "{error}");
}

/// A server that answers the first hello, and then what it is told: for
/// answers that the server for tests never gives.
async fn answering(wire: i32, answers: fn(&str) -> Document) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut header = [0; 16];
                while peer.read_exact(&mut header).await.is_ok() {
                    let number = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().unwrap());
                    let mut body = vec![0; usize::try_from(number(0)).unwrap() - 16];
                    peer.read_exact(&mut body).await.unwrap();
                    // OP_QUERY (2004) is answered by OP_REPLY (1), OP_MSG (2013) by its own.
                    let legacy = number(12) == 2004;
                    let skip = match legacy {
                        true => 4 + body[4..].iter().position(|byte| *byte == 0).unwrap() + 1 + 8,
                        false => 5,
                    };
                    let asked = Document::from_reader(&body[skip..]).unwrap();
                    let command = asked.keys().next().unwrap().to_lowercase();
                    let said = match command.as_str() {
                        "ismaster" | "hello" => doc! {
                            "ismaster": true, "maxWireVersion": wire, "minWireVersion": 0, "ok": 1,
                            "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000,
                            "maxWriteBatchSize": 100_000,
                        },
                        other => answers(other),
                    };
                    let mut bytes = Vec::new();
                    said.to_writer(&mut bytes).unwrap();
                    let before: Vec<u8> = match legacy {
                        true => [8, 0, 0, 0].into_iter().chain([0; 12]).chain([1, 0, 0, 0]).collect(),
                        false => vec![0; 5],
                    };
                    let mut reply = Vec::new();
                    let length = i32::try_from(16 + before.len() + bytes.len()).unwrap();
                    for word in [length, 0, number(4), if legacy { 1 } else { 2013 }] {
                        reply.extend(word.to_le_bytes());
                    }
                    reply.extend(before);
                    reply.extend(bytes);
                    peer.write_all(&reply).await.unwrap();
                }
            });
        }
    });
    address.to_string()
}

fn refusal(code: i32, message: &str) -> Document {
    doc! { "ok": 0, "code": code, "errmsg": message }
}

#[tokio::test]
async fn what_servers_refuse_is_told_apart() {
    let open = async |uri: String, password: Option<&str>| {
        let password = password.map(store::Password::new);
        let uri = format!("{uri}/?serverSelectionTimeoutMS=5000");
        Mongodb::open(&MongodbOptions { password, ..MongodbOptions::new(uri) }).await.err().unwrap()
    };
    let old = answering(6, |_| doc! { "ok": 1 }).await;
    let error = open(format!("mongodb://{old}"), None).await;
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");

    let denying = answering(21, |_| refusal(18, "Authentication failed.")).await;
    let error = open(format!("mongodb://ada@{denying}"), Some("wrong-secret")).await;
    assert!(matches!(error, Error::Refused { .. }) && !error.to_string().contains("wrong-secret"), "{error}");

    let unauthorized = |_: &str| refusal(13, "not authorized on opentwin to execute command");
    let error = open(format!("mongodb://{}", answering(21, unauthorized).await), None).await;
    assert!(matches!(error, Error::Refused { .. }) && !error.retryable(), "{error}");

    let stepping_down = |_: &str| refusal(189, "Primary stepped down");
    let error = open(format!("mongodb://{}", answering(21, stepping_down).await), None).await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_full_server_only_reads_until_there_is_room() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static FULL: AtomicBool = AtomicBool::new(true);
    let answers = |command: &str| match command {
        "find" => doc! { "ok": 1, "cursor": { "id": 0_i64, "ns": "opentwin.meta", "firstBatch": [
            { "_id": "schema", "application": "opentwin", "version": 1, "owner": "opentwin" },
        ] } },
        _ if FULL.load(Ordering::SeqCst) => {
            refusal(8000, "you are over your space quota, using 513 MB of 512 MB")
        }
        _ => doc! { "ok": 1, "n": 1, "nModified": 1 },
    };
    let store = another(&MongodbOptions::new(format!("mongodb://{}", answering(21, answers).await))).await;
    let object = (Hash::of(b"x"), Bytes::from_static(b"x"));
    let error = store.put_objects("p", vec![object.clone()]).await.unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }) && error.retryable(), "{error}");
    assert_eq!(store.health().await.unwrap(), Health::ReadOnly);
    FULL.store(false, Ordering::SeqCst);
    assert_eq!(store.health().await.unwrap(), Health::Good);
    store.put_objects("p", vec![object]).await.unwrap();
}
