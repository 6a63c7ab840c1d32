//! The web UI, as it was built into this program.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use api::Code;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use rust_embed::RustEmbed;

use crate::reply::failed;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Built;

/// What a page of the UI may load and do: from here, nothing from elsewhere, no scripts but its files.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' blob: data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const WITHOUT_UI: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>OpenTwin</title>\
    <h1>OpenTwin is running</h1><p>This binary was built without the web UI: that needs Node.js. Install it, \
    run <code>make</code>, and start again.</p><p>The command line and the programming interface work.</p></html>";

/// The files of the UI.
pub(crate) struct Assets(HashMap<String, Asset>);

struct Asset {
    plain: Bytes,
    /// Made when it is first asked for.
    gzip: OnceLock<Option<Bytes>>,
    tag: HeaderValue,
}

impl Assets {
    /// What was built in; nothing where the UI was not built.
    pub(crate) fn built_in() -> Self {
        Self::of(
            Built::iter().filter_map(|path| {
                Some((path.to_string(), Bytes::from(Built::get(&path)?.data.into_owned())))
            }),
        )
    }

    fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let asset = |plain: Bytes| {
            let hash = blake3::hash(&plain).to_hex();
            let tag = HeaderValue::from_str(&format!("\"{}\"", &hash[..16]));
            Asset { plain, gzip: OnceLock::new(), tag: tag.unwrap_or(HeaderValue::from_static("\"\"")) }
        };
        Self(files.into_iter().map(|(path, bytes)| (path, asset(bytes))).collect())
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let path = path.trim_start_matches('/');
        if let Some(asset) = self.0.get(path) {
            return asset.answer(path, headers);
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        if path.starts_with("api/") || name.contains('.') {
            return failed(&Code::NotFound.because(format!("there is nothing at /{path}")));
        }
        // Any other path is one of the UI's own: a deep link.
        match self.0.get("index.html") {
            Some(index) => index.answer("index.html", headers),
            None => page(Body::from(WITHOUT_UI)),
        }
    }
}

impl Asset {
    fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == self.tag);
        let gzip = accepts_gzip(headers).then(|| self.gzip(path)).flatten();
        let body = match (known, &gzip) {
            (true, _) => Bytes::new(),
            (false, Some(gzip)) => gzip.clone(),
            (false, None) => self.plain.clone(),
        };
        let mut response = page(Body::from(body));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let answer = response.headers_mut();
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
        answer.insert(header::ETAG, self.tag.clone());
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if gzip.is_some() {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if path.starts_with("assets/") {
            // Their names hold the hash of their content.
            let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
            answer.insert(header::CACHE_CONTROL, forever);
        }
        response
    }

    /// Compressed, where that is worth it.
    fn gzip(&self, path: &str) -> Option<Bytes> {
        let text = matches!(extension(path), "html" | "js" | "css" | "svg" | "json" | "wasm" | "txt");
        if !text || self.plain.len() < 512 {
            return None;
        }
        let compressed = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&self.plain).and_then(|()| encoder.finish()).ok().map(Bytes::from)
        };
        self.gzip.get_or_init(compressed).clone()
    }
}

/// Answers with a file of the UI.
pub(crate) async fn serve(State(assets): State<Arc<Assets>>, request: Request<Body>) -> Response<Body> {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    // Compressing takes a moment, once a file.
    let answer = tokio::task::spawn_blocking(move || assets.answer(&path, &headers)).await;
    answer.unwrap_or_else(|_| failed(&Code::Internal.because("a file of the web UI cannot be given")))
}

fn page(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|weight| weight == "q=0" || weight == "q=0.0")
    })
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn kind(path: &str) -> &'static str {
    match extension(path) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::BodyExt as _;
    use std::io::Read as _;

    fn assets() -> Assets {
        let script = Bytes::from("let a = 1;\n".repeat(200));
        Assets::of([("index.html".to_owned(), Bytes::from("<html>")), ("assets/a-1f.js".to_owned(), script)])
    }

    async fn body(response: Response<Body>) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_binary_without_the_ui_says_so() {
        let page = Assets::of([]).answer("/", &HeaderMap::new());
        assert_eq!(page.status(), 200);
        assert!(
            page.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("frame-ancestors 'none'")
        );
        let text = String::from_utf8(body(page).await.to_vec()).unwrap();
        assert!(text.contains("without the web UI") && text.contains("Node.js"), "{text}");
    }

    #[tokio::test]
    async fn deep_links_get_the_page_and_missing_files_do_not() {
        for path in ["/", "/projects/p1/3d", "/index.html"] {
            let page = assets().answer(path, &HeaderMap::new());
            assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache", "{path}");
            assert_eq!(body(page).await, "<html>", "{path}");
        }
        for path in ["/assets/b.js", "/api/v1/nothing", "/../etc/passwd.txt"] {
            assert_eq!(assets().answer(path, &HeaderMap::new()).status(), 404, "{path}");
        }
    }

    #[tokio::test]
    async fn files_are_compressed_and_kept() {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"))]);
        let answer = assets().answer("/assets/a-1f.js", &headers);
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let tag = answer.headers()[header::ETAG].clone();
        let mut plain = String::new();
        let packed = body(answer).await;
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, "let a = 1;\n".repeat(200));
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        let again = assets().answer("/assets/a-1f.js", &headers);
        assert_eq!(again.status(), 304);
        assert!(body(again).await.is_empty());
        let refused = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0"))]);
        assert!(!accepts_gzip(&refused));
    }
}
