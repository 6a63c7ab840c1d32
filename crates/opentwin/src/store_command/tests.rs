#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use store::{Changes, Commit, Entity, MongodbOptions};

use super::*;

fn work(file: &Path, state: Option<&Path>, database: Option<&str>) -> Work {
    Work {
        file: file.to_owned(),
        state: state.map(Path::to_owned),
        only: None,
        database: database.map(|address| address.parse().unwrap()),
        database_password_file: None,
        database_ca: None,
    }
}

/// Two projects with history, a file of several pieces, a pinned one, records, and what people there are.
async fn fill(state: &Path) {
    let work = work(Path::new("none"), Some(state), None);
    let projects = work.open(Part::Project, false).await.unwrap();
    for name in ["one", "two"] {
        let project = projects.project(name).unwrap();
        let blob = Bytes::from(name.repeat(400_000));
        let file = projects.backend().put_blob_bytes(name, blob).await.unwrap();
        let pinned = projects.backend().put_blob_bytes(name, "checkpoint".into()).await.unwrap();
        project.pin("run-1", pinned.hash).await.unwrap();
        let mut head = None;
        for n in 0..5 {
            let mut entity = Entity::new("a", "thing", format!("at/{name}")).with("n", n);
            entity.blobs.insert("data".into(), file.hash);
            let changes = Changes { puts: vec![entity], deletes: Vec::new() };
            let commit = Commit::new(head, changes, "ada", format!("step {n}"));
            head = Some(project.commit("main", commit).await.unwrap().version);
        }
        project.create_tag("v1.0", head.unwrap(), "ada").await.unwrap();
        projects.backend().put_record("projects", name, None, format!("about {name}").into()).await.unwrap();
    }
    let people = work.open(Part::Authorization, false).await.unwrap();
    for user in ["ada", "bob"] {
        people.backend().put_record("users", user, None, format!("hash of {user}").into()).await.unwrap();
        people.backend().append(authorization::AUDIT, format!("{user} came").into()).await.unwrap();
    }
}

/// All that can be asked of the stores.
async fn content(work: &Work) -> Vec<String> {
    use std::collections::BTreeMap;
    use store::{Backend, Hash};

    let mut found = Vec::new();
    for part in work.parts() {
        let repository = work.open(part, true).await.unwrap();
        let backend: &dyn Backend = &**repository.backend();
        for name in repository.projects().await.unwrap() {
            let refs: BTreeMap<_, _> = backend.list_refs(&name, "").await.unwrap().into_iter().collect();
            found.push(format!("{name} {refs:?}"));
            let head = repository.project(&name).unwrap().branch("main").await.unwrap();
            for (id, version) in repository.project(&name).unwrap().log(head, 99).await.unwrap() {
                found.push(format!("{id} {version:?}"));
            }
            for blob in backend.list_blobs(&name, Hash::ZERO, 99).await.unwrap() {
                let bytes = backend.get_blob(&name, blob.hash, u64::MAX).await.unwrap();
                assert_eq!(Hash::of(&bytes), blob.hash);
                found.push(format!("{blob:?}"));
            }
        }
        for collection in backend.list_collections().await.unwrap() {
            for record in backend.list_records(&collection, "", None, 99).await.unwrap() {
                found.push(format!("{collection} {} {:?}", record.key, record.value));
            }
        }
        for entry in backend.read(authorization::AUDIT, 0, 99).await.unwrap() {
            found.push(format!("{entry:?}"));
        }
    }
    found
}

// It needs a whole server of its own, which is started by a script of Unix.
#[cfg(unix)]
#[tokio::test]
async fn a_site_moves_to_mongodb_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let server = store::conformance::MongodbServer::start();
    let there = Some(server.uri());
    fill(&path("old")).await;
    let before = content(&work(&path("x"), Some(&path("old")), None)).await;
    assert!(before.len() > 20, "{before:#?}");

    work(&path("1"), Some(&path("old")), None).export(&Out::nowhere()).await.unwrap();
    work(&path("1"), None, there).import(&Out::nowhere()).await.unwrap();
    assert_eq!(content(&work(&path("x"), None, there)).await, before);
    let again = work(&path("1"), None, there).import(&Out::nowhere()).await.unwrap_err();
    assert_eq!(again.code, Code::Exists);

    work(&path("2"), None, there).export(&Out::nowhere()).await.unwrap();
    work(&path("2"), Some(&path("new")), None).import(&Out::nowhere()).await.unwrap();
    assert_eq!(content(&work(&path("x"), Some(&path("new")), None)).await, before);
    let mode = std::fs::metadata(path("2")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    assert_eq!(work(&path("2"), None, there).export(&Out::nowhere()).await.unwrap_err().code, Code::Exists);
}

/// Where the two have users and databases of their own; on the server that is named for tests, if one is.
#[tokio::test]
async fn each_service_moves_by_itself_to_mongodb_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fill(&path("old")).await;
    let server = store::conformance::mongodb_address();
    let password = server.password.as_ref().map(|password| {
        std::fs::write(path("password"), password).unwrap();
        path("password")
    });
    for part in Part::ALL {
        let address = server.with_database(&store::conformance::mongodb_database());
        let of = |file: &str, state: Option<&str>, address: Option<&str>| Work {
            only: Some(part),
            database_password_file: address.and(password.clone()),
            ..work(&path(&format!("{}-{file}", part.name())), state.map(path).as_deref(), address)
        };
        let before = content(&of("x", Some("old"), None)).await;
        assert!(before.len() > 3, "{before:#?}");
        of("1", Some("old"), None).export(&Out::nowhere()).await.unwrap();
        of("1", None, Some(&address)).import(&Out::nowhere()).await.unwrap();
        assert_eq!(content(&of("x", None, Some(&address))).await, before);
        of("2", None, Some(&address)).export(&Out::nowhere()).await.unwrap();
        of("2", Some("new"), None).import(&Out::nowhere()).await.unwrap();
        assert_eq!(content(&of("x", Some("new"), None)).await, before);
        let options = MongodbOptions {
            database: format!("opentwin-{}", part.name()),
            password: server.password.clone().map(store::Password::new),
            ..MongodbOptions::new(&address)
        };
        store::Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
    }
}

#[tokio::test]
async fn bad_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let none = work(&path("1"), Some(&path("nowhere")), None).export(&Out::nowhere()).await.unwrap_err();
    assert_eq!(none.code, Code::NotFound);
    assert!(!path("1").exists() && !path("nowhere").exists());

    fill(&path("old")).await;
    work(&path("good"), Some(&path("old")), None).export(&Out::nowhere()).await.unwrap();
    let good = std::fs::read(path("good")).unwrap();
    let try_it = async |name: &str, bytes: &[u8]| {
        std::fs::write(path(name), bytes).unwrap();
        work(&path(name), Some(&path(&format!("{name}-state"))), None)
            .import(&Out::nowhere())
            .await
            .unwrap_err()
            .code
    };
    assert_eq!(try_it("empty", b"").await, Code::Invalid);
    assert_eq!(try_it("other", b"OTSTORE1 and more").await, Code::Invalid);
    assert_eq!(try_it("cut", &good[..good.len() - 5]).await, Code::Corrupt);
    assert_eq!(try_it("half", &good[..good.len() / 2]).await, Code::Corrupt);
    let mut changed = good.clone();
    changed[good.len() / 3] ^= 1;
    assert_eq!(try_it("changed", &changed).await, Code::Corrupt);

    let mut only = work(&path("people"), Some(&path("old")), None);
    only.only = Some(Part::Authorization);
    only.export(&Out::nowhere()).await.unwrap();
    let lacking = work(&path("people"), Some(&path("new")), None).import(&Out::nowhere()).await.unwrap_err();
    assert!(lacking.message.contains("project"), "{lacking}");
}
