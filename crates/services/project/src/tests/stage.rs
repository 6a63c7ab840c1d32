//! A site with this service and the fake authorization.

use std::sync::Arc;

use api::Failure;
use api::v1::authorization_server::AuthorizationServer;
use api::v1::project_client::ProjectClient;
use api::v1::*;
use base::identity::{Identity, Role};
use bytes::Bytes;
use pki::{Algorithm, Authority, Key, Validity};
use rpc::{Channel, Credentials, Limits, Listener};
use runtime::caller::{now_s, speak_for};
use runtime::{Common, Context, Signer};
use serde_json::{Value, json};
use store::{Backend, Memory};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::{Request, Streaming};

use super::authorization::Fake;

pub type Client = ProjectClient<Channel>;

pub struct Site {
    folder: tempfile::TempDir,
    authority: Authority,
    pub fake: Fake,
    pub context: Context,
    pub task: JoinHandle<Result<(), Failure>>,
}

impl Site {
    pub async fn start() -> Self {
        Self::on(Some(Arc::new(Memory::default()))).await
    }

    /// On this back end; on SQLite where there is none.
    pub async fn on(backend: Option<Arc<dyn Backend>>) -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("roots.pem"), authority.trust().unwrap().to_pem()).unwrap();
        let (key, chain) = leaf(&authority, "project/0");
        key.save(&file("key.pem")).unwrap();
        std::fs::write(file("chain.pem"), chain).unwrap();

        let signer = Arc::new(Signer::generate().unwrap().0);
        let fake = Fake { signer, rights: Arc::default(), shares: Arc::default(), broken: Arc::default() };
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().to_string();
        let routes = tonic::service::Routes::new(AuthorizationServer::new(fake.clone())).into_axum_router();
        let own = credentials(&authority, "authorization/0");
        tokio::spawn(rpc::serve_mtls(listener, own, routes, Limits::default(), std::future::pending()));

        let common = Common {
            site: Some("lab".into()),
            certificate: Some(file("chain.pem")),
            key: Some(file("key.pem")),
            roots: Some(file("roots.pem")),
            state: Some(file("state")),
            authorization: Some(address),
            log: Some("warn".into()),
            ..Common::default()
        };
        let options = crate::Options { blob_mb: Some(4), archive_mb: Some(8), ..crate::Options::default() };
        let (sender, receiver) = oneshot::channel();
        let create = async move |context: Context| {
            let server = match backend {
                Some(backend) => crate::create_on(context.clone(), options, backend).await?,
                None => crate::create(context.clone(), options).await?,
            };
            let _ = sender.send(context);
            Ok(server)
        };
        let task = tokio::spawn(runtime::host(Role::Project, common, create));
        let context = receiver.await.expect("the service starts");
        Self { folder, authority, fake, context, task }
    }

    /// A client with a certificate of this role and instance.
    pub fn client(&self, peer: &str) -> Client {
        let credentials = credentials(&self.authority, peer);
        let channel = rpc::connect(&self.context.address, &credentials, Role::Project).unwrap();
        Client::new(channel).max_decoding_message_size(rpc::MAX_MESSAGE)
    }

    /// Somebody, through the relay.
    pub fn user(&self, name: &str) -> User {
        User { client: self.client("relay/0"), signed: self.sign(person(name)), fence: 0 }
    }

    /// A compute service on behalf of a user's run, which is made.
    pub async fn compute(&self, user: &str, project: &str, run: &str) -> User {
        let record = Run {
            id: run.into(),
            project: project.into(),
            state: RunState::Running.into(),
            local_session: "0".into(),
            fence: 1,
            ..Default::default()
        };
        self.client("local-session/0").put_run(record).await.unwrap();
        let bound = Assertion {
            project: project.into(),
            project_right: Right::Editor.into(),
            run: run.into(),
            ..person(user)
        };
        User { client: self.client("compute/fit-td/x"), signed: self.sign(bound), fence: 1 }
    }

    pub fn sign(&self, assertion: Assertion) -> SignedAssertion {
        self.fake.signer.sign(&assertion)
    }

    pub fn allow(&self, user: &str, project: &str, right: Right) {
        self.fake.rights.lock().unwrap().insert((user.into(), project.into()), right);
    }

    /// Declares the kinds that the tests use.
    pub async fn register(&self) {
        self.client("local-session/0").register_service(modeling()).await.unwrap();
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// Somebody with a connection.
pub struct User {
    pub client: Client,
    pub signed: SignedAssertion,
    /// What commits carry.
    pub fence: u64,
}

impl User {
    pub fn says<T>(&self, message: T) -> Request<T> {
        speak_for(&self.signed, message)
    }

    pub async fn create(&mut self, name: &str) -> ProjectInfo {
        let request = CreateProjectRequest { name: name.into(), ..Default::default() };
        self.client.create_project(self.says(request)).await.unwrap().into_inner()
    }

    pub async fn commit(&mut self, request: CommitRequest) -> Result<Version, Failure> {
        let request = self.says(CommitRequest { fence: self.fence, ..request });
        Ok(self.client.commit(request).await?.into_inner())
    }

    /// Puts entities onto the head of `main`.
    pub async fn put(&mut self, project: &str, put: Vec<Entity>) -> Result<Version, Failure> {
        self.commit(CommitRequest { project: project.into(), put, ..Default::default() }).await
    }

    pub async fn entities(&mut self, request: EntitiesRequest) -> Result<(String, Vec<Entity>), Failure> {
        let request = self.says(request);
        let mut stream = self.client.entities(request).await?.into_inner();
        let (mut version, mut all) = (String::new(), Vec::new());
        while let Some(part) = stream.message().await? {
            assert!(part.entities.len() <= 500);
            version = part.version;
            all.extend(part.entities);
        }
        Ok((version, all))
    }

    /// Paths at a version.
    pub async fn paths(&mut self, project: &str, version: &str) -> Vec<String> {
        let request =
            EntitiesRequest { project: project.into(), version: version.into(), ..Default::default() };
        self.entities(request).await.unwrap().1.into_iter().map(|e| e.path).collect()
    }

    pub async fn upload(&mut self, project: &str, bytes: &[u8]) -> Result<BlobInfo, Failure> {
        let piece = |data: &[u8]| PutBlobRequest {
            project: project.into(),
            data: Bytes::copy_from_slice(data),
            run: String::new(),
        };
        let mut pieces: Vec<PutBlobRequest> = bytes.chunks(1 << 20).map(piece).collect();
        if pieces.is_empty() {
            pieces.push(piece(b""));
        }
        let request = self.says(futures::stream::iter(pieces));
        Ok(self.client.put_blob(request).await?.into_inner())
    }

    pub async fn watch(&mut self, project: &str, after: u64) -> Streaming<Event> {
        let request = self.says(WatchRequest { project: project.into(), after });
        self.client.watch(request).await.unwrap().into_inner()
    }
}

pub fn person(name: &str) -> Assertion {
    Assertion {
        user_id: name.into(),
        user_name: name.into(),
        issued_s: now_s(),
        expires_s: now_s() + 300,
        ..Assertion::default()
    }
}

/// All bytes of a stream.
pub async fn bytes(mut stream: Streaming<Chunk>) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    while let Some(chunk) = stream.message().await? {
        assert!(chunk.data.len() <= rpc::CHUNK);
        all.extend_from_slice(&chunk.data);
    }
    Ok(all)
}

pub fn entity(kind: &str, path: &str, properties: Value) -> Entity {
    Entity { kind: kind.into(), path: path.into(), properties: properties.to_string(), ..Default::default() }
}

pub fn parameter(name: &str, value: &str) -> Entity {
    entity("project.parameter", &format!("parameters/{name}"), json!({ "value": value }))
}

/// What a compute service might declare.
pub fn modeling() -> ServiceDescription {
    let kind = |kind: &str, section: &str, arrangement: Arrangement, schema: Value| KindDescription {
        kind: kind.into(),
        section: section.into(),
        arrangement: arrangement.into(),
        schema: schema.to_string(),
        ..Default::default()
    };
    let cuboid = json!({
        "type": "object",
        "properties": {
            "size": {"type": "array", "items": {"type": ["number", "string"]}, "minItems": 3, "maxItems": 3},
            "material": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["size"],
        "additionalProperties": false,
    });
    ServiceDescription {
        name: "modeling".into(),
        version: "1".into(),
        kinds: vec![
            kind("modeling.cuboid", "geometry", Arrangement::MapOfKinds, cuboid),
            kind("modeling.settings", "modeling", Arrangement::Single, json!({"type": "object"})),
            kind("modeling.model", "", Arrangement::Result, json!({"type": "object"})),
        ],
        ..Default::default()
    }
}

fn leaf(authority: &Authority, peer: &str) -> (Key, String) {
    let identity: Identity = format!("spiffe://lab/{peer}").parse().unwrap();
    let hosts = ["127.0.0.1".parse().unwrap()];
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = pki::Request::parse(key.request(&identity, &hosts).unwrap().as_bytes()).unwrap();
    let leaf = authority.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
    (key, leaf.pem)
}

fn credentials(authority: &Authority, peer: &str) -> Credentials {
    let (key, chain) = leaf(authority, peer);
    Credentials::from_pem(&chain, key.to_pem(), &authority.trust().unwrap().to_pem()).unwrap()
}
