//! What the public address shows: a certificate that somebody else issued, the instance's own, or one of the
//! site for the names that people call it by, renewed at half of its life.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use api::v1::IssueCertificateRequest;
use api::{Code, Failure};
use jiff::Timestamp;
use pki::{Algorithm, Host, Key};
use rpc::{ServerCertificate, WebCertificate};
use runtime::Context;
use tokio_util::sync::CancellationToken;

use crate::options::Options;

/// How often the files of a web certificate are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// How long a relay without any certificate waits for `authorization` at its start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pauses between attempts grow to this; before the first success, while people are refused who look at the name, to the
/// shorter one.
const LONGEST_PAUSE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(30)];

/// The certificate of the public address.
pub(crate) struct Certificate {
    shown: ServerCertificate,
    upkeep: Upkeep,
}

enum Upkeep {
    /// The frame renews the instance's own.
    None,
    Files {
        web: WebCertificate,
        certificate: PathBuf,
        key: PathBuf,
    },
    Site {
        web: WebCertificate,
        hosts: Vec<String>,
        renew: Timestamp,
    },
}

impl Certificate {
    pub(crate) async fn obtain(context: &Context, options: &Options) -> Result<Self, Failure> {
        if let Some((certificate, key)) = options.web_files()? {
            let web = load(&certificate, &key)?;
            return Ok(Self { shown: web.clone().into(), upkeep: Upkeep::Files { web, certificate, key } });
        }
        if options.public_host.is_empty() {
            return Ok(Self { shown: context.credentials.clone().into(), upkeep: Upkeep::None });
        }
        let hosts = hosts(context, options)?;
        let (web, renew) = match own(context)? {
            // `authorization` may start after this; until it answers the instance's own is shown.
            Some(web) => (web, Timestamp::now()),
            None => {
                let (chain, key, renew) = first(context, &hosts).await?;
                (WebCertificate::from_pem(&chain, &key).map_err(|e| unusable(&e))?, renew)
            }
        };
        Ok(Self { shown: web.clone().into(), upkeep: Upkeep::Site { web, hosts, renew } })
    }

    pub(crate) fn shown(&self) -> ServerCertificate {
        self.shown.clone()
    }

    /// Keeps it fresh until `shutdown`.
    pub(crate) async fn keep(&self, context: &Context, shutdown: &CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.kept(context) => {}
        }
    }

    async fn kept(&self, context: &Context) {
        match &self.upkeep {
            Upkeep::None => {}
            Upkeep::Files { web, certificate, key } => {
                let changed =
                    || [certificate, key].map(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok());
                let mut seen: [Option<SystemTime>; 2] = changed();
                loop {
                    tokio::time::sleep(LOOK).await;
                    let now = changed();
                    if now == seen {
                        continue;
                    }
                    match read(certificate, key)
                        .and_then(|(c, k)| web.replace(&c, &k).map_err(|e| unusable(&e)))
                    {
                        Ok(()) => tracing::info!("the web certificate was exchanged"),
                        Err(failure) => tracing::warn!(%failure, "the new web certificate is not used"),
                    }
                    seen = now;
                }
            }
            Upkeep::Site { web, hosts, renew } => renewed(context, web, hosts, *renew).await,
        }
    }
}

async fn renewed(context: &Context, web: &WebCertificate, hosts: &[String], mut renew: Timestamp) {
    let mut pause = Duration::from_secs(1);
    let [mut longest, later] = LONGEST_PAUSE;
    loop {
        tokio::time::sleep(Duration::try_from(renew.duration_since(Timestamp::now())).unwrap_or_default())
            .await;
        let issued = issue(context, hosts).await;
        match issued
            .and_then(|(chain, key, next)| web.replace(&chain, &key).map(|()| next).map_err(|e| unusable(&e)))
        {
            Ok(next) => {
                tracing::debug!("certificate of the public address issued");
                renew = next;
                pause = Duration::from_secs(1);
                longest = later;
            }
            Err(failure) => {
                tracing::warn!(%failure, "the certificate of the public address cannot be issued yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
        }
    }
}

/// The names of the public address, and that of this instance.
fn hosts(context: &Context, options: &Options) -> Result<Vec<String>, Failure> {
    let own =
        context.address.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']).to_owned();
    let mut hosts: Vec<String> = options.public_host.clone();
    if !own.is_empty() && !hosts.contains(&own) {
        hosts.push(own);
    }
    for host in &hosts {
        host.parse::<Host>().map_err(|e| {
            Code::Config
                .because(format!("`{host}` cannot stand in a certificate: {e}"))
                .remedy("correct --public-host")
        })?;
    }
    Ok(hosts)
}

/// The instance's own, where it came from files.
fn own(context: &Context) -> Result<Option<WebCertificate>, Failure> {
    let options = &context.options;
    let (Some(certificate), Some(key), Some(roots)) = (&options.certificate, &options.key, &options.roots)
    else {
        return Ok(None);
    };
    let (chain, key) = read(certificate, key)?;
    let roots = pki::read(roots).map_err(|e| unusable(&e))?;
    WebCertificate::from_pem(&format!("{chain}\n{roots}"), &key).map(Some).map_err(|e| unusable(&e))
}

async fn first(context: &Context, hosts: &[String]) -> Result<(String, String, Timestamp), Failure> {
    let mut last = Code::Timeout.because("authorization did not issue a certificate for the public address");
    let trying = async {
        loop {
            match issue(context, hosts).await {
                Ok(issued) => return issued,
                Err(failure) => last = failure,
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, trying).await {
        Ok(issued) => Ok(issued),
        Err(_) => Err(last),
    }
}

/// A new key, its chain with the roots (so that a client that pinned the root finds it), and when to renew.
async fn issue(context: &Context, hosts: &[String]) -> Result<(String, String, Timestamp), Failure> {
    let internal = |e: pki::Error| Code::Internal.because(format!("cannot ask for a certificate: {e}"));
    let key = Key::generate(Algorithm::EcdsaP256).map_err(internal)?;
    let names: Vec<Host> =
        hosts.iter().map(|host| host.parse()).collect::<Result<_, _>>().map_err(internal)?;
    let request = IssueCertificateRequest {
        request_pem: key.request(&context.identity, &names).map_err(internal)?,
        role: context.identity.role.to_string(),
        instance: context.identity.instance.clone(),
        hosts: hosts.to_vec(),
    };
    let reply = context.peers.authorization()?.issue_certificate(request).await?.into_inner();
    let now = Timestamp::now();
    let end = Timestamp::from_second(reply.not_after_s).unwrap_or(now);
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    let renew = now + left / 2;
    Ok((format!("{}\n{}", reply.chain_pem, reply.roots_pem), key.to_pem().to_owned(), renew))
}

fn load(certificate: &std::path::Path, key: &std::path::Path) -> Result<WebCertificate, Failure> {
    let (chain, key) = read(certificate, key)?;
    WebCertificate::from_pem(&chain, &key).map_err(|e| unusable(&e))
}

fn read(certificate: &std::path::Path, key: &std::path::Path) -> Result<(String, String), Failure> {
    let chain = pki::read(certificate).map_err(|e| unusable(&e))?;
    let key = Key::load(key).map_err(|e| unusable(&e))?;
    Ok((chain, key.to_pem().to_owned()))
}

fn unusable(error: &dyn std::fmt::Display) -> Failure {
    Code::Certificate.because(format!("the certificate of the public address cannot be used: {error}"))
}
