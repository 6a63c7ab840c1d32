//! Services of the contract as small as they can be: one router over bytes, behind real mutual TLS.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::v1::*;
use api::{Code, v1};
use base::identity::Identity;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use pki::Authority;
use prost::Message;
use runtime::Signer;
use runtime::caller::{METADATA, assertion_of, now_s};
use tonic::codec::Streaming;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::{Request, Response, Status};

use crate::messages::Plain;

type Answer = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// The content of the one blob that there is.
pub(super) fn blob() -> Bytes {
    (0..3_000_000u32).map(|n| (n % 251) as u8).collect::<Vec<_>>().into()
}

pub(super) struct Backend {
    pub(super) signer: Signer,
    authority: Authority,
    /// Tokens that have ended.
    pub(super) ended: Mutex<HashSet<String>>,
    /// How often `Authenticate` was asked.
    pub(super) asked: AtomicUsize,
    /// Endless streams that are open.
    pub(super) open: Arc<AtomicUsize>,
    /// Where sessions live.
    pub(super) sessions: Mutex<BTreeMap<String, String>>,
}

impl Backend {
    pub(super) fn new(authority: Authority) -> Arc<Self> {
        Arc::new(Self {
            authority,
            signer: Signer::generate().unwrap().0,
            ended: Mutex::default(),
            asked: AtomicUsize::new(0),
            open: Arc::default(),
            sessions: Mutex::default(),
        })
    }

    /// All services at once; `tag` tells one listener from another.
    pub(super) fn router(self: &Arc<Self>, tag: &'static str) -> axum::Router {
        let backend = self.clone();
        axum::Router::new().fallback(move |request: http::Request<axum::body::Body>| {
            let (backend, path) = (backend.clone(), request.uri().path().to_owned());
            async move {
                let mut grpc = tonic::server::Grpc::new(Plain).max_decoding_message_size(rpc::MAX_MESSAGE);
                let service = tower::service_fn(move |request: Request<Streaming<Bytes>>| {
                    let (backend, path) = (backend.clone(), path.clone());
                    async move { backend.reply(&path, tag, request).await }
                });
                grpc.streaming(service, request).await.map(axum::body::Body::new)
            }
        })
    }

    async fn reply(
        &self,
        path: &str,
        tag: &str,
        mut request: Request<Streaming<Bytes>>,
    ) -> Result<Response<Answer>, Status> {
        if path != "/opentwin.v1.Project/GetBlob" {
            return self.answer(path, tag, request).await.map(Response::new);
        }
        let asked: GetBlobRequest = read(&request.get_mut().message().await?.unwrap_or_default());
        let mut response = Response::new(get_blob(&asked)?);
        if asked.project == "sized" {
            let size = blob().len().to_string().parse().unwrap();
            response.metadata_mut().insert("opentwin-size", size);
        }
        Ok(response)
    }

    async fn answer(
        &self,
        path: &str,
        tag: &str,
        request: Request<Streaming<Bytes>>,
    ) -> Result<Answer, Status> {
        let (metadata, _, mut messages) = request.into_parts();
        let name = path.strip_prefix("/opentwin.v1.").unwrap_or(path);
        if name == "Project/PutBlob" || name == "Project/ImportProject" {
            return received(name, messages).await;
        }
        let message = messages.message().await?.unwrap_or_default();
        match name {
            "Authorization/Authenticate" => self.authenticate(read(&message)).map(|a| one(&a)),
            "Authorization/AssertionKeys" => {
                Ok(one(&AssertionKeysReply { keys: vec![self.signer.public_key().into()] }))
            }
            "Authorization/IssueCertificate" => Ok(one(&self.issue(read(&message)))),
            "Authorization/Welcome" => Ok(one(&WelcomeReply { first_start: true, upload_limit: 0 })),
            "Authorization/Login" => login(read(&message)).map(|a| one(&a)),
            "Authorization/Logout" => {
                self.ended.lock().unwrap().insert(who(&metadata)?.login);
                Ok(one(&Empty {}))
            }
            "Authorization/WhoAmI" => {
                let name = who(&metadata)?.user_name;
                Ok(one(&User { name, ..User::default() }))
            }
            "Authorization/UpdateUser" => Ok(one(&User::default())),
            "Project/GetProject" => {
                let asked: ProjectRequest = read(&message);
                if asked.project == "missing" {
                    return Err(Code::NotFound.because("the project `missing` does not exist").into());
                }
                let user = who(&metadata)?.user_name;
                Ok(one(&ProjectInfo {
                    id: asked.project,
                    owner: user,
                    tags: seen(&metadata),
                    ..ProjectInfo::default()
                }))
            }
            "Project/Watch" => Ok(self.watch(&read::<WatchRequest>(&message).project)),
            "Project/ExportProject" => Ok(many(blob().chunks(1 << 20).map(chunk).collect())),
            "GlobalSession/Locate" => {
                let id = read::<SessionRequest>(&message).session;
                let address = self.sessions.lock().unwrap().get(&id).cloned();
                let address =
                    address.ok_or_else(|| Status::from(Code::NotFound.because("no such session")))?;
                Ok(one(&Session { id, address, ..Session::default() }))
            }
            "LocalSession/Act" | "LocalSession/Instances" => {
                let session = metadata.get("opentwin-session").unwrap().to_str().unwrap().to_owned();
                Ok(one(&Run { id: tag.to_owned(), session, ..Run::default() }))
            }
            _ => Err(Status::unimplemented(name)),
        }
    }

    fn authenticate(&self, asked: AuthenticateRequest) -> Result<SignedAssertion, Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let user =
            asked.token.strip_prefix("token-").filter(|_| !self.ended.lock().unwrap().contains(&asked.token));
        let user = user.ok_or_else(|| Status::from(Code::Expired.because("the login has ended")))?;
        let assertion = Assertion {
            user_id: format!("id-{user}"),
            user_name: user.to_owned(),
            administrator: user == "root",
            login: asked.token.clone(),
            issued_s: now_s(),
            expires_s: now_s() + 300,
            ..Assertion::default()
        };
        Ok(self.signer.sign(&assertion))
    }

    fn issue(&self, asked: IssueCertificateRequest) -> IssueCertificateReply {
        let request = pki::Request::parse(asked.request_pem.as_bytes()).unwrap();
        let hosts: Vec<pki::Host> = asked.hosts.iter().map(|host| host.parse().unwrap()).collect();
        let identity = Identity::new("opentwin", asked.role.parse().unwrap(), &asked.instance).unwrap();
        let leaf =
            self.authority.issue(&request, &identity, &hosts, pki::Validity::days(1).unwrap()).unwrap();
        IssueCertificateReply {
            chain_pem: leaf.pem,
            roots_pem: self.authority.trust().unwrap().to_pem(),
            not_after_s: leaf.not_after.as_second(),
        }
    }

    /// `three`: three events and the end. `presence` and `versions`: as many as are taken. Else the beginning
    /// and then nothing.
    fn watch(&self, project: &str) -> Answer {
        let event = |number, what| Ok(Bytes::from(Event { number, what: Some(what) }.encode_to_vec()));
        let standing = move || event(0, event::What::Standing(7));
        let open = Open::new(&self.open);
        let padding = "x".repeat(20_000);
        match project {
            "three" => Box::pin(futures::stream::iter([standing(), standing(), standing()])),
            "presence" => Box::pin(futures::stream::iter(0u64..).map(move |n| {
                let _ = &open;
                let selection = vec![n.to_string(), padding.clone()];
                let presence = Presence { client: "c".into(), selection, ..Presence::default() };
                event(0, event::What::Presence(presence))
            })),
            "versions" => Box::pin(futures::stream::iter(1u64..).map(move |n| {
                let _ = &open;
                event(
                    n,
                    event::What::Version(VersionAppended { branch: padding.clone(), ..Default::default() }),
                )
            })),
            _ => Box::pin(
                futures::stream::once(async move { standing() }).chain(futures::stream::pending()).map(
                    move |item| {
                        let _ = &open;
                        item
                    },
                ),
            ),
        }
    }
}

/// Counts a stream while it is open.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn login(asked: LoginRequest) -> Result<LoginReply, Status> {
    match (asked.name.as_str(), asked.password.as_str()) {
        ("flood", _) => Err(Code::Throttled.because("too many failed logins").retry_after(7).into()),
        (name, "right") => Ok(LoginReply {
            token: format!("token-{name}"),
            user: Some(User { name: name.to_owned(), ..User::default() }),
            expires_ms: (now_s() + 3600) * 1000,
        }),
        _ => Err(Code::Unauthenticated.because("wrong name or password").into()),
    }
}

async fn received(name: &str, mut messages: Streaming<Bytes>) -> Result<Answer, Status> {
    let (mut hasher, mut size, mut project) = (blake3::Hasher::new(), 0, String::new());
    while let Some(message) = messages.message().await? {
        let data = if name == "Project/PutBlob" {
            let part: PutBlobRequest = read(&message);
            project.push_str(&part.project);
            part.data
        } else {
            read::<Chunk>(&message).data
        };
        assert!(data.len() <= rpc::CHUNK);
        hasher.update(&data);
        size += data.len() as u64;
    }
    let hash = hasher.finalize().to_string();
    if name == "Project/PutBlob" {
        assert_eq!(project, "p1");
        return Ok(one(&BlobInfo { hash, size }));
    }
    Ok(one(&ProjectInfo { id: hash, entities: size, ..ProjectInfo::default() }))
}

fn get_blob(asked: &GetBlobRequest) -> Result<Answer, Status> {
    let blob = blob();
    if asked.hash != blake3::hash(&blob).to_string() {
        return Err(Code::NotFound.because("no such blob").into());
    }
    let from = (asked.offset as usize).min(blob.len());
    let to = if asked.length == 0 { blob.len() } else { (from + asked.length as usize).min(blob.len()) };
    Ok(many(blob[from..to].chunks(1 << 20).map(chunk).collect()))
}

fn chunk(data: &[u8]) -> Bytes {
    Chunk { data: Bytes::copy_from_slice(data) }.encode_to_vec().into()
}

fn read<M: Message + Default>(bytes: &Bytes) -> M {
    M::decode(bytes.clone()).unwrap()
}

fn one(message: &impl Message) -> Answer {
    many(vec![message.encode_to_vec().into()])
}

fn many(messages: Vec<Bytes>) -> Answer {
    Box::pin(futures::stream::iter(messages.into_iter().map(Ok)))
}

fn who(metadata: &MetadataMap) -> Result<v1::Assertion, Status> {
    Ok(read(&assertion_of(metadata)?.assertion))
}

/// All metadata of ours that came, and how often.
fn seen(metadata: &MetadataMap) -> Vec<String> {
    let mut seen: Vec<String> = metadata
        .iter()
        .map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => format!("{key}={}", value.to_str().unwrap()),
            KeyAndValueRef::Binary(key, _) => key.to_string(),
        })
        .filter(|text| {
            text.starts_with("opentwin") || text.contains("authorization") || text.contains("cookie")
        })
        .collect();
    seen.sort();
    assert!(seen.iter().any(|text| text == METADATA));
    seen
}
