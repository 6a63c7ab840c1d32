//! Certificates of listeners that ask for none.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::sync::watch;

use crate::credentials::certified;
use crate::provider::provider;
use crate::verify::refuse;
use crate::{Credentials, Error};

/// What our listeners speak, the preferred one first.
pub(crate) const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate for the public port that browsers trust, issued by somebody else; exchangeable while in
/// use.
#[derive(Clone)]
pub struct WebCertificate {
    current: Arc<watch::Sender<Arc<ServerConfig>>>,
}

impl WebCertificate {
    /// From a chain and its key in PEM form.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, Error> {
        let config = Arc::new(one_way(certified(chain, key)?)?);
        Ok(Self { current: Arc::new(watch::channel(config).0) })
    }

    /// Exchanges it for connections from now on. On an error the old one stays.
    pub fn replace(&self, chain: &str, key: &str) -> Result<(), Error> {
        let config = one_way(certified(chain, key)?)?;
        self.current.send_replace(Arc::new(config));
        Ok(())
    }
}

/// What a listener without client certificates shows.
#[derive(Clone)]
pub enum ServerCertificate {
    /// The instance's own, issued by the site.
    Site(Credentials),
    /// One for the public.
    Web(WebCertificate),
}

impl ServerCertificate {
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        match self {
            Self::Site(credentials) => credentials.material().one_way.clone(),
            Self::Web(web) => web.current.borrow().clone(),
        }
    }
}

impl From<Credentials> for ServerCertificate {
    fn from(credentials: Credentials) -> Self {
        Self::Site(credentials)
    }
}

impl From<WebCertificate> for ServerCertificate {
    fn from(web: WebCertificate) -> Self {
        Self::Web(web)
    }
}

/// TLS without client certificates, 1.2 and 1.3: strangers' browsers and probes connect here.
pub(crate) fn one_way(key: Arc<CertifiedKey>) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| refuse("protocol version")(&e))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    config.alpn_protocols = ALPN.iter().map(|p| p.to_vec()).collect();
    Ok(config)
}
