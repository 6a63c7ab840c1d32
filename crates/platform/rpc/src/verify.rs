//! Who is on the other side: the chain and the host name are webpki's work, the identity ours.

use std::sync::Arc;

use base::identity::Identity;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::error::Stranger;
use crate::provider::provider;
use crate::{Error, Expected};

/// Signatures are checked as the chain's verifier checks them.
macro_rules! signatures_by_inner {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            self.inner.verify_tls12_signature(message, cert, dss)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            self.inner.verify_tls13_signature(message, cert, dss)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.inner.supported_verify_schemes()
        }
    };
}

/// A client has to be an instance of our site.
#[derive(Debug)]
pub(crate) struct SiteClients {
    pub(crate) inner: Arc<dyn ClientCertVerifier>,
    pub(crate) site: String,
}

impl ClientCertVerifier for SiteClients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        same_site(end_entity, &self.site)?;
        Ok(verified)
    }

    signatures_by_inner!();
}

/// A server has to be of our site and who we expect.
#[derive(Debug)]
pub(crate) struct ExpectedServer {
    pub(crate) inner: Arc<WebPkiServerVerifier>,
    pub(crate) site: String,
    pub(crate) expected: Expected,
}

impl ServerCertVerifier for ExpectedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let found = same_site(end_entity, &self.site)?;
        if !self.expected.admits(&found) {
            return Err(Stranger::Role { found, expected: self.expected.clone() }.into());
        }
        Ok(verified)
    }

    signatures_by_inner!();
}

/// A server has to show the pinned root and a chain up to it.
#[derive(Debug)]
pub(crate) struct PinnedRoot(pub(crate) pki::Fingerprint);

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let root = intermediates
            .iter()
            .find(|der| pki::Fingerprint::of(der) == self.0)
            .ok_or(Stranger::Pin(self.0))?;
        let roots = roots(std::slice::from_ref(root)).map_err(|_| Stranger::Pin(self.0))?;
        servers(roots).map_err(|_| Stranger::Pin(self.0))?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

fn same_site(der: &[u8], site: &str) -> Result<Identity, Stranger> {
    let found = pki::identity(der)?;
    if found.site == site { Ok(found) } else { Err(Stranger::Site { found, site: site.to_owned() }) }
}

/// Why a handshake failed, in words for people: rustls shows a stranger in the form for programmers.
pub(crate) fn reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => {
            format!("invalid peer certificate: {other}")
        }
        other => other.to_string(),
    }
}

/// Roots as webpki takes them.
pub(crate) fn roots(ders: &[CertificateDer<'_>]) -> Result<Arc<RootCertStore>, Error> {
    let mut store = RootCertStore::empty();
    for der in ders {
        store.add(der.clone().into_owned()).map_err(|e| refuse("root")(&e))?;
    }
    Ok(Arc::new(store))
}

/// The verifier of servers' chains and host names.
pub(crate) fn servers(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    WebPkiServerVerifier::builder_with_provider(roots, provider()).build().map_err(|e| refuse("roots")(&e))
}

pub(crate) fn refuse(what: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Error {
    move |reason| Error::Credentials { what, reason: reason.to_string() }
}
