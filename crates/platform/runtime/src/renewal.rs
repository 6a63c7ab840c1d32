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
        let ticket = ticket(options.ticket.as_deref())?;
        return self::enrol(enrol, &ticket, identity, &hosts(address, &options.host)?, address).await;
    }
    let file = |path: &Option<std::path::PathBuf>, name: &str, what: &str| {
        path.clone().ok_or_else(|| missing(name, what))
    };
    let certificate = file(&options.certificate, "certificate", "this instance's certificate")?;
    let key = file(&options.key, "key", "the private key of the certificate")?;
    let roots = file(&options.roots, "roots", "the root certificates of the site")?;
    let credentials = from_files(&certificate, &key, &roots)?;
    // Told here rather than by every peer, which would refuse it.
    credentials.check(identity).map_err(|e| unusable(&certificate, &e))?;
    Ok(credentials)
}

fn unusable(certificate: &Path, error: &rpc::Error) -> Failure {
    Code::Certificate.because(format!("the certificate {} cannot be used: {error}", certificate.display()))
}

fn from_files(certificate: &Path, key: &Path, roots: &Path) -> Result<Credentials, Failure> {
    let files = rpc::Files { chain: certificate.to_owned(), key: key.to_owned(), trust: roots.to_owned() };
    Credentials::from_files(&files).map_err(|e| unusable(certificate, &e))
}

/// The ticket of this instance, from a file or standard input.
fn ticket(file: Option<&Path>) -> Result<Ticket, Failure> {
    let (line, whence) = match file {
        None => (crate::lifeline::read_line(), "standard input".to_owned()),
        Some(path) => (crate::lifeline::read_file(path), format!("the file {}", path.display())),
    };
    let line = line.map_err(|e| Code::Io.because(format!("cannot read the ticket from {whence}: {e}")))?;
    serde_json::from_str(&line)
        .map_err(|e| Code::Config.because(format!("{whence} does not begin with a ticket: {e}")))
}

async fn enrol(
    address: &str,
    ticket: &Ticket,
    identity: &Identity,
    hosts: &[Host],
    own: &str,
) -> Result<Credentials, Failure> {
    let key = new_key()?;
    let request = request_of(&key, identity, hosts)?;
    let body = Enrolment { token: ticket.token.clone(), request, address: own.to_owned() };
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

/// Longest time between two looks: clocks jump, and files change.
const LOOK: Duration = Duration::from_secs(60);

/// Wait before the next try of a renewal.
const RETRY: Duration = Duration::from_secs(30);

/// How long `authorization` may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Renews the certificate at half of its life for as long as the process lives, and takes over certificates that are
/// put in place of its files. Where `authorization` is out of reach it goes on trying, and warns while the
/// certificate still holds.
pub(crate) async fn keep_fresh(context: Context) {
    let mut files = Watched::of(&context.options);
    loop {
        let wait = until(context.credentials.half_life()).clamp(Duration::from_secs(1), LOOK);
        tokio::select! {
            () = context.shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        if let Some(files) = &mut files {
            files.look(&context.credentials).await;
        }
        if !until(context.credentials.half_life()).is_zero() {
            continue;
        }
        match renew(&context).await {
            Ok(()) => tracing::info!(expires = %context.credentials.expires_at(), "certificate renewed"),
            Err(failure) => {
                warn(&context.credentials, &failure);
                tokio::select! {
                    () = context.shutdown.cancelled() => return,
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    }
}

/// The alarm of a certificate in the second half of its life.
fn warn(credentials: &Credentials, failure: &Failure) {
    let (expires, left) = (credentials.expires_at(), until(credentials.expires_at()));
    if left.is_zero() {
        tracing::error!(%failure, %expires, "the certificate has expired and cannot be renewed: peers refuse this instance");
    } else {
        tracing::warn!(%failure, %expires, seconds_left = left.as_secs(), "the certificate cannot be renewed yet; it still holds");
    }
}

/// Certificate files, watched for replacements.
struct Watched {
    files: rpc::Files,
    seen: Stamps,
}

/// When the files were written.
type Stamps = [Option<std::time::SystemTime>; 3];

impl Watched {
    fn of(options: &Common) -> Option<Self> {
        if options.enrol.is_some() {
            return None;
        }
        let files = rpc::Files {
            chain: options.certificate.clone()?,
            key: options.key.clone()?,
            trust: options.roots.clone()?,
        };
        let seen = stamps(&files);
        Some(Self { files, seen })
    }

    /// Takes the files over if they were changed since the last look. Half-written ones are refused, and looked at
    /// again.
    async fn look(&mut self, credentials: &Credentials) {
        let (files, own, seen) = (self.files.clone(), credentials.clone(), self.seen);
        let looked = tokio::task::spawn_blocking(move || {
            let now = stamps(&files);
            (now != seen).then(|| own.replace_from_files(&files).map(|()| now))
        });
        match looked.await {
            Ok(Some(Ok(now))) => {
                self.seen = now;
                tracing::info!(expires = %credentials.expires_at(), "certificate files were replaced and are in use");
            }
            Ok(Some(Err(error))) => {
                tracing::warn!(%error, "the new certificate files cannot be used; the certificate in use stays");
            }
            Ok(None) | Err(_) => {}
        }
    }
}

fn stamps(files: &rpc::Files) -> Stamps {
    [&files.chain, &files.key, &files.trust].map(|path| path.metadata().and_then(|m| m.modified()).ok())
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
    let mut authorization = context.peers.authorization()?;
    let late = |_| Code::Timeout.because(format!("authorization did not answer within {ANSWER:?}"));
    let issued = tokio::time::timeout(ANSWER, authorization.issue_certificate(request)).await;
    let reply = issued.map_err(late)??.into_inner();
    context
        .credentials
        .replace(&reply.chain_pem, key.to_pem(), &reply.roots_pem)
        .map_err(|e| Code::Certificate.because(format!("the renewed certificate cannot be used: {e}")))
}

fn until(time: jiff::Timestamp) -> Duration {
    Duration::try_from(time.duration_since(jiff::Timestamp::now())).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::identity::Role;
    use pki::{Authority, Request, Validity};
    use std::time::SystemTime;

    fn write(authority: &Authority, files: &rpc::Files, days: u16) {
        let identity = Identity::new("lab", Role::Logger, "0").unwrap();
        let key = new_key().unwrap();
        let request = Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
        let leaf = authority.issue(&request, &identity, &[], Validity::days(days.into()).unwrap()).unwrap();
        let _ = std::fs::remove_file(&files.key);
        std::fs::write(&files.chain, leaf.pem).unwrap();
        std::fs::write(&files.trust, authority.trust().unwrap().to_pem()).unwrap();
        key.save(&files.key).unwrap();
    }

    #[tokio::test]
    async fn files_that_were_replaced_are_taken_over_and_broken_ones_are_not() {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let files = rpc::Files { chain: file("chain"), key: file("key"), trust: file("roots") };
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        write(&authority, &files, 1);
        let credentials = Credentials::from_files(&files).unwrap();
        let first = credentials.expires_at();
        let mut watched = Watched { seen: stamps(&files), files: files.clone() };

        std::fs::write(&files.chain, "half of it").unwrap();
        std::fs::File::open(&files.chain).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        watched.look(&credentials).await;
        assert_eq!(credentials.expires_at(), first);

        write(&authority, &files, 2);
        watched.look(&credentials).await;
        assert!(credentials.expires_at() > first);
    }
}
