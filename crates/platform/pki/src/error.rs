//! Why a certificate could not be made, read or trusted.

use std::path::PathBuf;

/// Why a certificate could not be made, read or trusted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that would be overwritten.
    #[error("{0} exists and is never overwritten: choose another folder, or move it away yourself")]
    Exists(PathBuf),
    /// A private key that others can read.
    #[error(
        "{path} has {exposure}: a private key must be closed to others and written by its owner only; {}",
        .exposure.remedy(.path)
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Whom its rights let in.
        exposure: system::private::Exposure,
    },
    /// A file too large to be what it should be.
    #[error("{path} is larger than {limit} bytes and is no key or certificate file")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// Text that is not the PEM that was expected.
    #[error("no {what} in PEM form was found: {reason}")]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// Bytes that are no certificate.
    #[error("malformed certificate: {0}")]
    Certificate(String),
    /// A certificate that may not issue others.
    #[error("the certificate of `{0}` is not an authority's: basic constraints do not allow it to issue")]
    NotAuthority(String),
    /// A key that does not belong to the certificate.
    #[error("the private key does not belong to the certificate of `{0}`")]
    KeyMismatch(String),
    /// A key of a kind that is not used here.
    #[error(
        "key algorithm {0} is not accepted: use ECDSA P-256 or P-384, or RSA with 2048, 3072 or 4096 bits"
    )]
    KeyAlgorithm(String),
    /// Bytes that are no certificate request.
    #[error("malformed certificate request: {0}")]
    Request(String),
    /// A request that does not prove possession of its key.
    #[error("the certificate request is not signed by the key that it names")]
    RequestSignature,
    /// Not a host name or address.
    #[error("`{0}` is no host: use a DNS name, a name beginning with `*.`, or an IP address")]
    Host(String),
    /// Too many names for one certificate.
    #[error("{count} hosts asked for one certificate; {limit} is the limit")]
    TooManyHosts {
        /// How many were asked for.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Not a site, role or instance.
    #[error(transparent)]
    Identity(#[from] base::identity::Error),
    /// A certificate without a service identity.
    #[error(
        "the certificate of `{0}` has no service identity: it needs one URI name spiffe://<site>/<role>/<instance>"
    )]
    NoIdentity(String),
    /// A certificate with more than one URI name.
    #[error("the certificate of `{0}` has more than one URI name, so that it is nobody's")]
    ManyIdentities(String),
    /// A root that does not say which site it is for.
    #[error("the root `{0}` does not name its site in a URI name spiffe://<site>: give the site beside it")]
    NoSite(String),
    /// A name of another site.
    #[error("the authority of site `{authority}` issues nothing for `{asked}`")]
    OtherSite {
        /// The authority's site.
        authority: String,
        /// The identity that was asked for.
        asked: String,
    },
    /// A description that is not understood.
    #[error("certificate description: {0}")]
    Description(String),
    /// A request whose key is not the described one.
    #[error("the description asks for a key of {described}, the request carries {found}")]
    DescribedKey {
        /// The algorithm of the description.
        described: String,
        /// That of the request.
        found: String,
    },
    /// A validity that ends before it begins or lies outside the calendar.
    #[error("a validity from {from} to {to} is empty or outside the calendar")]
    Validity {
        /// Begin.
        from: String,
        /// End.
        to: String,
    },
    /// An authority that has run out.
    #[error(
        "the authority `{subject}` is not valid for the time asked for (valid {validity}): make a new root"
    )]
    AuthorityExpired {
        /// Its subject.
        subject: String,
        /// Its validity.
        validity: String,
    },
    /// Too few or too many roots.
    #[error("a trust bundle holds one root, or two during a change of root; {0} were given")]
    Roots(usize),
    /// Not a fingerprint.
    #[error("`{0}` is no fingerprint: expected 64 hexadecimal digits, with or without `sha256:` and colons")]
    Fingerprint(String),
    /// The cryptographic library refused.
    #[error("cannot {action}: {reason}")]
    Crypto {
        /// What was tried.
        action: &'static str,
        /// What the library said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn crypto<E: std::fmt::Display>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |e| Self::Crypto { action, reason: e.to_string() }
    }

    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            if source.kind() == std::io::ErrorKind::AlreadyExists {
                Self::Exists(path)
            } else {
                Self::Io { action, path, source }
            }
        }
    }
}
