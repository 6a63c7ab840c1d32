//! Certificate descriptions in cfssl's JSON, as sites have them already.

use rcgen::{DistinguishedName, DnType};
use serde::Deserialize;

use crate::{Algorithm, Error, Host};

/// Upper bounds of RFC 5280 appendix A for the parts of a subject.
const MAX_NAME: usize = 64;

/// A description is a page of text at most.
const MAX_TEXT: usize = 64 * 1024;

/// A certificate description as cfssl reads it. Keys that are not understood are refused, so that no
/// wish is dropped in silence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Common name of the subject.
    #[serde(rename = "CN")]
    pub cn: String,
    /// DNS names and addresses that the certificate is good for.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The kind of key; ECDSA P-256 when it is left out.
    #[serde(default)]
    pub key: KeyDescription,
    /// Further parts of the subject.
    #[serde(default)]
    pub names: Vec<Name>,
}

/// The kind of key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDescription {
    /// `rsa` or `ecdsa`.
    pub algo: String,
    /// Bits: 2048, 3072 or 4096 for RSA, 256 or 384 for ECDSA.
    pub size: u32,
}

impl Default for KeyDescription {
    fn default() -> Self {
        Self { algo: "ecdsa".to_owned(), size: 256 }
    }
}

/// Parts of the subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Name {
    /// Country, two letters.
    #[serde(rename = "C")]
    pub country: Option<String>,
    /// State or province.
    #[serde(rename = "ST")]
    pub state: Option<String>,
    /// Locality.
    #[serde(rename = "L")]
    pub locality: Option<String>,
    /// Organization.
    #[serde(rename = "O")]
    pub organization: Option<String>,
    /// Organizational unit.
    #[serde(rename = "OU")]
    pub unit: Option<String>,
}

impl Description {
    /// Reads a description and checks all of it: hosts, key and subject.
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.len() > MAX_TEXT {
            return Err(Error::Description(format!("{} bytes; {MAX_TEXT} is the limit", json.len())));
        }
        let description: Self = serde_json::from_str(json).map_err(|e| Error::Description(e.to_string()))?;
        description.algorithm()?;
        description.hosts()?;
        description.subject()?;
        Ok(description)
    }

    /// The kind of key to make for it.
    pub fn algorithm(&self) -> Result<Algorithm, Error> {
        Algorithm::new(&self.key.algo, self.key.size)
    }

    /// The names that the certificate will be good for.
    pub fn hosts(&self) -> Result<Vec<Host>, Error> {
        self.hosts.iter().map(|host| host.parse()).collect()
    }

    /// The subject. A part that several names give is taken from the first: the subject has one of each.
    pub(crate) fn subject(&self) -> Result<DistinguishedName, Error> {
        let first =
            |part: fn(&Name) -> &Option<String>| self.names.iter().find_map(|name| part(name).as_deref());
        let parts = [
            ("C", DnType::CountryName, first(|n| &n.country)),
            ("ST", DnType::StateOrProvinceName, first(|n| &n.state)),
            ("L", DnType::LocalityName, first(|n| &n.locality)),
            ("O", DnType::OrganizationName, first(|n| &n.organization)),
            ("OU", DnType::OrganizationalUnitName, first(|n| &n.unit)),
            ("CN", DnType::CommonName, Some(self.cn.as_str())),
        ];
        let mut subject = DistinguishedName::new();
        for (key, kind, value) in parts {
            let Some(value) = value.filter(|value| !value.is_empty() || key == "CN") else {
                continue;
            };
            check(key, value)?;
            subject.push(kind, value);
        }
        Ok(subject)
    }
}

fn check(key: &str, value: &str) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Description(format!("`{key}` {why}: `{value}`")));
    if value.is_empty() {
        return Err(Error::Description(format!("`{key}` is empty")));
    }
    if value.chars().any(char::is_control) {
        return Err(Error::Description(format!("`{key}` holds control characters")));
    }
    if value.chars().count() > MAX_NAME {
        return refuse("is longer than 64 characters");
    }
    if key == "C" && !(value.len() == 2 && value.bytes().all(|b| b.is_ascii_alphabetic())) {
        return refuse("is no two-letter country code");
    }
    Ok(())
}
