//! Files of projects: blobs by their hash, and whole projects as archives. They are streamed both ways, never
//! held.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use api::v1::{Chunk, GetBlobRequest, ProjectRequest};
use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Query, State};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use prost::Message as _;
use runtime::caller::BLOB_SIZE;

use crate::browser::caller;
use crate::gate::{Caller, Gate};
use crate::messages::{Messages, Opened};
use crate::range::{Wanted, wanted};
use crate::reply::failed;

const GET_BLOB: &str = "/opentwin.v1.Project/GetBlob";
const GET_PROJECT: &str = "/opentwin.v1.Project/GetProject";
const EXPORT: &str = "/opentwin.v1.Project/ExportProject";

/// Parts whose end has to be found by reading them are no longer than this.
const LARGEST_UNTOLD: u64 = 16 << 20;

/// A blob never changes, but who may see it does: browsers keep it and ask each time whether they still may.
const KEEP: HeaderValue = HeaderValue::from_static("private, no-cache");

type Names = Query<HashMap<String, String>>;

/// `GET /api/v1/projects/{project}/blobs/{hash}`
pub(crate) async fn get(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((project, hash)): Path<(String, String)>,
    Query(query): Names,
    request: Request<Body>,
) -> Response<Body> {
    let headers = request.headers().clone();
    let caller = caller(&headers, request.method(), address.ip());
    let answer = async {
        let asked = Asked { gate: &gate, caller: caller?, project, hash: checked(hash)? };
        asked.answer(&headers, query.get("name").map(String::as_str)).await
    };
    answer.await.unwrap_or_else(|failure| failed(&failure))
}

/// `GET /api/v1/projects/{project}/archive`
pub(crate) async fn export(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(project): Path<String>,
    Query(query): Names,
    request: Request<Body>,
) -> Response<Body> {
    let caller = caller(request.headers(), request.method(), address.ip());
    let answer = async {
        let caller = caller?;
        let name = query.get("name").cloned().unwrap_or_else(|| format!("{project}.opentwin"));
        let message = ProjectRequest { project }.encode_to_vec().into();
        let messages = gate.ask(EXPORT, caller, message).await?;
        let mut response = Response::new(streamed(messages).await?);
        let headers = response.headers_mut();
        file_headers(headers, &name);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok::<_, Failure>(response)
    };
    answer.await.unwrap_or_else(|failure| failed(&failure))
}

/// A blob that is asked for.
struct Asked<'a> {
    gate: &'a Arc<Gate>,
    caller: Caller,
    project: String,
    hash: String,
}

impl Asked<'_> {
    async fn answer(&self, headers: &HeaderMap, name: Option<&str>) -> Result<Response<Body>, Failure> {
        let tag = format!("\"{}\"", self.hash);
        let says = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        if says(header::IF_NONE_MATCH).is_some_and(|tags| tags.contains(&tag)) {
            self.demand_right().await?;
            return Ok(self.dressed(StatusCode::NOT_MODIFIED, Body::empty(), name));
        }
        let range = says(header::RANGE).filter(|_| says(header::IF_RANGE).is_none_or(|old| old == tag));
        match wanted(range) {
            Wanted::Part { from, to } => self.part(from, to, name).await,
            Wanted::All => self.all(name).await,
        }
    }

    /// Refuses those who may not, or no longer, see the project.
    async fn demand_right(&self) -> Result<(), Failure> {
        let message = ProjectRequest { project: self.project.clone() }.encode_to_vec().into();
        self.gate.ask_one(GET_PROJECT, self.caller.clone(), message).await.map(|_| ())
    }

    async fn all(&self, name: Option<&str>) -> Result<Response<Body>, Failure> {
        let (size, messages) = self.open(0, 0).await?;
        let mut response = self.dressed(StatusCode::OK, streamed(messages).await?, name);
        if let Some(size) = size {
            response.headers_mut().insert(header::CONTENT_LENGTH, size.into());
        }
        Ok(response)
    }

    async fn part(&self, from: u64, to: Option<u64>, name: Option<&str>) -> Result<Response<Body>, Failure> {
        let length = to.map_or(0, |to| (to - from).saturating_add(1));
        let (size, messages) = self.open(from, length).await?;
        let (last, total, body) = match size {
            Some(size) => {
                let end = to.map_or(size, |to| to.saturating_add(1).min(size));
                let body = if from < end { Some(streamed(messages).await?) } else { None };
                (end.checked_sub(1), size.to_string(), body)
            }
            // Where a part ends has to be said before its first byte.
            None if (1..=LARGEST_UNTOLD).contains(&length) => {
                let bytes = read(messages, length).await?;
                let body = Body::from(bytes.clone());
                (
                    (from + bytes.len() as u64).checked_sub(1),
                    "*".to_owned(),
                    (!bytes.is_empty()).then_some(body),
                )
            }
            None => return self.all(name).await,
        };
        let value = |text: String| {
            HeaderValue::from_str(&text).map_err(|_| Code::Internal.because("a range cannot be told"))
        };
        let (Some(body), Some(last)) = (body, last) else {
            let mut response = self.dressed(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty(), None);
            response.headers_mut().insert(header::CONTENT_RANGE, value(format!("bytes */{total}"))?);
            return Ok(response);
        };
        let mut response = self.dressed(StatusCode::PARTIAL_CONTENT, body, name);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_RANGE, value(format!("bytes {from}-{last}/{total}"))?);
        headers.insert(header::CONTENT_LENGTH, (last - from + 1).into());
        Ok(response)
    }

    /// The size of the whole blob, if `project` tells it, and the pieces of what is asked for.
    async fn open(&self, offset: u64, length: u64) -> Result<(Option<u64>, Messages), Failure> {
        let (project, hash) = (self.project.clone(), self.hash.clone());
        let message =
            GetBlobRequest { project, hash, offset, length, run: String::new() }.encode_to_vec().into();
        let Opened { metadata, messages } =
            self.gate.open(GET_BLOB, self.caller.clone(), stream::iter([message])).await?;
        let size = metadata.get(BLOB_SIZE).and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
        Ok((size, messages))
    }

    fn dressed(&self, status: StatusCode, body: Body, name: Option<&str>) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        file_headers(headers, name.unwrap_or(&self.hash));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, KEEP);
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.hash)) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

/// A hash as it stands in a path.
fn checked(hash: String) -> Result<String, Failure> {
    if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Ok(hash);
    }
    Err(Code::Invalid.because("this is no hash of a blob: expected 64 digits of lower-case hexadecimal"))
}

/// The pieces as a body. The first is waited for, so that a refusal still has its own status.
async fn streamed(mut messages: Messages) -> Result<Body, Failure> {
    let first = match messages.message().await? {
        Some(message) => vec![Ok(data(&message)?)],
        None => Vec::new(),
    };
    let rest = stream::unfold(messages, |mut messages| async {
        // A failure on the way breaks the body off, so that no part is taken for the whole.
        let piece = match messages.message().await {
            Ok(None) => return None,
            Ok(Some(message)) => data(&message),
            Err(status) => Err(status.into()),
        };
        Some((piece, messages))
    });
    Ok(Body::from_stream(futures::StreamExt::chain(stream::iter(first), rest)))
}

/// The pieces as a whole.
async fn read(mut messages: Messages, limit: u64) -> Result<Bytes, Failure> {
    let mut all = Vec::new();
    while let Some(message) = messages.message().await? {
        all.extend_from_slice(&data(&message)?);
        if all.len() as u64 > limit {
            return Err(Code::Internal.because("project answered with more than was asked for"));
        }
    }
    Ok(all.into())
}

fn data(message: &Bytes) -> Result<Bytes, Failure> {
    Chunk::decode(message.clone())
        .map(|chunk| chunk.data)
        .map_err(|e| Code::Internal.because(format!("a piece of a file cannot be read: {e}")))
}

/// A file is saved, never shown: what users store is not to become a page of this site.
fn file_headers(headers: &mut HeaderMap, name: &str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// `attachment` with a name that is one on every system, in plain letters and in full.
fn disposition(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || " ._-+()".contains(c) { c } else { '_' })
        .take(120)
        .collect();
    let kept = kept.trim_matches([' ', '.']);
    let kept = if kept.is_empty() { "file" } else { kept };
    let plain: String = kept.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let full: String = kept
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"._-".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_cannot_break_out() {
        assert_eq!(disposition("a b.stl"), "attachment; filename=\"a b.stl\"; filename*=UTF-8''a%20b.stl");
        assert_eq!(disposition("größe"), "attachment; filename=\"gr__e\"; filename*=UTF-8''gr%C3%B6%C3%9Fe");
        let evil = disposition("../..\\x\"; filename=\"y\r\nset-cookie: a");
        assert!(!evil.contains("..\\") && !evil.contains('\r') && evil.matches('"').count() == 2, "{evil}");
        for empty in ["", "...", "   "] {
            assert!(disposition(empty).contains("\"file\""));
        }
    }

    #[test]
    fn hashes_are_checked() {
        assert!(checked("a".repeat(64)).is_ok());
        for bad in ["", "abc", &"A".repeat(64), &"../".repeat(22)[..64]] {
            assert!(checked(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
