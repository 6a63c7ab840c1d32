//! PEM text in and out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::Error;

/// More certificates than this in one text are no chain and no bundle.
const MAX_CERTIFICATES: usize = 16;

/// All certificates of a PEM text in their order, at least one and at most 16.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refuse = |reason: String| Error::Pem { what: "certificate", reason };
    let mut found = Vec::new();
    for item in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        if found.len() == MAX_CERTIFICATES {
            return Err(refuse(format!("more than {MAX_CERTIFICATES} in one text")));
        }
        found.push(item.map_err(|e| refuse(e.to_string()))?);
    }
    if found.is_empty() {
        return Err(refuse("the text holds none".to_owned()));
    }
    Ok(found)
}

/// A certificate as PEM text.
pub(crate) fn encode(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::with_capacity(body.len() + body.len() / 64 + 64);
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
