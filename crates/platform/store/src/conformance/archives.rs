//! Archives out and in.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::lines::branch;
use super::{all, project, puts, set, thing};
use crate::entity::tag;
use crate::objects::{Decoded, decode};
use crate::repository::archive::MAGIC;
use crate::tree::{Node, NodeRef};
use crate::version::Root;
use crate::{Backend, BlobStream, Commit, Hash, Project, Repository, Version, VersionId};

async fn collect(stream: BlobStream) -> Vec<u8> {
    stream.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

/// In odd pieces, as a network would cut it.
fn stream(bytes: &[u8]) -> BlobStream {
    let pieces: Vec<_> = bytes.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(futures::stream::iter(pieces))
}

/// A project with two lines, a tag, something undone, a blob.
async fn rich(backend: &Arc<dyn Backend>) -> (Project, VersionId) {
    let p = project(backend);
    let blob = backend.put_blob_bytes("one", vec![7; 3_000_000].into()).await.unwrap();
    let mut entity = thing("a", 1);
    entity.blobs.insert("field".into(), blob.hash);
    let a = p.commit("main", Commit::new(None, puts([entity]), "t", "")).await.unwrap().version;
    branch(&p, "side", a).await;
    set(&p, "side", Some(a), &[("b", 1)]).await;
    let many: Vec<(String, i64)> = (0..200).map(|n| (format!("m{n}"), n)).collect();
    let many: Vec<(&str, i64)> = many.iter().map(|(id, n)| (id.as_str(), *n)).collect();
    let b = set(&p, "main", Some(a), &many).await;
    set(&p, "main", Some(b), &[("m1", 9)]).await;
    p.undo("main", "tester").await.unwrap();
    p.create_tag("v1", a, "t").await.unwrap();
    (p, b)
}

pub async fn archives_round_trip(backend: Arc<dyn Backend>) {
    let (p, head) = rich(&backend).await;
    let repository = Repository::new(backend.clone());
    let archive = collect(repository.export("one").unwrap()).await;
    let exists = repository.import(stream(&archive), None, "t").await.unwrap_err();
    assert_eq!(exists.code(), "already_exists");
    let done = repository.import(stream(&archive), Some("two"), "t").await.unwrap();
    assert_eq!(done.projects, ["two"]);
    let refs = backend.list_refs("one", "").await.unwrap();
    assert_eq!(backend.list_refs("two", "").await.unwrap(), refs);
    let copy = repository.project("two").unwrap();
    assert_eq!(all(&copy, head).await, all(&p, head).await);
    assert_eq!(copy.redo("main", "tester").await.unwrap().previous, Some(head));

    backend.put_record("users", "ada", None, "secret".into()).await.unwrap();
    let site = collect(repository.export_site(&["users"])).await;
    repository.drop_project("one").await.unwrap();
    repository.drop_project("two").await.unwrap();
    backend.put_record("users", "bob", None, "stays".into()).await.unwrap();
    let done = repository.import(stream(&site), None, "t").await.unwrap();
    assert_eq!((done.projects.len(), done.records), (2, 1));
    assert_eq!(backend.list_refs("one", "").await.unwrap(), refs);
    let none = repository.export("none").unwrap().try_collect::<Vec<Bytes>>().await;
    assert_eq!(none.unwrap_err().code(), "not_found");
}

/// Records of the site may name such a blob, as the picture of a project.
pub async fn an_archive_of_a_site_holds_what_no_version_names(backend: Arc<dyn Backend>) {
    rich(&backend).await;
    let picture = backend.put_blob_bytes("one", "picture".into()).await.unwrap();
    let repository = Repository::new(backend.clone());
    let archive = collect(repository.export("one").unwrap()).await;
    repository.import(stream(&archive), Some("two"), "t").await.unwrap();
    assert_eq!(backend.stat_blob("two", picture.hash).await.unwrap(), None, "it belongs to the site");
    let before = backend.list_blobs("one", Hash::ZERO, 9).await.unwrap();
    let (all, some) = (repository.export_all(&[]), repository.export_site(&[]));
    for site in [collect(all).await, collect(some).await] {
        for name in ["one", "two"] {
            repository.drop_project(name).await.unwrap();
        }
        repository.import(stream(&site), None, "t").await.unwrap();
        assert_eq!(backend.get_blob("one", picture.hash, 99).await.unwrap(), "picture");
        assert_eq!(backend.list_blobs("one", Hash::ZERO, 9).await.unwrap(), before);
    }
}

pub async fn damaged_archives_leave_nothing(backend: Arc<dyn Backend>) {
    rich(&backend).await;
    let repository = Repository::new(backend.clone());
    let archive = collect(repository.export("one").unwrap()).await;
    let refused = async |bytes: &[u8], what: &str| {
        let error = repository.import(stream(bytes), Some("two"), "t").await.unwrap_err();
        assert!(matches!(error.code(), "corrupt" | "bad_name"), "{what}: {error}");
        assert_eq!(backend.list_projects().await.unwrap(), ["one"], "{what}");
        assert_eq!(backend.list_objects("two", Hash::ZERO, 1).await.unwrap(), [], "{what}");
        assert_eq!(backend.list_blobs("two", Hash::ZERO, 1).await.unwrap(), [], "{what}");
    };
    for len in [0, 5, 8, 12, 100, archive.len() / 2, archive.len() - 40, archive.len() - 1] {
        refused(&archive[..len], &format!("cut at {len}")).await;
    }
    for at in [0, 9, 14, 60, 3000, archive.len() / 2, archive.len() - 60, archive.len() - 2] {
        let mut bytes = archive.clone();
        bytes[at] ^= 4;
        refused(&bytes, &format!("a bit at {at}")).await;
    }
    let mut longer = archive.clone();
    longer.push(0);
    refused(&longer, "a byte more").await;
}

/// An archive of these frames, whole and well-formed.
fn archive(frames: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for (kind, payload) in frames {
        bytes.push(*kind);
        bytes.extend((payload.len() as u32).to_le_bytes());
        bytes.extend(*payload);
    }
    let hash = Hash::of(&bytes);
    bytes.push(b'Z');
    bytes.extend(32_u32.to_le_bytes());
    bytes.extend(hash.as_bytes());
    bytes
}

/// A version of this content, and the archive of a project whose only branch it heads.
fn headed(objects: &[Bytes], root: Root) -> Vec<u8> {
    let root = root.encode();
    let version = Version {
        author: "t".into(),
        message: String::new(),
        parents: Vec::new(),
        redoes: None,
        root: Hash::of(&root),
        run: String::new(),
        time: 1,
        undoes: None,
    }
    .encode();
    let head = [Hash::of(&version).as_bytes(), &b"branch/main"[..]].concat();
    let mut frames: Vec<(u8, &[u8])> = vec![(b'P', b"one")];
    frames.extend(objects.iter().map(|object| (b'O', &object[..])));
    frames.extend([(b'O', &root[..]), (b'O', &version[..]), (b'R', &head[..])]);
    archive(&frames)
}

async fn refused(backend: &Arc<dyn Backend>, archive: &[u8], what: &str) {
    let repository = Repository::new(backend.clone());
    let error = repository.import(stream(archive), Some("forged"), "t").await.expect_err(what);
    assert_eq!(error.code(), "corrupt", "{what}: {error}");
    assert!(!backend.list_projects().await.unwrap().contains(&"forged".to_owned()), "{what}");
}

/// The records belong to the site, so they do not come with a project, however whole the archive is.
pub async fn an_archive_of_a_project_brings_no_records(backend: Arc<dyn Backend>) {
    let record = [&5_u16.to_le_bytes()[..], &4_u16.to_le_bytes(), b"users", b"root", b"{}"].concat();
    refused(&backend, &archive(&[(b'K', &record)]), "a record alone").await;
    refused(&backend, &archive(&[(b'P', b"one"), (b'K', &record)]), "a record in a project").await;
    assert_eq!(backend.get_record("users", "root").await.unwrap(), None);
}

/// An entity that no commit would take does not come in through an archive.
pub async fn forged_entities_are_refused(backend: Arc<dyn Backend>) {
    let of = |json: &str| Bytes::from([&[tag::ENTITY], json.as_bytes()].concat());
    let leaf = |key: &str, object: &Bytes| Node::Leaf(vec![(key.to_owned(), Hash::of(object))]);
    let archive = |path: &str, entity: Bytes| {
        let (by_id, by_path) = (leaf("1", &entity).encode(), leaf(path, &entity).encode());
        let [id, path] = [&by_id, &by_path].map(|bytes| Some(NodeRef { hash: Hash::of(bytes), count: 1 }));
        headed(&[entity, by_id, by_path], Root { by_id: id, by_path: path })
    };
    let json = |path: &str| {
        format!(r#"{{"blobs":{{}},"id":"1","kind":"k","path":"{path}","properties":{{}},"references":[]}}"#)
    };
    let good = archive("things/a", of(&json("things/a")));
    let repository = Repository::new(backend.clone());
    repository.import(stream(&good), Some("good"), "t").await.unwrap();
    refused(&backend, &archive("a/../b", of(&json("a/../b"))), "a path that climbs").await;
    refused(&backend, &archive("things/b", of(&json("things/a"))), "another path than its key").await;
    let spaced = json("things/a").replace("{}", "{ }");
    refused(&backend, &archive("things/a", of(&spaced)), "not the canonical form").await;
    let large = json("things/a").replace("\"k\"", &format!("\"{}\"", "k".repeat(5 << 20)));
    refused(&backend, &archive("things/a", of(&large)), "too large").await;
}

/// A tree whose keys are not where its nodes say would be damaged by the next commit.
pub async fn forged_trees_are_refused(backend: Arc<dyn Backend>) {
    let p = project(&backend);
    let names: Vec<String> = (0..40).map(|n| format!("k{n:02}")).collect();
    let things: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    set(&p, "main", None, &things).await;
    let hashes = backend.list_objects("one", Hash::ZERO, 1000).await.unwrap();
    let objects = backend.get_objects("one", &hashes).await.unwrap();
    let mut objects: Vec<Bytes> = objects.into_iter().flatten().collect();
    let root = objects.iter().find_map(|object| match decode(object) {
        Some(Decoded::Root(root)) if root.count() == 40 => Some(root),
        _ => None,
    });
    let root = root.unwrap();
    let node = |want: NodeRef| {
        let object = objects.iter().find(|object| Hash::of(object) == want.hash).unwrap();
        let Some(Decoded::Node(node)) = decode(object) else { panic!("no node") };
        (*node).clone()
    };
    let Node::Inner { prefix, mut children } = node(root.by_id.unwrap()) else { panic!("one leaf") };
    assert_eq!(prefix, b"k");
    (children[0].node, children[1].node) = (children[1].node, children[0].node);
    let forged = Node::Inner { prefix, children }.encode();
    let by_id = Some(NodeRef { hash: Hash::of(&forged), count: 40 });
    let honest = headed(&objects, root);
    objects.push(forged);
    refused(&backend, &headed(&objects, Root { by_id, ..root }), "swapped leaves").await;
    refused(&backend, &headed(&objects, Root { by_id: root.by_path, ..root }), "paths for ids").await;
    Repository::new(backend.clone()).import(stream(&honest), Some("honest"), "t").await.unwrap();
}

/// An archive takes as long as its reader likes; nobody else waits for it.
pub async fn a_stalled_reader_stops_nobody(backend: Arc<dyn Backend>) {
    rich(&backend).await;
    let repository = Repository::new(backend.clone());
    let p = repository.project("one").unwrap();
    // More pieces than are on their way at once, so that the writer of the archive stands.
    for n in 0..16_u8 {
        let blob = backend.put_blob_bytes("one", vec![n; 1 << 20].into()).await.unwrap();
        p.pin(&format!("b{n}"), blob.hash).await.unwrap();
    }
    let mut archive = repository.export("one").unwrap();
    archive.next().await.unwrap().unwrap();
    let main = p.resolve("main").await.unwrap();
    set(&p, "main", Some(main), &[("late", 1)]).await;
    let refused = p.prune(&crate::Policy::default()).await.unwrap_err();
    assert_eq!(refused.code(), "unavailable");
    repository.drop_project("one").await.unwrap();
    let rest = archive.try_collect::<Vec<Bytes>>().await.unwrap_err();
    assert_eq!(rest.code(), "unavailable");
    assert_eq!(backend.list_projects().await.unwrap(), [""; 0]);
}
