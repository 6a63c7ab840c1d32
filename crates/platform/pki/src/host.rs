//! Where an instance is reached: the DNS names and addresses that its certificate is good for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;

/// A DNS name (in lower case, possibly beginning with `*.`) or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A DNS name.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Ip(ip));
        }
        let name = text.to_ascii_lowercase();
        let labels = name.strip_prefix("*.").unwrap_or(&name);
        // Digits and dots alone are an address that did not parse, never a name.
        let good = name.len() <= 253
            && labels.split('.').all(is_label)
            && !labels.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if good { Ok(Self::Dns(name)) } else { Err(Error::Host(text.to_owned())) }
    }
}

/// Underscores are no host name characters, but container networks make names with them.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}
