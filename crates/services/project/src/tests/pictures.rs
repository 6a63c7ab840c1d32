use api::v1::*;
use api::{Code, Failure};

use super::data::{export, import};
use super::stage::{Site, User, bytes, parameter};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR and so on";

async fn show(user: &mut User, project: &str, picture: &str) -> Result<ProjectInfo, Failure> {
    let request =
        UpdateProjectRequest { project: project.into(), picture: Some(picture.into()), ..Default::default() };
    let request = user.says(request);
    Ok(user.client.update_project(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_seen_by_all_who_see_the_project() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let before = ada.create("iris").await;
    let hash = ada.upload(&before.id, PNG).await.unwrap().hash;
    let after = show(&mut ada, &before.id, &hash).await.unwrap();
    assert_eq!((&after.picture, after.changed_ms), (&hash, before.changed_ms));
    site.allow("vera", &before.id, Right::Viewer);
    let mut vera = site.user("vera");
    let listed = vera.client.list_projects(vera.says(ListProjectsRequest::default())).await.unwrap();
    assert_eq!(listed.into_inner().projects[0].picture, hash);
    assert_eq!(show(&mut vera, &before.id, "").await.unwrap_err().code, Code::Denied);
    assert_eq!(show(&mut ada, &before.id, "").await.unwrap().picture, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_with_the_limit() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let svg = ada.upload(&project, b"<svg onload=alert(1)>").await.unwrap().hash;
    assert_eq!(show(&mut ada, &project, &svg).await.unwrap_err().code, Code::Invalid);
    let large = [PNG, &vec![0; 256 << 10]].concat();
    let large = ada.upload(&project, &large).await.unwrap().hash;
    let failure = show(&mut ada, &project, &large).await.unwrap_err();
    assert_eq!(failure.code, Code::TooLarge);
    assert!(failure.message.contains("262144"), "{failure}");
    assert_eq!(show(&mut ada, &project, &"0".repeat(64)).await.unwrap_err().code, Code::NotFound);
    assert_eq!(show(&mut ada, &project, "../x").await.unwrap_err().code, Code::Invalid);
    // That of another project is none of this one.
    let other = ada.create("other").await.id;
    let foreign = ada.upload(&other, PNG).await.unwrap().hash;
    assert_eq!(show(&mut ada, &project, &foreign).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_its_own_picture_and_pruning_keeps_it() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let hash = ada.upload(&project, PNG).await.unwrap().hash;
    show(&mut ada, &project, &hash).await.unwrap();
    let request = CopyProjectRequest { project: project.clone(), name: "copy".into() };
    let copy = ada.client.copy_project(ada.says(request)).await.unwrap().into_inner();
    assert_eq!(copy.picture, hash);
    for project in [project, copy.id] {
        let request = PruneRequest { project: project.clone(), keep: 1 };
        ada.client.prune(ada.says(request)).await.unwrap();
        let request = GetBlobRequest { project, hash: hash.clone(), ..Default::default() };
        let answer = ada.client.get_blob(ada.says(request)).await.unwrap();
        // The size of the whole, whatever part is asked for: without it nobody could ask for ranges.
        assert_eq!(answer.metadata().get("opentwin-size").unwrap(), &PNG.len().to_string());
        assert_eq!(bytes(answer.into_inner()).await.unwrap(), PNG);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_brings_the_picture_along() {
    let (here, there) = (Site::start().await, Site::start().await);
    let mut ada = here.user("ada");
    let project = ada.create("iris").await.id;
    let hash = ada.upload(&project, PNG).await.unwrap().hash;
    show(&mut ada, &project, &hash).await.unwrap();
    let empty = export(&mut ada, &project).await;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let full = export(&mut ada, &project).await;
    let mut bob = there.user("bob");
    for archive in [&empty, &full] {
        let came = import(&mut bob, archive).await.unwrap();
        assert_eq!((&came.picture, came.bytes), (&hash, PNG.len() as u64));
        let request = GetBlobRequest { project: came.id, hash: hash.clone(), ..Default::default() };
        let answer = bob.client.get_blob(bob.says(request)).await.unwrap().into_inner();
        assert_eq!(bytes(answer).await.unwrap(), PNG);
    }
    // One that holds something else instead comes in without.
    let forged = br#"{"name":"iris","picture":"PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"}"#;
    let length = (forged.len() as u32).to_le_bytes();
    let forged = [&b"OTPROJ01"[..], &length, forged].concat();
    let came = import(&mut bob, &forged).await.unwrap();
    assert_eq!((came.picture.as_str(), came.bytes), ("", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_tell_size_and_groups() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await;
    assert_eq!((project.bytes, project.groups.len()), (0, 0));
    ada.upload(&project.id, &[7; 1000]).await.unwrap();
    ada.upload(&project.id, &[7; 1000]).await.unwrap();
    ada.upload(&project.id, &[8; 24]).await.unwrap();
    let share = |group: &str| (project.id.clone(), group.to_owned());
    site.fake.shares.lock().unwrap().extend([share("antennas"), share("filters")]);
    let listed = ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap();
    let listed = &listed.into_inner().projects[0];
    let one = ada.client.get_project(ada.says(ProjectRequest { project: project.id.clone() })).await.unwrap();
    for info in [listed, one.get_ref()] {
        assert_eq!((info.bytes, info.groups.join(" ").as_str()), (1024, "antennas filters"));
    }
}
