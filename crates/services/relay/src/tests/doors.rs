//! Login by browser, and the public listener itself.

use api::Code;
use http::Request;
use serde_json::json;

use super::stage::*;
use crate::options::Options;

#[tokio::test]
async fn a_browser_logs_in_and_out_and_never_sees_the_token() {
    let stage = Stage::new().await;
    let login = |name: &str, password: &str| {
        let body = json!({"name": name, "password": password}).to_string();
        post("/api/v1/login").header("x-opentwin", "1").body(body.into()).unwrap()
    };
    let answer = stage.http(login("ada", "right")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["user"]["name"], "ada");
    assert!(!String::from_utf8_lossy(&answer.body).contains("token"));
    let cookie = answer.header("set-cookie");
    let (pair, flags) = cookie.split_once("; ").unwrap();
    assert_eq!(pair, "__Host-opentwin=token-ada");
    assert!(flags.starts_with("Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=35"), "{flags}");

    let wrong = stage.http(login("ada", "wrong")).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, ""));
    let flood = stage.http(login("flood", "x")).await;
    assert_eq!((flood.status.as_u16(), flood.header("retry-after")), (429, "7"));
    let mut unproved = login("ada", "right");
    unproved.headers_mut().remove("x-opentwin");
    assert_eq!(stage.http(unproved).await.status, 403);

    let logout = || post("/api/v1/logout").header("cookie", pair);
    assert_eq!(stage.http(logout().body("{}".into()).unwrap()).await.status, 403);
    let out = stage.http(logout().header("x-opentwin", "1").body("{}".into()).unwrap()).await;
    assert_eq!(out.status, 200);
    assert!(
        out.header("set-cookie").contains("__Host-opentwin=; ")
            && out.header("set-cookie").contains("Max-Age=0")
    );
    // Again: it has ended, and the cookie is taken back all the same.
    let again = stage.http(logout().header("x-opentwin", "1").body("{}".into()).unwrap()).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn strangers_are_told_what_a_page_needs_before_the_login() {
    let stage = Stage::new().await;
    let welcome = stage.http(Request::get("/api/v1/welcome").body("".into()).unwrap()).await;
    assert_eq!(welcome.status, 200);
    assert_eq!(welcome.json(), json!({"firstStart": true, "uploadLimit": (4096_u64 << 20).to_string()}));
    // Only so: what it asks is between services.
    assert_eq!(stage.json("/api/v1/Authorization/Welcome", "{}").await.status, 403);
}

#[tokio::test]
async fn it_lives_and_takes_grpc_on_its_paths_only() {
    let stage = Stage::new().await;
    let alive = stage.http(Request::get("/livez").body("".into()).unwrap()).await;
    assert_eq!((alive.status.as_u16(), &alive.body[..]), (200, &b"alive\n"[..]));
    let plain = stage.json("/opentwin.v1.Project/GetProject", "{}").await;
    assert_eq!(plain.header("grpc-status"), "3");
}

#[tokio::test]
async fn a_public_address_that_is_taken_is_told() {
    let stage = Stage::new().await;
    let taken = Options { public: Some(stage.public.to_string()), ..Options::default() };
    let failure = stage.another(taken).await.unwrap_err();
    assert_eq!(failure.code, Code::AddressInUse);
    assert!(failure.what_to_do().contains("--public"));
    let half = Options { web_key: Some("k".into()), ..Options::default() };
    assert_eq!(stage.another(half).await.unwrap_err().code, Code::Config);
}

#[tokio::test]
async fn the_public_certificate_carries_the_public_names() {
    let plain = Stage::new().await;
    assert!(plain.tls_to("opentwin.example").await.is_err());
    let named = Options { public_host: vec!["opentwin.example".into()], ..Options::default() };
    let stage = Stage::with(named).await;
    // At first the relay shows its own, so that it needs nobody to start.
    let named = async {
        while stage.tls_to("opentwin.example").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, named).await.expect("a certificate for the public name");
    assert!(stage.tls_to("127.0.0.1").await.is_ok());
    let wrong = Options { public_host: vec!["no name".into()], ..Options::default() };
    assert_eq!(stage.another(wrong).await.unwrap_err().code, Code::Config);
}
