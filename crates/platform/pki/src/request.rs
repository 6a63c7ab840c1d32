//! A certificate request as the authority sees it: a public key and the proof of its possession.

use rcgen::SubjectPublicKeyInfo;
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use crate::{Algorithm, Error};

/// Larger than any request with an RSA 4096 key and a full list of hosts.
const MAX_REQUEST: usize = 64 * 1024;

/// A request whose signature is good. The names that it asks for are not kept.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) public_key: SubjectPublicKeyInfo,
    algorithm: Algorithm,
}

impl Request {
    /// Reads a PKCS#10 request in PEM or DER form and checks its signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_REQUEST {
            return Err(Error::Request(format!("{} bytes; {MAX_REQUEST} is the limit", bytes.len())));
        }
        // DER begins with the tag of a sequence, PEM never does.
        let der = if bytes.first() == Some(&0x30) {
            CertificateSigningRequestDer::from(bytes)
        } else {
            CertificateSigningRequestDer::from_pem_slice(bytes)
                .map_err(|e| Error::Pem { what: "certificate request", reason: e.to_string() })?
        };
        let (rest, request) =
            X509CertificationRequest::from_der(&der).map_err(|e| Error::Request(e.to_string()))?;
        if !rest.is_empty() {
            return Err(Error::Request("bytes follow the request".to_owned()));
        }
        let spki = &request.certification_request_info.subject_pki;
        let algorithm = Algorithm::of(spki)?;
        request.verify_signature().map_err(|_| Error::RequestSignature)?;
        let public_key =
            SubjectPublicKeyInfo::from_der(spki.raw).map_err(|e| Error::Request(e.to_string()))?;
        Ok(Self { public_key, algorithm })
    }

    /// The kind of its key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
