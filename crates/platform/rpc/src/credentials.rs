//! What an instance shows and whom it trusts, exchangeable while in use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::identity::Identity;
use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;

use crate::provider::provider;
use crate::verify::{self, ExpectedServer, SiteClients, refuse};
use crate::web::{ALPN, one_way};
use crate::{Error, Expected};

/// Where an instance's credentials lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The leaf and what is between it and the root, PEM.
    pub chain: PathBuf,
    /// The leaf's key, PEM; closed to others.
    pub key: PathBuf,
    /// The trust bundle, PEM: one root, or two during a change.
    pub trust: PathBuf,
}

/// An instance's certificate, its key and the roots it trusts. A clone shares them: what one replaces,
/// all use from the next handshake on.
#[derive(Clone)]
pub struct Credentials {
    current: Arc<watch::Sender<Arc<Material>>>,
}

/// One set of credentials, made ready for both sides of a handshake.
pub(crate) struct Material {
    pub(crate) identity: Identity,
    validity: pki::Validity,
    key: Arc<CertifiedKey>,
    trust: pki::Trust,
    /// For our listener with client certificates.
    pub(crate) mutual: Arc<ServerConfig>,
    /// For our listener without.
    pub(crate) one_way: Arc<ServerConfig>,
    /// Judges the peers of our listener, also after the handshake.
    pub(crate) clients: Arc<SiteClients>,
    servers: Arc<WebPkiServerVerifier>,
}

impl Credentials {
    /// Credentials from PEM texts. The leaf has to name its instance and belong to the key.
    pub fn from_pem(chain: &str, key: &str, trust: &str) -> Result<Self, Error> {
        let material = Material::new(certified(chain, key)?, pki::Trust::from_pem(trust)?)?;
        let (current, _) = watch::channel(Arc::new(material));
        Ok(Self { current: Arc::new(current) })
    }

    /// Credentials from files; refused when others can read the key.
    pub fn from_files(files: &Files) -> Result<Self, Error> {
        let (chain, key, trust) = read(files)?;
        Self::from_pem(&chain, &key, &trust)
    }

    /// Whether an instance can use them: they name it, are valid now, and come from a root that it trusts itself. Peers
    /// would refuse all others.
    pub fn check(&self, own: &Identity) -> Result<(), Error> {
        let material = self.material();
        if material.identity != *own {
            return Err(Error::Another { found: material.identity.to_string(), own: own.to_string() });
        }
        material.judge(&material.key.cert).map_err(|e| refuse("certificate")(&e))
    }

    /// Exchanges everything. Connections stay; handshakes from now on use the new credentials. The new
    /// leaf has to be of the same identity. On an error the old ones stay.
    pub fn replace(&self, chain: &str, key: &str, trust: &str) -> Result<(), Error> {
        self.set(certified(chain, key)?, pki::Trust::from_pem(trust)?)
    }

    /// As [`Credentials::replace`], from files.
    pub fn replace_from_files(&self, files: &Files) -> Result<(), Error> {
        let (chain, key, trust) = read(files)?;
        self.replace(&chain, &key, &trust)
    }

    /// Exchanges the trusted roots alone. Connections whose peer is no longer trusted are drained.
    pub fn replace_trust(&self, trust: &str) -> Result<(), Error> {
        let key = self.material().key.clone();
        self.set(key, pki::Trust::from_pem(trust)?)
    }

    fn set(&self, key: Arc<CertifiedKey>, trust: pki::Trust) -> Result<(), Error> {
        let material = Material::new(key, trust)?;
        let current = self.identity();
        if material.identity != current {
            return Err(Error::IdentityChanged {
                current: current.to_string(),
                offered: material.identity.to_string(),
            });
        }
        self.current.send_replace(Arc::new(material));
        Ok(())
    }

    /// Who this instance is.
    pub fn identity(&self) -> Identity {
        self.material().identity.clone()
    }

    /// The roots trusted now.
    pub fn trust(&self) -> pki::Trust {
        self.material().trust.clone()
    }

    /// When the leaf in use ends.
    pub fn expires_at(&self) -> Timestamp {
        self.material().validity.not_after()
    }

    /// When the leaf in use is to be renewed.
    pub fn half_life(&self) -> Timestamp {
        self.material().validity.half_life()
    }

    pub(crate) fn material(&self) -> Arc<Material> {
        self.current.borrow().clone()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Material>> {
        self.current.subscribe()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let material = self.material();
        write!(f, "Credentials({}, {})", material.identity, material.validity)
    }
}

impl Material {
    fn new(key: Arc<CertifiedKey>, trust: pki::Trust) -> Result<Self, Error> {
        let leaf = key.end_entity_cert().map_err(|e| refuse("chain")(&e))?;
        let identity = pki::identity(leaf)?;
        let validity = pki::inspect_der(leaf)?.validity;
        let roots = verify::roots(trust.roots())?;
        let clients = Arc::new(SiteClients {
            inner: WebPkiClientVerifier::builder_with_provider(roots.clone(), provider())
                .build()
                .map_err(|e| refuse("roots")(&e))?,
            site: identity.site.clone(),
        });
        Ok(Self {
            mutual: Arc::new(mutual(clients.clone(), &key)?),
            one_way: Arc::new(one_way(with_roots(&key, &trust))?),
            servers: verify::servers(roots)?,
            identity,
            validity,
            key,
            trust,
            clients,
        })
    }

    /// The client side of a handshake with an expected server.
    pub(crate) fn client(&self, expected: &Expected) -> Result<ClientConfig, Error> {
        let verifier = ExpectedServer {
            inner: self.servers.clone(),
            site: self.identity.site.clone(),
            expected: expected.clone(),
        };
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(|e| refuse("protocol version")(&e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(self.key.clone())));
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session would skip the check of certificates, and with it a change of root.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }

    /// Whether the peer of a connection is still to be trusted.
    pub(crate) fn judge(&self, chain: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        let (leaf, between) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        let now = rustls_pki_types::UnixTime::now();
        self.clients.verify_client_cert(leaf, between, now).map(|_| ())
    }
}

fn mutual(clients: Arc<SiteClients>, key: &Arc<CertifiedKey>) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|e| refuse("protocol version")(&e))?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key.clone())));
    config.alpn_protocols = ALPN.iter().map(|p| p.to_vec()).collect();
    // No resumption: each connection shows its certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The chain with the root that issued its end, so that a client that pinned the root can find it.
fn with_roots(key: &CertifiedKey, trust: &pki::Trust) -> Arc<CertifiedKey> {
    let mut chain = key.cert.clone();
    let issuer = chain.last().and_then(|der| pki::inspect_der(der).ok()).map(|info| info.issuer);
    for root in trust.roots() {
        let subject = pki::inspect_der(root).ok().map(|info| info.subject);
        if subject == issuer {
            chain.push(root.clone());
        }
    }
    Arc::new(CertifiedKey::new(chain, key.key.clone()))
}

/// A chain and its key, which have to belong together.
pub(crate) fn certified(chain: &str, key: &str) -> Result<Arc<CertifiedKey>, Error> {
    let chain = pki::certificates(chain)?;
    // The reason never quotes the text.
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| refuse("key")(&e))?;
    CertifiedKey::from_der(chain, key, &provider())
        .map(Arc::new)
        .map_err(|e| refuse("certificate and key")(&e))
}

fn read(files: &Files) -> Result<(String, String, String), Error> {
    let public = |path: &Path| pki::read(path);
    let key = pki::Key::load(&files.key)?.to_pem().to_owned();
    Ok((public(&files.chain)?, key, public(&files.trust)?))
}
