//! What every service measures of itself: the calls that it answers, and what it takes of its host.

use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use system::usage;

/// Counts a call and the time until its answer begins. It stands behind the table of access: only methods of the
/// contract get here, so that nobody can make up names without end.
pub(crate) async fn call(request: Request, next: Next) -> Response {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    note(method, &response, started.elapsed());
    response
}

fn note(method: String, response: &Response, took: Duration) {
    let outcome = if refused(response) { "failed" } else { "ok" };
    metrics::counter!("opentwin_calls_total", "method" => method.clone(), "outcome" => outcome).increment(1);
    metrics::histogram!("opentwin_call_seconds", "method" => method).record(took);
}

/// Whether the answer is a failure and nothing else; one that comes after the answer has begun is not seen here.
fn refused(response: &Response) -> bool {
    let grpc = |headers: &HeaderMap| headers.get("grpc-status").is_some_and(|status| status != "0");
    !response.status().is_success() || grpc(response.headers())
}

/// Sets what the process takes at the moment, by the names that Prometheus' own clients give it.
pub(crate) fn process() {
    metrics::gauge!("process_resident_memory_bytes").set(usage::memory() as f64);
    if let Some(computed) = usage::computed() {
        metrics::gauge!("process_cpu_seconds_total").set(computed.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn calls_are_counted_by_method_and_outcome() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            for (method, response) in [
                ("x.Y/Good", "".into_response()),
                ("x.Y/Good", [("grpc-status", "0")].into_response()),
                ("x.Y/Bad", [("grpc-status", "5")].into_response()),
                ("x.Y/Lost", StatusCode::BAD_GATEWAY.into_response()),
            ] {
                note(method.to_owned(), &response, Duration::from_millis(3));
            }
            process();
        });
        let text = handle.render();
        for line in [
            r#"opentwin_calls_total{method="x.Y/Good",outcome="ok"} 2"#,
            r#"opentwin_calls_total{method="x.Y/Bad",outcome="failed"} 1"#,
            r#"opentwin_calls_total{method="x.Y/Lost",outcome="failed"} 1"#,
            r#"opentwin_call_seconds_count{method="x.Y/Good"} 2"#,
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
    }
}
