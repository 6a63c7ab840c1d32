//! A private key, and the requests that it signs.

use std::fmt;
use std::path::Path;

use base::identity::Identity;
use rcgen::{CertificateParams, KeyPair, PublicKeyData, RsaKeySize};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::{Algorithm, Error, Host, authority, secret};

/// A private key. It is shown to nobody: `Debug` prints its kind alone.
pub struct Key {
    pair: KeyPair,
    algorithm: Algorithm,
    pem: String,
}

impl Key {
    /// A new key.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size);
        let pair = match algorithm {
            Algorithm::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Algorithm::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            Algorithm::Rsa2048 => rsa(RsaKeySize::_2048),
            Algorithm::Rsa3072 => rsa(RsaKeySize::_3072),
            Algorithm::Rsa4096 => rsa(RsaKeySize::_4096),
        }
        .map_err(Error::crypto("generate a key"))?;
        let pem = pair.serialize_pem();
        Ok(Self { pair, algorithm, pem })
    }

    /// A key from PEM text: PKCS#8 as written by [`Key::to_pem`], or the older forms of OpenSSL and
    /// cfssl (`EC PRIVATE KEY`, `RSA PRIVATE KEY`). Encrypted keys are not read.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        // The parser's words are passed on; none of them quotes the text.
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|e| Error::Pem { what: "private key", reason: e.to_string() })?;
        let pair = KeyPair::try_from(&der).map_err(Error::crypto("read the private key"))?;
        let algorithm = Algorithm::of_der(&pair.subject_public_key_info())?;
        Ok(Self { pair, algorithm, pem: pem.to_owned() })
    }

    /// A key from a file; refused when others can read the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_pem(&secret::read_secret(path)?)
    }

    /// Writes the key to a new file with mode 0600. Never overwrites.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        secret::write_secret(path, &self.pem)
    }

    /// The key as PEM text: PKCS#8 for a generated one, as it was for a read one. For the TLS layer of
    /// the same process; it must not be logged, sent or put into an image.
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    /// Its kind.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// A certificate request in PEM form (PKCS#10). The names are a wish: an authority decides them.
    pub fn request(&self, identity: &Identity, hosts: &[Host]) -> Result<String, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = authority::subject_of(identity);
        params.subject_alt_names = authority::alternative_names(identity, hosts)?;
        params
            .serialize_request(&self.pair)
            .and_then(|request| request.pem())
            .map_err(Error::crypto("sign the certificate request"))
    }

    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    pub(crate) fn into_pair(self) -> KeyPair {
        self.pair
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm)
    }
}
