//! The one-way TLS channel: is it alive, is it ready, what does it measure. Nothing else.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

use crate::host::Service;
use crate::measures;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins measuring for this process.
pub(crate) fn start_metrics() {
    METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Fails only where a recorder is there already, as in tests; then this one stays empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    });
}

/// `/livez`, `/readyz`, `/metrics`.
pub(crate) fn router<S: Service>(service: Arc<S>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(move || async move {
                match service.ready().await {
                    Ok(()) => (StatusCode::OK, "ready\n".to_owned()).into_response(),
                    Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")).into_response(),
                }
            }),
        )
        .route("/metrics", get(|| async { METRICS.get().map(measured).unwrap_or_default() }))
}

fn measured(metrics: &PrometheusHandle) -> String {
    measures::process();
    metrics.render()
}
