//! A site with nothing but the authorization service.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::Failure;
use api::v1::authorization_client::AuthorizationClient;
use api::v1::*;
use base::identity::{Identity, Role};
use pki::{Algorithm, Authority, Key, Request, Validity};
use rpc::Channel;
use rpc::Credentials;
use runtime::caller::{now_ms, speak_for};
use runtime::{Common, Context};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub type Client = AuthorizationClient<Channel>;

/// A password that passes.
pub const GOOD: &str = "four words in a row";

pub struct Site {
    folder: tempfile::TempDir,
    authority: Authority,
    /// The service's clock, which stands unless it is put forward: how fast a test runs changes nothing.
    clock: Arc<AtomicI64>,
    context: Context,
    task: JoinHandle<Result<(), Failure>>,
}

impl Site {
    pub async fn start() -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        authority.save(&folder.path().join("authority")).unwrap();
        let identity: Identity = "spiffe://lab/authorization/0".parse().unwrap();
        let key = Key::generate(Algorithm::EcdsaP256).unwrap();
        key.save(&folder.path().join("key.pem")).unwrap();
        std::fs::write(folder.path().join("chain.pem"), leaf(&authority, &key, &identity)).unwrap();
        std::fs::write(folder.path().join("roots.pem"), authority.trust().unwrap().to_pem()).unwrap();
        let clock = Arc::new(AtomicI64::new(now_ms()));
        let (context, task) = launch(folder.path(), &clock).await;
        Self { folder, authority, clock, context, task }
    }

    pub async fn restart(&mut self) {
        self.context.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
        (self.context, self.task) = launch(self.folder.path(), &self.clock).await;
    }

    pub fn address(&self) -> &str {
        &self.context.address
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Puts the service's clock forward.
    pub fn later(&self, time: Duration) {
        self.clock.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// A client with a certificate of this role and instance.
    pub fn client(&self, peer: &str) -> Client {
        let identity: Identity = format!("spiffe://lab/{peer}").parse().unwrap();
        let key = Key::generate(Algorithm::EcdsaP256).unwrap();
        let chain = leaf(&self.authority, &key, &identity);
        let roots = self.authority.trust().unwrap().to_pem();
        let credentials = Credentials::from_pem(&chain, key.to_pem(), &roots).unwrap();
        AuthorizationClient::new(rpc::connect(self.address(), &credentials, Role::Authorization).unwrap())
    }

    /// The one-time password of the first start.
    pub fn first_password(&self) -> String {
        std::fs::read_to_string(self.state().join("first-password")).unwrap().trim().to_owned()
    }

    /// The administrator, with a password of its own.
    pub async fn administrator(&self) -> Person {
        let mut person = self.enter("admin", &self.first_password()).await.unwrap();
        person.change_password(&self.first_password(), GOOD).await.unwrap();
        person.refresh().await.unwrap();
        person
    }

    /// Logs in as the browser does: a login, then the assertion for its token.
    pub async fn enter(&self, name: &str, password: &str) -> Result<Person, Failure> {
        let mut client = self.client("relay/0");
        let request = LoginRequest { name: name.into(), password: password.into() };
        let reply = client.login(request).await?.into_inner();
        let mut person = Person {
            client,
            project: self.client("project/0"),
            token: reply.token,
            signed: SignedAssertion::default(),
        };
        person.refresh().await?;
        Ok(person)
    }

    /// A new user with a password of its own.
    pub async fn user(&self, administrator: &mut Person, name: &str) -> Person {
        let request = CreateUserRequest { name: name.into(), ..Default::default() };
        let reply = administrator.call(request);
        let once = administrator.client.create_user(reply).await.unwrap().into_inner().one_time_password;
        let mut person = self.enter(name, &once).await.unwrap();
        person.change_password(&once, GOOD).await.unwrap();
        person.refresh().await.unwrap();
        person
    }
}

/// Somebody who is logged in.
pub struct Person {
    pub client: Client,
    /// As the service `project` calls on behalf of the person.
    pub project: Client,
    pub token: String,
    pub signed: SignedAssertion,
}

impl Person {
    pub async fn refresh(&mut self) -> Result<(), Failure> {
        let request = AuthenticateRequest { token: self.token.clone() };
        self.signed = self.client.authenticate(request).await?.into_inner();
        Ok(())
    }

    pub fn call<T>(&self, message: T) -> tonic::Request<T> {
        speak_for(&self.signed, message)
    }

    pub async fn change_password(&mut self, old: &str, new: &str) -> Result<(), Failure> {
        let request = ChangePasswordRequest { old_password: old.into(), new_password: new.into() };
        self.client.change_password(self.call(request)).await?;
        Ok(())
    }

    pub async fn own(&mut self, project: &str) {
        let request = self.call(ProjectRequest { project: project.into() });
        self.project.grant_owner(request).await.unwrap();
    }

    pub async fn right_on(&mut self, project: &str) -> Right {
        let request = self.call(ProjectRequest { project: project.into() });
        self.project.right_on(request).await.unwrap().into_inner().right()
    }

    pub async fn share(
        &mut self,
        project: &str,
        subject: share_request::Subject,
        right: Right,
    ) -> Result<(), Failure> {
        let share = ShareRequest { project: project.into(), subject: Some(subject), right: right as i32 };
        self.client.share(self.call(share)).await?;
        Ok(())
    }
}

pub fn failure<T: std::fmt::Debug>(result: Result<T, tonic::Status>) -> Failure {
    result.unwrap_err().into()
}

fn leaf(authority: &Authority, key: &Key, identity: &Identity) -> String {
    let hosts = ["127.0.0.1".parse().unwrap()];
    let request = Request::parse(key.request(identity, &hosts).unwrap().as_bytes()).unwrap();
    authority.issue(&request, identity, &hosts, Validity::days(1).unwrap()).unwrap().pem
}

async fn launch(folder: &Path, clock: &Arc<AtomicI64>) -> (Context, JoinHandle<Result<(), Failure>>) {
    let common = Common {
        site: Some("lab".into()),
        certificate: Some(folder.join("chain.pem")),
        key: Some(folder.join("key.pem")),
        roots: Some(folder.join("roots.pem")),
        state: Some(folder.join("state")),
        log: Some("warn".into()),
        ..Common::default()
    };
    let options = crate::Options { authority: Some(folder.join("authority")), ..Default::default() };
    let clock = clock.clone();
    let clock: crate::Clock = Arc::new(move || clock.load(Ordering::Relaxed));
    let (sender, receiver) = oneshot::channel();
    let task = tokio::spawn(runtime::host(Role::Authorization, common, async move |context: Context| {
        let server = crate::create(context.clone(), options, clock).await?;
        let _ = sender.send(context);
        Ok(server)
    }));
    (receiver.await.expect("the service starts"), task)
}
