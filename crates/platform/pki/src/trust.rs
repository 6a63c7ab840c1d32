//! The roots that a site trusts: one, or two while the root is changed.

use std::path::Path;

use rustls_pki_types::CertificateDer;

use crate::{Error, Fingerprint, inspect, pem, secret};

/// One root, or the old and the new one during a change.
pub const MAX_ROOTS: usize = 2;

/// The roots that a site trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    roots: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// A bundle from PEM text with one or two roots. A root given twice counts once.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let mut roots: Vec<CertificateDer<'static>> = Vec::new();
        for der in pem::certificates(text)? {
            let info = inspect::inspect_der(&der)?;
            if !info.authority {
                return Err(Error::NotAuthority(info.subject));
            }
            if !roots.contains(&der) {
                roots.push(der);
            }
        }
        if roots.len() > MAX_ROOTS {
            return Err(Error::Roots(roots.len()));
        }
        Ok(Self { roots })
    }

    /// A bundle from a file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_pem(&secret::read_public(path)?)
    }

    /// This bundle and the roots of another: the first step of a change of root.
    pub fn with(&self, other: &Self) -> Result<Self, Error> {
        Self::from_pem(&(self.to_pem() + &other.to_pem()))
    }

    /// This bundle without one root: the last step of a change of root.
    pub fn without(&self, root: Fingerprint) -> Result<Self, Error> {
        let roots: Vec<_> = self.roots.iter().filter(|der| Fingerprint::of(der) != root).cloned().collect();
        if roots.is_empty() {
            return Err(Error::Roots(0));
        }
        Ok(Self { roots })
    }

    /// The roots in DER form.
    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    /// The fingerprints of the roots.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.roots.iter().map(|der| Fingerprint::of(der)).collect()
    }

    /// The bundle as PEM text.
    pub fn to_pem(&self) -> String {
        self.roots.iter().map(|der| pem::encode(der)).collect()
    }
}
