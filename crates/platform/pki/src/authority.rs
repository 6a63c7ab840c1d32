//! The site's root authority.

use std::path::Path;

use base::identity::{Identity, Role};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;

use crate::{Algorithm, Description, Error, Host, Info, Key, Request, Trust, Validity};
use crate::{inspect, pem, secret};

/// The root certificate's file in an authority's folder.
pub const ROOT_FILE: &str = "root.pem";

/// The root key's file in an authority's folder, mode 0600.
pub const KEY_FILE: &str = "root.key";

/// More hosts than this in one certificate are a mistake.
const MAX_HOSTS: usize = 64;

/// What site URIs begin with.
const SCHEME: &str = "spiffe://";

/// The site's root authority: its certificate and its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key: String,
    /// The issuing certificate first; further ones when it is itself issued by another authority.
    chain: Vec<CertificateDer<'static>>,
    info: Info,
    site: String,
}

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The chain in PEM form, leaf first, without the root.
    pub pem: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Its last second.
    pub not_after: Timestamp,
}

impl Authority {
    /// A new root for the site, which signs itself. It may issue leaves only, no further authorities.
    pub fn create(site: &str, algorithm: Algorithm, validity: Validity) -> Result<Self, Error> {
        // The identity type owns the rule of what a site's name may be.
        Identity::new(site, Role::Authorization, "root")?;
        let key = Key::generate(algorithm)?;
        let (number, serial) = serial()?;
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, "OpenTwin");
        name.push(DnType::OrganizationalUnitName, site);
        // Of its own for each root, so that two of one site are told apart while the root is changed.
        name.push(DnType::CommonName, format!("root {}", &serial[..8]));
        params.distinguished_name = name;
        params.subject_alt_names = vec![uri(&format!("{SCHEME}{site}"))?];
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, validity);
        params.serial_number = Some(number);
        let root = params.self_signed(key.pair()).map_err(Error::crypto("sign the root certificate"))?;
        Self::assemble(Some(site), vec![root.into()], key)
    }

    /// An authority that was brought: its certificate (and those above it, when it is not a root) and
    /// its key in PEM form. `site` is what it issues for; without it, the certificate has to name the
    /// site as those of [`Authority::create`] do.
    pub fn from_pem(site: Option<&str>, chain: &str, key: &str) -> Result<Self, Error> {
        Self::assemble(site, pem::certificates(chain)?, Key::from_pem(key)?)
    }

    fn assemble(site: Option<&str>, chain: Vec<CertificateDer<'static>>, key: Key) -> Result<Self, Error> {
        let der = chain.first().ok_or_else(|| Error::Certificate("the chain is empty".to_owned()))?;
        let info = inspect::inspect_der(der)?;
        if !info.authority {
            return Err(Error::NotAuthority(info.subject));
        }
        let spki = inspect::parse(der)?.public_key().raw.to_vec();
        if key.pair().subject_public_key_info() != spki {
            return Err(Error::KeyMismatch(info.subject));
        }
        let named = info.uris.iter().find_map(|uri| uri.strip_prefix(SCHEME));
        let site = site.or(named).ok_or_else(|| Error::NoSite(info.subject.clone()))?.to_owned();
        Identity::new(&site, Role::Authorization, "root")?;
        let text = key.to_pem().to_owned();
        let issuer = Issuer::from_ca_cert_der(der, key.into_pair())
            .map_err(Error::crypto("use the authority's certificate"))?;
        Ok(Self { issuer, key: text, chain, info, site })
    }

    /// The authority kept in a folder by [`Authority::save`]. Refused when others can read the key.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let chain = secret::read_public(&folder.join(ROOT_FILE))?;
        let key = Key::load(&folder.join(KEY_FILE))?;
        Self::assemble(None, pem::certificates(&chain)?, key)
    }

    /// Keeps the authority in a folder (mode 0700 when it is made) as `root.pem` and `root.key` (mode
    /// 0600). Never overwrites either.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        secret::create_folder(folder)?;
        let (root, key) = (folder.join(ROOT_FILE), folder.join(KEY_FILE));
        if root.exists() {
            return Err(Error::Exists(root));
        }
        secret::write_secret(&key, &self.key)?;
        secret::write_public(&root, &self.to_pem()).inspect_err(|_| {
            // The key was written by this call and is worth nothing without its certificate.
            let _ = std::fs::remove_file(&key);
        })
    }

    /// The site that it issues for.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// What its certificate says.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Its certificate, and those above it when it is no root, in PEM form.
    pub fn to_pem(&self) -> String {
        self.chain.iter().map(|der| pem::encode(der)).collect()
    }

    /// Its key in PEM form, for a keeper of secrets other than a folder. It must not be logged, nor given to anybody
    /// else.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// The bundle that trusts this authority: its root.
    pub fn trust(&self) -> Result<Trust, Error> {
        let root = self.chain.last().map(|der| pem::encode(der));
        Trust::from_pem(&root.unwrap_or_default())
    }

    /// Issues a leaf for the key of `request`, good as server and as client, with `identity` as its URI
    /// name and `hosts` as its further names. It ends no later than the authority does.
    pub fn issue(
        &self,
        request: &Request,
        identity: &Identity,
        hosts: &[Host],
        validity: Validity,
    ) -> Result<Certificate, Error> {
        self.sign(request, identity, subject_of(identity), hosts, validity)
    }

    /// As [`Authority::issue`], with the subject and the hosts of a description. The request's key has
    /// to be of the described kind.
    pub fn issue_described(
        &self,
        request: &Request,
        identity: &Identity,
        description: &Description,
        validity: Validity,
    ) -> Result<Certificate, Error> {
        let described = description.algorithm()?;
        if described != request.algorithm() {
            return Err(Error::DescribedKey {
                described: described.to_string(),
                found: request.algorithm().to_string(),
            });
        }
        let subject = description.subject()?;
        self.sign(request, identity, subject, &description.hosts()?, validity)
    }

    fn sign(
        &self,
        request: &Request,
        identity: &Identity,
        subject: DistinguishedName,
        hosts: &[Host],
        validity: Validity,
    ) -> Result<Certificate, Error> {
        if identity.site != self.site {
            return Err(Error::OtherSite { authority: self.site.clone(), asked: identity.to_string() });
        }
        let validity = validity.within(self.info.validity);
        if validity.not_after() <= validity.not_before() {
            return Err(Error::AuthorityExpired {
                subject: self.info.subject.clone(),
                validity: self.info.validity.to_string(),
            });
        }
        let (number, serial) = serial()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject;
        params.subject_alt_names = alternative_names(identity, hosts)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(number);
        set_validity(&mut params, validity);
        let leaf = params
            .signed_by(&request.public_key, &self.issuer)
            .map_err(Error::crypto("sign the certificate"))?;
        let mut text = pem::encode(leaf.der());
        if self.info.subject != self.info.issuer {
            // Issued by another authority: peers know the root above, not this one.
            text.push_str(&self.to_pem());
        }
        Ok(Certificate { pem: text, serial, not_after: validity.not_after() })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({}, {})", self.site, self.info.fingerprint)
    }
}

/// The subject of a service's certificate, for people to read; machines read the URI name.
pub(crate) fn subject_of(identity: &Identity) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "OpenTwin");
    name.push(DnType::OrganizationalUnitName, identity.role.class());
    name.push(DnType::CommonName, identity.instance.as_str());
    name
}

/// The identity and the hosts as alternative names.
pub(crate) fn alternative_names(identity: &Identity, hosts: &[Host]) -> Result<Vec<SanType>, Error> {
    if hosts.len() > MAX_HOSTS {
        return Err(Error::TooManyHosts { count: hosts.len(), limit: MAX_HOSTS });
    }
    let mut names = vec![uri(&identity.to_string())?];
    for host in hosts {
        let name = match host {
            Host::Ip(ip) => SanType::IpAddress(*ip),
            Host::Dns(dns) => {
                SanType::DnsName(dns.as_str().try_into().map_err(|_| Error::Host(dns.clone()))?)
            }
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn uri(text: &str) -> Result<SanType, Error> {
    text.try_into().map(SanType::URI).map_err(Error::crypto("encode the URI name"))
}

fn set_validity(params: &mut CertificateParams, validity: Validity) {
    // Within the calendar: both ends are instants that `jiff` holds, so before the year 10000.
    let (from, to) = validity.seconds();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + std::time::Duration::from_secs(from);
    params.not_after = epoch + std::time::Duration::from_secs(to);
}

/// 127 random bits, positive and never zero, with their hexadecimal form.
fn serial() -> Result<(SerialNumber, String), Error> {
    let mut bytes = [0u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::crypto("draw a serial number")("no randomness"))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok((SerialNumber::from_slice(&bytes), inspect::hexadecimal(&bytes)))
}
