use api::Code;
use api::v1::*;

use super::stage::{GOOD, Site, failure};

fn named(name: &str) -> UserRequest {
    UserRequest { name: name.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_administer() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut ada = site.user(&mut admin, "ada").await;
    let new = CreateUserRequest { name: "eve".into(), administrator: true, ..Default::default() };
    let update = UpdateUserRequest { name: "ada".into(), administrator: Some(true), ..Default::default() };
    let members = SetGroupMembersRequest { name: "team".into(), ..Default::default() };
    let group = GroupRequest { name: "team".into() };
    let mut client = ada.client.clone();
    let codes = [
        failure(client.create_user(ada.call(new)).await).code,
        failure(client.update_user(ada.call(update)).await).code,
        failure(client.owned_alone(ada.call(named("admin"))).await).code,
        failure(client.delete_user(ada.call(named("admin"))).await).code,
        failure(client.reset_password(ada.call(named("admin"))).await).code,
        failure(client.create_group(ada.call(group.clone())).await).code,
        failure(client.set_group_members(ada.call(members)).await).code,
        failure(client.delete_group(ada.call(group)).await).code,
        failure(client.audit(ada.call(AuditRequest { limit: 0 })).await).code,
    ];
    assert_eq!(codes, [Code::Denied; 9]);
    let users = ada.client.list_users(ada.call(Empty {})).await.unwrap().into_inner().users;
    assert!(users.iter().all(|user| !user.administrator && user.last_login_ms == 0), "only who they are");

    // What was tried and what was done stands in the record.
    let audit =
        admin.client.audit(admin.call(AuditRequest { limit: 50 })).await.unwrap().into_inner().entries;
    let has = |user: &str, action: &str, subject: &str, allowed: bool| {
        audit.iter().any(|e| {
            (e.user.as_str(), e.action.as_str(), e.subject.as_str(), e.allowed)
                == (user, action, subject, allowed)
        })
    };
    assert!(has("ada", "update-user", "ada administrator=true", false));
    assert!(has("ada", "reset-password", "admin", false));
    assert!(has("admin", "create-user", "ada", true));
    assert!(has("ada", "change-password", "", true));
    assert!(audit.windows(2).all(|pair| pair[0].time_ms >= pair[1].time_ms), "newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_checked_and_taken_once() {
    let site = Site::start().await;
    let admin = site.administrator().await;
    let mut client = admin.client.clone();
    let mut create = async |name: &str| {
        let request = CreateUserRequest { name: name.into(), ..Default::default() };
        client.create_user(admin.call(request)).await.map_err(|s| api::Failure::from(s).code).map(|_| ())
    };
    assert_eq!(create("Ada").await, Ok(()));
    assert_eq!(create("ada").await, Err(Code::Exists));
    assert_eq!(create("a b").await, Err(Code::Invalid));
    assert_eq!(create("").await, Err(Code::Invalid));
    let mut client = admin.client.clone();
    let gone = client.delete_user(admin.call(named("nobody"))).await;
    assert_eq!(failure(gone).code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let demote = |name: &str| UpdateUserRequest {
        name: name.into(),
        administrator: Some(false),
        ..Default::default()
    };
    let disable =
        |name: &str| UpdateUserRequest { name: name.into(), disabled: Some(true), ..Default::default() };
    let mut client = admin.client.clone();
    assert_eq!(failure(client.update_user(admin.call(demote("admin"))).await).code, Code::Precondition);
    assert_eq!(failure(client.update_user(admin.call(disable("admin"))).await).code, Code::Precondition);
    assert_eq!(failure(client.delete_user(admin.call(named("admin"))).await).code, Code::Precondition);

    let mut ada = site.user(&mut admin, "ada").await;
    let promote = UpdateUserRequest { name: "ada".into(), administrator: Some(true), ..Default::default() };
    client.update_user(admin.call(promote)).await.unwrap();
    // A disabled administrator is none to count on.
    client.update_user(admin.call(disable("ada"))).await.unwrap();
    assert_eq!(failure(client.delete_user(admin.call(named("admin"))).await).code, Code::Precondition);
    let enable = UpdateUserRequest { name: "ada".into(), disabled: Some(false), ..Default::default() };
    client.update_user(admin.call(enable)).await.unwrap();
    client.delete_user(admin.call(named("admin"))).await.unwrap();
    assert_eq!(admin.refresh().await.unwrap_err().code, Code::Expired);
    assert_eq!(failure(client.list_users(admin.call(Empty {})).await).code, Code::Expired);
    assert_eq!(ada.refresh().await.unwrap_err().code, Code::Expired, "ended when ada was disabled");
    ada = site.enter("ada", GOOD).await.unwrap();
    assert_eq!(ada.client.list_users(ada.call(Empty {})).await.unwrap().into_inner().users.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_disable_and_delete_end_logins_at_once() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut ada = site.user(&mut admin, "ada").await;
    ada.own("p1").await;
    let reset = admin.client.reset_password(admin.call(named("ada"))).await.unwrap().into_inner();
    assert_eq!(ada.refresh().await.unwrap_err().code, Code::Expired);
    assert_eq!(site.enter("ada", GOOD).await.err().unwrap().code, Code::Unauthenticated);
    let mut ada = site.enter("ada", &reset.one_time_password).await.unwrap();
    ada.change_password(&reset.one_time_password, GOOD).await.unwrap();
    ada.refresh().await.unwrap();
    assert_eq!(ada.right_on("p1").await, Right::Owner);

    let disable = UpdateUserRequest { name: "ada".into(), disabled: Some(true), ..Default::default() };
    admin.client.update_user(admin.call(disable)).await.unwrap();
    // The assertion is still good for some minutes; the rights are not.
    assert_eq!(ada.right_on("p1").await, Right::None);
    assert_eq!(ada.refresh().await.unwrap_err().code, Code::Expired);
    let refused = site.enter("ada", GOOD).await.err().unwrap();
    assert_eq!(refused.code, Code::Denied);
    assert_eq!(site.enter("ada", "wrong").await.err().unwrap().code, Code::Unauthenticated);

    // Somebody of the same name is somebody else.
    admin.client.delete_user(admin.call(named("ada"))).await.unwrap();
    let mut other = site.user(&mut admin, "ada").await;
    assert_eq!(other.right_on("p1").await, Right::None);
    assert_eq!(ada.right_on("p1").await, Right::None);
}
