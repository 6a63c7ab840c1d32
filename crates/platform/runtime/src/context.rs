//! What a service is created with: who it is, what it proves that with, and its peers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use api::v1::authorization_client::AuthorizationClient;
use api::v1::global_session_client::GlobalSessionClient;
use api::v1::logger_client::LoggerClient;
use api::v1::project_client::ProjectClient;
use api::v1::{Empty, SignedAssertion};
use api::{Code, Failure};
use base::identity::{Identity, Role};
use rpc::Channel;
use rpc::Credentials;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;

use crate::caller::{self, Caller, Verifier};
use crate::options::{Common, missing};

/// What a service is created with. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Who this instance is.
    pub identity: Identity,
    /// Its certificate, key and roots; replaced while it runs.
    pub credentials: Credentials,
    /// Where the services of the platform are.
    pub peers: Peers,
    /// Address that peers reach this instance at.
    pub address: String,
    /// Address of its one-way channel.
    pub one_way: String,
    /// Cancelled when this process shall end.
    pub shutdown: CancellationToken,
    /// What every service is configured by.
    pub options: Common,
    verifier: Arc<Verifier>,
}

impl Context {
    pub(crate) fn new(
        identity: Identity,
        credentials: Credentials,
        options: Common,
        address: String,
        one_way: String,
        shutdown: CancellationToken,
    ) -> Self {
        let mut known = options.clone();
        if identity.role == Role::Authorization {
            // It renews its certificate as others do, by a call to itself.
            known.authorization.get_or_insert_with(|| address.clone());
        }
        let peers = Peers { options: known, credentials: credentials.clone(), open: Arc::default() };
        Self { identity, credentials, peers, address, one_way, shutdown, options, verifier: Arc::default() }
    }

    /// The state directory, made if it is not there, for this user alone.
    pub fn state(&self) -> Result<PathBuf, Failure> {
        let path = self.options.state()?;
        let failed = |e| Code::Io.because(format!("cannot make the directory {}: {e}", path.display()));
        system::private::create_folder(path).map_err(failed)?;
        Ok(path.to_owned())
    }

    /// The verifier of assertions; `authorization` sets its own keys there.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The user on whose behalf a request comes. Keys of `authorization` that are not known yet are asked for.
    /// Those who have not replaced their one-time password yet are refused.
    pub async fn caller(&self, metadata: &MetadataMap) -> Result<Caller, Failure> {
        self.verify(caller::assertion_of(metadata)?).await
    }

    /// As [`Context::caller`], also for those who still have a one-time password.
    pub async fn caller_even_if_new(&self, metadata: &MetadataMap) -> Result<Caller, Failure> {
        self.verify_even_if_new(caller::assertion_of(metadata)?).await
    }

    /// The user of an assertion, refused as in [`Context::caller`].
    pub async fn verify(&self, signed: SignedAssertion) -> Result<Caller, Failure> {
        let caller = self.verify_even_if_new(signed).await?;
        caller.demand_own_password()?;
        Ok(caller)
    }

    async fn verify_even_if_new(&self, signed: SignedAssertion) -> Result<Caller, Failure> {
        if self.verifier.lacks_key_of(&signed) && self.identity.role != Role::Authorization {
            let reply = self.peers.authorization()?.assertion_keys(Empty {}).await?.into_inner();
            self.verifier.set_keys(reply.keys.into_iter().map(Into::into).collect());
        }
        self.verifier.verify(signed)
    }
}

/// The services that this one talks to, connected when first used and again whenever that is needed.
#[derive(Clone)]
pub struct Peers {
    options: Common,
    credentials: Credentials,
    open: Arc<Mutex<HashMap<(String, Role), Channel>>>,
}

impl Peers {
    /// `authorization`.
    pub fn authorization(&self) -> Result<AuthorizationClient<Channel>, Failure> {
        let address = given(&self.options.authorization, "authorization")?;
        Ok(AuthorizationClient::new(self.to(address, &Role::Authorization)?))
    }

    /// `project`.
    pub fn project(&self) -> Result<ProjectClient<Channel>, Failure> {
        let address = given(&self.options.project, "project")?;
        let channel = self.to(address, &Role::Project)?;
        Ok(ProjectClient::new(channel).max_decoding_message_size(rpc::MAX_MESSAGE))
    }

    /// `global-session`.
    pub fn global_session(&self) -> Result<GlobalSessionClient<Channel>, Failure> {
        let address = given(&self.options.global_session, "global-session")?;
        Ok(GlobalSessionClient::new(self.to(address, &Role::GlobalSession)?))
    }

    /// `logger`.
    pub fn logger(&self) -> Result<LoggerClient<Channel>, Failure> {
        let address = given(&self.options.logger, "logger")?;
        Ok(LoggerClient::new(self.to(address, &Role::Logger)?))
    }

    /// Any instance, by address and the role that its certificate must carry.
    pub fn to(&self, address: &str, role: &Role) -> Result<Channel, Failure> {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = (address.to_owned(), role.clone());
        if let Some(channel) = open.get(&key) {
            return Ok(channel.clone());
        }
        let channel = rpc::connect(address, &self.credentials, role.clone())
            .map_err(|e| Code::Config.because(format!("`{address}` is no address for {role}: {e}")))?;
        open.insert(key, channel.clone());
        Ok(channel)
    }

    /// Forgets the channel to an instance that is no more.
    pub fn forget(&self, address: &str) {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        open.retain(|(known, _), _| known != address);
    }
}

fn given<'a>(address: &'a Option<String>, role: &str) -> Result<&'a str, Failure> {
    address.as_deref().ok_or_else(|| missing(role, "the address of a service that this one needs"))
}
