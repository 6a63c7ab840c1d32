//! JSON, files and the UI over HTTP.

use http::Request;
use serde_json::{Value, json};

use super::backend::blob;
use super::stage::*;
use crate::options::Options;

#[tokio::test]
async fn a_call_in_json_comes_back_in_json() {
    let stage = Stage::new().await;
    let answer = stage.json("/api/v1/Project/GetProject", r#"{"project":"p1"}"#).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json()["id"], "p1");
    assert_eq!(answer.json()["owner"], "ada");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("strict-transport-security"), "");
    let streamed = stage.json("/api/v1/Project/Watch", r#"{"project":"three"}"#).await;
    assert_eq!(streamed.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = String::from_utf8(streamed.body.to_vec())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["standing"], "7");
}

#[tokio::test]
async fn failures_have_their_status_and_say_what_to_do() {
    let stage = Stage::new().await;
    for (path, body, status, code) in [
        ("/api/v1/Project/GetProject", r#"{"project":"missing"}"#, 404, "not-found"),
        ("/api/v1/Project/GetProject", r#"{"porject":"x"}"#, 400, "input.invalid"),
        ("/api/v1/Project/GetProject", "{", 400, "input.invalid"),
        ("/api/v1/Project/GetProject", "[]", 400, "input.invalid"),
        ("/api/v1/Project/Nothing", "{}", 404, "not-found"),
        ("/api/v1/Nobody/Nothing", "{}", 404, "not-found"),
        ("/api/v1/Project/PutRun", "{}", 403, "auth.denied"),
        ("/api/v1/Authorization/UpdateUser", "{}", 403, "auth.denied"),
        ("/api/v1/Project/PutBlob", "{}", 400, "input.invalid"),
        ("/api/v1/LocalSession/Act", "{}", 400, "input.invalid"),
        ("/api/v1/Authorization/Login", r#"{"name":"flood"}"#, 429, "auth.throttled"),
    ] {
        let answer = stage.json(path, body).await;
        assert_eq!(answer.status, status, "{path} {body}");
        let failure = answer.json();
        assert_eq!(failure["code"], code, "{path} {body}");
        assert!(!failure["message"].as_str().unwrap().is_empty());
        assert!(!failure["remedy"].as_str().unwrap().is_empty());
    }
    let anonymous = post("/api/v1/Project/GetProject").body("{}".into()).unwrap();
    assert_eq!(stage.http(anonymous).await.status, 401);
    let form = Request::post("/api/v1/Authorization/Login").header("content-type", "text/plain");
    assert_eq!(stage.http(form.body("{}".into()).unwrap()).await.status, 400);
    let big = json!({"project": "x".repeat(rpc::MAX_MESSAGE)}).to_string();
    assert_eq!(stage.json("/api/v1/Project/GetProject", &big).await.status, 413);
}

#[tokio::test]
async fn a_cookie_counts_with_the_header_only() {
    let stage = Stage::new().await;
    let call = || post("/api/v1/Authorization/WhoAmI").header("cookie", "__Host-opentwin=token-ada");
    assert_eq!(stage.http(call().body("{}".into()).unwrap()).await.status, 403);
    let proved = stage.http(call().header("x-opentwin", "1").body("{}".into()).unwrap()).await;
    assert_eq!(proved.json()["name"], "ada");
}

#[tokio::test]
async fn blobs_are_given_whole_and_in_parts() {
    let stage = Stage::new().await;
    let content = blob();
    let hash = blake3::hash(&content).to_string();
    // One that tells sizes and one that does not.
    for project in ["sized", "p1"] {
        let path = format!("/api/v1/projects/{project}/blobs/{hash}?name=a%2Fb%20c.stl");
        let get = |range: &str| {
            let request = Request::get(&path).header("cookie", "__Host-opentwin=token-ada");
            let request = if range.is_empty() { request } else { request.header("range", range) };
            stage.http(request.body("".into()).unwrap())
        };
        let all = get("").await;
        assert_eq!((all.status.as_u16(), all.header("content-type")), (200, "application/octet-stream"));
        assert!(all.body == content);
        assert!(all.header("content-disposition").starts_with("attachment; filename=\"a_b c.stl\""));
        assert_eq!(all.header("etag"), format!("\"{hash}\""));
        assert!(all.header("content-security-policy").contains("sandbox"));

        let total = if project == "sized" { "3000000" } else { "*" };
        let part = get("bytes=1000-2099").await;
        assert_eq!(part.status, 206);
        assert_eq!(part.header("content-range"), format!("bytes 1000-2099/{total}"));
        assert_eq!(part.body, content[1000..2100]);
        let over = get("bytes=2999990-4000000").await;
        assert_eq!(over.header("content-range"), format!("bytes 2999990-2999999/{total}"));
        assert_eq!(over.body, content[2_999_990..]);
        assert_eq!(get("bytes=3000000-3000001").await.status, 416);
        let rest = get("bytes=2000000-").await;
        if project == "sized" {
            assert_eq!((rest.status.as_u16(), &rest.body[..]), (206, &content[2_000_000..]));
        } else {
            assert!(rest.status == 200 && rest.body == content);
        }
    }
    let get = |path: String| {
        stage.http(Request::get(path).header("authorization", "Bearer token-ada").body("".into()).unwrap())
    };
    assert_eq!(get(format!("/api/v1/projects/p1/blobs/{}", "0".repeat(64))).await.status, 404);
    assert_eq!(get("/api/v1/projects/p1/blobs/..%2f..%2fx".into()).await.status, 400);
    assert_eq!(get("/api/v1/projects/p1/archive".into()).await.body, content);
    let stranger = Request::get(format!("/api/v1/projects/p1/blobs/{hash}")).body("".into()).unwrap();
    assert_eq!(stage.http(stranger).await.status, 401);
}

#[tokio::test]
async fn files_are_taken_in_up_to_the_limit() {
    let stage = Stage::with(Options { upload_limit: Some(4), ..Options::default() }).await;
    let send = |path: &str, bytes: bytes::Bytes| {
        let request = Request::post(path).header("authorization", "Bearer token-ada");
        stage.http(request.body(bytes).unwrap())
    };
    let content = blob();
    let stored = send("/api/v1/projects/p1/blobs", content.clone()).await.json();
    assert_eq!(stored["hash"], blake3::hash(&content).to_string());
    assert_eq!(stored["size"], "3000000");
    let imported = send("/api/v1/archive", content.clone()).await.json();
    assert_eq!(imported["id"], blake3::hash(&content).to_string());
    assert_eq!(send("/api/v1/projects/p1/blobs", bytes::Bytes::new()).await.json()["size"], "0");
    let large = send("/api/v1/archive", vec![0; (4 << 20) + 1].into()).await;
    assert_eq!(large.status, 413);
    assert!(large.json()["message"].as_str().unwrap().contains("4 MiB"));
}

#[tokio::test]
async fn every_path_but_the_interface_is_the_ui() {
    let stage = Stage::new().await;
    for path in ["/", "/projects/p1", "/projects/p1/3d"] {
        let page = stage.http(Request::get(path).body("".into()).unwrap()).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(page.header("content-security-policy").contains("script-src 'self';"), "{path}");
    }
    for path in ["/api/v1/nothing", "/assets/nothing.js"] {
        let none = stage.http(Request::get(path).body("".into()).unwrap()).await;
        assert_eq!((none.status.as_u16(), none.json()["code"].as_str()), (404, Some("not-found")), "{path}");
    }
}
