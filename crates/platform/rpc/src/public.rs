//! Channels to the public port, without a certificate of one's own.

use std::path::Path;
use std::sync::Arc;

use base::identity::Role;
use rustls::client::danger::ServerCertVerifier;
use rustls::{ClientConfig, RootCertStore};

use crate::address::Address;
use crate::dial::{endpoint, lazy, shake};
use crate::provider::provider;
use crate::verify::{self, PinnedRoot, refuse};
use crate::{Channel, Dial, Error};

/// Whom a client without a certificate trusts.
#[derive(Clone, Debug)]
pub struct TrustRoots(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Roots(Arc<RootCertStore>),
    Pinned(pki::Fingerprint),
}

impl TrustRoots {
    /// The roots of a PEM text, at most sixteen.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let roots = verify::roots(&pki::certificates(text)?)?;
        Ok(Self(Kind::Roots(roots)))
    }

    /// The roots of a PEM file.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        Self::from_pem(&pki::read(path)?)
    }

    /// The one root with that fingerprint, which the server has to show; the site's listeners do.
    pub fn pinned(root: pki::Fingerprint) -> Self {
        Self(Kind::Pinned(root))
    }

    /// A TLS configuration that trusts these roots, for other clients (WebSocket, HTTP/1.1). `protocols`
    /// is what is offered, such as `h2` or `http/1.1`; empty offers nothing.
    pub fn client_config(&self, protocols: &[&str]) -> Result<Arc<ClientConfig>, Error> {
        let verifier: Arc<dyn ServerCertVerifier> = match &self.0 {
            Kind::Roots(roots) => verify::servers(roots.clone())?,
            Kind::Pinned(root) => Arc::new(PinnedRoot(*root)),
        };
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| refuse("protocol version")(&e))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}

/// A channel to a public port at `host:port`. The server has to have a chain up to a trusted root and
/// the host among its names. Where its certificate is one of a site's services, that has to be a relay: another service
/// that came by a certificate with the host's name is not who a person's password is for.
pub fn connect_public(address: &str, trust: &TrustRoots) -> Result<Channel, Error> {
    let address = Address::parse(address)?;
    let config = trust.client_config(&["h2"])?;
    let dial = Dial::default();
    let endpoint = endpoint(&address, &dial)?;
    let dial_once = move || {
        let (address, config, dial) = (address.clone(), config.clone(), dial.clone());
        async move {
            let stream = shake(&address, config, "a trusted root", &dial).await?;
            let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            match leaf.and_then(|leaf| pki::identity(leaf).ok()) {
                Some(identity) if identity.role != Role::Relay => Err(Error::Server {
                    address: address.to_string(),
                    expected: "a relay".into(),
                    reason: format!("it is {identity}"),
                }),
                _ => Ok(stream),
            }
        }
    };
    Ok(Channel::new(None, move || lazy(&endpoint, dial_once.clone())))
}
