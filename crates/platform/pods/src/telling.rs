//! Annotations of a pod that follow what happens here.

use std::convert::Infallible;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::cluster::Cluster;

/// Wait before the second try; doubled from then on.
const FIRST: Duration = Duration::from_millis(500);

/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(60);

/// Keeps the annotations of a pod as the newest value says, at most once in `pace`. What could not be told is told as
/// soon as the API server takes it, or replaced by something newer: else a pod that computes could be moved for ever
/// after one lost call. `told` is what the pod says already.
pub(crate) async fn keep<T: PartialEq + Clone>(
    cluster: &Cluster,
    pod: &str,
    mut value: watch::Receiver<T>,
    mut told: T,
    pace: Duration,
    annotations: impl Fn(&T) -> Value,
) -> Infallible {
    let mut wait = FIRST;
    loop {
        let now = value.borrow_and_update().clone();
        if now != told {
            match cluster.annotate(pod, &annotations(&now)).await {
                Ok(()) => {
                    (told, wait) = (now, FIRST);
                    tokio::time::sleep(pace).await;
                }
                Err(failure) => {
                    let seconds = wait.as_secs_f64();
                    tracing::warn!(pod, %failure, seconds, "what the pod does could not be told; told again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST);
                }
            }
        } else if value.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
