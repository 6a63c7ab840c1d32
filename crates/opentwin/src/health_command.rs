//! `opentwin health`: is a service alive, is it ready. For containers, whose images hold no other program.

use std::path::PathBuf;
use std::time::Duration;

use api::{Code, Failure};
use clap::Args;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use rpc::TrustRoots;
use serde_json::json;

use crate::commands::Out;
use crate::https;

/// Ask a service on its one-way channel whether it is ready
///
/// In the environment of a service no address is needed: it is put together from what the service itself is told.
#[derive(Args)]
#[command(after_help = "Example:\n  opentwin health relay:7401 --roots ca.crt")]
pub struct Health {
    /// Host and port of the one-way channel [default: the host that peers are told and the port of OPENTWIN_HEALTH]
    #[arg(value_name = "HOST:PORT")]
    address: Option<String>,
    /// Root certificates of the site (PEM)
    #[arg(long, env = "OPENTWIN_ROOTS", value_name = "FILE")]
    roots: PathBuf,
    /// Ask only whether it is alive
    #[arg(long)]
    live: bool,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    patience: u64,
    #[arg(long, env = "OPENTWIN_ADVERTISE", hide = true)]
    advertise: Option<String>,
    #[arg(long = "health", env = "OPENTWIN_HEALTH", hide = true)]
    one_way: Option<String>,
}

impl Health {
    /// Asks; a service that is not ready is a failure with its own reason.
    pub async fn execute(self, out: &Out) -> Result<(), Failure> {
        let address = self.address()?;
        let roots = TrustRoots::from_file(&self.roots).map_err(|e| {
            Code::Config.because(e.to_string()).remedy("give the site's root certificates with --roots")
        })?;
        let path = if self.live { "/livez" } else { "/readyz" };
        let request = Request::get(path)
            .body(Full::default())
            .map_err(|e| Code::Internal.because(format!("no request can be made: {e}")))?;
        let (status, body) =
            https::call(&address, &roots, request, Duration::from_secs(self.patience)).await?;
        let said = String::from_utf8_lossy(&body);
        if status == StatusCode::OK {
            let state = if self.live { "alive" } else { "ready" };
            return match out.json() {
                true => out.value(&json!({"address": address, "state": state})),
                false => out.line(said.trim()),
            };
        }
        Err(Code::Unavailable.because(format!("{address} says: {}", said.trim())))
    }

    fn address(&self) -> Result<String, Failure> {
        if let Some(address) = &self.address {
            return Ok(address.clone());
        }
        let one_way = self.one_way.as_deref().and_then(|address| address.rsplit_once(':'));
        let (bound, port) = one_way.ok_or_else(|| {
            Code::Usage
                .because("no address is given")
                .remedy("write `opentwin health HOST:PORT --roots FILE`")
        })?;
        let host = self
            .advertise
            .as_deref()
            .and_then(|address| address.rsplit_once(':'))
            .map_or(bound, |(host, _)| host);
        Ok(format!("{host}:{port}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn health(address: Option<&str>, advertise: Option<&str>, one_way: Option<&str>) -> Health {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Health {
            address: owned(address),
            roots: PathBuf::from("none"),
            live: false,
            patience: 1,
            advertise: owned(advertise),
            one_way: owned(one_way),
        }
    }

    #[test]
    fn the_address_is_that_of_the_service_around_it() {
        let of = |a, b, c| health(a, b, c).address();
        assert_eq!(of(None, Some("relay:7400"), Some("0.0.0.0:7401")).unwrap(), "relay:7401");
        assert_eq!(of(None, None, Some("127.0.0.1:7401")).unwrap(), "127.0.0.1:7401");
        assert_eq!(of(Some("x:1"), Some("relay:7400"), Some("0.0.0.0:7401")).unwrap(), "x:1");
        assert_eq!(of(None, Some("relay:7400"), None).unwrap_err().code, Code::Usage);
    }

    #[tokio::test]
    async fn missing_roots_are_named() {
        let failure = health(Some("127.0.0.1:1"), None, None).execute(&Out::nowhere()).await.unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.message.contains("none"), "{failure}");
    }
}
