use std::sync::Arc;
use std::sync::atomic::Ordering;

use api::v1::*;
use api::{Code, Failure};
use bytes::Bytes;
use store::Memory;

use super::stage::{Site, User, bytes, entity, parameter};

async fn get(
    user: &mut User,
    project: &str,
    hash: &str,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>, Failure> {
    let request =
        GetBlobRequest { project: project.into(), hash: hash.into(), offset, length, run: String::new() };
    let request = user.says(request);
    bytes(user.client.get_blob(request).await?.into_inner()).await
}

pub async fn export(user: &mut User, project: &str) -> Vec<u8> {
    let request = user.says(ProjectRequest { project: project.into() });
    bytes(user.client.export_project(request).await.unwrap().into_inner()).await.unwrap()
}

pub async fn import(user: &mut User, archive: &[u8]) -> Result<ProjectInfo, Failure> {
    let chunk = |data: &[u8]| Chunk { data: Bytes::copy_from_slice(data) };
    let chunks: Vec<Chunk> = archive.chunks(1000).map(chunk).collect();
    let request = user.says(futures::stream::iter(chunks));
    Ok(user.client.import_project(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_come_back_whole_and_in_ranges() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let data: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let info = ada.upload(&project, &data).await.unwrap();
    assert_eq!((info.size, info.hash.clone()), (3_000_000, blake3::hash(&data).to_string()));
    for (offset, length, expected) in [
        (0, 0, &data[..]),
        (0, 10, &data[..10]),
        (1_048_570, 20, &data[1_048_570..1_048_590]),
        (2_999_990, 0, &data[2_999_990..]),
        (2_999_990, u64::MAX, &data[2_999_990..]),
        (3_000_000, 5, &[]),
    ] {
        assert_eq!(get(&mut ada, &project, &info.hash, offset, length).await.unwrap(), expected, "{offset}");
    }
    let code = async |user: &mut User, project: &str, hash: &str, offset| {
        get(user, project, hash, offset, 0).await.unwrap_err().code
    };
    assert_eq!(code(&mut ada, &project, &info.hash, 3_000_001).await, Code::Invalid);
    assert_eq!(code(&mut ada, &project, "xyz", 0).await, Code::Invalid);
    let other = ada.create("other").await.id;
    assert_eq!(code(&mut ada, &other, &info.hash, 0).await, Code::NotFound);
    assert_eq!(code(&mut site.user("eve"), &project, &info.hash, 0).await, Code::NotFound);
    assert_eq!(ada.upload(&project, b"").await.unwrap().size, 0);
    assert_eq!(ada.upload(&project, &vec![0; (4 << 20) + 1]).await.unwrap_err().code, Code::TooLarge);
    let request = ada.says(futures::stream::iter(Vec::<PutBlobRequest>::new()));
    assert_eq!(Failure::from(ada.client.put_blob(request).await.unwrap_err()).code, Code::Invalid);
}

/// A project with history, a blob and a tag.
async fn full(site: &Site, ada: &mut User) -> (String, String) {
    site.register().await;
    let request =
        CreateProjectRequest { name: "iris".into(), description: "a bow".into(), tags: vec!["x".into()] };
    let project = ada.client.create_project(ada.says(request)).await.unwrap().into_inner().id;
    let hash = ada.upload(&project, &vec![7; 2_000_000]).await.unwrap().hash;
    let model = Entity {
        blobs: [("stl".into(), hash.clone())].into(),
        ..entity("modeling.model", "model", serde_json::json!({"inputs": "x"}))
    };
    ada.put(&project, vec![parameter("a", "1"), model]).await.unwrap();
    ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    let tag = RefRequest { project: project.clone(), name: "v1".into(), version: "main~1".into() };
    ada.client.create_tag(ada.says(tag)).await.unwrap();
    (project, hash)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_brings_everything_to_another_site() {
    let (here, there) = (Site::start().await, Site::start().await);
    let mut ada = here.user("ada");
    let (project, hash) = full(&here, &mut ada).await;
    let archive = export(&mut ada, &project).await;
    let mut bob = there.user("bob");
    for name in ["iris", "iris (2)", "iris (3)"] {
        let came = import(&mut bob, &archive).await.unwrap();
        assert_eq!((came.name.as_str(), came.owner.as_str(), came.entities), (name, "bob", 2));
        assert_eq!((came.description.as_str(), came.tags.as_slice()), ("a bow", &["x".to_owned()][..]));
        assert_eq!(get(&mut bob, &came.id, &hash, 0, 0).await.unwrap(), vec![7; 2_000_000]);
        assert_eq!(bob.paths(&came.id, "v1").await, ["model", "parameters/a"]);
        bob.put(&came.id, vec![parameter("a", "3")]).await.unwrap();
    }
    // The store's own archives are taken, too.
    let content = archive.windows(8).position(|window| window == b"OTSTORE1").unwrap();
    assert_eq!(import(&mut bob, &archive[content..]).await.unwrap().name, "Imported project");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_archive_leaves_nothing() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (project, _) = full(&site, &mut ada).await;
    let archive = export(&mut ada, &project).await;
    let mut flipped = archive.clone();
    flipped[archive.len() / 2] ^= 1;
    for bad in [&b""[..], b"PK\x03\x04 no archive", &archive[..10], &archive[..archive.len() - 1], &flipped] {
        let failure = import(&mut ada, bad).await.unwrap_err();
        assert_eq!(failure.code, Code::Invalid, "{failure}");
    }
    let listed =
        ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap().into_inner();
    assert_eq!(listed.projects.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_an_owner_before_it_comes_so_that_it_may_take_its_time() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (project, _) = full(&site, &mut ada).await;
    let archive = export(&mut ada, &project).await;
    let owned = |user: &str| site.fake.rights.lock().unwrap().keys().filter(|(of, _)| of == user).count();
    for whole in [true, false] {
        let (sender, pieces) = tokio::sync::mpsc::channel(4);
        let mut bob = site.user("bob");
        let request = bob.says(tokio_stream::wrappers::ReceiverStream::new(pieces));
        let coming = tokio::spawn(async move { bob.client.import_project(request).await });
        let (first, rest) = archive.split_at(archive.len() / 2);
        let piece = |data: &[u8]| Chunk { data: Bytes::copy_from_slice(data) };
        let before = owned("bob");
        sender.send(piece(first)).await.unwrap();
        let granted = async {
            while owned("bob") == before {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), granted).await.unwrap();
        // As if what vouches for the caller had run out.
        site.fake.broken.store(true, Ordering::Relaxed);
        if whole {
            for rest in rest.chunks(1 << 20) {
                sender.send(piece(rest)).await.unwrap();
            }
        }
        drop(sender);
        let came = coming.await.unwrap();
        assert_eq!((came.is_ok(), owned("bob")), (whole, 1), "{came:?}");
        site.fake.broken.store(false, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_no_larger_than_the_site_takes() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (project, _) = full(&site, &mut ada).await;
    let mut archive = export(&mut ada, &project).await;
    // A blob that goes on for ever; what comes before it is whole.
    archive.truncate(archive.len() - 37);
    let part: Vec<u8> = [&b"D"[..], &(1u32 << 20).to_le_bytes(), &[0; 1 << 20]].concat();
    let begin: Vec<u8> = [&b"B"[..], &40u32.to_le_bytes(), &[0; 32], &u64::MAX.to_le_bytes()].concat();
    archive.extend(begin);
    (0..10).for_each(|_| archive.extend(&part));
    let failure = import(&mut ada, &archive).await.unwrap_err();
    assert_eq!(failure.code, Code::TooLarge, "{failure}");
    assert!(failure.what_to_do().contains("archive-mb"), "{failure}");
    assert_eq!(site.fake.rights.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_content_and_goes_its_own_way() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let (project, hash) = full(&site, &mut ada).await;
    site.allow("vera", &project, Right::Viewer);
    let mut vera = site.user("vera");
    let request = vera.says(CopyProjectRequest { project: project.clone(), name: String::new() });
    let copy = vera.client.copy_project(request).await.unwrap().into_inner();
    assert_eq!((copy.owner.as_str(), copy.name.as_str(), copy.right()), ("vera", "iris", Right::Owner));
    vera.put(&copy.id, vec![parameter("b", "1")]).await.unwrap();
    assert_eq!(ada.paths(&project, "").await.len(), 2);
    assert_eq!(get(&mut vera, &copy.id, &hash, 0, 3).await.unwrap(), [7, 7, 7]);
    let request = ada.says(CopyProjectRequest { project: project.clone(), name: "IRIS".into() });
    assert_eq!(Failure::from(ada.client.copy_project(request).await.unwrap_err()).code, Code::Exists);
    let empty = ada.create("empty").await.id;
    let request = ada.says(CopyProjectRequest { project: empty.clone(), name: "empty too".into() });
    assert_eq!(ada.client.copy_project(request).await.unwrap().into_inner().head, "");
    let archive = export(&mut ada, &empty).await;
    assert_eq!(import(&mut ada, &archive).await.unwrap().name, "empty (2)");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_guarded_by_revision() {
    let backend = Arc::new(Memory::default());
    let site = Site::on(Some(backend)).await;
    let mut global = site.client("global-session/0");
    let record = |revision, value: &'static [u8]| Record {
        collection: "sessions".into(),
        key: "p1".into(),
        revision,
        value: Bytes::from_static(value),
    };
    let code = |status: tonic::Status| Failure::from(status).code;
    let first = global.put_record(record(0, b"a")).await.unwrap().into_inner();
    assert_eq!(&first.value[..], b"a");
    assert_eq!(code(global.put_record(record(0, b"b")).await.unwrap_err()), Code::Exists);
    let second = global.put_record(record(first.revision, b"b")).await.unwrap().into_inner();
    assert_eq!(code(global.put_record(record(first.revision, b"c")).await.unwrap_err()), Code::Conflict);
    let one = RecordRequest { collection: "sessions".into(), key: "p1".into(), revision: 0 };
    assert_eq!(global.get_record(one.clone()).await.unwrap().into_inner(), second);
    let prefix = RecordRequest { collection: "sessions".into(), key: String::new(), revision: 0 };
    assert_eq!(
        global.list_records(prefix.clone()).await.unwrap().into_inner().records,
        std::slice::from_ref(&second)
    );
    // Not one that somebody has written since it was read.
    let stale = RecordRequest { revision: first.revision, ..one.clone() };
    assert_eq!(code(global.delete_record(stale).await.unwrap_err()), Code::Conflict);
    let exact = RecordRequest { revision: second.revision, ..one.clone() };
    global.delete_record(exact.clone()).await.unwrap();
    global.delete_record(exact).await.unwrap();
    global.delete_record(one.clone()).await.unwrap();
    assert_eq!(code(global.get_record(one).await.unwrap_err()), Code::NotFound);
    // What this service keeps for itself cannot be reached so.
    site.user("ada").create("iris").await;
    let own = RecordRequest { collection: "projects".into(), key: String::new(), revision: 0 };
    assert!(global.list_records(own).await.unwrap().into_inner().records.is_empty());
    let bad = RecordRequest { collection: "../projects".into(), key: "x".into(), revision: 0 };
    assert_eq!(code(global.get_record(bad).await.unwrap_err()), Code::Invalid);
}
