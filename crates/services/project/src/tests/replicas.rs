//! Two processes of the service on one database of a MongoDB server.

use std::sync::Arc;

use api::v1::event::What;
use api::v1::*;
use api::{Code, Failure};
use serde_json::json;
use store::{Backend, Mongodb};

use super::stage::{Site, entity, parameter};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_all_that_others_must_know() {
    let options = store::conformance::mongodb_options();
    let open = async || Arc::new(Mongodb::open(&options).await.unwrap()) as Arc<dyn Backend>;
    let (here, there) = (Site::on(Some(open().await)).await, Site::on(Some(open().await)).await);
    let (mut ada, mut bob) = (here.user("ada"), there.user("ada"));
    let id = ada.create("horn").await.id;
    there.allow("ada", &id, Right::Owner);

    // What a service declares to one, the other knows at once.
    here.register().await;
    let cuboid = entity("modeling.cuboid", "geometry/box", json!({ "size": [1, 2, 3] }));
    bob.put(&id, vec![cuboid]).await.unwrap();

    // Versions and live news of one reach the watchers of the other.
    let mut events = bob.watch(&id, 0).await;
    let standing = events.message().await.unwrap().unwrap();
    assert!(matches!(standing.what, Some(What::Standing(_))), "{standing:?}");
    let announce =
        AnnounceRequest { project: id.clone(), client: "tab".into(), ..AnnounceRequest::default() };
    ada.client.announce(ada.says(announce)).await.unwrap();
    ada.put(&id, vec![parameter("w", "2")]).await.unwrap();
    let (mut presence, mut version) = (false, false);
    while !presence || !version {
        match events.message().await.unwrap().unwrap().what.unwrap() {
            What::Presence(found) => presence = found.client == "tab",
            What::Version(found) => version = found.paths == ["parameters/w"],
            // Earlier news may arrive late.
            _ => {}
        }
    }

    // A name that is given in both at once is given once.
    for round in 0..5 {
        let create = || CreateProjectRequest { name: format!("same {round}"), ..Default::default() };
        let (one, two) = (ada.says(create()), bob.says(create()));
        let (one, two) = tokio::join!(ada.client.create_project(one), bob.client.create_project(two));
        assert_ne!(one.is_ok(), two.is_ok());
        let refused = one.err().or(two.err()).map(Failure::from).unwrap();
        assert_eq!(refused.code, Code::Exists);
    }
    Mongodb::open(&options).await.unwrap().destroy().await.unwrap();
}
