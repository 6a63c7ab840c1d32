//! A site with a logger and the fake authorization.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::Failure;
use api::v1::authorization_server::AuthorizationServer;
use api::v1::logger_client::LoggerClient;
use api::v1::*;
use base::identity::{Identity, Role};
use pki::{Algorithm, Authority, Key, Request, Validity};
use rpc::{Channel, Credentials, Limits, Listener};
use runtime::caller::{now_s, speak_for};
use runtime::{Common, Context, Signer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::authorization::Fake;

pub type Client = LoggerClient<Channel>;

pub struct Site {
    folder: tempfile::TempDir,
    authority: Authority,
    pub fake: Fake,
    context: Context,
    task: JoinHandle<Result<(), Failure>>,
}

impl Site {
    pub async fn start() -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        std::fs::write(folder.path().join("roots.pem"), authority.trust().unwrap().to_pem()).unwrap();
        let (key, chain) = leaf(&authority, "logger/0");
        key.save(&folder.path().join("key.pem")).unwrap();
        std::fs::write(folder.path().join("chain.pem"), chain).unwrap();

        let signer = Arc::new(Signer::generate().unwrap().0);
        let fake = Fake { signer, rights: Arc::default(), asked: Arc::default() };
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        std::fs::write(folder.path().join("authorization"), listener.local_addr().to_string()).unwrap();
        let routes = tonic::service::Routes::new(AuthorizationServer::new(fake.clone())).into_axum_router();
        let own = credentials(&authority, "authorization/0");
        tokio::spawn(rpc::serve_mtls(listener, own, routes, Limits::default(), std::future::pending()));

        let (context, task) = launch(folder.path()).await;
        Self { folder, authority, fake, context, task }
    }

    pub async fn stop(&mut self) {
        self.context.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
    }

    pub async fn again(&mut self) {
        (self.context, self.task) = launch(self.folder.path()).await;
    }

    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("state/logs")
    }

    /// A client with a certificate of this role and instance.
    pub fn client(&self, peer: &str) -> Client {
        let credentials = credentials(&self.authority, peer);
        LoggerClient::new(rpc::connect(&self.context.address, &credentials, Role::Logger).unwrap())
    }

    pub fn allow(&self, user: &str, project: &str, right: Right) {
        self.fake.rights.lock().unwrap().insert((user.into(), project.into()), right);
    }

    /// A message on behalf of a user.
    pub fn by<T>(&self, user: &str, message: T) -> tonic::Request<T> {
        let assertion = Assertion {
            user_id: user.into(),
            user_name: user.into(),
            administrator: user == "admin",
            issued_s: now_s(),
            expires_s: now_s() + 300,
            ..Assertion::default()
        };
        speak_for(&self.fake.signer.sign(&assertion), message)
    }

    /// What a user finds, the newest first.
    pub async fn query(&self, user: &str, query: LogQuery) -> Vec<String> {
        let reply = self.client("relay/0").query(self.by(user, query)).await.unwrap().into_inner();
        reply.records.into_iter().map(|record| record.message).collect()
    }
}

pub async fn append(client: &mut Client, records: Vec<LogRecord>) {
    client.append(AppendRequest { records, dropped: 0, status: None }).await.unwrap();
}

pub fn record(message: impl Into<String>, project: &str) -> LogRecord {
    LogRecord {
        level: "INFO".into(),
        time_ms: 1_000,
        message: message.into(),
        project: project.into(),
        ..LogRecord::default()
    }
}

fn leaf(authority: &Authority, peer: &str) -> (Key, String) {
    let identity: Identity = format!("spiffe://lab/{peer}").parse().unwrap();
    let hosts = ["127.0.0.1".parse().unwrap()];
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = Request::parse(key.request(&identity, &hosts).unwrap().as_bytes()).unwrap();
    let leaf = authority.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
    (key, leaf.pem)
}

fn credentials(authority: &Authority, peer: &str) -> Credentials {
    let (key, chain) = leaf(authority, peer);
    Credentials::from_pem(&chain, key.to_pem(), &authority.trust().unwrap().to_pem()).unwrap()
}

async fn launch(folder: &Path) -> (Context, JoinHandle<Result<(), Failure>>) {
    let common = Common {
        site: Some("lab".into()),
        certificate: Some(folder.join("chain.pem")),
        key: Some(folder.join("key.pem")),
        roots: Some(folder.join("roots.pem")),
        state: Some(folder.join("state")),
        authorization: Some(std::fs::read_to_string(folder.join("authorization")).unwrap()),
        log: Some("warn".into()),
        ..Common::default()
    };
    let options = crate::Options { keep_mb: Some(1) };
    let (sender, receiver) = oneshot::channel();
    let task = tokio::spawn(runtime::host(Role::Logger, common, async move |context: Context| {
        let server = crate::create(context.clone(), options).await?;
        let _ = sender.send(context);
        Ok(server)
    }));
    (receiver.await.expect("the service starts"), task)
}
