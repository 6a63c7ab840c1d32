//! Why a service cannot be reached or served.

use std::io;
use std::time::Duration;

use base::identity::Identity;

use crate::Expected;

/// Why a service cannot be reached or served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address.
    #[error("`{0}` is no address: expected host:port, with IPv6 addresses in brackets")]
    Address(String),
    /// Nothing could listen there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate, key or trust bundle that cannot be used.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// A chain, key or root that the TLS layer refuses.
    #[error("the TLS layer refuses the {what}: {reason}")]
    Credentials {
        /// Which part.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Credentials of somebody else.
    #[error("it is the certificate of {found}, and this is {own}")]
    Another {
        /// Whose it is.
        found: String,
        /// Who this instance is.
        own: String,
    },
    /// New credentials for somebody else.
    #[error("credentials of {current} cannot be replaced by those of {offered}: the identity has to stay")]
    IdentityChanged {
        /// The identity in use.
        current: String,
        /// That of the new leaf.
        offered: String,
    },
    /// The peer cannot be reached.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// The peer.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The peer did not answer in time.
    #[error("{address} did not {what} within {limit:?}")]
    Deadline {
        /// The peer.
        address: String,
        /// What it did not do.
        what: &'static str,
        /// The deadline.
        limit: Duration,
    },
    /// The server is not who it should be.
    #[error("{address} (expected {expected}) is refused: {reason}")]
    Server {
        /// The server.
        address: String,
        /// Who it should be.
        expected: String,
        /// What was found.
        reason: String,
    },
    /// The server refuses this side.
    #[error("{address} refused this instance's certificate: {reason}")]
    Refused {
        /// The server.
        address: String,
        /// What it said.
        reason: String,
    },
}

/// Why a peer with a good chain is refused. It travels through the TLS layer's own error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stranger {
    #[error("{0}")]
    Unnamed(#[from] pki::Error),
    #[error("found {found}, which is of another site than `{site}`")]
    Site { found: Identity, site: String },
    #[error("found {found}, expected {expected}")]
    Role { found: Identity, expected: Expected },
    #[error("none of the presented certificates has the pinned fingerprint {0}")]
    Pin(pki::Fingerprint),
}

impl From<Stranger> for rustls::Error {
    fn from(stranger: Stranger) -> Self {
        let other = rustls::OtherError(std::sync::Arc::new(stranger));
        rustls::CertificateError::Other(other).into()
    }
}
