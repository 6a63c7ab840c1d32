//! Work that does not stop half-way when its caller goes away.

use api::{Code, Failure};

/// Runs `work` in a task of its own, so that it comes to its end, or clears what it began, also when nobody waits for it
/// any more. `what` names it where the task itself breaks.
///
/// # Errors
/// Those of the work.
pub async fn to_its_end<T: Send + 'static>(
    what: &str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let broken = |error| Code::Internal.because(format!("{what} broke off: {error}"));
    tokio::spawn(work).await.map_err(broken)?
}
