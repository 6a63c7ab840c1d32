//! The first contact with a site: what it shows, before anything is trusted or said.

use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use base64::Engine as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(5);

/// The root certificate that an address shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// PEM text.
    pub pem: String,
    /// Its SHA-256, for people to compare.
    pub fingerprint: pki::Fingerprint,
    /// Whose it says it is.
    pub subject: String,
}

/// An address as people write it, as `host:port`: `https://` in front is left out, and its port 443 put in.
pub fn address(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let usage = |why: &str| {
        Code::Usage
            .because(format!("`{text}` is no address: {why}"))
            .remedy("write host:port, as `opentwin up` prints it")
    };
    if text.starts_with("http://") {
        return Err(usage("the platform never speaks without encryption"));
    }
    let secure = text.strip_prefix("https://");
    let rest = secure.unwrap_or(text).trim_end_matches('/');
    if rest.is_empty() || rest.contains(['/', '@', '?', '#']) || rest.contains(char::is_whitespace) {
        return Err(usage("a host and a port are all that belongs into it"));
    }
    let after_host = rest.rsplit_once(']').map_or(rest, |(_, after)| after);
    match after_host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => Ok(rest.to_owned()),
        Some(_) => Err(usage("its port is no number from 1 to 65535")),
        None if secure.is_some() => Ok(format!("{rest}:443")),
        None => Err(usage("it has no port")),
    }
}

/// The root that an address shows. Nothing is sent and nothing is trusted: who shows it may be anybody, so the
/// fingerprint has to be compared with what the site's administrator says.
pub async fn present(address: &str) -> Result<Root, Failure> {
    let unreachable = |why: &dyn std::fmt::Display| {
        Code::Unavailable
            .because(format!("cannot connect to {address}: {why}"))
            .remedy("check the address, and that the platform runs there (`opentwin up` starts one here)")
    };
    let (host, port) = address.rsplit_once(':').ok_or_else(|| unreachable(&"it has no port"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port: u16 = port.parse().map_err(|_| unreachable(&"its port is no number"))?;
    let name = ServerName::try_from(host.clone()).map_err(|e| unreachable(&e))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| Code::Internal.because(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Onlooker(provider)))
        .with_no_client_auth();
    let shake = async {
        let tcp = TcpStream::connect((host.as_str(), port)).await?;
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    };
    let stream = timeout(PATIENCE, shake)
        .await
        .map_err(|_| unreachable(&"no answer in time"))?
        .map_err(|e| unreachable(&e))?;
    let chain = stream.get_ref().1.peer_certificates().unwrap_or(&[]);
    root_of(chain).ok_or_else(|| {
        Code::Certificate
            .because(format!("{address} shows no root certificate that could be compared"))
            .remedy(
                "give the root certificate of the authority that issued its certificate with --roots FILE: the site's \
                 own, from its administrator, or a public one, such as /etc/ssl/certs/ISRG_Root_X1.pem",
            )
    })
}

/// The authority at the end of a chain that issued itself.
pub(crate) fn root_of(chain: &[CertificateDer<'_>]) -> Option<Root> {
    chain.iter().rev().find_map(|der| {
        let info = pki::inspect_der(der).ok()?;
        (info.authority && info.issuer == info.subject).then(|| Root {
            pem: pem(der),
            fingerprint: info.fingerprint,
            subject: info.subject,
        })
    })
}

fn pem(der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = (0..body.len()).step_by(64).map(|at| &body[at..body.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Looks at certificates without judging them: the connection is closed before anything is said.
#[derive(Debug)]
struct Onlooker(Arc<CryptoProvider>);

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
