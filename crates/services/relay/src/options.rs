use std::path::PathBuf;
use std::time::Duration;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use runtime::Common;
use runtime::options::Defaults;
use serde::{Deserialize, Serialize};

use crate::service::Relay;

/// Options of relay.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Address that people and programs connect to (HTTPS); port 0 takes a free one
    #[arg(long, env = "OPENTWIN_PUBLIC", value_name = "ADDR:PORT")]
    pub public: Option<String>,
    /// Host name or address that people call this site by, for its certificate; may be given several times
    #[arg(long, env = "OPENTWIN_PUBLIC_HOST", value_name = "NAME", value_delimiter = ',')]
    pub public_host: Vec<String>,
    /// Certificate for the public address, issued by an authority that browsers trust (PEM, with its chain)
    #[arg(long, env = "OPENTWIN_WEB_CERTIFICATE", value_name = "FILE")]
    pub web_certificate: Option<PathBuf>,
    /// Private key of the web certificate (PEM)
    #[arg(long, env = "OPENTWIN_WEB_KEY", value_name = "FILE")]
    pub web_key: Option<PathBuf>,
    /// Origin whose pages may use this site besides its own, such as http://localhost:5173
    #[arg(long, env = "OPENTWIN_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub origin: Vec<String>,
    /// Proxy in front of this address, or a network of them (10.0.0.0/8), whose X-Forwarded-For is believed
    #[arg(long, env = "OPENTWIN_TRUSTED_PROXY", value_name = "ADDR[/BITS]", value_delimiter = ',')]
    pub trusted_proxy: Vec<String>,
    /// Connections at once from one address that is no trusted proxy, of IPv6 from one network of 64 bits
    #[arg(long, env = "OPENTWIN_ADDRESS_CONNECTIONS", value_name = "NUMBER")]
    pub address_connections: Option<usize>,
    /// Largest file that can be sent, in MiB
    #[arg(long, env = "OPENTWIN_UPLOAD_LIMIT", value_name = "MIB")]
    pub upload_limit: Option<u64>,
    /// Seconds after which a browser that does not read what it is sent is cut off
    #[arg(long, env = "OPENTWIN_CLIENT_PATIENCE", value_name = "SECONDS")]
    pub client_patience: Option<u64>,
}

/// Where people connect.
const PUBLIC: &str = "127.0.0.1:8443";

/// Connections of one address, behind which there may be a whole office.
const ADDRESS_CONNECTIONS: usize = 512;

/// MiB of the largest file.
const UPLOAD_LIMIT: u64 = 4096;

/// Seconds that a browser may take to read.
const CLIENT_PATIENCE: u64 = 30;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self {
            public: Some(PUBLIC.to_owned()),
            address_connections: Some(ADDRESS_CONNECTIONS),
            upload_limit: Some(UPLOAD_LIMIT),
            client_patience: Some(CLIENT_PATIENCE),
            ..Self::default()
        }
    }
}

impl Options {
    pub(crate) fn public(&self) -> &str {
        self.public.as_deref().unwrap_or(PUBLIC)
    }

    pub(crate) fn address_connections(&self) -> usize {
        self.address_connections.unwrap_or(ADDRESS_CONNECTIONS).max(1)
    }

    pub(crate) fn upload_limit(&self) -> u64 {
        self.upload_limit.unwrap_or(UPLOAD_LIMIT).saturating_mul(1 << 20)
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.client_patience.unwrap_or(CLIENT_PATIENCE).max(1))
    }

    /// The web certificate's files; one without the other is a mistake.
    pub(crate) fn web_files(&self) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
        match (&self.web_certificate, &self.web_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
            _ => Err(Code::Config
                .because("of `web-certificate` and `web-key` only one is given")
                .remedy("give both, or neither to use a certificate of the site")),
        }
    }
}

/// Runs relay to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::Relay, common, |context| Relay::create(context, options)).await
}
