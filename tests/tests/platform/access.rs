//! Who may do what, and who may not even speak.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use api::v1::Empty;
use api::v1::authorization_client::AuthorizationClient;
use api::v1::project_client::ProjectClient;
use base::identity::{Identity, Role};
use e2e::{Person, Sandbox, processes};
use pki::{Algorithm, Authority, Key, Request, Trust, Validity};
use rpc::Credentials;
use serde_json::Value;

const PROJECT: &str = "
opentwin: 1
project: box
geometry: {air: {cuboid: {min: [0, 0, 0], max: [1 mm, 1 mm, 1 mm]}}}
mesh: {maximum_frequency: 1 GHz}
";

#[test]
fn rights_on_a_project_are_kept() {
    let platform = Sandbox::start(&[]);
    let (ada, grace, eve) = (platform.user("ada"), platform.user("grace"), platform.user("eve"));
    ada.apply(PROJECT).succeeds();
    ada.ok(&["project", "share", "box", "--user", "grace", "--right", "viewer"]);

    // Looking is what a viewer may do.
    grace.ok(&["show", "box"]);
    grace.ok(&["versions", "box"]);
    grace.apply(&PROJECT.replace("[1 mm, 1 mm", "[2 mm, 1 mm")).fails(77, &["auth.denied"]);
    grace.run(&["run", "box", "--action", "modeling.build"]).fails(77, &["auth.denied"]);
    grace.run(&["project", "share", "box", "--user", "eve"]).fails(77, &["auth.denied"]);
    grace.run(&["project", "delete", "box"]).fails(77, &["auth.denied"]);
    grace.run(&["undo", "box"]).fails(77, &["auth.denied"]);

    // To somebody without a right the project is not there.
    let unknown = eve.run(&["show", "nothing"]);
    unknown.fails(66, &["not-found"]);
    let hidden = eve.run(&["show", "box"]);
    hidden.fails(66, &["not-found"]);
    assert_eq!(hidden.stderr.replace("box", "nothing"), unknown.stderr, "the two answers must not differ");
    let id = ada.json(&["project", "show", "box"])["id"].as_str().unwrap().to_owned();
    eve.run(&["show", &id]).fails(66, &["not-found"]);
    eve.run(&["run", "box", "--action", "modeling.build"]).fails(66, &["not-found"]);
    assert!(!eve.ok(&["project", "list"]).contains("box"));

    // A right ends when it is taken away.
    ada.ok(&["project", "unshare", "box", "--user", "grace"]);
    grace.run(&["show", "box"]).fails(66, &["not-found"]);
}

#[test]
fn only_administrators_administer() {
    let platform = Sandbox::start(&[]);
    let ada = platform.user("ada");
    for command in [
        &["user", "create", "mallory"][..],
        &["user", "update", "ada", "--administrator", "true"],
        &["user", "delete", "admin", "--yes"],
        &["user", "reset-password", "admin"],
        &["group", "create", "mine"],
        &["audit"],
    ] {
        ada.run(command).fails(77, &["auth.denied"]);
    }
    let audit = platform.admin().json(&["audit"]).to_string();
    assert!(audit.contains("\"user\":\"ada\""), "what was refused is on record: {audit}");
}

/// Puts a token into somebody's kept login.
fn with_token(person: &Person, token: &str) -> String {
    let file = person.home().join("login.json");
    let mut login: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let before = login["token"].as_str().unwrap().to_owned();
    login["token"] = token.into();
    std::fs::write(&file, login.to_string()).unwrap();
    before
}

#[test]
fn a_login_is_worth_nothing_once_it_has_ended_or_was_made_up() {
    let platform = Sandbox::start(&[]);
    let ada = platform.user("ada");
    ada.ok(&["whoami"]);
    let kept = std::fs::read_to_string(ada.home().join("login.json")).unwrap();
    let token = with_token(&ada, "x");
    ada.run(&["whoami"]).fails(77, &["opentwin login"]);
    // One letter of a good one.
    let mut forged = token.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    with_token(&ada, &forged);
    ada.run(&["project", "list"]).fails(77, &["opentwin login"]);
    with_token(&ada, &token);
    ada.ok(&["project", "list"]);

    ada.ok(&["logout"]);
    ada.run(&["project", "list"]).fails(77, &["not logged in"]);
    std::fs::write(ada.home().join("login.json"), &kept).unwrap();
    make_private(&ada.home().join("login.json"));
    ada.run(&["project", "list"]).fails(77, &["opentwin login"]);

    // A wrong password and an unknown user are answered alike.
    let login = |name: &str| {
        let login = platform.login(name);
        ada.with_input(&login.iter().map(String::as_str).collect::<Vec<_>>(), "wrong password\n")
    };
    let (wrong, unknown) = (login("ada"), login("nobody"));
    wrong.fails(77, &["auth.failed"]);
    assert_eq!(wrong.stderr, unknown.stderr);
}

fn make_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_disabled_user_is_out_at_once() {
    let platform = Sandbox::start(&[]);
    let ada = platform.user("ada");
    ada.ok(&["project", "list"]);
    platform.admin().ok(&["user", "update", "ada", "--disabled", "true"]);
    ada.run(&["project", "list"]).fails(77, &["opentwin login"]);
}

/// Addresses of the services' channels for each other, by service.
pub(crate) fn addresses(platform: &Sandbox) -> Vec<(String, String)> {
    let lines = platform.lines();
    let records = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ready = records.filter(|record| record["ready"] == true);
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    ready.map(|record| (text(&record, "service"), text(&record, "address"))).collect()
}

fn credentials(by: &Authority, role: &str, trust: &Trust) -> Credentials {
    let identity = Identity::new(by.site(), role.parse().unwrap(), "e2e").unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
    let leaf =
        by.issue(&request, &identity, &["127.0.0.1".parse().unwrap()], Validity::days(1).unwrap()).unwrap();
    Credentials::from_pem(&leaf.pem, key.to_pem(), &trust.to_pem()).unwrap()
}

/// What the service answers to somebody with these credentials.
pub(crate) async fn ask(
    service: &str,
    address: &str,
    credentials: &Credentials,
) -> Result<(), tonic::Status> {
    let role: Role = service.parse().unwrap();
    let channel = rpc::connect(address, credentials, role.clone()).unwrap();
    match role {
        Role::Authorization => AuthorizationClient::new(channel).list_users(Empty {}).await.map(drop),
        _ => ProjectClient::new(channel).describe(Empty {}).await.map(drop),
    }
}

#[test]
fn services_speak_to_the_sites_own_only() {
    let platform = Sandbox::start(&["--verbose"]);
    let own = Authority::load(&platform.state().join("pki")).unwrap();
    let trust = own.trust().unwrap();
    let stranger = Authority::create(own.site(), Algorithm::EcdsaP256, Validity::days(1).unwrap()).unwrap();
    let addresses = addresses(&platform);
    let of = |service: &str| addresses.iter().find(|(name, _)| name == service).unwrap().1.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for service in ["authorization", "project"] {
            let address = of(service);
            // A certificate of another root with the best of names.
            let refused = ask(service, &address, &credentials(&stranger, "relay", &trust)).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused:?}");
            // One of the site's own, for a role that has no business there.
            let denied =
                ask("authorization", &of("authorization"), &credentials(&own, "compute/fit-td", &trust))
                    .await;
            assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
            // The right one gets as far as being asked who the user is.
            let answer = ask(service, &address, &credentials(&own, "relay", &trust)).await;
            let code = answer.err().map_or(tonic::Code::Ok, |status| status.code());
            assert!(matches!(code, tonic::Code::Ok | tonic::Code::Unauthenticated), "{service}: {code:?}");
        }
    });
}

#[test]
fn nothing_is_said_in_clear() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(PROJECT).succeeds();
    admin.ok(&["run", "box", "--action", "cartesian-mesh.mesh"]);
    let all = platform.processes();
    assert!(all.iter().any(|process| process.is("modeling")), "{all:?}");
    let ports = processes::listening(&all);
    // Two for each of six services, one for the public address, two for each compute service.
    assert!(ports.len() >= 13, "{ports:?}");
    for port in ports {
        for greeting in
            [&b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
        {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
            stream.write_all(greeting).unwrap();
            let mut answer = Vec::new();
            // Closed with or without a last word.
            let _ = stream.read_to_end(&mut answer);
            let alert = answer.is_empty() || (answer.first() == Some(&0x15) && answer.len() == 7);
            assert!(alert, "port {port} answers {:?}", String::from_utf8_lossy(&answer));
        }
    }
}
