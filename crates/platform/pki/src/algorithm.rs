//! The kinds of key that the site accepts.

use std::fmt;

use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::Error;

/// A kind of key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256; the default: made in well under a millisecond, small on the wire.
    #[default]
    EcdsaP256,
    /// ECDSA on P-384.
    EcdsaP384,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits; making one takes about a second.
    Rsa4096,
}

impl Algorithm {
    /// The algorithm in cfssl's words: `ecdsa` 256 or 384, `rsa` 2048, 3072 or 4096.
    pub fn new(name: &str, bits: u32) -> Result<Self, Error> {
        Ok(match (name, bits) {
            ("ecdsa", 256) => Self::EcdsaP256,
            ("ecdsa", 384) => Self::EcdsaP384,
            ("rsa", 2048) => Self::Rsa2048,
            ("rsa", 3072) => Self::Rsa3072,
            ("rsa", 4096) => Self::Rsa4096,
            _ => return Err(Error::KeyAlgorithm(format!("{name} {bits}"))),
        })
    }

    /// The algorithm of a public key given as DER SubjectPublicKeyInfo.
    pub(crate) fn of_der(spki: &[u8]) -> Result<Self, Error> {
        let (_, spki) = SubjectPublicKeyInfo::from_der(spki).map_err(Error::crypto("read the public key"))?;
        Self::of(&spki)
    }

    /// The algorithm of a public key.
    pub(crate) fn of(spki: &SubjectPublicKeyInfo<'_>) -> Result<Self, Error> {
        let algorithm = &spki.algorithm;
        let unknown = || Error::KeyAlgorithm(algorithm.algorithm.to_id_string());
        if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
            let bits = spki.parsed().map_err(|_| unknown())?.key_size();
            return Self::new("rsa", u32::try_from(bits).unwrap_or(0));
        }
        let curve = algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).ok_or_else(unknown)?;
        if curve == OID_EC_P256 {
            Ok(Self::EcdsaP256)
        } else if curve == OID_NIST_EC_P384 {
            Ok(Self::EcdsaP384)
        } else {
            Err(Error::KeyAlgorithm(curve.to_id_string()))
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256 => "ecdsa 256",
            Self::EcdsaP384 => "ecdsa 384",
            Self::Rsa2048 => "rsa 2048",
            Self::Rsa3072 => "rsa 3072",
            Self::Rsa4096 => "rsa 4096",
        })
    }
}

impl std::str::FromStr for Algorithm {
    type Err = Error;

    /// `ecdsa` and `rsa` with the size behind a space, a colon or a hyphen; bare names mean 256 and 4096.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, bits) = text.split_once([' ', ':', '-']).unwrap_or(match text {
            "rsa" => ("rsa", "4096"),
            other => (other, "256"),
        });
        let bits = bits.parse().map_err(|_| Error::KeyAlgorithm(text.to_owned()))?;
        Self::new(name, bits)
    }
}
