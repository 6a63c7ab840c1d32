use api::Code;
use api::v1::share_request::Subject;
use api::v1::*;

use super::stage::{Person, Site, failure};

fn user(name: &str) -> Subject {
    Subject::User(name.into())
}

fn group(name: &str) -> Subject {
    Subject::Group(name.into())
}

async fn members(admin: &mut Person, add: &[&str], remove: &[&str]) {
    let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let request = SetGroupMembersRequest { name: "team".into(), add: list(add), remove: list(remove) };
    admin.client.set_group_members(admin.call(request)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_of_all_shares_counts() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut owner = site.user(&mut admin, "owner").await;
    let mut ada = site.user(&mut admin, "ada").await;
    let mut eve = site.user(&mut admin, "eve").await;
    let team = GroupRequest { name: "team".into() };
    admin.client.create_group(admin.call(team)).await.unwrap();
    members(&mut admin, &["ada"], &[]).await;
    owner.own("p").await;

    let rights = [Right::None, Right::Viewer, Right::Editor, Right::Owner];
    for own in rights {
        for of_team in rights {
            owner.share("p", user("ada"), own).await.unwrap();
            owner.share("p", group("team"), of_team).await.unwrap();
            assert_eq!(ada.right_on("p").await, own.max(of_team), "{own:?} {of_team:?}");
            assert_eq!(eve.right_on("p").await, Right::None);
            assert_eq!(owner.right_on("p").await, Right::Owner);
        }
    }
    members(&mut admin, &[], &["ada"]).await;
    owner.share("p", user("ada"), Right::Viewer).await.unwrap();
    assert_eq!(ada.right_on("p").await, Right::Viewer);
    members(&mut admin, &["ada"], &[]).await;
    assert_eq!(ada.right_on("p").await, Right::Owner);

    // A group that is made anew is another group.
    let team = GroupRequest { name: "team".into() };
    admin.client.delete_group(admin.call(team.clone())).await.unwrap();
    admin.client.create_group(admin.call(team)).await.unwrap();
    members(&mut admin, &["ada"], &[]).await;
    assert_eq!(ada.right_on("p").await, Right::Viewer);

    let rights = ada.project.rights_of(ada.call(Empty {})).await.unwrap().into_inner();
    assert_eq!(rights.projects.into_iter().collect::<Vec<_>>(), [("p".to_owned(), Right::Viewer as i32)]);
    assert_eq!(rights.groups.len(), 0);
    owner.share("p", group("team"), Right::Viewer).await.unwrap();
    let rights = ada.project.rights_of(ada.call(Empty {})).await.unwrap().into_inner();
    assert_eq!(rights.groups["p"].names, ["team"]);
    let asked = |person: &Person| person.call(ProjectRequest { project: "p".into() });
    let one = ada.project.right_on(asked(&ada)).await.unwrap().into_inner();
    assert_eq!(one.groups, ["team"]);
    // Who has no right is not told with whom others work.
    let one = eve.project.right_on(asked(&eve)).await.unwrap().into_inner();
    assert_eq!(one.groups.len(), 0);
    let none = eve.project.rights_of(eve.call(Empty {})).await.unwrap().into_inner().projects;
    assert!(none.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_alone_owns_is_told_before_the_user_goes() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut ada = site.user(&mut admin, "ada").await;
    site.user(&mut admin, "eve").await;
    let team = GroupRequest { name: "team".into() };
    admin.client.create_group(admin.call(team)).await.unwrap();
    members(&mut admin, &["ada", "eve"], &[]).await;
    for project in ["alone", "shared", "with-eve", "with-team"] {
        ada.own(project).await;
    }
    ada.share("shared", user("eve"), Right::Editor).await.unwrap();
    ada.share("with-eve", user("eve"), Right::Owner).await.unwrap();
    ada.share("with-team", group("team"), Right::Owner).await.unwrap();
    let mut client = admin.client.clone();
    let mut alone = async |name: &str| {
        let request = UserRequest { name: name.into() };
        client.owned_alone(admin.call(request)).await.map(|reply| reply.into_inner().projects)
    };
    assert_eq!(alone("ada").await.unwrap(), ["alone", "shared"]);
    assert!(alone("eve").await.unwrap().is_empty());
    assert_eq!(failure(alone("nobody").await).code, Code::NotFound);
    let mut others = admin.client.clone();
    let disable =
        |name: &str| UpdateUserRequest { name: name.into(), disabled: Some(true), ..Default::default() };
    // Who cannot log in owns nothing for others; and goes as anybody does.
    others.update_user(admin.call(disable("eve"))).await.unwrap();
    assert_eq!(alone("ada").await.unwrap(), ["alone", "shared", "with-eve", "with-team"]);
    others.update_user(admin.call(disable("ada"))).await.unwrap();
    assert_eq!(alone("ada").await.unwrap(), ["alone", "shared", "with-eve", "with-team"]);

    others.delete_user(admin.call(UserRequest { name: "ada".into() })).await.unwrap();
    assert_eq!(admin.right_on("alone").await, Right::Owner, "administrators keep access");
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_share_and_the_last_one_stays() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut owner = site.user(&mut admin, "owner").await;
    let mut ada = site.user(&mut admin, "ada").await;
    owner.own("p").await;
    owner.own("p").await;

    // To those without a right the project does not exist; to others it is not theirs to share.
    assert_eq!(ada.share("p", user("ada"), Right::Owner).await.unwrap_err().code, Code::NotFound);
    owner.share("p", user("ada"), Right::Editor).await.unwrap();
    assert_eq!(ada.share("p", user("ada"), Right::Owner).await.unwrap_err().code, Code::Denied);
    let taken = ada.project.grant_owner(ada.call(ProjectRequest { project: "p".into() })).await;
    assert_eq!(failure(taken).code, Code::Exists);

    for right in [Right::None, Right::Editor] {
        let refused = owner.share("p", user("owner"), right).await.unwrap_err();
        assert_eq!(refused.code, Code::Precondition);
    }
    assert_eq!(owner.share("p", user("nobody"), Right::Viewer).await.unwrap_err().code, Code::NotFound);
    owner.share("p", user("ada"), Right::Owner).await.unwrap();
    owner.share("p", user("owner"), Right::None).await.unwrap();
    assert_eq!(owner.right_on("p").await, Right::None);

    let request = ada.call(ProjectRequest { project: "p".into() });
    let shares = ada.client.list_shares(request).await.unwrap().into_inner().shares;
    assert_eq!(shares.len(), 1);
    let request = owner.call(ProjectRequest { project: "p".into() });
    assert_eq!(failure(owner.client.list_shares(request).await).code, Code::NotFound);

    // An administrator may, and that is noted.
    assert_eq!(admin.right_on("p").await, Right::Owner);
    assert_eq!(admin.right_on("p").await, Right::Owner);
    let audit = admin.client.audit(admin.call(AuditRequest { limit: 0 })).await.unwrap().into_inner().entries;
    let noted = audit.iter().filter(|e| e.action == "administrator-access" && e.subject == "p").count();
    assert_eq!(noted, 1);

    let request = ada.call(ProjectRequest { project: "p".into() });
    ada.project.forget_project(request).await.unwrap();
    ada.project.forget_project(ProjectRequest { project: "p".into() }).await.unwrap();
    assert_eq!(ada.right_on("p").await, Right::None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runs_assertion_is_good_for_its_project_and_only_while_its_user_has_the_right() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    let mut owner = site.user(&mut admin, "owner").await;
    let mut ada = site.user(&mut admin, "ada").await;
    owner.own("p").await;
    owner.own("q").await;
    owner.share("p", user("ada"), Right::Viewer).await.unwrap();
    owner.share("q", user("ada"), Right::Owner).await.unwrap();
    let mut session = site.client("local-session/0");
    let run = |project: &str, run: &str| AssertRunRequest { project: project.into(), run: run.into() };
    assert_eq!(failure(session.assert_run(ada.call(run("p", "r"))).await).code, Code::Denied);
    owner.share("p", user("ada"), Right::Owner).await.unwrap();
    assert_eq!(failure(session.assert_run(ada.call(run("p", ""))).await).code, Code::Invalid);
    let signed = session.assert_run(ada.call(run("p", "r"))).await.unwrap().into_inner();

    let login = std::mem::replace(&mut ada.signed, signed);
    assert_eq!(ada.right_on("p").await, Right::Editor);
    assert_eq!(ada.right_on("q").await, Right::None);
    let rights = ada.project.rights_of(ada.call(Empty {})).await.unwrap().into_inner().projects;
    assert_eq!(rights.len(), 1);
    // It is no login, and cannot be turned into anything more.
    assert_eq!(failure(ada.client.who_am_i(ada.call(Empty {})).await).code, Code::Denied);
    assert_eq!(ada.share("p", user("owner"), Right::None).await.unwrap_err().code, Code::Denied);
    assert_eq!(failure(session.assert_run(ada.call(run("q", "r"))).await).code, Code::Denied);
    assert_eq!(failure(session.assert_run(ada.call(run("p", "s"))).await).code, Code::Denied);
    session.assert_run(ada.call(run("p", "r"))).await.unwrap();
    owner.share("p", user("ada"), Right::Viewer).await.unwrap();
    assert_eq!(ada.right_on("p").await, Right::Viewer);
    assert_eq!(failure(session.assert_run(ada.call(run("p", "r"))).await).code, Code::Denied);
    ada.signed = login;
    assert_eq!(ada.right_on("q").await, Right::Owner);
}
