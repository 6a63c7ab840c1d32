//! From options to a running service, and to its end.

use std::future::Future;
use std::sync::Arc;

use api::{Code, Failure};
use async_trait::async_trait;
use axum::Router;
use base::identity::{Identity, Role};
use rpc::{Access, Limits, Listener};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::exit::bind_failure;
use crate::options::Common;
use crate::{health, lifeline, measures, renewal, shipping, telemetry};

/// How long answers under way may take once the service's own work has ended.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(2);

/// A service, once created.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Its methods, for peers with a certificate.
    fn routes(self: Arc<Self>) -> Router;

    /// What it serves besides health on the one-way channel. Nothing, but for enrolment.
    fn one_way(self: Arc<Self>) -> Router {
        Router::new()
    }

    /// Whether it can do its work; the reason if not.
    async fn ready(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Works in the background until `shutdown`, then brings to an end what must not be cut off.
    async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Result<(), Failure> {
        shutdown.cancelled().await;
        Ok(())
    }
}

/// Runs a service to its end.
pub async fn host<S, F>(role: Role, common: Common, create: impl FnOnce(Context) -> F) -> Result<(), Failure>
where
    S: Service,
    F: Future<Output = Result<S, Failure>>,
{
    rpc::install_crypto_provider();
    health::start_metrics();
    let identity = Identity::new(common.site(), role, common.instance())
        .map_err(|e| Code::Config.because(e.to_string()))?;
    let spool = telemetry::start(&identity, common.log.as_deref());

    let (application, bound) = bind(common.listen()).await?;
    let (one_way, health_bound) = bind(common.health()).await?;
    let one_way_address = one_way_address(common.advertise.as_deref(), &health_bound);
    let address = common.advertise.clone().unwrap_or(bound);

    let credentials = renewal::obtain(&common, &identity, &address).await?;
    // After the ticket has been read: from here on the end of standard input means the end of the parent.
    let shutdown = lifeline::shutdown_token(common.with_parent == Some(true));
    let grace = common.grace();
    let after = common.after.clone();
    let context = Context::new(
        identity.clone(),
        credentials.clone(),
        common,
        address.clone(),
        one_way_address,
        shutdown.clone(),
    );
    let service = Arc::new(create(context.clone()).await?);

    tokio::spawn(renewal::keep_fresh(context.clone()));
    tokio::spawn(lifeline::accompany(context.clone()));
    let shipped = CancellationToken::new();
    let shipper = spool.map(|spool| tokio::spawn(shipping::ship(spool, context.clone(), shipped.clone())));
    let health = service.clone().one_way().merge(health::router(service.clone()));
    let limits = || Limits { drain: DRAIN, ..Limits::default() };
    let one_way_end = CancellationToken::new();
    let end = one_way_end.clone().cancelled_owned();
    let one_way = tokio::spawn(rpc::serve_tls(one_way, credentials.clone(), health, limits(), end));
    // Peers are let go only when the service's own work has come to its end.
    let application_end = CancellationToken::new();
    let access = Access::new(|peer, path| api::access::allows(&peer.role, path));
    let routes = service.clone().routes().layer(axum::middleware::from_fn(measures::call)).layer(access);
    let end = application_end.clone().cancelled_owned();
    let application = tokio::spawn(rpc::serve_mtls(application, credentials, routes, limits(), end));

    tracing::info!(ready = true, %address, health = %health_bound, "ready");
    if let Some(why) = after {
        // What ended at once could not tell it itself: so it is said here, where it goes to the central log.
        tracing::warn!(why, "started again after it had ended");
    }
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    let result = tokio::select! {
        result = service.run(shutdown.clone()) => result,
        () = overdue => Err(Code::Timeout.because("work did not end within the grace period and was cut off")),
    };
    application_end.cancel();
    let _ = application.await;
    one_way_end.cancel();
    let _ = one_way.await;
    tracing::info!("ended");
    shipped.cancel();
    if let Some(shipper) = shipper {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), shipper).await;
    }
    result
}

/// Where the one-way channel is reached: at the host that peers are told, for the address that is bound may stand for
/// all of the machine's, and no certificate names that.
fn one_way_address(advertised: Option<&str>, bound: &str) -> String {
    match (advertised.and_then(|address| address.rsplit_once(':')), bound.rsplit_once(':')) {
        (Some((host, _)), Some((_, port))) => format!("{host}:{port}"),
        _ => bound.to_owned(),
    }
}

async fn bind(address: &str) -> Result<(Listener, String), Failure> {
    let listener = Listener::bind(address).await.map_err(|e| bind_failure(address, &e))?;
    let bound = listener.local_addr().to_string();
    Ok((listener, bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_way_channel_is_told_by_the_name_that_peers_are_told() {
        assert_eq!(one_way_address(Some("host-a:7400"), "0.0.0.0:7401"), "host-a:7401");
        assert_eq!(one_way_address(Some("[fd00::1]:7400"), "[::]:7401"), "[fd00::1]:7401");
        assert_eq!(one_way_address(None, "127.0.0.1:5"), "127.0.0.1:5");
    }
}
