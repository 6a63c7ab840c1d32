//! The web UI, as it was built into this program.

use std::collections::HashMap;
use std::sync::Arc;

use api::Code;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use rust_embed::RustEmbed;

use crate::reply::failed;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Built;

/// What a page of the UI may load and do: from here, nothing from elsewhere, no scripts and no styles but its files.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; font-src 'self' data:; worker-src 'self'; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types default";

const WITHOUT_UI: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>OpenTwin</title>\
    <h1>OpenTwin is running</h1><p>This binary was built without the web UI: that needs Node.js. Install it, \
    run <code>make</code>, and start again.</p><p>The command line and the programming interface work.</p></html>";

/// The files of the UI.
pub(crate) struct Assets(HashMap<String, Asset>);

struct Asset {
    plain: Bytes,
    /// Compressed when the UI was built, the smallest first.
    packed: Vec<(&'static str, Bytes)>,
    tag: HeaderValue,
}

/// Encodings that the build of the UI leaves beside its files, by their endings; the smallest first.
const PACKED: [(&str, &str); 2] = [("br", "br"), ("gz", "gzip")];

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
        let mut files: HashMap<String, Bytes> = files.into_iter().collect();
        let paths: Vec<String> = files.keys().cloned().collect();
        let mut packed: HashMap<String, Vec<(&'static str, Bytes)>> = HashMap::new();
        for (ending, coding) in PACKED {
            for path in &paths {
                let plain = path.strip_suffix(ending).and_then(|path| path.strip_suffix('.'));
                let Some(plain) = plain.filter(|plain| files.contains_key(*plain)) else { continue };
                let bytes = files.remove(path).map(|bytes| (coding, bytes));
                packed.entry(plain.to_owned()).or_default().extend(bytes);
            }
        }
        let mut asset = |(path, plain): (String, Bytes)| {
            let hash = blake3::hash(&plain).to_hex();
            let tag = HeaderValue::from_str(&format!("\"{}\"", &hash[..16]));
            let packed = packed.remove(&path).unwrap_or_default();
            (path, Asset { plain, packed, tag: tag.unwrap_or(HeaderValue::from_static("\"\"")) })
        };
        Self(files.into_iter().map(&mut asset).collect())
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
        let packed = self.packed.iter().find(|(coding, _)| accepts(headers, coding));
        let body = match (known, packed) {
            (true, _) => Bytes::new(),
            (false, Some((_, packed))) => packed.clone(),
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
        if let Some((coding, _)) = packed {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if path.starts_with("assets/") {
            // Their names hold the hash of their content.
            let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
            answer.insert(header::CACHE_CONTROL, forever);
        }
        response
    }
}

/// Answers with a file of the UI.
pub(crate) async fn serve(State(assets): State<Arc<Assets>>, request: Request<Body>) -> Response<Body> {
    assets.answer(request.uri().path(), request.headers())
}

fn page(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Whether a browser takes an encoding; one that it weighs with nothing it does not.
fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some(wanted) && !parts.any(|weight| weight == "q=0" || weight == "q=0.0")
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

    fn assets() -> Assets {
        let files = [
            ("index.html", "<html>"),
            ("assets/a-1f.js", "let a = 1;"),
            ("assets/a-1f.js.br", "in brotli"),
            ("assets/a-1f.js.gz", "in gzip"),
            ("assets/b-2e.gz", "a file of its own"),
        ];
        Assets::of(files.map(|(path, text)| (path.to_owned(), Bytes::from(text))))
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
        // Nothing that a page is made to hold, such as a name, can become a script or a style.
        assert!(!POLICY.contains("unsafe"));
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
    async fn files_are_given_as_small_as_the_browser_takes_them() {
        let get = |accepted: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assets().answer("/assets/a-1f.js", &headers)
        };
        for (accepted, coding, content) in [
            ("gzip, deflate, br", "br", "in brotli"),
            ("br;q=0, gzip", "gzip", "in gzip"),
            ("gzip;q=0.5", "gzip", "in gzip"),
            ("gzip;q=0", "", "let a = 1;"),
            ("", "", "let a = 1;"),
        ] {
            let answer = get(accepted);
            let said = answer.headers().get(header::CONTENT_ENCODING).map_or("", |v| v.to_str().unwrap());
            assert_eq!(said, coding, "{accepted}");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
            assert_eq!(body(answer).await, content, "{accepted}");
        }
        // The packed ones are no files of their own, but for those that are.
        assert_eq!(assets().answer("/assets/a-1f.js.br", &HeaderMap::new()).status(), 404);
        assert_eq!(assets().answer("/assets/b-2e.gz", &HeaderMap::new()).status(), 200);
    }

    #[tokio::test]
    async fn files_are_kept_by_browsers() {
        let answer = assets().answer("/assets/a-1f.js", &HeaderMap::new());
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let tag = answer.headers()[header::ETAG].clone();
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        let again = assets().answer("/assets/a-1f.js", &headers);
        assert_eq!(again.status(), 304);
        assert!(body(again).await.is_empty());
    }
}
