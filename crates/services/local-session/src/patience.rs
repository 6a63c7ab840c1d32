//! Asking again while there is hope: services of the platform restart within seconds, and runs outlive that.

use std::future::Future;
use std::time::Duration;

use api::Failure;
use tokio::time::Instant;

/// Wait before the second try; doubled from then on.
const FIRST: Duration = Duration::from_millis(100);

/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// Asks until there is an answer, or a failure that lasts, or `limit` is over.
pub(crate) async fn patiently<T, F>(limit: Duration, mut ask: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let deadline = Instant::now() + limit;
    let mut wait = FIRST;
    loop {
        match ask().await {
            Err(failure) if failure.code.row().retryable && Instant::now() + wait < deadline => {
                tracing::debug!(%failure, "asked again in a moment");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::Code;
    use std::cell::Cell;

    #[tokio::test]
    async fn what_passes_is_waited_for_and_what_lasts_is_told_at_once() {
        let asked = Cell::new(0);
        let ask = |code: Code| {
            let asked = &asked;
            move || {
                asked.set(asked.get() + 1);
                std::future::ready(if asked.get() == 2 { Ok(7) } else { Err(code.because("gone")) })
            }
        };
        assert_eq!(patiently(Duration::from_secs(9), ask(Code::Unavailable)).await.unwrap(), 7);
        asked.set(2);
        assert_eq!(
            patiently(Duration::from_secs(9), ask(Code::Denied)).await.unwrap_err().code,
            Code::Denied
        );
        assert_eq!(asked.get(), 3);
        assert!(patiently(Duration::ZERO, ask(Code::Unavailable)).await.is_err());
        assert_eq!(asked.get(), 4);
    }
}
