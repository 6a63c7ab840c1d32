//! gRPC through the relay.

use std::sync::atomic::Ordering;

use api::v1::authorization_client::AuthorizationClient;
use api::v1::local_session_client::LocalSessionClient;
use api::v1::project_client::ProjectClient;
use api::v1::*;
use api::{Code, Failure};
use tokio::time::timeout;
use tonic::Request;

use super::backend::blob;
use super::stage::*;

pub(super) fn as_user<T>(user: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer token-{user}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn project() -> ProjectRequest {
    ProjectRequest { project: "p1".into() }
}

fn code(status: tonic::Status) -> Code {
    Failure::from(status).code
}

#[tokio::test]
async fn a_call_reaches_its_service_with_what_the_relay_vouches_for_alone() {
    let stage = Stage::new().await;
    let mut client = ProjectClient::new(stage.channel());
    let mut request = as_user("ada", project());
    let metadata = request.metadata_mut();
    metadata.insert("opentwin-peer", "6.6.6.6".parse().unwrap());
    metadata.insert("opentwin-fence", "9".parse().unwrap());
    metadata.insert("cookie", "a=b".parse().unwrap());
    metadata.insert_bin("opentwin-user-bin", tonic::metadata::MetadataValue::from_bytes(b"forged"));
    metadata.append_bin("opentwin-user-bin", tonic::metadata::MetadataValue::from_bytes(b"again"));
    let info = client.get_project(request).await.unwrap().into_inner();
    assert_eq!(info.owner, "ada");
    assert_eq!(info.tags, ["opentwin-peer=127.0.0.1", "opentwin-user-bin"]);
}

#[tokio::test]
async fn who_may_not_is_refused() {
    let stage = Stage::new().await;
    let mut client = ProjectClient::new(stage.channel());
    let anonymous = client.get_project(project()).await.unwrap_err();
    assert_eq!(code(anonymous), Code::Unauthenticated);
    let mut unknown = Request::new(project());
    unknown.metadata_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    assert_eq!(code(client.get_project(unknown).await.unwrap_err()), Code::Expired);
    // Between services only, whoever asks.
    assert_eq!(code(client.put_run(as_user("root", Run::default())).await.unwrap_err()), Code::Denied);
    let mut client = AuthorizationClient::new(stage.channel());
    let authenticate = AuthenticateRequest { token: "token-root".into() };
    assert_eq!(code(client.authenticate(as_user("root", authenticate)).await.unwrap_err()), Code::Denied);
    // Administrators only.
    let update = UpdateUserRequest::default;
    assert_eq!(code(client.update_user(as_user("ada", update())).await.unwrap_err()), Code::Denied);
    client.update_user(as_user("root", update())).await.unwrap();
    // Anybody.
    let login = LoginRequest { name: "ada".into(), password: "right".into() };
    assert_eq!(client.login(login).await.unwrap().into_inner().token, "token-ada");
    let login = LoginRequest { name: "flood".into(), password: "x".into() };
    let throttled = Failure::from(client.login(login).await.unwrap_err());
    assert_eq!((throttled.code, throttled.retry_after_s), (Code::Throttled, 7));
}

#[tokio::test]
async fn answers_of_authenticate_are_kept_until_the_login_ends() {
    let stage = Stage::new().await;
    let mut client = AuthorizationClient::new(stage.channel());
    for _ in 0..5 {
        client.who_am_i(as_user("ada", Empty {})).await.unwrap();
    }
    assert_eq!(stage.backend.asked.load(Ordering::SeqCst), 1);
    client.logout(as_user("ada", Empty {})).await.unwrap();
    let after = client.who_am_i(as_user("ada", Empty {})).await.unwrap_err();
    assert_eq!(code(after), Code::Expired);
}

#[tokio::test]
async fn streams_flow_both_ways_and_end_with_their_caller() {
    let stage = Stage::new().await;
    let mut client = ProjectClient::new(stage.channel());
    let content = blob();
    let hash = blake3::hash(&content).to_string();
    let parts = content
        .chunks(700_000)
        .map(|part| PutBlobRequest { data: part.to_vec().into(), ..PutBlobRequest::default() });
    let first = PutBlobRequest { project: "p1".into(), ..PutBlobRequest::default() };
    let parts: Vec<_> = std::iter::once(first).chain(parts).collect();
    let stored = client.put_blob(as_user("ada", futures::stream::iter(parts))).await.unwrap().into_inner();
    assert_eq!((stored.hash.as_str(), stored.size), (hash.as_str(), content.len() as u64));

    let asked = GetBlobRequest { project: "p1".into(), hash, ..GetBlobRequest::default() };
    let mut stream = client.get_blob(as_user("ada", asked)).await.unwrap().into_inner();
    let mut got = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        got.extend_from_slice(&chunk.data);
    }
    assert!(got == content);

    let asked = WatchRequest { project: "silent".into(), after: 0 };
    let mut stream = client.watch(as_user("ada", asked)).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    assert_eq!(stage.backend.open.load(Ordering::SeqCst), 1);
    drop(stream);
    let closed = async {
        while stage.backend.open.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("the cancellation reaches the service");
}

#[tokio::test]
async fn one_who_stops_reading_holds_up_nobody_else() {
    let stage = Stage::new().await;
    let mut stalled = Vec::new();
    for _ in 0..3 {
        // Each its own connection; together more than a connection between services lets lie unread.
        let mut client = ProjectClient::new(stage.channel());
        for _ in 0..10 {
            let asked = WatchRequest { project: "versions".into(), after: 0 };
            stalled.push(client.watch(as_user("mute", asked)).await.unwrap().into_inner());
        }
    }
    let mut client = ProjectClient::new(stage.channel());
    for _ in 0..20 {
        let asked = WatchRequest { project: "three".into(), after: 0 };
        let mut stream = client.watch(as_user("ada", asked)).await.unwrap().into_inner();
        let first = timeout(PATIENCE, stream.message()).await.expect("an event");
        assert!(first.unwrap().is_some());
        client.get_project(as_user("ada", project())).await.unwrap();
    }
}

#[tokio::test]
async fn calls_of_a_session_follow_it() {
    let stage = Stage::new().await;
    let place = |host: &str| stage.backend.sessions.lock().unwrap().insert("s1".into(), host.into());
    let mut client = LocalSessionClient::new(stage.channel());
    let act = || {
        let mut request = as_user("ada", ActRequest::default());
        request.metadata_mut().insert("opentwin-session", "s1".parse().unwrap());
        request
    };
    let nameless = client.act(as_user("ada", ActRequest::default())).await.unwrap_err();
    assert_eq!(code(nameless), Code::Invalid);
    assert_eq!(code(client.act(act()).await.unwrap_err()), Code::NotFound);
    place(&stage.hosts[0]);
    let run = client.act(act()).await.unwrap().into_inner();
    assert_eq!((run.id.as_str(), run.session.as_str()), ("one", "s1"));
    // Known for some seconds, so the move is not seen yet.
    place(&stage.hosts[1]);
    assert_eq!(client.act(act()).await.unwrap().into_inner().id, "one");
}

#[tokio::test]
async fn a_session_whose_host_died_is_looked_up_again() {
    let stage = Stage::new().await;
    let place = |host: &str| stage.backend.sessions.lock().unwrap().insert("s1".into(), host.into());
    let mut client = LocalSessionClient::new(stage.channel());
    let act = || {
        let mut request = as_user("ada", ActRequest::default());
        request.metadata_mut().insert("opentwin-session", "s1".parse().unwrap());
        request
    };
    // Bound and let go: nobody listens there.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    place(&dead);
    let refused = client.act(act()).await.unwrap_err();
    assert_eq!(code(refused), Code::Unavailable);
    place(&stage.hosts[1]);
    assert_eq!(client.act(act()).await.unwrap().into_inner().id, "two");
}

/// Not a test of a limit: `cargo test -p relay --release -- --ignored --nocapture` tells calls a second.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn calls_a_second() {
    let stage = Stage::new().await;
    let client = ProjectClient::new(stage.channel());
    for together in [1u32, 64] {
        let each = 4000 / together;
        let begun = std::time::Instant::now();
        let tasks: Vec<_> = (0..together)
            .map(|_| {
                let mut client = client.clone();
                tokio::spawn(async move {
                    for _ in 0..each {
                        client.get_project(as_user("ada", project())).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let calls = f64::from(each * together) / begun.elapsed().as_secs_f64();
        println!("{together} at once: {calls:.0} unary calls a second");
    }
}
