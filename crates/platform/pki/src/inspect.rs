//! What a certificate says.

use std::fmt;
use std::net::IpAddr;

use base::identity::Identity;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::{Algorithm, Error, Fingerprint, Host, Validity, pem};

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Info {
    /// Whose it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The service identity, for a service's certificate.
    pub identity: Option<Identity>,
    /// All its URI names.
    pub uris: Vec<String>,
    /// The names and addresses that it is good for.
    pub hosts: Vec<Host>,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// From when to when it is good.
    pub validity: Validity,
    /// The kind of its key, or the identifier of a kind that is not used here.
    pub key: String,
    /// Whether it may issue certificates.
    pub authority: bool,
    /// SHA-256 of its DER form.
    pub fingerprint: Fingerprint,
}

/// What the first certificate of a PEM text says.
pub fn inspect(text: &str) -> Result<Info, Error> {
    match pem::certificates(text)?.first() {
        Some(der) => inspect_der(der),
        None => Err(Error::Certificate("the text holds none".to_owned())),
    }
}

/// What a certificate in DER form says.
pub fn inspect_der(der: &[u8]) -> Result<Info, Error> {
    let certificate = parse(der)?;
    let mut hosts = Vec::new();
    let mut uris = Vec::new();
    for name in alternative_names(&certificate)? {
        match name {
            GeneralName::DNSName(dns) => hosts.push(Host::Dns((*dns).to_owned())),
            GeneralName::IPAddress(bytes) => hosts.extend(address(bytes).map(Host::Ip)),
            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
            _ => {}
        }
    }
    let validity = certificate.validity();
    Ok(Info {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        identity: match uris.as_slice() {
            [one] => one.parse().ok(),
            _ => None,
        },
        uris,
        hosts,
        serial: hexadecimal(certificate.raw_serial()),
        validity: Validity::of_seconds(validity.not_before.timestamp(), validity.not_after.timestamp()),
        key: Algorithm::of(certificate.public_key()).map_or_else(
            |_| certificate.public_key().algorithm.algorithm.to_id_string(),
            |algorithm| algorithm.to_string(),
        ),
        authority: certificate.is_ca(),
        fingerprint: Fingerprint::of(der),
    })
}

/// The service identity of a certificate in DER form: its one URI name.
pub fn identity(der: &[u8]) -> Result<Identity, Error> {
    let certificate = parse(der)?;
    let subject = || certificate.subject().to_string();
    let mut uris = alternative_names(&certificate)?.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let uri = uris.next().ok_or_else(|| Error::NoIdentity(subject()))?;
    if uris.next().is_some() {
        return Err(Error::ManyIdentities(subject()));
    }
    Ok(uri.parse()?)
}

pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Error> {
    let (rest, certificate) =
        X509Certificate::from_der(der).map_err(|e| Error::Certificate(e.to_string()))?;
    if rest.is_empty() {
        Ok(certificate)
    } else {
        Err(Error::Certificate("bytes follow the certificate".to_owned()))
    }
}

fn alternative_names<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a [GeneralName<'a>], Error> {
    Ok(certificate
        .subject_alternative_name()
        .map_err(|e| Error::Certificate(e.to_string()))?
        .map_or(&[], |extension| &extension.value.general_names))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// Hexadecimal digits without the leading zero byte that DER puts before a set sign bit.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let bytes = match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| match items.len() {
            0 => "none".to_owned(),
            _ => items.join(", "),
        };
        let hosts = self.hosts.iter().map(Host::to_string).collect();
        writeln!(f, "subject      {}", self.subject)?;
        writeln!(f, "issuer       {}", self.issuer)?;
        writeln!(f, "identity     {}", list(self.uris.clone()))?;
        writeln!(f, "hosts        {}", list(hosts))?;
        writeln!(f, "serial       {}", self.serial)?;
        writeln!(f, "valid        {}", self.validity)?;
        writeln!(f, "key          {}", self.key)?;
        writeln!(f, "authority    {}", if self.authority { "yes" } else { "no" })?;
        write!(f, "fingerprint  {}", self.fingerprint)
    }
}
