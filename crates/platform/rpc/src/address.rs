//! An address as it stands in a configuration.

use std::fmt;

use rustls_pki_types::ServerName;

use crate::Error;

/// `host:port`, with the name that the server's certificate has to carry.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) name: ServerName<'static>,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Address(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
        let port = port.parse().map_err(|_| malformed())?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(malformed)?,
            None if host.contains(':') => return Err(malformed()),
            None => host,
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| malformed())?;
        Ok(Self { host: host.to_owned(), port, name })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
