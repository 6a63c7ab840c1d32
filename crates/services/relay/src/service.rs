//! The service itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{Code, Failure};
use async_trait::async_trait;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{map_request_with_state, map_response_with_state};
use axum::routing::{get, post};
use rpc::{Crowds, Limits, Listener};
use runtime::Context;
use tokio_util::sync::CancellationToken;

use crate::assets::Assets;
use crate::certificate::Certificate;
use crate::forwarded::{self, Proxies};
use crate::gate::Gate;
use crate::guards::Strict;
use crate::options::Options;
use crate::{assets, blobs, browser, guards, json, proxy, socket, uploads};

/// Time for answers under way once the relay is asked to end; streams are told at once.
const DRAIN: Duration = Duration::from_secs(10);

/// How long a connection to a service is kept without a new stream on it.
const IDLE: Duration = Duration::from_secs(300);

/// Time for sockets to be closed in good form.
const FAREWELL: Duration = Duration::from_secs(2);

/// The service.
pub(crate) struct Relay {
    gate: Arc<Gate>,
    certificate: Certificate,
    assets: Arc<Assets>,
    proxies: Proxies,
    /// Taken by whoever serves it.
    listener: Mutex<Option<Listener>>,
}

impl Relay {
    /// Binds the public address, so that one that is taken is told before the service counts as ready.
    pub(crate) async fn create(context: Context, options: Options) -> Result<Self, Failure> {
        let proxies = Proxies::parse(&options.trusted_proxy)?;
        let certificate = Certificate::obtain(&context, &options).await?;
        let listener = bind(options.public()).await?;
        tracing::info!(public = %listener.local_addr(), "serving people");
        let gate = Arc::new(Gate::new(context, options));
        let assets = Arc::new(Assets::built_in());
        Ok(Self { gate, certificate, assets, proxies, listener: Mutex::new(Some(listener)) })
    }

    /// Where people connect.
    #[cfg(test)]
    pub(crate) fn public(&self) -> Option<std::net::SocketAddr> {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        listener.as_ref().map(Listener::local_addr)
    }

    /// What its calls share.
    #[cfg(test)]
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    fn router(&self) -> Router {
        let ui = || get(assets::serve).with_state(self.assets.clone());
        let strict = Strict(self.gate.options.web_certificate.is_some());
        Router::new()
            // The paths of gRPC have two parts, as those of files may.
            .route("/{service}/{method}", post(proxy::pass).merge(ui()))
            .route("/api/v1/welcome", get(browser::welcome))
            .route("/api/v1/login", post(browser::login))
            .route("/api/v1/logout", post(browser::logout))
            .route("/api/v1/socket", get(socket::open))
            .route("/api/v1/archive", post(uploads::archive))
            .route("/api/v1/projects/{project}/archive", get(blobs::export))
            .route("/api/v1/projects/{project}/blobs", post(uploads::blob))
            .route("/api/v1/projects/{project}/blobs/{hash}", get(blobs::get))
            .route("/api/v1/{service}/{method}", post(json::call))
            .route("/livez", get(|| async { "alive\n" }))
            .fallback(ui())
            .layer(DefaultBodyLimit::disable())
            .layer(map_response_with_state(strict, guards::add))
            .layer(map_request_with_state(self.proxies.clone(), forwarded::resolve))
            .with_state(self.gate.clone())
    }
}

#[async_trait]
impl runtime::Service for Relay {
    /// Services have nothing to ask of a relay.
    fn routes(self: Arc<Self>) -> Router {
        Router::new()
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let listener = listener.ok_or_else(|| Code::Internal.because("the relay was run twice"))?;
        let sweep = async {
            let mut time = tokio::time::interval(Duration::from_secs(60));
            loop {
                time.tick().await;
                self.gate.places.sweep(IDLE);
            }
        };
        let proxies = self.proxies.clone();
        let limits = Limits {
            drain: DRAIN,
            per_address: self.gate.options.address_connections(),
            // Proxies; also those that run here and are not named, such as tunnels.
            crowds: Crowds::new(move |address| {
                proxies.trusts(address) || address.to_canonical().is_loopback()
            }),
            ..Limits::default()
        };
        let end = shutdown.clone().cancelled_owned();
        let serving = rpc::serve_tls(listener, self.certificate.shown(), self.router(), limits, end);
        let keeping = async {
            self.certificate.keep(&self.gate.context, &shutdown).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = serving => {}
            () = sweep => {}
            () = keeping => {}
        }
        self.gate.sockets.close();
        // They were told by the same shutdown; who does not read is not waited for.
        let _ = tokio::time::timeout(FAREWELL, self.gate.sockets.wait()).await;
        Ok(())
    }
}

async fn bind(address: &str) -> Result<Listener, Failure> {
    Listener::bind(address).await.map_err(|error| match &error {
        rpc::Error::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
            Code::AddressInUse
                .because(format!("the public address {address} is taken by another program"))
                .remedy("end that program (`ss -ltnp` names it), or choose another address with --public")
        }
        _ => Code::Config.because(error.to_string()).remedy("correct --public"),
    })
}
