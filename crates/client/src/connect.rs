//! The client: one channel, the login's token on every call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::v1::authorization_client::AuthorizationClient;
use api::v1::global_session_client::GlobalSessionClient;
use api::v1::local_session_client::LocalSessionClient;
use api::v1::logger_client::LoggerClient;
use api::v1::project_client::ProjectClient;
use api::{Code, Failure};
use rpc::TrustRoots;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Response, Status};

use crate::failure::{failure, transport};
use crate::retry::Patience;

/// How long a call without a stream may take. Beyond any real one: a connection that is dead is noticed by
/// its pings long before.
const ANSWER: Duration = Duration::from_secs(300);

/// How long calls are tried again with a platform that has answered before: a service restarts within it.
const PATIENT: Duration = Duration::from_secs(30);

/// The same where nothing has ever answered.
const IMPATIENT: Duration = Duration::from_millis(700);

/// What the generated clients speak over.
pub type Transport = InterceptedService<rpc::Channel, Bearer>;

/// A client of one site. Clones share the connection and the sessions.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    address: String,
    channel: rpc::Channel,
    token: Option<MetadataValue<Ascii>>,
    reached: AtomicBool,
    sessions: Mutex<HashMap<String, String>>,
}

/// Puts the token, and the session where there is one, on every call.
#[derive(Clone)]
pub struct Bearer {
    token: Option<MetadataValue<Ascii>>,
    session: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        if let Some(session) = &self.session {
            request.metadata_mut().insert("opentwin-session", session.clone());
        }
        Ok(request)
    }
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $client:ident;)*) => {
        $($(#[$doc])* pub fn $name(&self) -> $client<Transport> {
            $client::with_interceptor(self.shared.channel.clone(), self.bearer(None))
                .max_decoding_message_size(rpc::MAX_MESSAGE)
                .max_encoding_message_size(rpc::MAX_MESSAGE)
        })*
    };
}

impl Client {
    /// A client of the site at `host:port`; to be called within a tokio runtime. It connects with the first
    /// call. Without a token only logging in is possible.
    pub fn connect(address: &str, trust: &TrustRoots, token: Option<&str>) -> Result<Self, Failure> {
        let channel = rpc::connect_public(address, trust).map_err(|e| transport(&e))?;
        let token =
            token.map(|token| ascii(&format!("Bearer {token}"), "token").map(sensitive)).transpose()?;
        Ok(Self {
            shared: Arc::new(Shared {
                address: address.to_owned(),
                channel,
                token,
                reached: AtomicBool::new(false),
                sessions: Mutex::default(),
            }),
        })
    }

    /// The same connection with another token.
    pub fn with_token(&self, token: &str) -> Result<Self, Failure> {
        Ok(Self {
            shared: Arc::new(Shared {
                address: self.shared.address.clone(),
                channel: self.shared.channel.clone(),
                token: Some(sensitive(ascii(&format!("Bearer {token}"), "token")?)),
                reached: AtomicBool::new(self.shared.reached.load(Ordering::Relaxed)),
                sessions: Mutex::default(),
            }),
        })
    }

    /// The address it speaks to.
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    services! {
        /// People, groups, rights.
        authorization: AuthorizationClient;
        /// Projects, versions, blobs, runs.
        project: ProjectClient;
        /// Sessions and the site.
        global_session: GlobalSessionClient;
        /// Logs.
        logger: LoggerClient;
    }

    /// The session's own service. [`Client::in_session`] finds the session by itself.
    pub fn local_session(&self, session: &str) -> Result<LocalSessionClient<Transport>, Failure> {
        let bearer = self.bearer(Some(ascii(session, "session")?));
        Ok(LocalSessionClient::with_interceptor(self.shared.channel.clone(), bearer)
            .max_decoding_message_size(rpc::MAX_MESSAGE)
            .max_encoding_message_size(rpc::MAX_MESSAGE))
    }

    /// Calls once. For what must not happen twice.
    pub async fn once<T, F>(&self, call: F) -> Result<T, Failure>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        match call.await {
            Ok(response) => {
                self.shared.reached.store(true, Ordering::Relaxed);
                Ok(response.into_inner())
            }
            Err(status) => Err(failure(status)),
        }
    }

    /// Calls, and again after failures that heal by themselves. For what may happen twice.
    pub async fn again<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut patience = self.patience();
        loop {
            match self.once(call()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => patience.pause(failure).await?,
            }
        }
    }

    /// How long to go on trying at this moment.
    pub fn patience(&self) -> Patience {
        let reached = self.shared.reached.load(Ordering::Relaxed);
        Patience::lasting(if reached { PATIENT } else { IMPATIENT })
    }

    pub(crate) fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.shared.sessions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn bearer(&self, session: Option<MetadataValue<Ascii>>) -> Bearer {
        Bearer { token: self.shared.token.clone(), session }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.shared.address)
    }
}

/// A request that ends at a deadline; what [`ask!`] and [`ask_once!`] send.
#[doc(hidden)]
pub fn request<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ANSWER);
    request
}

fn ascii(text: &str, what: &str) -> Result<MetadataValue<Ascii>, Failure> {
    text.parse().map_err(|_| {
        Code::Usage
            .because(format!("the {what} has characters that it cannot have"))
            .remedy("log in again with `opentwin login`")
    })
}

fn sensitive(mut token: MetadataValue<Ascii>) -> MetadataValue<Ascii> {
    token.set_sensitive(true);
    token
}

/// Calls a method of the contract and gives its answer; tried again after failures that heal by themselves.
/// For what may happen twice: `ask!(client, project.get_project(request))?`.
#[macro_export]
macro_rules! ask {
    ($client:expr, $service:ident.$method:ident($request:expr)) => {{
        let client: &$crate::Client = &$client;
        let message = $request;
        client
            .again(|| {
                let (mut service, message) = (client.$service(), message.clone());
                async move { service.$method($crate::request(message)).await }
            })
            .await
    }};
}

/// Calls a method of the contract once: `ask_once!(client, project.create_project(request))?`.
#[macro_export]
macro_rules! ask_once {
    ($client:expr, $service:ident.$method:ident($request:expr)) => {{
        let client: &$crate::Client = &$client;
        let mut service = client.$service();
        let message = $request;
        client.once(async move { service.$method($crate::request(message)).await }).await
    }};
}
