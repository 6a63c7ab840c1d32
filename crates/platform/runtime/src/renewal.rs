//! Certificates: from files, or from the local-session for a one-time token; renewed at half life without
//! dropping a connection.

use std::path::Path;
use std::time::Duration;

use api::v1::IssueCertificateRequest;
use api::{Code, Failure};
use base::identity::Identity;
use pki::{Algorithm, Host, Key};
use rpc::Credentials;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::options::{Common, missing};

/// First line of standard input of a service that enrols.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Good once, for one instance.
    pub token: String,
    /// Roots of the site (PEM): the service knows by them whom it gives the token to.
    pub roots: String,
}

/// What an enrolling service sends to `/enrol` of its local-session.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The ticket's token.
    pub token: String,
    /// PEM; the key stays with the service.
    pub request: String,
    /// Where the service listens.
    pub address: String,
}

/// What it gets back.
#[derive(Serialize, Deserialize)]
pub struct Enrolled {
    /// PEM, leaf first.
    pub chain: String,
    /// PEM.
    pub roots: String,
}

/// The credentials that the options name.
pub(crate) async fn obtain(
    options: &Common,
    identity: &Identity,
    address: &str,
) -> Result<Credentials, Failure> {
    if let Some(enrol) = &options.enrol {
        return self::enrol(enrol, identity, &hosts(address, &options.host)?, address).await;
    }
    let file = |path: &Option<std::path::PathBuf>, name: &str, what: &str| {
        path.clone().ok_or_else(|| missing(name, what))
    };
    let certificate = file(&options.certificate, "certificate", "this instance's certificate")?;
    let key = file(&options.key, "key", "the private key of the certificate")?;
    let roots = file(&options.roots, "roots", "the root certificates of the site")?;
    from_files(&certificate, &key, &roots)
}

fn from_files(certificate: &Path, key: &Path, roots: &Path) -> Result<Credentials, Failure> {
    let files = rpc::Files { chain: certificate.to_owned(), key: key.to_owned(), trust: roots.to_owned() };
    Credentials::from_files(&files).map_err(|e| {
        Code::Certificate.because(format!("the certificate {} cannot be used: {e}", certificate.display()))
    })
}

async fn enrol(
    address: &str,
    identity: &Identity,
    hosts: &[Host],
    own: &str,
) -> Result<Credentials, Failure> {
    let line =
        crate::lifeline::read_line().map_err(|e| Code::Io.because(format!("cannot read the ticket: {e}")))?;
    let ticket: Ticket = serde_json::from_str(&line)
        .map_err(|e| Code::Config.because(format!("standard input does not begin with a ticket: {e}")))?;
    let key = new_key()?;
    let request = request_of(&key, identity, hosts)?;
    let body = Enrolment { token: ticket.token, request, address: own.to_owned() };
    let answer: Enrolled = crate::enrolment::post(address, &ticket.roots, &body).await?;
    Credentials::from_pem(&answer.chain, key.to_pem(), &answer.roots).map_err(|e| {
        Code::Certificate.because(format!("the certificate that was issued cannot be used: {e}"))
    })
}

fn new_key() -> Result<Key, Failure> {
    Key::generate(Algorithm::EcdsaP256).map_err(|e| Code::Internal.because(format!("cannot make a key: {e}")))
}

fn request_of(key: &Key, identity: &Identity, hosts: &[Host]) -> Result<String, Failure> {
    key.request(identity, hosts)
        .map_err(|e| Code::Internal.because(format!("cannot make a certificate request: {e}")))
}

/// The names of this instance as they stand in its certificate: that of its address first.
fn hosts(address: &str, further: &[String]) -> Result<Vec<Host>, Failure> {
    let (host, _) = address
        .rsplit_once(':')
        .ok_or_else(|| Code::Config.because(format!("`{address}` is no address: expected host:port")))?;
    std::iter::once(host.trim_matches(['[', ']']))
        .chain(further.iter().map(String::as_str))
        .map(|name| {
            name.parse().map_err(|e: pki::Error| {
                Code::Config.because(format!("`{name}` cannot stand in a certificate: {e}"))
            })
        })
        .collect()
}

/// Renews the certificate at half of its life for as long as the process lives. Where `authorization` is out of
/// reach it goes on trying, and warns while the certificate still holds.
pub(crate) async fn keep_fresh(context: Context) {
    loop {
        let wait = until(context.credentials.half_life());
        tokio::select! {
            () = context.shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        match renew(&context).await {
            Ok(()) => tracing::debug!("certificate renewed"),
            Err(failure) => {
                tracing::warn!(%failure, expires = %context.credentials.expires_at(), "the certificate cannot be renewed yet");
                tokio::select! {
                    () = context.shutdown.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_secs(30)) => {}
                }
            }
        }
    }
}

async fn renew(context: &Context) -> Result<(), Failure> {
    let key = new_key()?;
    let hosts = hosts(&context.address, &context.options.host)?;
    let request = IssueCertificateRequest {
        request_pem: request_of(&key, &context.identity, &hosts)?,
        role: context.identity.role.to_string(),
        instance: context.identity.instance.clone(),
        hosts: hosts.iter().map(ToString::to_string).collect(),
    };
    let reply = context.peers.authorization()?.issue_certificate(request).await?.into_inner();
    context
        .credentials
        .replace(&reply.chain_pem, key.to_pem(), &reply.roots_pem)
        .map_err(|e| Code::Certificate.because(format!("the renewed certificate cannot be used: {e}")))
}

fn until(time: jiff::Timestamp) -> Duration {
    Duration::try_from(time.duration_since(jiff::Timestamp::now())).unwrap_or(Duration::ZERO)
}
