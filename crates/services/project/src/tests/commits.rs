use std::time::Instant;

use api::Code;
use api::v1::*;
use serde_json::json;

use super::stage::{Site, User, entity, parameter};

async fn stage() -> (Site, User, String) {
    let site = Site::start().await;
    site.register().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    (site, ada, project)
}

fn cuboid(name: &str) -> Entity {
    entity("modeling.cuboid", &format!("geometry/{name}"), json!({"size": [1, "2 mm", 3]}))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_named_with_path_pointer_and_expectation() {
    let (_site, mut ada, project) = stage().await;
    let bad_size = json!({"size": [1, true, 3]});
    for (put, expected) in [
        (entity("modeling.cuboid", "geometry/a", bad_size), vec!["`geometry/a`", "/size/1", "\"number\""]),
        (entity("modeling.cuboid", "geometry/a", json!({})), vec!["`geometry/a`", "\"size\"", "required"]),
        (entity("modeling.cuboid", "geometry/a", json!({"size": [1, 2, 3], "siez": 1})), vec!["siez"]),
        (
            entity("modeling.cuboid", "geometry/a", json!({"size": [1, 2, 3], "material": 7})),
            vec!["/material", "\"string\"", "or", "\"null\""],
        ),
        (
            entity("modeling.cubiod", "geometry/a", json!({})),
            vec!["unknown kind", "did you mean `modeling.cuboid`"],
        ),
        (entity("modeling.cuboid", "solids/a", json!({"size": [1, 2, 3]})), vec!["geometry/<name>"]),
        (entity("modeling.cuboid", "geometry", json!({"size": [1, 2, 3]})), vec!["geometry/<name>"]),
        (entity("modeling.cuboid", "geometry/a/b", json!({"size": [1, 2, 3]})), vec!["geometry/<name>"]),
        (entity("modeling.settings", "modeling/x", json!({})), vec!["stands at `modeling`"]),
        (entity("modeling.model", "geometry/m", json!({})), vec!["`modeling.model` is a result"]),
        (entity("modeling.model", "a//b", json!({})), vec!["path"]),
        (entity("modeling.model", "../b", json!({})), vec!["path"]),
        (entity("modeling.model", "", json!({})), vec!["path"]),
        (entity("modeling.model", "model", json!([1])), vec!["no JSON object"]),
        (Entity { properties: "{".into(), ..cuboid("a") }, vec!["no JSON"]),
        (Entity { id: "a/b".into(), ..cuboid("a") }, vec!["entity id"]),
        (Entity { references: vec!["a b".into()], ..cuboid("a") }, vec!["refers"]),
        (Entity { blobs: [("stl".into(), "xyz".into())].into(), ..cuboid("a") }, vec!["`stl`", "no hash"]),
    ] {
        let path = put.path.clone();
        let failure = ada.put(&project, vec![put]).await.unwrap_err();
        assert_eq!(failure.code, Code::Invalid, "{failure}");
        assert_eq!(failure.places, [path]);
        for word in expected {
            assert!(failure.message.contains(word), "`{word}` is not in: {failure}");
        }
    }
    assert!(ada.paths(&project, "").await.is_empty());
    ada.put(&project, vec![cuboid("a"), entity("modeling.model", "model", json!({}))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_told_at_once_and_nothing_is_written() {
    let (_site, mut ada, project) = stage().await;
    let bad = |name: &str| entity("modeling.cuboid", &format!("geometry/{name}"), json!({"size": 1}));
    let failure = ada.put(&project, vec![bad("a"), cuboid("b"), bad("c"), cuboid("b")]).await.unwrap_err();
    assert_eq!(failure.places, ["geometry/a", "geometry/c", "geometry/b"]);
    assert!(failure.message.contains("two entities"), "{failure}");
    assert!(ada.paths(&project, "").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let (_site, mut ada, project) = stage().await;
    let long = entity("modeling.model", "model", json!({"x": "y".repeat(1 << 20)}));
    assert_eq!(ada.put(&project, vec![long]).await.unwrap_err().code, Code::TooLarge);
    let many = (0..10_001).map(|n| parameter(&format!("p{n}"), "1")).collect();
    assert_eq!(ada.put(&project, many).await.unwrap_err().code, Code::TooLarge);
    // A long wrong value is not sent back whole.
    let long = entity("modeling.cuboid", "geometry/a", json!({"size": "y".repeat(100_000)}));
    let failure = ada.put(&project, vec![long]).await.unwrap_err();
    assert!(failure.message.len() < 1000, "{}", failure.message.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_must_be_there_first() {
    let (_site, mut ada, project) = stage().await;
    let hash = blake3::hash(b"solid").to_string();
    let model = Entity {
        blobs: [("stl".into(), hash.clone())].into(),
        ..entity("modeling.model", "model", json!({}))
    };
    let failure = ada.put(&project, vec![model.clone()]).await.unwrap_err();
    assert_eq!((failure.code, failure.places), (Code::Invalid, vec!["model".to_owned()]));
    assert_eq!(ada.upload(&project, b"solid").await.unwrap().hash, hash);
    ada.put(&project, vec![model.clone()]).await.unwrap();
    // Another project has to be given its own.
    let other = ada.create("other").await.id;
    assert!(ada.put(&other, vec![model]).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_without_id_is_the_entity_at_its_path() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("a", "1"), parameter("b", "1")]).await.unwrap();
    let all = EntitiesRequest { project: project.clone(), ..Default::default() };
    let (_, before) = ada.entities(all.clone()).await.unwrap();
    let second = ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    let (version, after) = ada.entities(all.clone()).await.unwrap();
    assert_eq!(version, second.id);
    assert_eq!((&before[0].id, &before[1]), (&after[0].id, &after[1]));
    assert_eq!(after[0].properties, r#"{"value":"2"}"#);
    // Nothing new makes no version.
    let same = ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    assert!(second.created && !same.created);
    assert_eq!(second.id, same.id);
    // One moves away, another takes its place in the same commit.
    let moved = Entity { id: after[0].id.clone(), ..parameter("c", "2") };
    ada.put(&project, vec![moved, parameter("a", "3")]).await.unwrap();
    let (_, last) = ada.entities(all).await.unwrap();
    assert_eq!(last.iter().find(|e| e.path == "parameters/c").unwrap().id, after[0].id);
    assert_ne!(last.iter().find(|e| e.path == "parameters/a").unwrap().id, after[0].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_come_before_puts() {
    let (site, mut ada, project) = stage().await;
    let model = |path: &str| entity("modeling.model", path, json!({"path": path}));
    ada.put(&project, vec![model("model"), model("model/a"), model("model/b"), model("modelx")])
        .await
        .unwrap();
    let mut compute = site.compute("ada", &project, "r1").await;
    let delete = vec!["model".to_owned(), "model/**".to_owned(), "nothing/**".to_owned()];
    let put = vec![model("model"), model("model/c")];
    let request = CommitRequest { project: project.clone(), put, delete, ..Default::default() };
    compute.commit(request).await.unwrap();
    assert_eq!(ada.paths(&project, "").await, ["model", "model/c", "modelx"]);
    let delete = vec!["**".to_owned()];
    ada.commit(CommitRequest { project: project.clone(), delete, ..Default::default() }).await.unwrap();
    assert!(ada.paths(&project, "").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_found_by_kind_and_path() {
    let (_site, mut ada, project) = stage().await;
    let model = |path: &str| entity("modeling.model", path, json!({}));
    let put = vec![cuboid("a"), cuboid("b"), model("model"), model("model/a"), parameter("p", "1")];
    let version = ada.put(&project, put).await.unwrap().id;
    let mut ask = async |kinds: &[&str], paths: &[&str]| {
        let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let (project, version) = (project.clone(), version[..8].to_owned());
        let request = EntitiesRequest { project, version, kinds: own(kinds), paths: own(paths) };
        let (at, found) = ada.entities(request).await.unwrap();
        assert_eq!(at.len(), 64);
        found.into_iter().map(|e| e.path).collect::<Vec<_>>()
    };
    assert_eq!(ask(&["modeling.cuboid"], &[]).await, ["geometry/a", "geometry/b"]);
    assert_eq!(ask(&["modeling."], &[]).await.len(), 4);
    assert!(ask(&["modeling"], &[]).await.is_empty(), "a kind is whole unless it ends with a dot");
    assert_eq!(ask(&[], &["model/**", "model", "model/a", "no"]).await, ["model/a", "model"]);
    assert_eq!(ask(&["project.parameter"], &["model"]).await, ["model", "parameters/p"]);
    assert_eq!(ask(&[], &[]).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_entities_come_in_parts() {
    let (_site, mut ada, project) = stage().await;
    ada.put(&project, (0..1234).map(|n| parameter(&format!("p{n}"), "1")).collect()).await.unwrap();
    let request = ada.says(EntitiesRequest { project: project.clone(), ..Default::default() });
    let mut stream = ada.client.entities(request).await.unwrap().into_inner();
    let mut sizes = Vec::new();
    while let Some(part) = stream.message().await.unwrap() {
        sizes.push(part.entities.len());
    }
    assert_eq!(sizes, [500, 500, 234]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_at_once_lose_nothing() {
    let (site, mut ada, project) = stage().await;
    ada.put(&project, vec![parameter("shared", "0")]).await.unwrap();
    let mut clients = Vec::new();
    for client in 0..2 {
        let (mut ada, project) = (site.user("ada"), project.clone());
        clients.push(tokio::spawn(async move {
            for n in 0..20 {
                // Each its own, and all the same one: without a base the last wins and none is refused.
                let put =
                    vec![parameter(&format!("c{client}-{n}"), "1"), parameter("shared", &format!("{n}"))];
                ada.put(&project, put).await.unwrap();
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(ada.paths(&project, "").await.len(), 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_on_an_old_base_merge_or_name_their_conflicts() {
    let (_site, mut ada, project) = stage().await;
    let base = ada.put(&project, vec![parameter("a", "1"), parameter("b", "1")]).await.unwrap().id;
    ada.put(&project, vec![parameter("a", "2")]).await.unwrap();
    let on_base = |put: Entity| CommitRequest {
        project: project.clone(),
        base: base.clone(),
        put: vec![put],
        ..Default::default()
    };
    let merged = ada.commit(on_base(parameter("b", "3"))).await.unwrap();
    assert!(merged.created);
    let failure = ada.commit(on_base(parameter("a", "4"))).await.unwrap_err();
    assert_eq!((failure.code, failure.places), (Code::Conflict, vec!["parameters/a".to_owned()]));
    let unknown = CommitRequest { base: "feed1234".into(), ..on_base(parameter("a", "4")) };
    assert_eq!(ada.commit(unknown).await.unwrap_err().code, Code::NotFound);
    let branch = CommitRequest { branch: "nowhere".into(), project: project.clone(), ..Default::default() };
    assert_eq!(ada.commit(branch).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_declare_their_own_kinds_only() {
    let (site, ada, _) = stage().await;
    let mut client = site.client("local-session/0");
    let described = client.describe(Empty {}).await.unwrap().into_inner().services;
    let names: Vec<&str> = described.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["modeling", "project"]);
    assert!(described[1].kinds.iter().any(|kind| kind.kind == "project.material"));
    drop(ada);
    let with = |change: &dyn Fn(&mut ServiceDescription)| {
        let mut service = super::stage::modeling();
        change(&mut service);
        service
    };
    for bad in [
        with(&|s| s.name = "project".into()),
        with(&|s| s.name = "other".into()),
        with(&|s| s.kinds[0].schema = "{".into()),
        with(&|s| s.kinds[0].schema = r#"{"type": "nonsense"}"#.into()),
        with(&|s| s.kinds[0].section = "materials".into()),
        with(&|s| s.kinds[0].section = String::new()),
    ] {
        let failure = api::Failure::from(client.register_service(bad).await.unwrap_err());
        assert_eq!(failure.code, Code::Invalid, "{failure}");
    }
}

/// Time of a commit of one entity where there are many: `cargo test -p project --release -- --ignored measure`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_a_commit_among_many_entities() {
    let site = Site::on(None).await;
    let mut ada = site.user("ada");
    let project = ada.create("large").await.id;
    for part in 0..10 {
        let put = (0..10_000).map(|n| parameter(&format!("p{part}-{n}"), "22.86 mm")).collect();
        let start = Instant::now();
        ada.put(&project, put).await.unwrap();
        println!("10,000 entities: {:?}", start.elapsed());
    }
    let mut times = Vec::new();
    for n in 0..200 {
        let start = Instant::now();
        ada.put(&project, vec![parameter(&format!("p3-{}", n * 31), &format!("{n} mm"))]).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    println!("one of 100,000: median {:?}, 95 % {:?}", times[100], times[190]);
    let start = Instant::now();
    println!("all {} read: {:?}", ada.paths(&project, "").await.len(), start.elapsed());
    let start = Instant::now();
    for _ in 0..100 {
        let one = EntitiesRequest {
            project: project.clone(),
            paths: vec!["parameters/p1-1".into()],
            ..Default::default()
        };
        ada.entities(one).await.unwrap();
    }
    println!("one read: {:?}; state in {}", start.elapsed() / 100, site.folder().display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_on_nothing_overwrites_nothing() {
    let (_site, mut ada, project) = stage().await;
    let empty = ada.create("empty").await.id;
    let on_nothing = |name: &str, value: &str| CommitRequest {
        project: empty.clone(),
        base: "0".repeat(64),
        put: vec![parameter(name, value)],
        ..Default::default()
    };
    ada.commit(on_nothing("w", "1 mm")).await.unwrap();
    // Somebody whose screen was empty, too.
    let failure = ada.commit(on_nothing("w", "2 mm")).await.unwrap_err();
    assert_eq!((failure.code, failure.places), (Code::Conflict, vec!["parameters/w".to_owned()]));
    ada.commit(on_nothing("h", "2 mm")).await.unwrap();
    // The same once more, as after a lost answer.
    assert!(!ada.commit(on_nothing("h", "2 mm")).await.unwrap().created);
    assert_eq!(ada.paths(&empty, "").await, ["parameters/h", "parameters/w"]);
    assert_ne!(project, empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_entity_that_brings_its_id_can_be_sent_twice() {
    let (_site, mut ada, project) = stage().await;
    let first = ada.put(&project, vec![parameter("a", "1")]).await.unwrap().id;
    let new = Entity { id: "0198-brought-along".into(), ..parameter("b", "2") };
    let request = || CommitRequest {
        project: project.clone(),
        base: first.clone(),
        put: vec![new.clone()],
        ..Default::default()
    };
    let made = ada.commit(request()).await.unwrap();
    let again = ada.commit(request()).await.unwrap();
    assert_eq!((made.created, again.created, made.id), (true, false, again.id));
}
