//! The assertion of a run, renewed at half of its life.

use std::convert::Infallible;
use std::time::Duration;

use api::Failure;
use api::v1::{AssertRunRequest, Assertion, SignedAssertion};
use prost::Message as _;
use runtime::caller::{now_s, speak_for};

use crate::runs::Live;
use crate::service::Inner;

/// Longest time between two looks at the clock: it may be set, and a laptop may sleep.
const LOOK: Duration = Duration::from_secs(60);

/// Renews the assertion of a run for as long as it is asked to.
pub(crate) async fn keep(host: &Inner, live: &Live) -> Infallible {
    loop {
        let run = live.run();
        let left = run.assertion.as_ref().map_or(i64::MAX, |signed| left_s(signed, now_s()));
        if left <= 0 {
            match renewed(host, run).await {
                Ok(assertion) => {
                    live.note(|run| run.assertion = Some(assertion)).await;
                    live.renewed.send_replace(());
                }
                // Who lost the right to the project meanwhile is told so by the project itself; everything else
                // may work the next time, and half of a life is left for it.
                Err(failure) => {
                    tracing::warn!(%failure, run = live.run().id, "the run's assertion is not renewed yet")
                }
            }
        }
        let wait = u64::try_from(left).ok().filter(|left| *left > 0).map_or(LOOK, Duration::from_secs);
        tokio::time::sleep(wait.min(LOOK)).await;
    }
}

async fn renewed(host: &Inner, run: api::v1::Run) -> Result<SignedAssertion, Failure> {
    let own = run.assertion.unwrap_or_default();
    let request = speak_for(&own, AssertRunRequest { project: run.project, run: run.id });
    Ok(host.context.peers.authorization()?.assert_run(request).await?.into_inner())
}

/// Seconds to the half of an assertion's life.
fn left_s(signed: &SignedAssertion, now_s: i64) -> i64 {
    match Assertion::decode(signed.assertion.as_ref()) {
        Ok(assertion) => {
            let life = assertion.expires_s.saturating_sub(assertion.issued_s);
            assertion.issued_s.saturating_add(life / 2).saturating_sub(now_s)
        }
        // Whoever it is shown to will say what is wrong with it.
        Err(_) => i64::MAX,
    }
}
